"""Crew rules as posts: what a full crew looks like, and the same optimum by another way."""

from __future__ import annotations

from datetime import date
from math import ceil
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from dispatch.matching import match
from dispatch.matching.crews import Classes, Crew, classes_of, crew_posts, missing
from dispatch.matching.policy import CrewPolicy
from dispatch.matching.problem import TIERS, Post, PostKind, Posts, Problem
from dispatch.model import HazardClass, NeedId
from tests.builders import Proof, day, person, roster

H2, H3 = HazardClass.H2, HazardClass.H3
PRICES = (4_000, 1_000, 300)
POLICY = CrewPolicy()


def heads(*tiers: int) -> np.ndarray:
    return np.array([*tiers, *[0] * (TIERS - len(tiers))], np.int64)


def classes(leader: str = "", safety: str = "", newcomer: str = "", people: int = 6) -> Classes:
    def mask(rows: str) -> np.ndarray:
        return np.isin(np.arange(people), [int(row) for row in rows])

    return Classes(mask(leader), mask(safety), mask(newcomer))


def said(posts: tuple[Post, ...]) -> list[tuple[str, list[int], int]]:
    return [(post.kind.value, post.heads.tolist(), post.falls_to) for post in posts]


def test_a_crew_of_eight_has_a_leader_and_four_who_are_no_newcomers() -> None:
    posts = crew_posts(heads(8), Crew(), classes("0", newcomer="345"), H2, POLICY)
    assert said(posts) == [
        ("LEADER", [1, 0, 0], 1),
        ("EXPERIENCED", [3, 0, 0], 2),
        ("ANY", [4, 0, 0], -1),
    ]
    assert [np.flatnonzero(post.enters).tolist() for post in posts] == [[0], [1, 2], [3, 4, 5]]


def test_dangerous_work_has_a_safety_officer_too() -> None:
    posts = crew_posts(heads(4, 4), Crew(), classes("01", "12"), H3, POLICY)
    assert said(posts) == [
        ("SAFETY", [1, 0, 0], 2),
        ("LEADER", [1, 0, 0], 2),
        ("EXPERIENCED", [2, 0, 0], 3),
        ("ANY", [0, 4, 0], -1),
    ]
    both = [np.flatnonzero(post.enters).tolist() for post in posts]
    assert both == [[1, 2], [0, 1], [3, 4, 5], []]


def test_a_ninth_head_asks_for_a_second_leader() -> None:
    nine = crew_posts(heads(9), Crew(), classes(), H2, POLICY)
    assert nine[0].heads.tolist() == [2, 0, 0]


def test_a_small_crew_has_no_rules() -> None:
    assert said(crew_posts(heads(3), Crew(), classes(), H3, POLICY)) == [("ANY", [3, 0, 0], -1)]


def test_who_is_there_counts() -> None:
    there = Crew(heads=5, leaders=1, safety=1, newcomers=1)
    posts = crew_posts(heads(1, 2), there, classes(), H3, POLICY)
    assert said(posts) == [("ANY", [1, 2, 0], -1)]


def test_a_crew_of_newcomers_takes_experienced_people_only() -> None:
    there = Crew(heads=4, newcomers=4)
    posts = crew_posts(heads(3, 1), there, classes(newcomer="0"), H2, POLICY)
    assert said(posts) == [("LEADER", [1, 0, 0], 1), ("EXPERIENCED", [2, 1, 0], -1)]
    assert [np.flatnonzero(post.enters).tolist() for post in posts] == [[], [1, 2, 3, 4, 5]]


def test_spares_are_for_anyone() -> None:
    posts = crew_posts(heads(4, 0, 3), Crew(), classes(), H2, POLICY)
    assert posts[-1].kind is PostKind.ANY
    assert posts[-1].heads.tolist() == [2, 0, 3]


def test_a_full_need_has_one_post_without_heads() -> None:
    posts = crew_posts(heads(), Crew(heads=8), classes(), H3, POLICY)
    assert said(posts) == [("ANY", [0, 0, 0], -1)]


def test_rules_that_are_off_ask_for_nobody() -> None:
    off = CrewPolicy(leader_per=100, newcomer_share=1.0, safety_officer_from=None)
    assert missing(8, Crew(), HazardClass.H4, off) == {
        PostKind.LEADER: 1,
        PostKind.SAFETY: 0,
        PostKind.EXPERIENCED: 0,
    }


@pytest.mark.parametrize(("share", "crew", "old"), [(0.1, 10, 9), (0.3, 10, 7), (0.29, 100, 71)])
def test_a_share_that_is_whole_is_not_rounded_down(share: float, crew: int, old: int) -> None:
    wanted = missing(crew, Crew(), H2, CrewPolicy(newcomer_share=share))
    assert wanted[PostKind.EXPERIENCED] == old


@pytest.mark.parametrize("wrong", [{"leaders": 3}, {"safety": -1}, {"newcomers": 9}])
def test_a_crew_has_no_more_of_a_class_than_people(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="between 0 and its heads"):
        Crew(heads=2, **wrong)


def test_classes_are_read_from_credentials_in_date_and_hours_served() -> None:
    people = [
        person(1, "CMD", served_h=0),
        person(2, "CMD", Proof(until=day(date(2026, 7, 31)))),
        person(3, "SAFE", Proof(until=day(date(2026, 8, 1)))),
        person(4, "SAFE", Proof(verified=False)),
        person(5, served_h=19),
        person(6, served_h=20),
    ]
    found = classes_of(roster(people), date(2026, 8, 1), CrewPolicy(newcomer_h=20))
    assert np.flatnonzero(found.leader).tolist() == [0]
    assert np.flatnonzero(found.safety).tolist() == [2]
    assert np.flatnonzero(found.newcomer).tolist() == [0, 4]
    assert np.flatnonzero(found.experienced).tolist() == [0, 1, 2, 3, 5]
    assert found.only(np.array([4, 0])).leader.tolist() == [False, True]


def test_on_a_roster_without_hours_nobody_is_a_newcomer() -> None:
    people = [person(1, served_h=0), person(2, served_h=0)]
    assert not classes_of(roster(people), date(2026, 8, 1), POLICY).newcomer.any()


Instance = tuple[np.ndarray, Crew, Classes, HazardClass, CrewPolicy, np.ndarray]


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """One need, who is there, up to seven candidates with their classes and costs."""
    k = draw(st.integers(0, 7))
    flags = st.lists(st.booleans(), min_size=k, max_size=k).map(lambda x: np.array(x, np.bool_))
    there = draw(st.integers(0, 3))
    part = st.integers(0, there)
    policy = CrewPolicy(
        from_heads=draw(st.integers(1, 5)),
        leader_per=draw(st.integers(1, 5)),
        newcomer_share=draw(st.sampled_from([0.0, 0.3, 0.5, 1.0])),
    )
    return (
        heads(*draw(st.tuples(*[st.integers(0, 3)] * TIERS))),
        Crew(heads=there, leaders=draw(part), safety=draw(part), newcomers=draw(part)),
        Classes(draw(flags), draw(flags), draw(flags)),
        draw(st.sampled_from([H2, H3])),
        policy,
        np.array(draw(st.lists(st.integers(0, 500), min_size=k, max_size=k)), np.int64),
    )


def problem_of_need(posts: tuple[Post, ...], cost: np.ndarray) -> Problem:
    """Return the problem of one need with these posts."""
    rows = [np.flatnonzero(post.enters) for post in posts]
    row = np.concatenate(rows)
    return Problem(
        posts=Posts(
            need_ids=(NeedId("n"),) * len(posts),
            kinds=tuple(post.kind for post in posts),
            heads=np.array([post.heads for post in posts]),
            unfilled_s=np.array([PRICES] * len(posts)),
            falls_to=np.array([post.falls_to for post in posts]),
        ),
        post=np.repeat(np.arange(len(posts)), [len(r) for r in rows]),
        row=row,
        cost_s=cost[row],
        eta_s=cost[row].astype(np.int32),
    )


def wanted_of(open_: np.ndarray, there: Crew, hazard: HazardClass, policy: CrewPolicy) -> list[int]:
    """Leaders, officers and others with experience that the open heads are kept for."""
    left = int(open_[:2].sum())
    crew = there.heads + left
    if crew < policy.from_heads:
        return [0, 0, 0]
    leaders = min(left, max(0, ceil(crew / policy.leader_per) - there.leaders))
    officers = min(left - leaders, max(0, policy.needs_officer(hazard) - there.safety))
    may_be_new = int(policy.newcomer_share * crew + 1e-9) - there.newcomers
    old = min(left - leaders - officers, max(0, left - may_be_new - leaders - officers))
    return [leaders, officers, old]


def by_slots(instance: Instance) -> int:
    """Return the optimum with every head a slot of its own, in the order of their prices."""
    open_, there, who, hazard, policy, cost = instance
    leaders, officers, old = wanted_of(open_, there, hazard, policy)
    prices = [price for price, h in zip(PRICES, open_.tolist(), strict=True) for _ in range(h)]
    anyone = np.ones(len(cost), np.bool_)
    experienced = ~who.newcomer | who.leader | who.safety
    takes = [who.leader] * leaders + [who.safety] * officers + [experienced] * old
    takes += [anyone] * (len(prices) - len(takes))
    table = np.full((len(prices), len(cost) + len(prices)), 1e12)
    for slot, (price, admits) in enumerate(zip(prices, takes, strict=True)):
        table[slot, : len(cost)] = np.where(admits, cost, 1e12)
        table[slot, len(cost) + slot] = price
    return int(table[linear_sum_assignment(table)].sum())


@settings(deadline=None, max_examples=300)
@given(instances())
def test_posts_give_the_optimum_of_the_rules(instance: Instance) -> None:
    posts = crew_posts(*instance[:5])
    assert match(problem_of_need(posts, instance[5])).objective_s == by_slots(instance)


@settings(deadline=None, max_examples=300)
@given(instances())
def test_no_head_is_lost_and_nobody_enters_where_they_may_not(instance: Instance) -> None:
    open_, _, who, *_ = instance
    posts = crew_posts(*instance[:5])
    assert sum(post.heads for post in posts).tolist() == open_.tolist()
    admits: dict[PostKind, Any] = {
        PostKind.LEADER: who.leader,
        PostKind.SAFETY: who.safety,
        PostKind.EXPERIENCED: who.experienced,
        PostKind.ANY: True,
    }
    for post in posts:
        assert (admits[post.kind] | ~post.enters).all()


@settings(deadline=None, max_examples=300)
@given(instances())
def test_a_crew_without_empty_heads_keeps_the_rules(instance: Instance) -> None:
    open_, there, who, hazard, policy, cost = instance
    if open_[2] or not open_.any():
        return
    problem = problem_of_need(crew_posts(*instance[:5]), cost)
    solution = match(problem).solution
    crew = there.heads + int(open_.sum())
    if solution.unfilled.any() or crew < policy.from_heads:
        return
    rows = problem.row[solution.chosen]
    leaders, officers, old = wanted_of(open_, there, hazard, policy)
    assert who.leader[rows].sum() >= leaders
    assert who.safety[rows].sum() >= officers
    assert who.experienced[rows].sum() >= leaders + officers + old
