"""Every hard rule alone, by its reason code, and the properties all of them share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching.cover import evidence
from dispatch.matching.eligibility import JUDGED, Eligibility, Stage, judge, jurisdiction
from dispatch.matching.facts import Facts
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.reasons import BIT, reasons_of
from dispatch.model import (
    HazardClass,
    Need,
    NeedId,
    PolicyId,
    Reason,
    RegionCode,
    Skill,
    Tier,
    VolunteerStatus,
)
from dispatch.regions import RegionTree
from dispatch.roster import NEVER, Roster
from tests.builders import (
    COUNTY,
    NOW,
    TODAY,
    UNPROVEN,
    UNTRAINED,
    Person,
    Proof,
    contract,
    facts,
    need,
    person,
    roster,
)

POLICY = MatchPolicy()
H = HazardClass


def reasons(
    someone: Person,
    wanted: Need | None = None,
    *,
    blocked: Sequence[Reason] = (),
    declined: bool = False,
    excluded: bool = False,
    stage: Stage = Stage.PLAN,
    policy: MatchPolicy = POLICY,
    exercise: bool = False,
) -> tuple[Reason, ...]:
    """Return why `someone` may not serve the need, asked as a roster of one."""
    wanted = wanted or need()
    people = roster([someone])
    named = {wanted.id: [0]}
    known = facts(
        people, {0: blocked}, named if declined else {}, excluded=named if excluded else {}
    )
    bits = judge(people, known, wanted, now=NOW, exercise=exercise, policy=policy, stage=stage)
    return reasons_of(bits[0])


def test_a_person_whom_no_rule_stops() -> None:
    for hazard in HazardClass:
        fitting = person(1, "SAR-W", team_level=1)
        assert reasons(fitting, need(skill=Skill("SAR-W"), hazard=hazard)) == ()


def test_STATUS() -> None:
    for status in (VolunteerStatus.PENDING, VolunteerStatus.SUSPENDED, VolunteerStatus.EXITED):
        assert reasons(person(1, status=status)) == (Reason.STATUS,)


def test_TIER() -> None:
    assert reasons(person(1, tier=Tier.SPONTANEOUS)) == (Reason.TIER,)


def test_TIER_outside_a_levelled_team_at_h4() -> None:
    lone = person(1, "SAR-W", team_level=0)
    assert reasons(lone, need(skill=Skill("SAR-W"), hazard=H.H4)) == (Reason.TIER,)
    assert reasons(lone, need(skill=Skill("SAR-W"), hazard=H.H3)) == ()


def test_AGE() -> None:
    assert reasons(person(1, birth=date(2008, 7, 21))) == (Reason.AGE,)
    assert reasons(person(1, birth=date(2008, 7, 20))) == ()
    assert reasons(person(1, birth=date(1960, 7, 20))) == (Reason.AGE,)


def test_AGE_is_that_of_now_and_not_of_the_end_of_the_work() -> None:
    birthday_before_the_end = person(1, birth=date(2008, 7, 21))
    wanted = need(ends_at=NOW + timedelta(days=3))
    assert reasons(birthday_before_the_end, wanted) == (Reason.AGE,)


def test_FITNESS() -> None:
    unfit = person(1, "BOAT", fit=False)
    assert reasons(unfit, need(skill=Skill("BOAT"), hazard=H.H3)) == (Reason.FITNESS,)
    assert reasons(unfit, need(skill=Skill("BOAT"), hazard=H.H2)) == ()


def test_SKILL() -> None:
    assert reasons(person(1, "COOK")) == (Reason.SKILL,)
    assert reasons(person(1, "LOG", Proof(level=1)), need(level=2)) == (Reason.SKILL,)


def test_SKILL_does_not_reach_above_its_hazard_class() -> None:
    wanted = need(skill=Skill("MED-1"), hazard=H.H3)
    assert reasons(person(1, "MED-1"), wanted) == (Reason.SKILL,)
    assert reasons(person(1, "MED-2"), wanted) == ()


def test_CREDENTIAL() -> None:
    assert reasons(person(1, "LOG", UNPROVEN)) == (Reason.CREDENTIAL,)
    expired = person(1, "LOG", Proof(until=TODAY - 1))
    assert reasons(expired) == (Reason.CREDENTIAL,)


def test_CREDENTIAL_must_last_until_the_end_of_the_work() -> None:
    someone = person(1, "LOG", Proof(until=TODAY))
    assert reasons(someone) == ()
    assert reasons(someone, need(ends_at=NOW + timedelta(days=1))) == (Reason.CREDENTIAL,)


def test_CREDENTIAL_grace_is_given_by_hazard_class() -> None:
    lenient = MatchPolicy(
        credential_grace_days={**POLICY.credential_grace_days, HazardClass.H2: 30}
    )
    late = person(1, "PUMP", Proof(until=TODAY - 30))
    too_late = person(1, "PUMP", Proof(until=TODAY - 31))
    wanted = need(skill=Skill("PUMP"))
    assert reasons(late, wanted, policy=lenient) == ()
    assert reasons(too_late, wanted, policy=lenient) == (Reason.CREDENTIAL,)
    indoors = replace(wanted, hazard=H.H1)
    assert reasons(late, indoors, policy=lenient) == (Reason.CREDENTIAL,)


def test_TRAINING_of_the_skill() -> None:
    assert reasons(person(1, "PUMP", UNTRAINED), need(skill=Skill("PUMP"))) == (Reason.TRAINING,)
    assert reasons(person(1, "LOG", UNTRAINED)) == ()


def test_TRAINING_in_safety_from_h2() -> None:
    untrained = person(1, trained_until=NEVER)
    assert reasons(untrained) == (Reason.TRAINING,)
    assert reasons(untrained, need(hazard=H.H1)) == ()


def test_COVER() -> None:
    assert reasons(person(1, covers=frozenset())) == (Reason.COVER,)


def test_COVER_is_not_asked_for_remote_work() -> None:
    assert reasons(person(1, covers=frozenset()), need(hazard=H.H0)) == ()


def test_COVER_of_exercises() -> None:
    people = roster([person(1)], [contract(exercises=False)])
    for exercise, stopped in ((False, ()), (True, (Reason.COVER,))):
        bits = judge(people, facts(people), need(), now=NOW, exercise=exercise, policy=POLICY)
        assert reasons_of(bits[0]) == stopped


def test_JURISDICTION() -> None:
    stranger = person(1, region=RegionCode("410100"))
    assert reasons(stranger) == (Reason.JURISDICTION,)
    assert reasons(stranger, need(widened=True)) == ()


@pytest.mark.parametrize("region", ["2205", "220524", "220524101"])
def test_JURISDICTION_holds_up_and_down_the_same_branch(region: str) -> None:
    assert reasons(person(1, region=RegionCode(region))) == ()


def test_JURISDICTION_stops_siblings_and_people_of_no_region() -> None:
    town = need(region=RegionCode("220524101"))
    assert reasons(person(1, region=RegionCode("220524102")), town) == (Reason.JURISDICTION,)
    assert reasons(person(1, region=None)) == (Reason.JURISDICTION,)
    assert reasons(person(1, region=None), need(widened=True)) == ()


def test_UNAVAILABLE() -> None:
    assert reasons(person(1), blocked=[Reason.UNAVAILABLE]) == (Reason.UNAVAILABLE,)


def test_UNAVAILABLE_is_the_boards_word_alone() -> None:
    assert reasons(person(1, available=False)) == ()


def test_BUSY() -> None:
    assert reasons(person(1), blocked=[Reason.BUSY]) == (Reason.BUSY,)


def test_OFFERED() -> None:
    assert reasons(person(1), blocked=[Reason.OFFERED]) == (Reason.OFFERED,)


def test_RESTING() -> None:
    assert reasons(person(1), blocked=[Reason.RESTING]) == (Reason.RESTING,)


def test_CAPPED() -> None:
    assert reasons(person(1), blocked=[Reason.CAPPED]) == (Reason.CAPPED,)


def test_CONSENT() -> None:
    assert reasons(person(1, consent=False)) == (Reason.CONSENT,)


@pytest.mark.parametrize("stage", Stage)
def test_EXCLUDED(stage: Stage) -> None:
    assert reasons(person(1), excluded=True, stage=stage) == (Reason.EXCLUDED,)


def test_EXCLUDED_from_other_needs_does_not_matter() -> None:
    people = roster([person(1)])
    known = facts(people, excluded={need(1).id: [0]})
    assert not judge(people, known, need(2), now=NOW, exercise=False, policy=POLICY).any()


def test_DECLINED() -> None:
    assert reasons(person(1), declined=True) == (Reason.DECLINED,)


def test_DECLINED_stops_for_that_need_only() -> None:
    people = roster([person(1)])
    known = facts(people, declined={need(1).id: [0]})
    bits = judge(people, known, need(2), now=NOW, exercise=False, policy=POLICY)
    assert not bits.any()


def test_every_reason_judged_is_named_by_a_test() -> None:
    tests = [name for name in vars(sys.modules[__name__]) if name.startswith("test_")]
    named = {name.split("_")[1] for name in tests}
    assert {r.value for r in JUDGED} <= named
    assert set(Reason) - set(JUDGED) == {Reason.REACH, Reason.CUT_OFF}


def test_several_reasons_come_in_the_order_of_the_rules() -> None:
    nobody = person(1, "COOK", status=VolunteerStatus.EXITED, covers=frozenset(), consent=False)
    assert reasons(nobody, blocked=[Reason.BUSY]) == (
        Reason.STATUS,
        Reason.SKILL,
        Reason.COVER,
        Reason.BUSY,
        Reason.CONSENT,
    )


def test_accepting_forgives_what_the_offer_itself_brought_about() -> None:
    forgiven = [Reason.OFFERED, Reason.CAPPED]
    assert reasons(person(1), blocked=forgiven, declined=True, stage=Stage.ACCEPT) == ()


@pytest.mark.parametrize("reason", [Reason.UNAVAILABLE, Reason.BUSY, Reason.RESTING])
def test_accepting_forgives_nothing_else(reason: Reason) -> None:
    assert reasons(person(1), blocked=[reason], stage=Stage.ACCEPT) == (reason,)


def test_a_commander_naming_people_is_held_to_every_rule() -> None:
    every = [Reason.OFFERED, Reason.CAPPED]
    found = reasons(person(1), blocked=every, declined=True, stage=Stage.OFFER)
    assert found == (Reason.OFFERED, Reason.CAPPED, Reason.DECLINED)


def test_days_are_those_of_utc() -> None:
    china = timezone(timedelta(hours=8))
    ends_at = datetime(2026, 7, 21, 7, 0, tzinfo=china)
    assert ends_at.astimezone(UTC).date() == NOW.date()
    assert reasons(person(1, "LOG", Proof(until=TODAY)), need(ends_at=ends_at)) == ()


def test_regions_answer_for_unknown_ones_last() -> None:
    regions = (COUNTY, RegionCode("4101"))
    assert jurisdiction(regions, need()).tolist() == [True, False, False]
    assert jurisdiction(regions, need(widened=True)).tolist() == [True, True, True]


def test_a_tree_decides_where_codes_do_not() -> None:
    """E09 lies in E12, which lies in E92; A1 and A10 are neighbours in A."""
    tree = RegionTree.of(
        {RegionCode(c): p and RegionCode(p) for c, p in {
            "E92": None, "E12": "E92", "E09": "E12", "E10": "E92", "A": None, "A1": "A",
            "A10": "A",
        }.items()}
    )  # fmt: skip
    regions = tuple(map(RegionCode, ("E92", "E12", "E09", "E10", "A1")))
    there = need(region=RegionCode("E12"))
    assert jurisdiction(regions, there, tree).tolist() == [True, True, True, False, False, False]
    assert jurisdiction(regions, there).tolist() == [False, True, False, False, False, False]
    neighbour = need(region=RegionCode("A10"))
    assert not jurisdiction(regions, neighbour, tree).any()
    assert jurisdiction(regions, neighbour)[4]


def test_facts_of_another_roster_are_refused() -> None:
    one, two = roster([person(1)]), roster([person(1), person(2)])
    with pytest.raises(ValueError, match="not of this roster"):
        judge(two, facts(one), need(), now=NOW, exercise=False, policy=POLICY)


def test_facts_that_judge_what_is_not_theirs_are_refused() -> None:
    people = roster([person(1)])
    with pytest.raises(ValueError, match="not the board's"):
        judge(
            people,
            facts(people, {0: [Reason.COVER]}),
            need(),
            now=NOW,
            exercise=False,
            policy=POLICY,
        )


def test_an_empty_roster() -> None:
    nobody = roster([])
    eligibility = Eligibility(nobody, facts(nobody), now=NOW, exercise=False, policy=POLICY)
    assert eligibility.bits(need()).shape == (0,)
    assert len(eligibility.eligible(need()).rows) == 0


regions = st.sampled_from([None, COUNTY, RegionCode("2205"), RegionCode("220524101")])
proofs = st.builds(
    Proof,
    level=st.integers(1, 2),
    until=st.sampled_from([TODAY - 1, TODAY, TODAY + 1]),
    verified=st.booleans(),
    trained_until=st.sampled_from([TODAY - 1, TODAY + 1]),
)
skills = st.dictionaries(st.sampled_from([Skill(f"MED-{n}") for n in (1, 2, 3)]), proofs)
people_columns = st.fixed_dictionaries(
    {
        "status": st.sampled_from(VolunteerStatus),
        "tier": st.sampled_from(Tier),
        "birth": st.sampled_from([date(2009, 1, 1), date(1990, 1, 1), date(1965, 1, 1)]),
        "fit": st.booleans(),
        "guardian": st.booleans(),
        "consent": st.booleans(),
        "trained_until": st.sampled_from([TODAY - 1, TODAY + 1]),
        "region": regions,
        "team_level": st.integers(0, 3),
        "covers": st.frozensets(st.sampled_from([PolicyId(1), PolicyId(2)])),
        "skills": skills,
    }
)
needs = st.fixed_dictionaries(
    {
        "skill": st.sampled_from([Skill(f"MED-{n}") for n in (1, 2, 3)]),
        "level": st.integers(1, 2),
        "hazard": st.sampled_from(HazardClass),
        "region": st.sampled_from([COUNTY, RegionCode("220524101"), RegionCode("2206")]),
        "widened": st.booleans(),
        "ends_at": st.sampled_from([NOW + timedelta(hours=4), NOW + timedelta(days=1)]),
    }
)
CONTRACTS = [contract(1, hazards=frozenset({H.H1, H.H2})), contract(2, exercises=False)]


@st.composite
def situations(draw: st.DrawFn) -> tuple[Roster, Facts, list[Need], bool]:
    """A roster on the edge of every rule, what the board knows of it, and some needs."""
    rows = draw(st.lists(people_columns, min_size=1, max_size=6))
    people = roster([person(i, **columns) for i, columns in enumerate(rows)], CONTRACTS)
    wanted = [need(j, **columns) for j, columns in enumerate(draw(st.lists(needs, max_size=4)))]
    board_bits = st.sampled_from([(), (Reason.BUSY,), (Reason.OFFERED, Reason.CAPPED)])
    blocked = dict(enumerate(draw(st.lists(board_bits, max_size=len(rows)))))
    declined = {n.id: [draw(st.integers(0, len(rows) - 1))] for n in wanted[:1]}
    excluded = {n.id: [draw(st.integers(0, len(rows) - 1))] for n in wanted[1:2]}
    return people, facts(people, blocked, declined, (), excluded), wanted, draw(st.booleans())


@settings(deadline=None)
@given(situations())
def test_one_person_asked_alone_gets_the_same_answer(
    situation: tuple[Roster, Facts, list[Need], bool],
) -> None:
    people, known, wanted, exercise = situation
    whole = Eligibility(people, known, now=NOW, exercise=exercise, policy=POLICY)
    for asked in wanted:
        bits = whole.bits(asked)
        for row in range(len(people)):
            gone, out = (
                {asked.id: np.array([0] if row in said.get(asked.id, ()) else [], np.intp)}
                for said in (known.declined, known.excluded)
            )
            alone = Facts(known.blocked[[row]], known.on_duty[[row]], gone, out)
            one = judge(
                people.only(np.array([row])),
                alone,
                asked,
                now=NOW,
                exercise=exercise,
                policy=POLICY,
            )
            assert one.tolist() == [bits[row]]


@settings(deadline=None)
@given(situations())
def test_eligible_are_exactly_those_whom_nothing_stops(
    situation: tuple[Roster, Facts, list[Need], bool],
) -> None:
    people, known, wanted, exercise = situation
    for stage in Stage:
        eligibility = Eligibility(
            people, known, now=NOW, exercise=exercise, policy=POLICY, stage=stage
        )
        for asked in wanted:
            bits = eligibility.bits(asked)
            assert eligibility.eligible(asked).rows.tolist() == np.flatnonzero(bits == 0).tolist()


@settings(deadline=None)
@given(situations())
def test_evidence_agrees_with_the_verdict(
    situation: tuple[Roster, Facts, list[Need], bool],
) -> None:
    people, known, wanted, exercise = situation
    for asked in wanted:
        bits = judge(people, known, asked, now=NOW, exercise=exercise, policy=POLICY)
        for row in range(len(people)):
            found = evidence(people, row, asked, now=NOW, exercise=exercise)
            uncovered = bool(bits[row] & BIT[Reason.COVER])
            assert uncovered == (found is None and asked.hazard is not H.H0)


@settings(deadline=None)
@given(situations())
def test_grouping_needs_changes_no_answer(
    situation: tuple[Roster, Facts, list[Need], bool],
) -> None:
    people, known, wanted, exercise = situation
    together = Eligibility(people, known, now=NOW, exercise=exercise, policy=POLICY)
    for asked in [*wanted, *wanted]:
        alone = judge(people, known, asked, now=NOW, exercise=exercise, policy=POLICY)
        assert together.bits(asked).tolist() == alone.tolist()


@settings(deadline=None)
@given(situations())
def test_accepting_is_never_stricter_than_planning(
    situation: tuple[Roster, Facts, list[Need], bool],
) -> None:
    people, known, wanted, exercise = situation
    for asked in wanted:
        plan, accept = (
            judge(people, known, asked, now=NOW, exercise=exercise, policy=POLICY, stage=stage)
            for stage in (Stage.PLAN, Stage.ACCEPT)
        )
        assert not (accept & ~plan).any()


NEIGHBOURS: dict[str, dict[str, object]] = {
    "skill": {"skill": Skill("COOK")},
    "level": {"level": 2},
    "region": {"region": RegionCode("220524102")},
    "widened": {"widened": True},
    "hazard": {"hazard": H.H1},
    "hazard above the skill's": {"hazard": H.H3},
    "a later hour, for the cover": {"ends_at": NOW + timedelta(hours=8)},
    "a later day": {"ends_at": NOW + timedelta(days=1)},
    "a longer way home": {"reach_s": 14_400},
}
"""Needs that differ from a common one in what a rule reads, for people on the edge of it."""


@pytest.mark.parametrize("change", NEIGHBOURS)
def test_needs_that_differ_in_what_a_rule_reads_are_not_grouped(change: str) -> None:
    until_evening = contract(2, valid_until_at=NOW + timedelta(hours=6))
    town = contract(3, territory=(RegionCode("220524101"),))
    two, three = frozenset({PolicyId(2)}), frozenset({PolicyId(3)})
    here = RegionCode("220524101")
    people = roster(
        [
            person(1, region=here),
            person(2, region=RegionCode("220524102")),
            person(3, region=here, covers=two),
            person(4, region=here, covers=three),
            person(5, region=here, covers=frozenset()),
            person(6, region=here, trained_until=TODAY),
            person(7, "LOG", Proof(until=TODAY), region=here),
            person(8, "COOK", region=here),
            person(9, "LOG", Proof(level=2), region=here),
            person(10, region=here, trained_until=NEVER),
            person(11, region=here, covers=frozenset({PolicyId(4)})),
        ],
        [contract(1), until_evening, town, contract(4, hazards=frozenset({H.H2}))],
    )
    known = facts(people)
    one = need(1, region=here)
    other = need(2, **{"region": here, **NEIGHBOURS[change]})
    for first, second in ((one, other), (other, one)):
        shared = Eligibility(people, known, now=NOW, exercise=False, policy=POLICY)
        shared.bits(first)
        alone = judge(people, known, second, now=NOW, exercise=False, policy=POLICY)
        assert shared.bits(second).tolist() == alone.tolist()
        assert shared.bits(second).tolist() != shared.bits(first).tolist()


def test_declined_needs_of_others_do_not_matter() -> None:
    people = roster([person(1)])
    known = facts(people, declined={NeedId("other"): [0]})
    assert not judge(people, known, need(), now=NOW, exercise=False, policy=POLICY).any()
