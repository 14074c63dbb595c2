"""Whole matches under crossing rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.errors import SolverFailed
from dispatch.matching import crossing, match
from dispatch.matching.crossing import Effort, cross, lacks
from dispatch.matching.crossing.rules import MUST, Rule, RuleName
from dispatch.matching.problem import Solution
from dispatch.matching.verify import verify
from tests.matching.crossing.judges import Case, best, cases, crowded, sent_by


@pytest.mark.parametrize("name", RuleName)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_match_under_one_rule_is_proven_best(name: RuleName, data: st.DataObject) -> None:
    case = data.draw(cases([name], 1))
    found = cross(case.problem, case.rules)
    assert case.asked(sent_by(case.problem, found.solution)) is not None
    assert found.objective_s == found.bound_s == best(case)


@settings(deadline=None, max_examples=200)
@given(cases())
def test_a_match_under_mixed_rules_is_proven_best(case: Case) -> None:
    found = cross(case.problem, case.rules)
    asked = case.asked(sent_by(case.problem, found.solution))
    assert asked == sum(lack.units * lack.price_s for lack in found.lacking)
    assert found.objective_s == found.bound_s == best(case)
    assert found.gap == 0


@pytest.mark.parametrize("seed", range(6))
def test_a_bigger_match_under_all_rules_agrees_with_one_program_for_everything(seed: int) -> None:
    case = crowded(seed)
    found = cross(case.problem, case.rules)
    assert found.objective_s == found.bound_s == case.by_milp()
    assert found.objective_s > match(case.problem).objective_s


def test_rules_that_do_not_bite_leave_the_flow_as_it_is() -> None:
    case = crowded(1)
    lax = [replace(rule, most=rule.most + 10_000) for rule in case.rules]
    plain, found = match(case.problem), cross(case.problem, lax)
    assert found.solution.chosen.tolist() == plain.solution.chosen.tolist()
    assert (found.objective_s, found.bound_s) == (plain.objective_s, plain.bound_s)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_the_rules_does_not_change_the_plan(seed: int) -> None:
    case = crowded(seed, dearest=70)  # so that many plans cost the same
    one, other = cross(case.problem, case.rules), cross(case.problem, case.rules[::-1])
    assert one.solution.chosen.tolist() == other.solution.chosen.tolist()
    assert one.lacking == other.lacking


@settings(deadline=None, max_examples=60)
@given(cases(), st.data())
def test_a_laxer_rule_never_makes_it_worse(case: Case, data: st.DataObject) -> None:
    more = data.draw(st.integers(0, 2))
    laxer = [replace(rule, most=rule.most + more) for rule in case.rules]
    assert cross(case.problem, laxer).objective_s <= cross(case.problem, case.rules).objective_s


@settings(deadline=None, max_examples=60)
@given(cases())
def test_one_rule_more_never_makes_it_better(case: Case) -> None:
    costs = [cross(case.problem, case.rules[:k]).objective_s for k in range(len(case.rules) + 1)]
    assert costs == sorted(costs)


@settings(deadline=None, max_examples=60)
@given(cases(), st.integers(0, 3))
def test_one_more_volunteer_never_makes_it_worse(case: Case, newcomer: int) -> None:
    theirs = np.flatnonzero(case.problem.row == newcomer)
    none = np.zeros(1, np.int64)
    away = Rule(
        name=RuleName.APART,
        about="stays at home",
        row=0 * theirs,
        pair=theirs,
        weight=np.ones(len(theirs), np.int64),
        most=none,
        switch=none,
        price_s=none + MUST,
    )
    without = cross(case.problem, [*case.rules, away])
    assert not (case.problem.row[without.solution.chosen] == newcomer).any()
    assert cross(case.problem, case.rules).objective_s <= without.objective_s


@pytest.mark.parametrize(
    "effort", [Effort(guard_s=0), Effort(steps=0), Effort(nodes=0)], ids=["time", "steps", "nodes"]
)
@pytest.mark.parametrize("seed", range(3))
def test_without_effort_there_is_still_a_plan_with_its_gap(effort: Effort, seed: int) -> None:
    case = crowded(seed)
    found = cross(case.problem, case.rules, effort)
    assert not any(lack.price_s == MUST for lack in found.lacking)
    asked = sum(lack.units * lack.price_s for lack in found.lacking)
    assert verify(case.problem, found.solution) + asked == found.objective_s
    assert match(case.problem).bound_s <= found.bound_s <= case.by_milp() <= found.objective_s
    again = cross(case.problem, case.rules, effort)
    assert again.solution.chosen.tolist() == found.solution.chosen.tolist()


def test_time_spent_leaves_a_gap() -> None:
    case = crowded(0)
    assert cross(case.problem, case.rules, Effort(guard_s=0)).gap > 0


def test_a_plan_that_breaks_a_rule_is_refused() -> None:
    case = crowded(0)
    broken = match(case.problem).solution
    with pytest.raises(SolverFailed, match="breaks the rule"):
        lacks(case.problem, case.rules, broken)


def test_a_wrong_answer_of_the_solver_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    case = crowded(0)
    flow = match(case.problem).solution
    monkeypatch.setattr(crossing, "repaired", lambda problem, rules, start: flow)
    with pytest.raises(SolverFailed, match="breaks the rule"):
        cross(case.problem, case.rules, Effort(guard_s=0))


def test_a_bound_above_the_plan_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    case = crowded(0)
    honest = cross(case.problem, case.rules)
    lying = (honest.solution, honest.objective_s + 1)
    monkeypatch.setattr(crossing, "_settled", lambda priced, rules, effort: lying)
    with pytest.raises(SolverFailed, match="below the bound"):
        cross(case.problem, case.rules)


def test_nobody_and_nothing_is_no_trouble() -> None:
    case = crowded(0)
    nobody = case.problem.only(np.empty(0, np.intp))
    found = cross(nobody, [])
    assert isinstance(found.solution, Solution)
    assert (found.gap, found.lacking) == (0, ())
