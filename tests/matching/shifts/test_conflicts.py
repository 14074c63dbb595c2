from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatch.matching.shifts.conflicts import best_chain, conflicts, matrix, per_person
from dispatch.matching.shifts.problem import ReliefProblem
from dispatch.matching.shifts.spells import Spell, day_s, spell
from dispatch.matching.shifts.watches import ReliefPolicy
from tests.matching.shifts.scenes import HOUR, LIMITS, build, entry, people

Times = list[tuple[int, int, int, int]]
"""`(start, length, travel, row)` in half hours."""


def problem_of(
    times: Sequence[tuple[int, int, int, int]],
    policy: ReliefPolicy,
    fixed: Sequence[tuple[int, int]] = (),
) -> ReliefProblem:
    """Return a problem with just these pairs of which one person's time is taken."""
    limits = policy.limits
    spells = [
        spell(a * HOUR // 2, a * HOUR // 2, (a + n) * HOUR // 2, home * HOUR // 2, limits)
        for a, n, home, _ in times
    ]
    columns = np.array(spells, np.int64).reshape(-1, 4).T
    return replace(
        build([entry([], hours=8.0)], people(0), policy),
        shift=np.zeros(len(times), np.intp),
        row=np.array([row for *_, row in times], np.intp),
        cost_s=np.zeros(len(times), np.int64),
        alert=columns[0],
        leave=columns[1],
        release=columns[2],
        blocked=columns[3],
        fixed={0: tuple(fixed)} if fixed else {},
    )


times = st.lists(
    st.tuples(st.integers(0, 80), st.integers(1, 20), st.integers(0, 3), st.integers(0, 1)),
    max_size=7,
)


def allowed(
    chosen: Sequence[Spell], policy: ReliefPolicy, fixed: Sequence[tuple[int, int]]
) -> bool:
    """The rules, on one person's set of spells."""
    for one, other in combinations(sorted(chosen), 2):
        if other.alert < one.blocked:
            return False
    ends = [(s.left, s.released) for s in chosen]
    most = policy.limits.max_task_s
    return not any(
        day_s(until, [*ends, *fixed]) > most and day_s(until, ends) for _, until in [*ends, *fixed]
    )


@settings(deadline=None, max_examples=300)
@given(times, st.sampled_from(LIMITS), st.booleans())
def test_the_rows_allow_exactly_what_the_rules_allow(
    drawn: Times, limits: object, busy: bool
) -> None:
    policy = ReliefPolicy(limits=limits)  # type: ignore[arg-type]
    fixed = [(-10 * HOUR, -9 * HOUR)] if busy else []
    problem = problem_of(drawn, policy, fixed)
    rows, most = matrix(conflicts(problem), len(drawn))
    for size in range(1, len(drawn) + 1):
        for chosen in combinations(range(len(drawn)), size):
            x = np.zeros(len(drawn))
            x[list(chosen)] = 1
            by_person = [[p for p in chosen if drawn[p][3] == row] for row in (0, 1)]
            # Pairs that cannot stand beside a fixed task alone never come so far.
            if any(
                not allowed(problem.spells([p]), policy, fixed if drawn[p][3] == 0 else [])
                for p in chosen
            ):
                continue
            fine = all(
                allowed(problem.spells(mine), policy, [] if row else fixed)
                for row, mine in enumerate(by_person)
            )
            assert bool((rows @ x <= most).all()) == fine


@settings(deadline=None, max_examples=200)
@given(times, st.sampled_from(LIMITS), st.data())
def test_nobody_can_gain_more_than_the_best_chain(
    drawn: Times, limits: object, data: st.DataObject
) -> None:
    policy = ReliefPolicy(limits=limits)  # type: ignore[arg-type]
    problem = problem_of([(a, n, home, 0) for a, n, home, _ in drawn], policy)
    # Who cannot serve a shift by itself is no pair.
    assume(all(allowed(problem.spells([p]), policy, []) for p in range(len(drawn))))
    gain = [data.draw(st.integers(-5, 9)) for _ in drawn]
    sets = [
        sum(gain[p] for p in chosen)
        for size in range(len(drawn) + 1)
        for chosen in combinations(range(len(drawn)), size)
        if allowed(problem.spells(chosen), policy, [])
    ]
    pairs = next(per_person(problem, np.arange(len(drawn))), [])
    found = best_chain(problem, pairs, [gain[p] for p in pairs])
    assert found >= max(sets)
    if len(drawn) < 3:
        assert found == max(sets)


def test_overlapping_shifts_are_one_row() -> None:
    problem = problem_of([(0, 4, 0, 0), (2, 4, 0, 0), (40, 4, 0, 0), (4, 4, 0, 1)], ReliefPolicy())
    assert [(r.pairs, r.weights, r.limit) for r in conflicts(problem)] == [((0, 1), (1, 1), 1)]


def test_two_long_shifts_in_a_day_are_one_row() -> None:
    problem = problem_of([(0, 14, 0, 0), (31, 14, 0, 0)], ReliefPolicy())
    assert [(r.pairs, r.weights, r.limit) for r in conflicts(problem)] == [((0, 1), (1, 1), 1)]


SHORT = ReliefPolicy(limits=LIMITS[3])
"""Tasks below six hours need no rest; seven hours a day."""


def test_three_short_shifts_may_be_too_much_for_a_day() -> None:
    problem = problem_of([(0, 5, 0, 0), (10, 5, 0, 0), (20, 5, 0, 0)], SHORT)
    weights = (round(2.5 * HOUR),) * 3
    assert [(r.pairs, r.weights, r.limit) for r in conflicts(problem)] == [
        ((0, 1, 2), weights, 7 * HOUR)
    ]


def test_a_task_that_stands_leaves_less_of_the_day() -> None:
    problem = problem_of([(0, 4, 0, 0), (10, 4, 0, 0)], SHORT, [(-5 * HOUR, -HOUR)])
    assert [(r.pairs, r.limit) for r in conflicts(problem)] == [((0, 1), 3 * HOUR)]
    assert conflicts(problem_of([(0, 4, 0, 0), (10, 4, 0, 0)], SHORT)) == []


def test_shares_come_by_person_and_release() -> None:
    problem = problem_of([(9, 1, 0, 1), (5, 1, 0, 0), (1, 1, 0, 1), (1, 1, 0, 0)], ReliefPolicy())
    assert list(per_person(problem, np.arange(4))) == [[3, 1], [2, 0]]
    assert list(per_person(problem, np.array([0, 1]))) == [[1], [0]]


def test_nothing_conflicts_with_nothing() -> None:
    rows, most = matrix([], 3)
    assert rows.shape == (0, 3)
    assert most.shape == (0,)
