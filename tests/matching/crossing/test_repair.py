"""The plan without a search: allowed, whatever else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from dispatch.matching import match
from dispatch.matching.crossing import lacks
from dispatch.matching.crossing.repair import repaired
from dispatch.matching.crossing.rules import Group, leader
from dispatch.matching.policy import CrewPolicy
from dispatch.matching.verify import verify
from tests.matching.crossing.judges import Case, best, cases, crowded, sent_by
from tests.matching.oracles import problem_of


@settings(deadline=None, max_examples=200)
@given(cases(most=5))
def test_a_repaired_plan_keeps_every_rule(case: Case) -> None:
    found = repaired(case.problem, case.rules, match(case.problem).solution)
    asked = case.asked(sent_by(case.problem, found))
    assert asked is not None
    assert verify(case.problem, found) + asked >= best(case)


@pytest.mark.parametrize("seed", range(4))
def test_a_bigger_repaired_plan_keeps_every_rule_and_sends_people(seed: int) -> None:
    case = crowded(seed)
    found = repaired(case.problem, case.rules, match(case.problem).solution)
    lacks(case.problem, case.rules, found)
    assert len(found.chosen) > len(match(case.problem).solution.chosen) / 2


def test_a_plan_that_breaks_nothing_stays() -> None:
    case = crowded(0)
    plain = match(case.problem).solution
    assert repaired(case.problem, (), plain) is plain


def test_of_people_too_many_the_dearest_stays_away() -> None:
    problem = problem_of([[10, 20, 30, 40, 50]], [(4, 0)], [(1_000, 1_000)])
    nobody_leads = np.zeros(5, np.bool_)
    rule = leader(problem, Group("A", np.array([0])), nobody_leads, CrewPolicy())
    found = repaired(problem, [rule], match(problem).solution)
    assert problem.row[found.chosen].tolist() == [0, 1, 2]
