"""Mending one rule for a few people: that rule holds then, for that need, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from dispatch.matching.policy import MatchPolicy
from dispatch.matching.reasons import reasons_of
from dispatch.matching.remedies import (
    MENDABLE,
    MENDS,
    Situation,
    mended,
)
from dispatch.model import HazardClass, Need, PolicyId, Reason, RegionCode, Skill
from dispatch.roster import NEVER
from tests.builders import (
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

H = HazardClass


def situation(
    *people: Person, wanted: Need | None = None, blocked: Sequence[Reason] = (), **over: Any
) -> Situation:
    everybody = roster(people, [contract(1, hazards=frozenset({H.H0, H.H1}))])
    given_ = {
        "people": everybody,
        "facts": facts(everybody, {0: blocked}),
        "need": wanted or need(hazard=H.H1),
        "now": NOW,
        "exercise": False,
        "policy": MatchPolicy(),
    }
    return Situation(**(given_ | over))


def reasons(s: Situation, row: int = 0) -> tuple[Reason, ...]:
    return reasons_of(s.rules().bits(s.need)[row])


FLAWS: dict[Reason, dict[str, Any]] = {
    Reason.CREDENTIAL: {"proof": UNPROVEN},
    Reason.TRAINING: {"trained_until": NEVER},
    Reason.COVER: {"covers": frozenset()},
    Reason.JURISDICTION: {"region": RegionCode("4101")},
    Reason.CONSENT: {"consent": False},
}


def flawed(reason: Reason) -> Situation:
    wanted = need(hazard=H.H2) if reason is Reason.TRAINING else need(hazard=H.H1)
    blocked = [reason] if reason is Reason.UNAVAILABLE else []
    s = situation(person(1, **FLAWS.get(reason, {})), wanted=wanted, blocked=blocked)
    if reason is not Reason.TRAINING:
        return s
    insured = roster([person(1, trained_until=NEVER)], [contract()])
    return replace(s, people=insured)


@pytest.mark.parametrize("reason", MENDS)
def test_the_rule_mended_holds_and_no_other_changes(reason: Reason) -> None:
    s = flawed(reason)
    assert reasons(s) == (reason,)
    assert reasons(mended(s, reason)) == ()
    for other in MENDS:
        if other is not reason:
            assert reasons(mended(s, other)) == (reason,)


def test_what_can_be_mended_comes_in_the_order_of_the_rules() -> None:
    assert set(MENDABLE) == {*MENDS, Reason.REACH}
    assert list(MENDABLE) == [r for r in Reason if r in MENDABLE]


def test_reach_becomes_the_limit_given() -> None:
    assert mended(situation(person(1)), Reason.REACH, 9_000).need.reach_s == 9_000


class TestMendedCover:
    def mended_for(self, asked: Need, **over: Any) -> Situation:
        return mended(situation(person(1, covers=frozenset()), wanted=asked, **over), Reason.COVER)

    @pytest.mark.parametrize("hazard", list(H)[1:4])
    @pytest.mark.parametrize("exercise", [False, True])
    def test_answers_for_the_need(self, hazard: HazardClass, exercise: bool) -> None:
        asked = need(skill=Skill("BOAT"), hazard=hazard)
        s = situation(person(1, "BOAT", covers=frozenset()), wanted=asked, exercise=exercise)
        assert reasons(mended(s, Reason.COVER)) == ()

    @pytest.mark.parametrize(
        "change",
        [
            {"hazard": H.H2},
            {"region": RegionCode("2205")},
            {"ends_at": NOW + timedelta(hours=4, seconds=1)},
            {"reach_s": 7_201},
        ],
    )
    def test_and_for_nothing_beyond(self, change: dict[str, Any]) -> None:
        s = self.mended_for(need(hazard=H.H1))
        assert reasons(replace(s, need=replace(s.need, **change))) == (Reason.COVER,)

    @pytest.mark.parametrize("contracts", [0, 1, 63, 64, 65])
    def test_however_many_contracts_there_are(self, contracts: int) -> None:
        there = [contract(n, used_up=True) for n in range(contracts)]
        mine = frozenset(PolicyId(n) for n in range(contracts))
        people = roster([person(1, covers=mine)], there)
        s = situation(person(1), people=people)
        assert reasons(s) == (Reason.COVER,)
        assert reasons(mended(s, Reason.COVER)) == ()


class TestMendedProof:
    def test_of_the_skill_they_would_serve_with(self) -> None:
        """A nurse without any proof may serve as a first aider; that one paper is renewed."""
        both = {Skill("MED-1"): UNPROVEN, Skill("MED-2"): Proof(until=TODAY - 9, verified=False)}
        s = situation(person(1, skills=both), wanted=need(skill=Skill("MED-1"), hazard=H.H1))
        again = mended(s, Reason.CREDENTIAL)
        assert reasons(again) == ()
        assert again.people.credentials[Skill("MED-1")].verified.tolist() == [True]
        assert again.people.credentials[Skill("MED-2")].verified.tolist() == [False]

    def test_lasts_until_the_end_of_the_work_and_no_longer(self) -> None:
        ends = NOW + timedelta(days=3)
        s = situation(person(1, proof=Proof(until=TODAY)), wanted=need(hazard=H.H1, ends_at=ends))
        again = mended(s, Reason.CREDENTIAL)
        assert reasons(again) == ()
        assert again.people.credentials[Skill("LOG")].until.tolist() == [TODAY + 3]

    def test_nobodys_valid_proof_is_shortened(self) -> None:
        s = situation(person(1), person(2, proof=UNPROVEN))
        before = s.people.credentials[Skill("LOG")].until.tolist()
        after = mended(s, Reason.CREDENTIAL).people.credentials[Skill("LOG")]
        assert after.until.tolist() == before

    def test_a_course_of_the_skill_counts_as_training(self) -> None:
        wanted = need(skill=Skill("PUMP"), hazard=H.H1)
        s = situation(person(1, "PUMP", UNTRAINED), wanted=wanted)
        assert reasons(s) == (Reason.TRAINING,)
        assert reasons(mended(s, Reason.TRAINING)) == ()


def test_a_situation_of_some_of_its_people() -> None:
    people = [person(1), person(2, "COOK"), person(3, birth=date(2015, 1, 1))]
    s = situation(*people)
    gone = facts(s.people, {2: [Reason.BUSY]}, {s.need.id: [2]}, (), {s.need.id: [0]})
    s = replace(s, facts=gone)
    some = s.only(np.array([0, 2]))
    assert some.rules().bits(s.need).tolist() == s.rules().bits(s.need)[[0, 2]].tolist()
    assert reasons(some, 1) == (Reason.AGE, Reason.BUSY, Reason.DECLINED)
