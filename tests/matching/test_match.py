"""The public entry: properties of whole matches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import matching
from dispatch.errors import SolverFailed
from dispatch.matching import improve, match
from dispatch.matching.flow import solve
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.problem import Candidates, Problem
from dispatch.model import Heads, Severity
from tests.builders import need
from tests.matching.oracles import as_assignment, enumerated, problem_of, problems, random_problem

NONE = np.empty(0, np.intp)


@settings(deadline=None, max_examples=200)
@given(problems())
def test_a_match_is_proven_best(problem: Problem) -> None:
    found = match(problem)
    assert found.objective_s == found.bound_s == enumerated(problem)
    assert found.gap == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_bigger_match_is_proven_best(seed: int) -> None:
    problem = random_problem(seed, 40, 300, 0.3)
    found = match(problem)
    assert found.objective_s == found.bound_s == as_assignment(problem)


@settings(deadline=None)
@given(problems(), st.integers(0, 5))
def test_one_more_volunteer_never_makes_it_worse(problem: Problem, newcomer: int) -> None:
    without = problem.only(np.flatnonzero(problem.row != newcomer))
    assert match(problem).objective_s <= match(without).objective_s


@settings(deadline=None)
@given(problems(), st.data())
def test_pairs_that_the_solver_was_not_given_come_back(
    problem: Problem, data: st.DataObject
) -> None:
    p = len(problem.need)
    kept = np.array(sorted(data.draw(st.sets(st.integers(0, p - 1))) if p else []), np.intp)
    found = improve(problem, kept)
    assert found.objective_s == found.bound_s == enumerated(problem)


def test_even_a_solver_that_was_given_nothing_ends_at_the_optimum() -> None:
    problem = random_problem(7, 30, 120, 0.4)
    assert improve(problem, NONE).objective_s == match(problem).objective_s


def test_sabotaged_pruning_costs_time_and_not_quality(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_problem(5, 30, 120, 0.4)
    best = match(problem).objective_s
    monkeypatch.setattr(matching, "cheapest", lambda problem, most: np.array([0], np.intp))
    found = match(problem)
    assert (found.objective_s, found.gap) == (best, 0)


def test_sound_pruning_needs_one_solve_only(monkeypatch: pytest.MonkeyPatch) -> None:
    solved = []

    def counting(problem: Problem) -> Any:
        solved.append(problem)
        return solve(problem)

    monkeypatch.setattr(matching, "solve", counting)
    match(random_problem(5, 30, 120, 0.4))
    assert len(solved) == 1


def test_a_wrong_answer_of_the_solver_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def lying(problem: Problem) -> Any:
        honest = solve(problem)
        return type(honest)(honest.chosen, honest.unfilled, honest.objective_s - 1)

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


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(6)), st.integers(0, 10))
def test_the_order_of_the_needs_does_not_change_the_plan(order: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [
        Candidates(
            need=need(n, heads=Heads(minimum=1, desired=2, maximum=2)),
            severity=Severity.II,
            taken=0,
            rows=np.arange(9, dtype=np.intp),
            eta_s=rng.integers(1, 4, 9).astype(np.int32) * 100,
            steps=np.zeros(9, np.uint8),
        )
        for n in range(6)
    ]
    one, other = _plan(parts), _plan([parts[n] for n in order])
    assert one == other


def _plan(parts: list[Candidates]) -> list[tuple[str, int]]:
    problem = Problem.build(
        parts,
        turnout_s=np.full(9, 60, np.int32),
        on_duty=np.ones(9, np.bool_),
        policy=MatchPolicy(),
    )
    chosen = match(problem).solution.chosen
    return [(problem.need_ids[problem.need[p]], int(problem.row[p])) for p in chosen]


def test_the_duty_roster_goes_first_when_otherwise_equal() -> None:
    equal = Candidates(
        need=need(),
        severity=Severity.IV,
        taken=0,
        rows=np.array([0, 1], np.intp),
        eta_s=np.array([600, 600], np.int32),
        steps=np.zeros(2, np.uint8),
    )
    problem = Problem.build(
        [equal],
        turnout_s=np.full(2, 60, np.int32),
        on_duty=np.array([False, True]),
        policy=MatchPolicy(),
    )
    assert problem.row[match(problem).solution.chosen].tolist() == [1]
