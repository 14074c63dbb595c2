from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.errors import SolverFailed
from dispatch.matching.shifts import People, ReliefNeed, ReliefPolicy
from dispatch.matching.shifts.problem import ReliefProblem
from dispatch.matching.shifts.solve import lower_bound, solve
from tests.matching.shifts.scenes import build, entry, people, scenes, tried

solver = sys.modules["dispatch.matching.shifts.solve"]
Scene = tuple[list[ReliefNeed], People, ReliefPolicy]


@settings(deadline=None, max_examples=100)
@given(scenes(), st.data())
def test_no_prices_give_a_bound_above_the_optimum(scene: Scene, data: st.DataObject) -> None:
    problem = build(*scene)
    price = st.one_of(st.integers(-10_000, 10_000), st.integers(0, 10**10))
    at = np.array([data.draw(price) for _ in problem.shifts], np.int64)
    assert lower_bound(problem, at) <= tried(*scene)


def scarce(seed: int = 16) -> ReliefProblem:
    """Six needs for half a day to a day and too few people: the relaxation is not whole."""
    rng = np.random.default_rng(seed)
    needs = [
        entry(
            sorted(rng.choice(14, 9, replace=False).tolist()),
            n,
            heads=(1, 2),
            hours=float(rng.integers(12, 31)),
            skill=("LOG", "BOAT")[n % 2],
            eta_s=rng.integers(0, 5_000, 9).tolist(),
        )
        for n in range(1, 7)
    ]
    return build(needs, people(14))


def test_the_search_closes_the_gap_that_the_relaxation_leaves() -> None:
    problem = scarce()
    quick, best = solve(problem, exact_pairs=0), solve(problem)
    assert quick.bound_s < best.bound_s == best.objective_s < quick.objective_s


@pytest.mark.parametrize("seed", [3, 12, 14, 16, 18, 24])
def test_no_pair_that_was_left_out_of_the_search_could_have_helped(seed: int) -> None:
    problem = scarce(seed)
    everybody = np.ones(len(problem.row), np.bool_)
    chosen, _ = solver._Program(problem).choose(everybody, ~everybody)
    assert solve(problem).objective_s == solver._answer(problem, chosen).objective_s


def test_a_search_that_finds_nothing_in_time_leaves_the_first_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = scarce()
    quick = solve(problem, exact_pairs=0)
    calls: list[int] = []
    real = solver.milp

    def stopping(*args: Any, **options: Any) -> Any:
        calls.append(1)
        found = real(*args, **options)
        if len(calls) > 1:
            found.x = None
        return found

    monkeypatch.setattr(solver, "milp", stopping)
    found = solve(problem)
    assert len(calls) == 2
    assert (found.objective_s, found.bound_s) == (quick.objective_s, quick.bound_s)


def test_the_same_problem_gives_the_same_people() -> None:
    first = solve(scarce()).chosen.tolist()
    assert all(solve(scarce()).chosen.tolist() == first for _ in range(3))


def test_a_solver_without_an_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing:
        status, message, x, mip_dual_bound = 4, "out of luck", None, None

    problem = build([entry([0], hours=5.0)], people(1))
    monkeypatch.setattr(solver, "milp", lambda *_, **__: Nothing())
    with pytest.raises(SolverFailed, match="1 shifts could be rounded"):
        solve(problem)
    monkeypatch.setattr(solver, "linprog", lambda *_, **__: Nothing())
    with pytest.raises(SolverFailed, match="out of luck"):
        solve(problem)


def test_prices_too_large_to_add_up_are_refused() -> None:
    problem = build([entry([0], hours=5.0)], people(1))
    with pytest.raises(ValueError, match="too large"):
        solve(replace(problem, unfilled_s=problem.unfilled_s + 2**53))


def test_nobody_to_choose_from_is_an_answer() -> None:
    found = solve(build([entry([], hours=5.0)], people(0)))
    assert found.unfilled.tolist() == [[1, 0]]
    assert found.objective_s == found.bound_s
