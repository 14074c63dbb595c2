"""Each crossing rule by an example, on one problem that all share.

Two incidents: A with the needs n000 (2 heads) and n001 (2 heads), B with n002 (3 heads). Six
people may go anywhere; rows 0, 1, 2, ... cost 10, 20, 30, ... wherever they go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dispatch.matching.crews import Crew
from dispatch.matching.crossing import CrewMatch, cross, rules
from dispatch.matching.crossing.rules import MUST, RULES, Group, Rule, RuleName
from dispatch.matching.policy import CrewPolicy
from dispatch.matching.problem import Problem
from tests.matching.oracles import problem_of

A = Group("A", np.array([0, 1]))
B = Group("B", np.array([2]))
POLICY = CrewPolicy(from_heads=2, leader_per=4)
EMPTY_S = 1_000


def problem(heads: tuple[int, int, int] = (2, 2, 3), people: int = 6) -> Problem:
    costs = [[10 * (i + 1) for i in range(people)]] * 3
    return problem_of(costs, [(h, 0) for h in heads], [(EMPTY_S, EMPTY_S)] * 3)


def who(*rows: int, people: int = 6) -> np.ndarray:
    return np.isin(np.arange(people), rows)


def sent(found: CrewMatch, at: Problem, group: Group) -> list[int]:
    chosen = found.solution.chosen
    return sorted(at.row[chosen[np.isin(at.post[chosen], group.posts)]].tolist())


def test_leader_over_all_needs_of_an_incident() -> None:
    at = problem((2, 2, 0))
    found = cross(at, [rules.leader(at, A, who(5), POLICY)])
    assert sent(found, at, A) == [0, 1, 2, 5]
    assert found.lacking == ()


def test_leader_already_there_counts() -> None:
    at = problem((2, 2, 0))
    there = replace(A, there=Crew(heads=1, leaders=1))
    policy = replace(POLICY, leader_per=8)
    found = cross(at, [rules.leader(at, there, who(5), policy)])
    assert sent(found, at, A) == [0, 1, 2, 3]


def test_leader_nowhere_leaves_one_head_empty_and_says_so() -> None:
    at = problem((2, 2, 0))
    found = cross(at, [rules.leader(at, A, who(), POLICY)])
    assert sent(found, at, A) == [0, 1, 2]
    assert [(x.name, x.about, x.units) for x in found.lacking] == [(RuleName.LEADER, "A", 1)]


def test_leader_may_be_stood_in_for_at_a_price() -> None:
    at = problem((2, 2, 0))
    found = cross(at, [rules.leader(at, A, who(), POLICY, 300)])
    assert sent(found, at, A) == [0, 1, 2, 3]
    assert found.objective_s == 10 + 20 + 30 + 40 + 300
    assert [(x.units, x.price_s) for x in found.lacking] == [(1, 300)]


def test_newcomers_at_most_half_of_an_incident() -> None:
    at = problem((2, 2, 0))
    found = cross(at, [rules.newcomers(at, A, who(0, 1, 2, 3), POLICY)])
    assert sent(found, at, A) == [0, 1, 4, 5]


def test_safety_officer_among_all_dangerous_needs() -> None:
    at = problem()
    found = cross(at, [rules.safety(at, replace(A, posts=np.array([0, 2])), who(5))])
    assert 5 in sent(found, at, replace(A, posts=np.array([0, 2])))


def test_safety_officer_there_is_enough() -> None:
    at = problem((2, 0, 0))
    there = replace(A, there=Crew(heads=1, safety=1))
    assert sent(cross(at, [rules.safety(at, there, who(5))]), at, A) == [0, 1]


def test_language_somebody_speaks_it() -> None:
    at = problem((2, 0, 0))
    assert sent(cross(at, [rules.language(at, A, who(4))]), at, A) == [0, 4]


def test_buddy_sends_nobody_alone() -> None:
    at = problem((2, 0, 0), people=1)
    assert sent(cross(at, [rules.buddy(at, A, 0)]), at, A) == []
    at = problem((2, 0, 0), people=2)
    assert sent(cross(at, [rules.buddy(at, A, 0)]), at, A) == [0, 1]


@pytest.mark.parametrize(("there", "go"), [(0, []), (1, [0]), (2, [0])])
def test_buddy_counts_who_is_there(there: int, go: list[int]) -> None:
    at = problem((1, 0, 0))
    group = replace(A, there=Crew(heads=there))
    found = cross(at, [rules.buddy(at, group, 50)])
    assert sent(found, at, A) == go
    assert found.lacking == ()


def test_buddy_whom_nobody_can_join_costs_his_price() -> None:
    at = problem((1, 0, 0)).only(np.empty(0, np.intp))
    found = cross(at, [rules.buddy(at, replace(A, there=Crew(heads=1)), 50)])
    assert (found.objective_s, found.gap) == (EMPTY_S + 50, 0)
    assert [(x.name, x.units) for x in found.lacking] == [(RuleName.BUDDY, 1)]


def test_squad_goes_to_one_need_together() -> None:
    at = problem((2, 2, 2))
    found = cross(at, [rules.squad(at, "red", np.array([0, 5]))])
    needs = [at.post[p] for p in found.solution.chosen if at.row[p] in (0, 5)]
    assert len(needs) == 2
    assert needs[0] == needs[1]


def test_squad_too_large_for_every_need_stays_at_home() -> None:
    at = problem((2, 2, 0))
    found = cross(at, [rules.squad(at, "red", np.array([0, 1, 2]))])
    assert sent(found, at, A) == [3, 4, 5]


def test_seats_everybody_on_foot_rides_with_somebody_who_goes_there() -> None:
    at = problem((3, 0, 0))
    free = np.array([0, 0, 0, 0, 1, 2], np.int32)
    walks = who(0, 1, 2)
    assert sent(cross(at, [rules.seats(at, A, walks, free)]), at, A) == [0, 1, 5]
    assert sent(cross(at, [rules.seats(at, A, walks, free, 3)]), at, A) == [0, 1, 2]


def test_apart_never_meet_in_an_incident() -> None:
    at = problem((2, 2, 1))
    found = cross(at, [rules.apart(at, "feud", np.array([0, 1]), np.array([0, 0, 1]))])
    assert {0, 1} - set(sent(found, at, A))
    assert {0, 1} - set(sent(found, at, B))
    assert len(found.solution.chosen) == 5


def test_every_rule_has_a_test_of_its_name() -> None:
    tests = [name.removeprefix("test_") for name in globals() if name.startswith("test_")]
    named = {rule.__name__ for rule in RULES}
    assert named == {name.lower() for name in RuleName}
    assert all(any(test.startswith(name) for test in tests) for name in named)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"pair": np.array([0, 1])}, "row, pair and weight differ"),
        ({"switch": np.zeros(2, np.int64)}, "most, switch and price_s differ"),
        ({"row": np.array([1])}, "a row that does not exist"),
        ({"row": np.array([-1])}, "a row that does not exist"),
        ({"most": np.array([-1])}, "must hold when nobody is sent"),
        ({"price_s": np.array([-2])}, "price_s cannot be negative"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(change: dict[str, Any], error: str) -> None:
    one = np.ones(1, np.int64)
    rule = Rule(RuleName.APART, "x", 0 * one, 0 * one, one, one, 0 * one, MUST * one)
    with pytest.raises(ValueError, match=f"APART of x: .*{error}"):
        replace(rule, **change)
