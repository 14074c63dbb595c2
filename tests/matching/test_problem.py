from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.matching.cost import People
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.problem import (
    DESIRED,
    MINIMUM,
    SPARE,
    TIERS,
    TOTAL_MAX,
    Candidates,
    Post,
    PostKind,
    Posts,
    Problem,
    open_heads,
)
from dispatch.model import UNREACHABLE, Heads, NeedId, Severity
from tests.builders import need
from tests.matching.oracles import may_fill, problem_of, problems, reserve_of

POLICY = MatchPolicy()
HEADS = Heads(minimum=2, desired=5, maximum=6)
NOBODY = np.empty(0, np.intp)


def candidates(
    number: int = 1,
    rows: tuple[int, ...] = (0, 1),
    eta_s: tuple[int, ...] = (300, 600),
    **given: object,
) -> Candidates:
    """Candidates of a need for 2 to 5; `reach_s` is the need's."""
    own = {"heads": HEADS, **({"reach_s": given.pop("reach_s")} if "reach_s" in given else {})}
    default: dict[str, object] = {
        "need": need(number, **own),
        "severity": Severity.IV,
        "taken": 0,
        "rows": np.array(rows, np.intp),
        "eta_s": np.array(eta_s, np.int32),
        "steps": np.zeros(len(rows), np.uint8),
    }
    return Candidates(**{**default, **given})  # type: ignore[arg-type]


def post(kind: PostKind, heads: tuple[int, int, int], enters: list[bool], falls: int = -1) -> Post:
    return Post(kind, np.array(heads, np.int64), np.array(enters), falls)


def build(*parts: Candidates, people: int = 5) -> Problem:
    fresh = People.fresh(np.full(people, 60, np.int32), np.ones(people, np.bool_))
    return Problem.build(parts, fresh, POLICY)


def test_the_tiers_are_the_columns() -> None:
    assert sorted([MINIMUM, DESIRED, SPARE]) == list(range(TIERS))


@pytest.mark.parametrize(
    ("taken", "still"),
    [(0, (2, 3)), (1, (1, 3)), (2, (0, 3)), (4, (0, 1)), (5, (0, 0)), (9, (0, 0))],
)
def test_open_heads_by_tier(taken: int, still: tuple[int, int]) -> None:
    assert open_heads(HEADS, taken) == still


def test_build_makes_pairs_with_costs_and_prices() -> None:
    problem = build(candidates(severity=Severity.II, taken=1, spare=4))
    assert problem.posts.need_ids == ("n001",)
    assert problem.posts.kinds == (PostKind.ANY,)
    assert problem.posts.heads.tolist() == [[1, 3, 4]]
    assert problem.posts.unfilled_s.tolist() == [list(POLICY.unfilled_s(Severity.II))]
    assert problem.posts.falls_to.tolist() == [-1]
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


def test_build_keeps_who_accepted_however_far_and_at_no_cost() -> None:
    there = candidates(eta_s=(UNREACHABLE, 100), stays=np.array([True, False]))
    problem = build(there)
    assert problem.row.tolist() == [0, 1]
    assert problem.cost_s.tolist() == [0, 160]


def test_build_gives_no_pairs_to_a_need_without_open_heads() -> None:
    problem = build(candidates(1, taken=5), candidates(2))
    assert problem.posts.heads.tolist() == [[0, 0, 0], [2, 3, 0]]
    assert problem.post.tolist() == [1, 1]


def test_build_gives_pairs_to_a_need_that_only_asks_for_spares() -> None:
    problem = build(candidates(taken=5, spare=1))
    assert problem.posts.heads.tolist() == [[0, 0, 1]]
    assert problem.row.tolist() == [0, 1]


def test_build_reads_the_people_by_row() -> None:
    people = People(
        turnout_s=np.array([9, 10, 9, 30], np.int32),
        on_duty=np.array([False, True, True, False]),
        task_s=np.array([0, 0, 0, 3600], np.int32),
        alerts=np.array([9.0, 0.0, 9.0, 1.0]),
        stale_s=np.array([0, 100, 0, 0], np.int32),
    )
    problem = Problem.build([candidates(rows=(1, 3), eta_s=(100, 100))], people, POLICY)
    assert problem.cost_s.tolist() == [110 + 10, 130 + POLICY.off_duty_s + 180 + 60]


def test_build_reads_the_columns_of_the_candidates() -> None:
    problem = build(
        candidates(
            rows=(0, 2, 4),
            eta_s=(100, UNREACHABLE, 200),
            steps=np.array([0, 9, 1], np.uint8),
            accepts=np.array([0.5, 1.0, 1.0]),
            surplus=np.array([0, 9, 2], np.uint8),
            moved=np.array([True, True, False]),
        )
    )
    assert problem.row.tolist() == [0, 4]
    assert problem.cost_s.tolist() == [160 + 60 + 900, 260 + 40 + 240]


@pytest.mark.parametrize(("late_after_s", "late_s"), [(None, 0), (400, 0), (300, 60), (0, 360)])
def test_build_counts_what_comes_after_the_deadline(late_after_s: int | None, late_s: int) -> None:
    problem = build(candidates(rows=(0,), eta_s=(300,), late_after_s=late_after_s))
    assert problem.cost_s.tolist() == [360 + late_s]


def test_a_deadline_long_past_is_no_worse_than_one_just_past() -> None:
    past = candidates(late_after_s=-(10**9))
    assert build(past).cost_s.tolist() == build(candidates(late_after_s=0)).cost_s.tolist()


def test_build_lays_the_posts_of_a_need_side_by_side() -> None:
    crew = (
        post(PostKind.LEADER, (1, 0, 0), [False, True, False], falls=2),
        post(PostKind.SAFETY, (0, 1, 0), [True, True, False], falls=2),
        post(PostKind.ANY, (1, 2, 3), [False, False, True]),
    )
    problem = build(
        candidates(2, rows=(0, 1, 2), eta_s=(10, 20, 30), posts=crew), candidates(1), candidates(3)
    )
    assert problem.posts.need_ids == ("n001", "n002", "n002", "n002", "n003")
    assert [k.value for k in problem.posts.kinds] == ["ANY", "LEADER", "SAFETY", "ANY", "ANY"]
    assert problem.posts.heads[1:4].tolist() == [[1, 0, 0], [0, 1, 0], [1, 2, 3]]
    assert problem.posts.falls_to.tolist() == [-1, 3, 3, -1, -1]
    assert problem.posts.stand_in_s is not None
    assert problem.posts.stand_in_s.tolist() == [POLICY.stand_in_s(Severity.IV)] * 5
    pairs = list(zip(problem.post.tolist(), problem.row.tolist(), strict=True))
    assert pairs == [(0, 0), (0, 1), (1, 1), (2, 0), (2, 1), (3, 2), (4, 0), (4, 1)]
    assert problem.cost_s[2:6].tolist() == [80, 70, 80, 90]


@given(st.permutations(range(4)))
def test_build_gives_the_same_problem_in_any_order(order: list[int]) -> None:
    enters = [[True, False], [False, True]]
    parts = [
        candidates(
            n,
            rows=(n, 4),
            eta_s=(100 * n, 50),
            posts=(
                post(PostKind.LEADER, (1, 0, 0), enters[0], falls=1),
                post(PostKind.ANY, (0, n, 0), enters[1]),
            ),
        )
        for n in range(4)
    ]
    one, other = build(*parts), build(*(parts[n] for n in order))
    assert one.posts.need_ids == other.posts.need_ids
    for name in ("heads", "unfilled_s", "falls_to"):
        assert getattr(one.posts, name).tolist() == getattr(other.posts, name).tolist()
    for name in ("post", "row", "cost_s", "eta_s"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()


def test_build_of_nothing_is_an_empty_problem() -> None:
    problem = build()
    assert (len(problem.posts), len(problem.post), problem.starts().tolist()) == (0, 0, [0])


def test_build_of_a_need_without_candidates_is_a_problem_without_pairs() -> None:
    problem = build(candidates(rows=(), eta_s=()))
    assert (len(problem.posts), len(problem.post)) == (1, 0)


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
        ({"spare": -1}, "negative"),
        ({"steps": np.zeros(1, np.uint8)}, "length"),
        ({"surplus": np.zeros(3, np.uint8)}, "length"),
        ({"moved": np.zeros(1, np.bool_)}, "length"),
        ({"stays": np.zeros(1, np.bool_)}, "length"),
        ({"accepts": np.ones(3)}, "length"),
        ({"accepts": np.array([0.5, 1.1])}, r"yes must be in 0\.\.1"),
        ({"accepts": np.array([-0.1, 0.5])}, r"yes must be in 0\.\.1"),
        ({"accepts": np.array([np.nan, 0.5])}, r"yes must be in 0\.\.1"),
        ({"posts": (post(PostKind.ANY, (1, 1, 1), [True]),)}, "length"),
    ],
)
def test_wrong_candidates_are_refused_with_their_need(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=rf"n001: .*{says}"):
        candidates(**wrong)  # type: ignore[arg-type]


def test_posts_that_fall_out_of_their_need_are_refused() -> None:
    astray = (post(PostKind.LEADER, (1, 0, 0), [True, True], falls=1),)
    with pytest.raises(ValueError, match="n001: a post falls to another need's post"):
        build(candidates(1, posts=astray), candidates(2))
    with pytest.raises(ValueError, match="n002: a post falls to another need's post"):
        build(candidates(1), candidates(2, posts=astray))


def test_plain_posts_are_one_per_need_in_all_tiers() -> None:
    posts = Posts.plain(
        [NeedId("a"), NeedId("b")], np.array([[1], [2]]), np.array([[5, 4], [7, 7]])
    )
    assert posts.kinds == (PostKind.ANY, PostKind.ANY)
    assert posts.heads.tolist() == [[1, 0, 0], [2, 0, 0]]
    assert posts.unfilled_s.tolist() == [[5, 4, 0], [7, 7, 0]]
    assert posts.falls_to.tolist() == [-1, -1]


def test_plain_posts_take_a_need_once() -> None:
    with pytest.raises(ValueError, match="unique"):
        Posts.plain([NeedId("a")] * 2, np.ones((2, 1), np.int64), np.ones((2, 1), np.int64))


POSTS = problem_of([], [(1, 1, 1)] * 3, [(40, 10, 3)] * 3, needs=[0, 0, 1], falls=[1, -1, -1]).posts


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"need_ids": tuple(map(NeedId, "cba"))}, "order of their needs' ids"),
        ({"kinds": (PostKind.ANY,)}, "one kind each"),
        ({"heads": np.ones((2, 3), np.int64)}, "shape"),
        ({"heads": np.ones((3, 2), np.int64)}, "shape"),
        ({"heads": np.full((3, 3), -1)}, "negative"),
        ({"unfilled_s": np.ones((3, 2), np.int64)}, "shape"),
        ({"unfilled_s": np.full((3, 3), -1)}, "negative"),
        ({"unfilled_s": np.array([[3, 2, 1], [1, 2, 1], [3, 2, 1]])}, "cheaper"),
        ({"unfilled_s": np.array([[3, 2, 1], [3, 1, 2], [3, 2, 1]])}, "cheaper"),
        ({"falls_to": np.array([1, -1])}, "falls to a later post"),
        ({"falls_to": np.array([0, -1, -1])}, "falls to a later post"),
        ({"falls_to": np.array([1, 0, -1])}, "falls to a later post"),
        ({"falls_to": np.array([1, -2, -1])}, "falls to a later post"),
        ({"falls_to": np.array([1, 2, -1])}, "another need's post"),
        ({"falls_to": np.array([1, -1, 3])}, "another need's post"),
        ({"stand_in_s": np.array([1, 2])}, "shape"),
        ({"stand_in_s": np.array([1, 2, -3])}, "negative"),
    ],
)
def test_wrong_posts_are_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(POSTS, **wrong)  # type: ignore[arg-type]


@given(problems(), st.data())
def test_the_widest_price_is_the_best_of_all_posts_one_may_fill(
    problem: Problem, data: st.DataObject
) -> None:
    m = len(problem.posts)
    prices = np.array(data.draw(st.lists(st.integers(-9, 9), min_size=m, max_size=m)), np.int64)
    best = [max(prices[k] - more for k, more in may_fill(problem, j).items()) for j in range(m)]
    assert problem.posts.widest(prices).tolist() == best


def test_the_widest_price_reaches_along_a_chain_both_ways() -> None:
    chain = {"needs": [0] * 3, "falls": [1, 2, -1]}
    rigid = problem_of([], [(1,)] * 3, [(9,)] * 3, **chain).posts  # type: ignore[arg-type]
    assert rigid.widest(np.array([0, 1, 9])).tolist() == [9, 9, 9]
    assert rigid.widest(np.array([9, 0, 0])).tolist() == [9, 0, 0]
    assert replace(rigid, stand_in_s=np.array([3, 2, 0])).widest(np.array([9, 0, 0])).tolist() == [
        9,
        6,
        4,
    ]


@pytest.mark.parametrize(
    ("group", "quota", "price_s", "says"),
    [
        ([0], [-1], 5, "negative"),
        ([0], [1], -5, "negative"),
        ([1], [1], 5, "no quota"),
        ([-2], [1], 5, "no quota"),
    ],
)
def test_a_wrong_reserve_is_refused(
    group: list[int], quota: list[int], price_s: int, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        reserve_of(group, quota, price_s)


RIGHT = problem_of([[5, 6], [7, None]], [(1, 0), (1, 1)], [(40, 10), (40, 10)])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"row": np.array([0, 1])}, "length"),
        ({"eta_s": np.array([[1, 2, 3]])}, "length"),
        ({"row": np.array([1, 0, 0])}, "order"),
        ({"row": np.array([1, 1, 0])}, "unique"),
        ({"row": np.array([0, -1, 0])}, "does not exist"),
        ({"post": np.array([0, 0, 2])}, "does not exist"),
        ({"post": np.array([-1, 0, 1])}, "does not exist"),
        ({"post": np.array([0, 1, 0])}, "order"),
        ({"cost_s": np.array([1, -1, 1])}, "negative"),
        ({"cost_s": np.array([1, TOTAL_MAX // 2, 1])}, "too large"),
        ({"reserve": reserve_of([0], [1], 5)}, "reserve does not know"),
        ({"reserve": reserve_of([0, 0], [1], TOTAL_MAX // 2)}, "too large"),
    ],
)
def test_wrong_arrays_are_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(RIGHT, **wrong)  # type: ignore[arg-type]


def test_prices_too_large_to_add_up_are_refused_without_pairs_too() -> None:
    with pytest.raises(ValueError, match="too large"):
        problem_of([[]], [(2**31, 0, 0)], [(2**31, 0, 0)])


def test_a_problem_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        RIGHT.cost_s[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        RIGHT.posts.heads[0] = 1


@given(problems())
def test_only_keeps_posts_reserve_and_chosen_pairs(problem: Problem) -> None:
    keep = np.arange(0, len(problem.post), 2)
    part = problem.only(keep)
    assert part.posts is problem.posts
    assert part.reserve is problem.reserve
    for name in ("post", "row", "cost_s", "eta_s"):
        assert getattr(part, name).tolist() == getattr(problem, name)[keep].tolist()


@given(problems())
def test_starts_bound_each_posts_pairs(problem: Problem) -> None:
    starts = problem.starts()
    assert len(starts) == len(problem.posts) + 1
    for j, (start, end) in enumerate(itertools.pairwise(starts)):
        assert (problem.post[start:end] == j).all()
    assert starts[-1] == len(problem.post)
