from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching import match
from dispatch.matching.cost import People
from dispatch.matching.eligibility import Eligibility
from dispatch.matching.explain import shortfalls
from dispatch.matching.flow import solve
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.problem import SPARE, Candidates, PostKind, Problem
from dispatch.matching.reasons import REASONS, Mask, reasons_of, union
from dispatch.model import Heads, NeedId, Reason, Severity
from tests.builders import NOW, facts, need, person, roster
from tests.matching.oracles import plain, problem_of, problems

PRICE = (400_000, 100_000)


def mask(people: Sequence[Sequence[Reason]]) -> Mask:
    return np.array([union(*reasons) for reasons in people], np.uint32)


def test_a_full_need_has_no_shortfall() -> None:
    problem = problem_of([[5]], [(1, 0)], [PRICE])
    assert shortfalls(problem, solve(problem), lambda _: mask([()])) == ()


def test_everyone_is_counted_under_their_first_rule() -> None:
    problem = problem_of([[5, None, None, None, None]], [(2, 1)], [PRICE])
    bits = mask([(), (Reason.SKILL,), (Reason.SKILL, Reason.COVER), (Reason.COVER,), ()])
    (short,) = shortfalls(problem, solve(problem), lambda _: bits)
    assert (short.need_id, short.missing) == ("n000", 2)
    assert (short.eligible, short.competing) == (1, 0)
    assert short.refused == {Reason.SKILL: 2, Reason.COVER: 1, Reason.REACH: 1}
    assert short.single == {Reason.SKILL: 1, Reason.COVER: 1, Reason.REACH: 1}
    assert short.holders == 3
    assert short.held == {Reason.COVER: 1, Reason.REACH: 1}
    assert short.posts == {"ANY": 2}


def test_who_is_cut_off_is_not_called_far() -> None:
    problem = problem_of([[None, None]], [(1, 0)], [PRICE])
    bits = mask([(Reason.CUT_OFF,), ()])
    (short,) = shortfalls(problem, solve(problem), lambda _: bits)
    assert short.refused == {Reason.CUT_OFF: 1, Reason.REACH: 1}


def test_known_distance_keeps_far_people_out_of_what_would_help() -> None:
    problem = problem_of([[None, None]], [(1, 0)], [PRICE])
    bits = mask([(Reason.CREDENTIAL,), (Reason.CREDENTIAL, Reason.REACH)])
    (short,) = shortfalls(problem, solve(problem), lambda _: bits)
    assert short.refused == {Reason.CREDENTIAL: 2}
    assert short.single == {Reason.CREDENTIAL: 1}


def test_people_used_elsewhere_compete() -> None:
    red = (3_200_000, 800_000)
    problem = problem_of([[5, 5], [9, 9]], [(2, 0), (1, 0)], [PRICE, red])
    (short,) = shortfalls(problem, solve(problem), lambda _: mask([(), ()]))
    assert (short.need_id, short.missing) == ("n000", 1)
    assert (short.eligible, short.competing) == (2, 1)


def test_an_empty_spare_head_is_no_shortfall() -> None:
    problem = problem_of([[5], [5]], [(1, 0, 3), (0, 1, 2)], [(400_000, 100_000, 9_000)] * 2)
    found = shortfalls(problem, solve(problem), lambda _: mask([()]))
    assert [(s.need_id, s.missing) for s in found] == [("n001", 1)]


def test_a_crews_posts_are_one_shortfall_and_its_people_count_once() -> None:
    """Row 0 may lead or be safety officer and leads, being cheaper there; so one leader and the
    officer are missing. Rows 1 and 2 fill the posts for anyone, row 3 is too far, row 4 goes
    elsewhere."""
    costs = [
        [8, None, None, None, 8],
        [9, None, None, None, None],
        [None, 9, 9, None, None],
        [None, None, None, None, 1],
    ]
    problem = problem_of(
        costs,
        [(2,), (1,), (2,), (1,)],
        [PRICE] * 3 + [(3_200_000, 0)],
        needs=[0, 0, 0, 1],
        falls=[2, 2, -1, -1],
    )
    kinds = (PostKind.LEADER, PostKind.SAFETY, PostKind.ANY, PostKind.ANY)
    problem = replace(problem, posts=replace(problem.posts, kinds=kinds))
    solution = solve(problem)
    assert len(solution.chosen) == 4
    (short,) = shortfalls(problem, solution, lambda _: mask([()] * 5))
    assert (short.need_id, short.missing) == ("n000", 2)
    assert short.posts == {"LEADER": 1, "SAFETY": 1}
    assert (short.eligible, short.competing) == (4, 1)
    assert short.refused == {Reason.REACH: 1}


def test_only_short_needs_are_looked_at() -> None:
    problem = problem_of([[5], [None]], [(1, 0), (1, 0)], [PRICE, PRICE])
    asked: list[NeedId] = []

    def bits(need_id: NeedId) -> Mask:
        asked.append(need_id)
        return mask([()])

    shortfalls(problem, solve(problem), bits)
    assert asked == ["n001"]


def test_bits_of_another_problem_are_refused() -> None:
    problem = problem_of([[5]], [(2, 0)], [PRICE])
    with pytest.raises(ValueError, match="n000: a candidate is stopped"):
        shortfalls(problem, solve(problem), lambda _: mask([(Reason.COVER,)]))


@settings(deadline=None)
@given(problems(), st.data())
def test_counts_add_up_to_the_roster(problem: Problem, data: st.DataObject) -> None:
    n = 9
    needs = np.array(problem.posts.need_ids)
    some = st.frozensets(st.sampled_from(REASONS), max_size=3)
    drawn = mask([sorted(r) for r in data.draw(st.lists(some, min_size=n, max_size=n))])

    def bits(need_id: NeedId) -> Mask:
        mine = problem.row[np.isin(problem.post, np.flatnonzero(needs == need_id))]
        return np.where(np.isin(np.arange(n), mine), np.uint32(0), drawn)

    solution = solve(problem)
    found = shortfalls(problem, solution, bits)
    missing = solution.unfilled[:, :SPARE].sum(axis=1)
    assert [s.need_id for s in found] == sorted(set(needs[missing > 0]))
    assert sum(s.missing for s in found) == missing.sum()
    for short in found:
        assert sum(short.refused.values()) + short.eligible == n
        assert short.missing > 0
        assert short.competing <= short.eligible
        assert all(
            short.single[r] <= sum(r in reasons_of(b) for b in bits(short.need_id))
            or r is Reason.REACH
            for r in short.single
        )


@settings(deadline=None)
@given(plain())
def test_where_empty_heads_outweigh_travel_nobody_eligible_is_idle(problem: Problem) -> None:
    dear = replace(
        problem, posts=replace(problem.posts, unfilled_s=problem.posts.unfilled_s + 10_000_000)
    )
    solution = solve(dear)
    for short in shortfalls(dear, solution, lambda _: np.zeros(9, np.uint32)):
        j = dear.posts.need_ids.index(short.need_id)
        here = int((dear.post[solution.chosen] == j).sum())
        assert short.competing == short.eligible - here


def test_from_roster_to_reasons() -> None:
    """The whole chain on people of whom one is fit, one far, one busy and one uninsured."""
    people = roster([person(1), person(2), person(3), person(4, covers=frozenset())])
    known = facts(people, {2: [Reason.BUSY]})
    wanted = need(heads=Heads(minimum=1, desired=3, maximum=3), reach_s=900)
    policy = MatchPolicy()
    eligibility = Eligibility(people, known, now=NOW, exercise=False, policy=policy)
    serving = eligibility.eligible(wanted)
    assert serving.rows.tolist() == [0, 1]
    routed = Candidates(
        need=wanted,
        severity=Severity.I,
        taken=0,
        rows=serving.rows,
        eta_s=np.array([600, 5_000], np.int32),
        steps=serving.steps,
    )
    problem = Problem.build([routed], People.fresh(people.turnout_s, known.on_duty), policy)
    found = match(problem)
    assert problem.row[found.solution.chosen].tolist() == [0]
    (short,) = shortfalls(problem, found.solution, lambda _: eligibility.bits(wanted))
    once_each = {Reason.REACH: 1, Reason.BUSY: 1, Reason.COVER: 1}
    assert (short.missing, short.eligible, short.competing) == (2, 1, 0)
    assert short.refused == short.single == once_each
