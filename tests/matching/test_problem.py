from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.matching.policy import MatchPolicy
from dispatch.matching.problem import TOTAL_MAX, Candidates, Problem, open_heads
from dispatch.model import UNREACHABLE, Heads, NeedId, Severity
from tests.builders import need
from tests.matching.oracles import problem_of, problems

POLICY = MatchPolicy()
HEADS = Heads(minimum=2, desired=5, maximum=6)


def candidates(
    number: int = 1,
    rows: tuple[int, ...] = (0, 1),
    eta_s: tuple[int, ...] = (300, 600),
    *,
    severity: Severity = Severity.IV,
    taken: int = 0,
    **columns: object,
) -> Candidates:
    return Candidates(
        need=need(number, **{"heads": HEADS, **columns}),
        severity=severity,
        taken=taken,
        rows=np.array(rows, np.intp),
        eta_s=np.array(eta_s, np.int32),
        steps=np.zeros(len(rows), np.uint8),
    )


def build(*parts: Candidates, people: int = 5) -> Problem:
    return Problem.build(
        parts,
        turnout_s=np.full(people, 60, np.int32),
        on_duty=np.ones(people, np.bool_),
        policy=POLICY,
    )


@pytest.mark.parametrize(
    ("taken", "still"),
    [(0, (2, 3)), (1, (1, 3)), (2, (0, 3)), (4, (0, 1)), (5, (0, 0)), (9, (0, 0))],
)
def test_open_heads_by_tier(taken: int, still: tuple[int, int]) -> None:
    assert open_heads(HEADS, taken) == still


def test_build_makes_pairs_with_costs_and_prices() -> None:
    problem = build(candidates(severity=Severity.II, taken=1))
    assert problem.need_ids == ("n001",)
    assert problem.heads.tolist() == [[1, 3]]
    assert problem.unfilled_s.tolist() == [list(POLICY.unfilled_s(Severity.II))]
    assert problem.row.tolist() == [0, 1]
    assert problem.cost_s.tolist() == [360, 660]
    assert problem.eta_s.tolist() == [300, 600]


def test_build_leaves_out_who_is_out_of_reach() -> None:
    far = candidates(rows=(0, 1, 2), eta_s=(540, 541, UNREACHABLE), reach_s=600)
    assert build(far).row.tolist() == [0]


def test_build_trusts_no_reach_beyond_the_policys() -> None:
    limit = POLICY.reach_max_s - 60
    endless = candidates(rows=(0, 1), eta_s=(limit, limit + 1), reach_s=10**9)
    assert build(endless).row.tolist() == [0]


def test_build_gives_no_pairs_to_a_need_without_open_heads() -> None:
    problem = build(candidates(1, taken=5), candidates(2))
    assert problem.heads.tolist() == [[0, 0], [2, 3]]
    assert problem.need.tolist() == [1, 1]


def test_build_reads_duty_and_turnout_by_row() -> None:
    problem = Problem.build(
        [candidates(rows=(1, 3), eta_s=(100, 100))],
        turnout_s=np.array([9, 10, 9, 30], np.int32),
        on_duty=np.array([False, True, True, False]),
        policy=POLICY,
    )
    assert problem.cost_s.tolist() == [110, 130 + POLICY.off_duty_s]


@given(st.permutations(range(4)))
def test_build_gives_the_same_problem_in_any_order(order: list[int]) -> None:
    parts = [candidates(n, rows=(n, 4), eta_s=(100 * n, 50)) for n in range(4)]
    one, other = build(*parts), build(*(parts[n] for n in order))
    assert one.need_ids == other.need_ids
    for name in ("heads", "unfilled_s", "need", "row", "cost_s", "eta_s"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()


def test_build_of_nothing_is_an_empty_problem() -> None:
    problem = build()
    assert (problem.need_ids, len(problem.need), problem.starts().tolist()) == ((), 0, [0])


def test_build_refuses_a_need_that_comes_twice() -> None:
    with pytest.raises(ValueError, match="unique"):
        build(candidates(1), candidates(1))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"rows": (0,)}, "length"),
        ({"rows": (1, 1)}, "ascend"),
        ({"rows": (-1, 1)}, "ascend"),
        ({"eta_s": (-5, 3)}, "negative"),
        ({"taken": -1}, "negative"),
    ],
)
def test_wrong_candidates_are_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        candidates(**wrong)  # type: ignore[arg-type]


RIGHT = problem_of([[5, 6], [7, None]], [(1, 0), (1, 1)], [(40, 10), (40, 10)])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"need_ids": (NeedId("b"), NeedId("a"))}, "id order"),
        ({"heads": np.ones((1, 2), np.int64)}, "shape"),
        ({"heads": np.full((2, 2), -1)}, "negative"),
        ({"unfilled_s": np.array([[1, 2], [2, 2]])}, "cheaper"),
        ({"row": np.array([0, 1])}, "length"),
        ({"row": np.array([1, 0, 0])}, "order"),
        ({"row": np.array([0, -1, 0])}, "does not exist"),
        ({"need": np.array([0, 0, 2])}, "does not exist"),
        ({"need": np.array([0, 1, 0])}, "order"),
        ({"cost_s": np.array([1, -1, 1])}, "negative"),
        ({"cost_s": np.array([1, TOTAL_MAX // 2, 1])}, "too large"),
    ],
)
def test_wrong_arrays_are_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(RIGHT, **wrong)  # type: ignore[arg-type]


def test_a_problem_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        RIGHT.cost_s[0] = 1


@given(problems())
def test_only_keeps_needs_and_chosen_pairs(problem: Problem) -> None:
    keep = np.arange(0, len(problem.need), 2)
    part = problem.only(keep)
    assert part.need_ids == problem.need_ids
    assert part.row.tolist() == problem.row[keep].tolist()


@given(problems())
def test_starts_bound_each_needs_pairs(problem: Problem) -> None:
    starts = problem.starts()
    for j, (start, end) in enumerate(itertools.pairwise(starts)):
        assert (problem.need[start:end] == j).all()
    assert starts[-1] == len(problem.need)
