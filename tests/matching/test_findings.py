"""Evidence: what every finding reads must itself lead to the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import actions as act
from dispatch.board import Board
from dispatch.matching.eligibility import Eligibility
from dispatch.matching.facts import facts_of
from dispatch.matching.findings import EVIDENCE, Finding, findings
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.reasons import BIT, reasons_of, union
from dispatch.model import (
    UNREACHABLE,
    AgencyId,
    DeclineReason,
    EtaSource,
    HazardClass,
    Need,
    PolicyId,
    Reason,
    RegionCode,
    Skill,
    Tier,
    Travel,
    TravelMode,
    Verdict,
    VolunteerId,
    VolunteerStatus,
)
from dispatch.planner.travel import Trip, reach_bits
from dispatch.roster import FOREVER, NEVER, Roster
from tests.builders import COUNTY, NOW, TODAY, Proof, contract, need, person, roster
from tests.play import COMMANDER, REGION, T0, Play, volunteer

POLICY = MatchPolicy(credential_grace_days={**dict.fromkeys(HazardClass, 0), HazardClass.H1: 1})
H = HazardClass


def verdict_of(
    board: Board,
    people: Roster,
    row: int,
    wanted: Need,
    *,
    now: datetime = NOW,
    eta_s: int = 600,
    cut_off: bool = False,
) -> Verdict:
    """Return the verdict as the planner gives it: rules 1 to 6, and 7 for this travel."""
    rules = Eligibility(
        people, facts_of(board, people, now), now=now, exercise=board.exercise, policy=POLICY
    )
    trip = Trip(np.array([eta_s], np.int32), np.array([False]), np.array([cut_off]))
    bits = rules.bits(wanted)[[row]] | reach_bits(people, np.array([row]), trip, wanted)
    travel = Travel(
        eta_s=eta_s,
        dist_m=900,
        source=EtaSource.ROAD,
        mode=TravelMode.CAR,
        turnout_s=int(people.turnout_s[row]),
    )
    return Verdict(reasons=reasons_of(bits[0]), travel=travel)


def board_with(wanted: Need, *, exercise: bool = False) -> Board:
    board = Board(agency=AgencyId("a"), exercise=exercise)
    board.needs[wanted.id], board.offers_of[wanted.id] = wanted, []
    return board


def found_for(
    board: Board, people: Roster, row: int, wanted: Need, now: datetime = NOW, **travel: Any
) -> dict[Reason, Finding]:
    verdict = verdict_of(board, people, row, wanted, now=now, **travel)
    one = people.only(np.array([row]))
    made = findings(board, one, wanted, verdict, now=now, policy=POLICY)
    assert [f.rule for f in made] == list(Reason)
    assert tuple(f.rule for f in made if not f.holds) == verdict.reasons
    msgspec.json.encode(made)
    return {f.rule: f for f in made}


def later_or_same(found: date | str, required: date) -> bool:
    return found == "FOREVER" or (isinstance(found, date) and found >= required)


def age_holds(required: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    years = found["years"]
    within = required["from_years"] <= years <= required["to_years"]
    return within and (years >= required["guardian_below_years"] or found["guardian"])


def tier_holds(required: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    low, high = required.get("team_levels", (0, 9))
    return found["tier"] in required["tiers"] and low <= found["team_level"] <= high


def training_holds(required: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    return all(later_or_same(found[name], day) for name, day in required.items())


def credential_holds(required: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    return not found or (found["verified"] and later_or_same(found["until"], required["until"]))


def skill_holds(required: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    return any(
        h["skill"] in required["skills"] and h["level"] >= required["level"] for h in found["held"]
    )


def reach_holds(required: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    response_s = found["response_s"]
    return response_s is not None and response_s <= required["response_s"]


def region_holds(required: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    here, there = found["region"], required.get("region")
    return there is None or (
        here is not None and (here.startswith(there) or there.startswith(here))
    )


IMPLIED: dict[Reason, Callable[[Mapping[str, Any], Mapping[str, Any]], bool]] = {
    Reason.STATUS: lambda r, f: bool(r["status"] == f["status"]),
    Reason.TIER: tier_holds,
    Reason.AGE: age_holds,
    Reason.FITNESS: lambda r, f: f["fit"] or not r,
    Reason.SKILL: skill_holds,
    Reason.CREDENTIAL: credential_holds,
    Reason.TRAINING: training_holds,
    Reason.COVER: lambda r, f: not r or any(c["fails"] is None for c in f["contracts"]),
    Reason.JURISDICTION: region_holds,
    Reason.UNAVAILABLE: lambda r, f: bool(f["available"]),
    Reason.CONSENT: lambda r, f: bool(f["consent"]),
    Reason.REACH: reach_holds,
    Reason.CUT_OFF: lambda r, f: not f["cut_off"],
    Reason.RESTING: lambda r, f: f["rested_at"] is None or f["rested_at"] <= r["rested_at"],
    Reason.CAPPED: lambda r, f: (
        f["per_day"] < r["below_per_day"] and f["per_week"] < r["below_per_week"]
    ),
}
"""What a reader concludes from the evidence alone; other rules hold when both sides are equal."""


def implied(finding: Finding) -> bool:
    conclude = IMPLIED.get(finding.rule, lambda r, f: r == f)
    return conclude(finding.required, finding.found)


days = st.sampled_from([NEVER, TODAY - 1, TODAY, TODAY + 1, FOREVER])
proofs = st.builds(
    Proof, level=st.integers(1, 2), until=days, verified=st.booleans(), trained_until=days
)
births = st.sampled_from([15, 16, 17, 18, 54, 55, 56, 60, 61, 65, 66]).flatmap(
    lambda years: st.sampled_from(
        [date(2026 - years, 7, 19), date(2026 - years, 7, 20), date(2026 - years, 7, 21)]
    )
)
somebody = st.fixed_dictionaries(
    {
        "status": st.sampled_from(VolunteerStatus),
        "tier": st.sampled_from(Tier),
        "birth": births,
        "fit": st.booleans(),
        "guardian": st.booleans(),
        "consent": st.booleans(),
        "trained_until": days,
        "region": st.sampled_from([None, COUNTY, RegionCode("2205"), RegionCode("410100")]),
        "team_level": st.integers(0, 3),
        "turnout_s": st.sampled_from([0, 60, 7_000]),
        "covers": st.frozensets(st.sampled_from([PolicyId(n) for n in (1, 2, 3, 4)])),
        "waiting": st.frozensets(st.sampled_from([PolicyId(n) for n in (1, 2)])),
        "skills": st.dictionaries(
            st.sampled_from([Skill(f"MED-{n}") for n in (1, 2, 3)] + [Skill("LOG")]), proofs
        ),
    }
)
needs = st.fixed_dictionaries(
    {
        "skill": st.sampled_from([Skill(f"MED-{n}") for n in (1, 2, 3)] + [Skill("LOG")]),
        "level": st.integers(1, 2),
        "hazard": st.sampled_from(HazardClass),
        "region": st.sampled_from([COUNTY, RegionCode("220524101"), RegionCode("2206")]),
        "widened": st.booleans(),
        "ends_at": st.sampled_from([NOW + timedelta(hours=4), NOW + timedelta(days=1)]),
        "reach_s": st.sampled_from([660, 7_200]),
    }
)
CONTRACTS = [
    contract(1, hazards=frozenset({H.H1, H.H2})),
    contract(2, exercises=False),
    contract(3, valid_until_at=NOW + timedelta(hours=7)),
    contract(4, territory=(COUNTY,), accident_sum=300_000),
]


@settings(deadline=None, max_examples=400)
@given(somebody, needs, st.booleans(), st.sampled_from([0, 600, 601, UNREACHABLE]), st.booleans())
def test_the_evidence_alone_leads_to_the_verdict(
    columns: dict[str, Any], wanted: dict[str, Any], exercise: bool, eta_s: int, cut_off: bool
) -> None:
    asked = need(**wanted)
    people = roster([person(1, "COOK"), person(2, **columns)], CONTRACTS)
    board = board_with(asked, exercise=exercise)
    made = found_for(
        board, people, 1, asked, eta_s=UNREACHABLE if cut_off else eta_s, cut_off=cut_off
    )
    for rule, finding in made.items():
        if rule is Reason.REACH and cut_off:
            continue  # who is cut off is not called far as well
        if rule in (Reason.CREDENTIAL, Reason.TRAINING) and not made[Reason.SKILL].holds:
            continue  # without the skill there is no proof of it to judge
        assert implied(finding) == finding.holds, finding


def test_every_rule_has_evidence() -> None:
    assert set(EVIDENCE) == set(Reason)


class TestCover:
    def contracts(self, policies: list[Any], **columns: Any) -> list[dict[str, Any]]:
        people = roster([person(1, **columns)], policies)
        wanted = need(hazard=H.H3)
        made = found_for(board_with(wanted), people, 0, wanted)
        return list(made[Reason.COVER].found["contracts"])

    def test_each_contract_says_the_first_term_that_fails(self) -> None:
        low, short = contract(7, accident_sum=200_000), contract(8, hazards=frozenset({H.H1}))
        shown = self.contracts([low, short])
        assert [(c["policy_id"], c["fails"], c["required"], c["found"]) for c in shown] == [
            (7, "accident_sum", 500_000, 200_000),
            (8, "hazards", "H3", ("H1",)),
        ]

    def test_one_that_answers_and_one_that_waits_for_its_member(self) -> None:
        shown = self.contracts([contract(7), contract(8)], waiting=frozenset({PolicyId(8)}))
        assert [(c["policy_id"], c["fails"]) for c in shown] == [(7, None), (8, "activated")]

    def test_other_peoples_contracts_are_not_shown(self) -> None:
        assert self.contracts([contract(7)], covers=frozenset()) == []


PEOPLE = roster(
    [person(n, region=REGION, skills={Skill("LOG"): Proof()}) for n in (1, 2)], [contract()]
)


class TestTheBoardsRules:
    """Rule 6, on a real board."""

    def finding(self, play: Play, wanted: Need, rule: Reason) -> Finding:
        made = found_for(play.board, PEOPLE, 0, play.board.needs[wanted.id], now=play.now)
        assert implied(made[rule]) == made[rule].holds
        return made[rule]

    @pytest.fixture
    def play(self) -> Play:
        return Play()

    def test_UNAVAILABLE(self, play: Play) -> None:
        wanted, until = play.need(), T0 + timedelta(hours=1)
        assert self.finding(play, wanted, Reason.UNAVAILABLE).holds
        play.act(volunteer(1), act.SetAvailability(available=False, until_at=until))
        found = self.finding(play, wanted, Reason.UNAVAILABLE)
        assert not found.holds
        assert found.found == {
            "available": False,
            "standing": True,
            "declared": False,
            "declared_until_at": until,
        }

    def test_OFFERED_then_BUSY(self, play: Play) -> None:
        wanted = play.need()
        (offer,) = play.offer(wanted.id, 1)
        found = self.finding(play, wanted, Reason.OFFERED)
        assert found.found["offers"] == [{"need": wanted.id, "expires_at": offer.expires_at}]
        play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id))
        assert self.finding(play, wanted, Reason.OFFERED).holds
        found = self.finding(play, wanted, Reason.BUSY)
        assert not found.holds
        assert (found.found["need"], found.found["status"]) == (wanted.id, "ASSIGNED")

    def test_RESTING(self, play: Play) -> None:
        wanted = play.need()
        mine = play.accepted(wanted.id, 1)
        play.act(volunteer(1), act.Arrive(assignment_id=mine.id))
        play.now += timedelta(hours=2)
        play.act(volunteer(1), act.Release(assignment_id=mine.id))
        found = self.finding(play, wanted, Reason.RESTING)
        assert not found.holds
        assert found.found["rested_at"] == play.now + timedelta(hours=8)

    def test_CAPPED(self, play: Play) -> None:
        wanted = play.need(deadline_at=T0 + timedelta(hours=8), ends_at=T0 + timedelta(hours=9))
        for count in range(3):
            assert self.finding(play, wanted, Reason.CAPPED).found["per_day"] == count
            (offer,) = play.offer(wanted.id, 1)
            play.now = offer.expires_at
            play.tick()
        assert not self.finding(play, wanted, Reason.CAPPED).holds

    def test_EXCLUDED(self, play: Play) -> None:
        wanted = play.need()
        said = act.ExcludePair(
            need_id=wanted.id, volunteer_id=VolunteerId(1), reason="hurt", whole_incident=True
        )
        play.act(COMMANDER, said)
        (found,) = self.finding(play, wanted, Reason.EXCLUDED).found["exclusions"]
        assert found == {"by": "li", "at": T0, "reason": "hurt", "whole_incident": True}

    def test_DECLINED(self, play: Play) -> None:
        wanted = play.need()
        (offer,) = play.offer(wanted.id, 1)
        play.act(volunteer(1), act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.NOT_FIT))
        (found,) = self.finding(play, wanted, Reason.DECLINED).found["answers"]
        assert found == {"at": T0, "reason": DeclineReason.NOT_FIT, "ready_at": None}
        assert self.finding(play, play.need(), Reason.DECLINED).holds


def test_an_unknown_birthday_is_no_age() -> None:
    people = roster([person(1)])
    people.birth[0] = NEVER
    made = found_for(board_with(need()), people, 0, need())
    assert (made[Reason.AGE].holds, made[Reason.AGE].found["years"]) == (False, None)


def test_years_are_completed_on_the_day_the_gate_says() -> None:
    """Born on 29 February, a year is completed on 1 March of a year without one."""
    people = roster([person(1, birth=date(2008, 2, 29))])
    for day, years in ((28, 17), (29, 18)):
        now = datetime(2026, 2, 28, 12, tzinfo=UTC) + timedelta(days=day - 28)
        wanted = need(ends_at=now)
        made = found_for(board_with(wanted), people, 0, wanted, now=now)
        assert made[Reason.AGE].found["years"] == years
        assert made[Reason.AGE].holds == (years >= 18)


def test_one_person_at_a_time() -> None:
    nobody = Verdict(reasons=())
    with pytest.raises(ValueError, match="one person, not 2"):
        findings(board_with(need()), PEOPLE, need(), nobody, now=NOW, policy=POLICY)


def test_holds_is_the_verdicts_word_bit_for_bit() -> None:
    one = PEOPLE.only(np.array([0]))
    for rule in Reason:
        verdict = Verdict(reasons=reasons_of(union(rule)))
        made = findings(board_with(need()), one, need(), verdict, now=NOW, policy=POLICY)
        assert union(*(f.rule for f in made if not f.holds)) == BIT[rule]
