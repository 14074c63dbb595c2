"""The public entry: properties of whole matches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import greedy
from dispatch import matching
from dispatch.errors import SolverFailed
from dispatch.matching import Match, improve, match, resume
from dispatch.matching.cost import People
from dispatch.matching.flow import solve
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.problem import SPARE, Candidates, Post, PostKind, Problem
from dispatch.matching.prune import PER_HEAD
from dispatch.matching.verify import stand_ins
from dispatch.model import Heads, Severity
from tests.builders import need
from tests.matching.oracles import (
    as_assignment,
    by_milp,
    by_tier,
    enumerated,
    minimum,
    plain,
    problem_of,
    problems,
    random_crews,
    random_problem,
    reserve_of,
)

NONE = np.empty(0, np.intp)
POLICY = MatchPolicy()


@settings(deadline=None, max_examples=100)
@given(problems(most_needs=2, most_people=5))
def test_a_match_is_proven_best(problem: Problem) -> None:
    found = match(problem)
    assert found.objective_s == found.bound_s == enumerated(problem)
    assert found.gap == 0


@settings(deadline=None, max_examples=100)
@given(problems())
def test_a_match_agrees_with_an_integer_program(problem: Problem) -> None:
    found = match(problem)
    assert found.objective_s == found.bound_s == by_milp(problem)


@pytest.mark.parametrize("seed", range(3))
def test_a_bigger_match_is_proven_best(seed: int) -> None:
    problem = random_problem(seed, 40, 300, 0.3)
    found = match(problem)
    assert found.objective_s == found.bound_s == as_assignment(problem)
    crews = random_crews(seed, 20, 150, 0.3)
    found = match(crews)
    assert found.objective_s == found.bound_s == by_milp(crews)


@settings(deadline=None, max_examples=60)
@given(plain())
def test_filling_needs_one_by_one_is_never_cheaper(problem: Problem) -> None:
    objective_s, empty = greedy.fill(problem)
    assert objective_s >= match(problem).objective_s
    heads = problem.posts.heads.sum()
    assert heads - len(np.unique(problem.row)) <= empty <= heads


# What makes a plan better or worse


@settings(deadline=None, max_examples=60)
@given(problems(), st.integers(0, 5))
def test_one_more_volunteer_never_makes_it_worse(problem: Problem, newcomer: int) -> None:
    without = problem.only(np.flatnonzero(problem.row != newcomer))
    assert match(problem).objective_s <= match(without).objective_s


@settings(deadline=None, max_examples=60)
@given(problems(), st.data())
def test_one_more_head_or_a_dearer_one_is_never_cheaper(
    problem: Problem, data: st.DataObject
) -> None:
    before = match(problem).objective_s
    for name in ("heads", "unfilled_s"):
        more = getattr(problem.posts, name).copy()
        if len(more):
            j = data.draw(st.integers(0, len(more) - 1))
            t = data.draw(st.integers(0, 2))
            # A lower tier is never cheaper than one above it, so prices rise from there down.
            more[j, t if name == "heads" else slice(t + 1)] += data.draw(st.integers(1, 3))
        posts = replace(problem.posts, **{name: more})
        assert match(replace(problem, posts=posts)).objective_s >= before


@settings(deadline=None, max_examples=60)
@given(problems(), st.data())
def test_a_post_that_falls_to_another_never_makes_it_worse(
    problem: Problem, data: st.DataObject
) -> None:
    falls = problem.posts.falls_to.copy()
    if len(falls):
        falls[data.draw(st.integers(0, len(falls) - 1))] = -1
    rigid = replace(problem, posts=replace(problem.posts, falls_to=falls))
    assert match(problem).objective_s <= match(rigid).objective_s


@settings(deadline=None, max_examples=60)
@given(problems(), st.integers(1, 3))
def test_dearer_stand_ins_or_none_are_never_cheaper(problem: Problem, more: int) -> None:
    before = match(problem).objective_s
    if (price_s := problem.posts.stand_in_s) is not None:
        for others in (price_s + more, None):
            posts = replace(problem.posts, stand_in_s=others)
            assert match(replace(problem, posts=posts)).objective_s >= before


@settings(deadline=None, max_examples=60)
@given(problems(), st.integers(1, 3))
def test_a_dearer_or_smaller_reserve_is_never_cheaper(problem: Problem, more: int) -> None:
    before = match(problem).objective_s
    assert match(replace(problem, reserve=None)).objective_s <= before
    if (held := problem.reserve) is not None:
        dearer = replace(held, price_s=held.price_s + more)
        assert match(replace(problem, reserve=dearer)).objective_s >= before
        fewer = replace(held, quota=np.maximum(0, held.quota - more))
        assert match(replace(problem, reserve=fewer)).objective_s >= before


# The same situation, told in another order


@settings(deadline=None, max_examples=60)
@given(problems(), st.data())
def test_other_rows_for_the_same_people_cost_the_same(
    problem: Problem, data: st.DataObject
) -> None:
    n = 6
    renamed = np.array(data.draw(st.permutations(range(n))), np.intp)
    row = renamed[problem.row]
    order = np.lexsort((row, problem.post))
    reserve = problem.reserve
    if reserve is not None:
        group = np.full(n, -1, np.int8)
        group[renamed[: len(reserve.group)]] = reserve.group
        reserve = replace(reserve, group=group)
    other = Problem(
        problem.posts,
        problem.post,
        row[order],
        problem.cost_s[order],
        problem.eta_s[order],
        reserve,
    )
    assert match(other).objective_s == match(problem).objective_s


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(6)), st.integers(0, 10))
def test_the_order_of_the_needs_does_not_change_the_plan(order: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [_wanting(n, rng) for n in range(6)]
    one, other = _planned(parts), _planned([parts[n] for n in order])
    assert one[0] == other[0]
    assert (one[1].solution.unfilled == other[1].solution.unfilled).all()
    assert (one[1].prices.post_s == other[1].prices.post_s).all()


def _wanting(n: int, rng: np.random.Generator) -> Candidates:
    """A need of two posts with many equally good people."""
    leads = rng.random(9) < 0.4
    heads = by_tier([(1,), (1, 1, 1)])
    return Candidates(
        need=need(n, heads=Heads(minimum=2, desired=3, maximum=3)),
        severity=Severity.II,
        taken=0,
        rows=np.arange(9, dtype=np.intp),
        eta_s=rng.integers(1, 4, 9).astype(np.int32) * 100,
        steps=np.zeros(9, np.uint8),
        posts=(
            Post(PostKind.LEADER, heads[0], leads, falls_to=1),
            Post(PostKind.ANY, heads[1], ~leads),
        ),
    )


def _planned(parts: list[Candidates]) -> tuple[list[tuple[str, str, int]], Match]:
    reserve = reserve_of([0, 0, 0, -1, -1, -1, 1, 1, 1], [1, 2], POLICY.reserve_s)
    problem = Problem.build(parts, _people(9), POLICY, reserve)
    found = match(problem)
    posts = problem.posts
    return [
        (posts.need_ids[problem.post[p]], posts.kinds[problem.post[p]], int(problem.row[p]))
        for p in found.solution.chosen
    ], found


def _people(n: int, on_duty: list[int] | None = None) -> People:
    duty = np.isin(np.arange(n), np.arange(n) if on_duty is None else on_duty)
    return People.fresh(np.full(n, 60, np.int32), duty)


@settings(deadline=None, max_examples=30)
@given(problems())
def test_the_same_problem_gives_the_same_plan(problem: Problem) -> None:
    one, other = match(problem), match(problem)
    assert one.solution.chosen.tolist() == other.solution.chosen.tolist()
    assert one.solution.unfilled.tolist() == other.solution.unfilled.tolist()
    assert one.prices.post_s.tolist() == other.prices.post_s.tolist()
    assert one.prices.group_s.tolist() == other.prices.group_s.tolist()


# Pricing back


@settings(deadline=None, max_examples=60)
@given(problems(), st.data())
def test_pairs_that_the_solver_was_not_given_come_back(
    problem: Problem, data: st.DataObject
) -> None:
    p = len(problem.post)
    kept = np.array(sorted(data.draw(st.sets(st.integers(0, p - 1))) if p else []), np.intp)
    found = improve(problem, kept)
    assert found.objective_s == found.bound_s == by_milp(problem)


@pytest.mark.parametrize(
    "problem", [random_problem(7, 30, 120, 0.4), random_crews(7, 15, 120, 0.4)]
)
def test_even_a_solver_that_was_given_nothing_ends_at_the_optimum(problem: Problem) -> None:
    found = improve(problem, NONE)
    assert found.objective_s == found.bound_s == solve(problem).objective_s


def test_sabotaged_pruning_costs_time_and_not_quality(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_problem(5, 30, 120, 0.4)
    best = match(problem).objective_s
    monkeypatch.setattr(matching, "cheapest", lambda problem: np.array([0], np.intp))
    found = match(problem)
    assert (found.objective_s, found.gap) == (best, 0)


@given(problems(), st.data())
def test_a_match_resumed_with_more_pairs_is_the_match_of_all(
    problem: Problem, data: st.DataObject
) -> None:
    share = data.draw(st.floats(0, 1))
    keep = np.random.default_rng(0).random(len(problem.post)) < share
    part = problem.only(np.flatnonzero(keep))
    best, found = match(problem), resume(part, match(part), problem)
    assert found.objective_s == best.objective_s == found.bound_s


def test_nothing_is_solved_where_no_new_pair_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of([[500, 300, 400]], [(1,)], [(900, 0, 0)])
    part = problem.only(np.array([1, 2]))
    before = match(part)
    monkeypatch.setattr(matching, "solve", None)
    assert resume(part, before, problem).solution.chosen.tolist() == [1]


def test_where_the_cheapest_are_enough_for_all_heads_one_solve_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three needs for 2 each keep more than 6 pairs each: whoever is dropped, somebody better is
    free."""
    solved = []

    def counting(problem: Problem) -> Any:
        solved.append(problem)
        return solve(problem)

    monkeypatch.setattr(matching, "solve", counting)
    rng = np.random.default_rng(5)
    costs = rng.permuted(np.arange(3 * 100)).reshape(3, 100).tolist()
    match(problem_of(costs, [(1, 1)] * 3, [(4_000, 1_000)] * 3))
    assert [len(part.post) for part in solved] == [3 * (int(PER_HEAD[:2].sum()) + 1)]


def test_a_wrong_answer_of_the_solver_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def lying(problem: Problem) -> Any:
        honest = solve(problem)
        return replace(honest, objective_s=honest.objective_s - 1)

    monkeypatch.setattr(matching, "solve", lying)
    with pytest.raises(SolverFailed, match="the plan costs"):
        match(problem_of([[1]], [(1, 0)], [(40, 10)]))


def test_an_unproven_match_says_its_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "lower_bound", lambda problem, prices: 75)
    found = match(problem_of([[100]], [(1, 0)], [(4_000, 1_000)]))
    assert (found.objective_s, found.bound_s, found.gap) == (100, 75, 0.25)


def test_nothing_to_do_has_no_gap() -> None:
    found = match(problem_of([], [], []))
    assert (found.objective_s, found.bound_s, found.gap) == (0, 0, 0)


# Crews whose rules nest


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_nested_posts_are_the_rules_stated_as_capacities(data: st.DataObject) -> None:
    """Of n heads at most n - 1 without a leader's credential and at most n / 2 newcomers, over
    needs that compete: as posts in the flow, and as rows of an integer program."""
    n = data.draw(st.integers(0, 8))
    leads, new = (np.array(_booleans(data, n), np.bool_) for _ in range(2))
    new &= ~leads
    sizes = data.draw(st.lists(st.integers(2, 6), min_size=1, max_size=3))
    price_s = data.draw(st.lists(st.sampled_from([20, 3_000]), min_size=3, max_size=3))
    cell = st.one_of(st.none(), st.integers(0, 40), st.integers(0, 5_000))
    costs = [data.draw(st.lists(cell, min_size=n, max_size=n)) for _ in sizes]
    posts, heads = [], []
    for size, row in zip(sizes, costs, strict=True):
        for mine, wanted in (
            (leads, 1),
            (~leads & ~new, size - 1 - size // 2),
            (new, size // 2),
        ):
            posts.append([c if m else None for c, m in zip(row, mine, strict=True)])
            heads.append((0, wanted, 0))
    m = 3 * len(sizes)
    problem = problem_of(
        posts,
        heads,
        [(price_s[j // 3],) * 3 for j in range(m)],
        needs=[j // 3 for j in range(m)],
        falls=[-1 if j % 3 == 2 else j + 1 for j in range(m)],
    )
    assert match(problem).objective_s == _by_capacities(costs, sizes, price_s, leads, new)


def _booleans(data: st.DataObject, n: int) -> list[bool]:
    drawn: list[bool] = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    return drawn


def _by_capacities(
    costs: list[list[int | None]],
    sizes: list[int],
    price_s: list[int],
    leads: np.ndarray,
    new: np.ndarray,
) -> int | None:
    """Columns: who goes where, then the empty heads. Rows per need: heads, people who do not lead,
    newcomers; then everybody once."""
    k = len(sizes)
    pairs = [(j, i, c) for j, row in enumerate(costs) for i, c in enumerate(row) if c is not None]
    p = len(pairs)
    at, who, cost = (np.array([pair[axis] for pair in pairs], np.int64) for axis in range(3))
    led, fresh = np.flatnonzero(~leads[who]), np.flatnonzero(new[who])
    entries = [
        (3 * at, np.arange(p), 1),
        (3 * np.arange(k), p + np.arange(k), 1),
        (3 * at[led] + 1, led, 1),
        (3 * at[fresh] + 2, fresh, 1),
        (3 * k + who, np.arange(p), 1),
    ]
    most = [bound for size in sizes for bound in (size, size - 1, size // 2)] + [1] * len(leads)
    least = [bound for size in sizes for bound in (size, 0, 0)] + [0] * len(leads)
    return minimum(
        np.concatenate([cost, price_s[:k]]).astype(np.int64),
        entries,
        least=np.array(least, np.float64),
        most=np.array(most, np.float64),
        upper=np.concatenate([np.ones(p), sizes]),
    )


# What the policy's prices make of it


def _asking(
    number: int, severity: Severity, heads: tuple[int, int], eta_s: list[int], **given: object
) -> Candidates:
    """A need with so many heads up to the minimum and up to the desired."""
    wanted = Heads(minimum=heads[0], desired=heads[1], maximum=heads[1])
    return Candidates(
        need=need(number, heads=wanted),
        severity=severity,
        taken=0,
        rows=np.arange(len(eta_s), dtype=np.intp),
        eta_s=np.array(eta_s, np.int32),
        steps=np.zeros(len(eta_s), np.uint8),
        **given,  # type: ignore[arg-type]
    )


def test_a_newcomer_leads_rather_than_that_a_head_stays_empty_but_not_to_save_travel() -> None:
    """A chain of three posts with a head each; who enters at the widest stands in twice."""
    heads = by_tier([(1,), (1,), (1,)])
    enters = np.eye(3, dtype=np.bool_)
    crew = tuple(
        Post(kind, heads[j], enters[j], falls_to=(1, 2, -1)[j])
        for j, kind in enumerate((PostKind.LEADER, PostKind.EXPERIENCED, PostKind.ANY))
    )
    asking = _asking(1, Severity.IV, (3, 3), [7_000, 60, 60], posts=crew)
    found = match(Problem.build([asking], _people(3), POLICY))
    assert stand_ins(Problem.build([asking], _people(3), POLICY), found.solution).sum() == 0
    new = tuple(replace(post, enters=np.full(3, post.kind is PostKind.ANY)) for post in crew)
    problem = Problem.build([replace(asking, posts=new)], _people(3), POLICY)
    solution = match(problem).solution
    assert solution.unfilled.sum() == 0
    assert stand_ins(problem, solution).tolist() == [1, 2, 0]


def test_the_duty_roster_goes_first_when_otherwise_equal() -> None:
    equal = _asking(1, Severity.IV, (1, 1), [600, 600])
    problem = Problem.build([equal], _people(2, on_duty=[1]), POLICY)
    assert problem.row[match(problem).solution.chosen].tolist() == [1]


def test_nobody_is_spared_while_a_head_is_empty_however_grave_the_other_need() -> None:
    grave = _asking(1, Severity.I, (1, 1), [60, 60, 60], spare=5)
    light = _asking(2, Severity.IV, (1, 2), [7_000] * 3)
    problem = Problem.build([grave, light], _people(3), POLICY)
    assert match(problem).solution.unfilled.tolist() == [[0, 0, 5], [0, 0, 0]]


def test_who_accepted_stays_unless_others_need_them_more() -> None:
    """Row 0 accepted need 1; row 1 is as near. Called away, row 0 costs the disruption."""
    stays = _asking(1, Severity.IV, (1, 1), [300, 300], stays=np.array([True, False]))
    calls = _asking(2, Severity.IV, (1, 1), [10, 300], moved=np.array([True, False]))
    problem = Problem.build([stays, calls], _people(2), POLICY)
    chosen = match(problem).solution.chosen
    assert problem.row[chosen].tolist() == [0, 1]
    far = replace(calls, eta_s=np.array([10, 2_000], np.int32))
    problem = Problem.build([stays, far], _people(2), POLICY)
    assert problem.row[match(problem).solution.chosen].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("severity", "heads", "used"),
    [
        (Severity.IV, (1, 10), 9),
        (Severity.III, (1, 10), 10),
        (Severity.I, (1, 10), 10),
        (Severity.IV, (10, 10), 10),
        (Severity.IV, (9, 10), 9),
    ],
)
def test_the_last_scarce_people_go_only_where_a_head_is_worth_more_than_the_reserve(
    severity: Severity, heads: tuple[int, int], used: int
) -> None:
    """Ten hold the skill and one of them, the policy's tenth, is kept."""
    assert POLICY.reserve_share == 0.1
    asking = _asking(1, severity, heads, [60 * i for i in range(10)])
    reserve = reserve_of([0] * 10, [9], POLICY.reserve_s)
    found = match(Problem.build([asking], _people(10), POLICY, reserve))
    assert len(found.solution.chosen) == used


def test_who_is_not_scarce_goes_instead_and_spares_do_not_touch_the_reserve() -> None:
    asking = _asking(1, Severity.I, (1, 2), [60, 60, 7_000], spare=5)
    reserve = reserve_of([0, 0, -1], [1], POLICY.reserve_s)
    problem = Problem.build([asking], _people(3), POLICY, reserve)
    solution = match(problem).solution
    assert 2 in problem.row[solution.chosen]
    assert len(solution.chosen) == 2
    assert solution.unfilled[0, SPARE] == 5


@settings(deadline=None, max_examples=60)
@given(problems())
def test_no_head_worth_less_than_the_reserve_takes_from_it(problem: Problem) -> None:
    dearest = int(problem.posts.unfilled_s.max(initial=0))
    group = np.arange(6) % 2
    for quota in (0, 1):
        reserve = reserve_of(group.tolist(), [quota] * 2, dearest + 1)
        kept = replace(problem, reserve=reserve)
        rows = kept.row[match(kept).solution.chosen]
        assert (np.bincount(group[rows], minlength=2) <= quota).all()


@settings(deadline=None, max_examples=60)
@given(problems())
def test_where_every_head_is_worth_more_the_reserve_leaves_none_empty(problem: Problem) -> None:
    """Dearer than any chain of trips: as many heads are filled as without a reserve."""
    dear = replace(
        problem, posts=replace(problem.posts, unfilled_s=problem.posts.unfilled_s + 10**7)
    )
    held = replace(dear, reserve=reserve_of([0] * 6, [0], 10**6))
    free = replace(dear, reserve=None)
    empty = [int(match(p).solution.unfilled.sum()) for p in (held, free)]
    assert empty[0] == empty[1]
