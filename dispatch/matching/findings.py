"""The evidence behind a verdict: for one person and one need, every hard rule and what was read.

Whether a rule holds is the verdict's word (`eligibility`, and the router's for rule 7); here only
what it was asked of and what was found is written out, as plain values for any language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from dispatch.board import Board, Person
from dispatch.matching.cover import SUMS, contracts, flaw, home_at, needs_cover
from dispatch.matching.facts import is_available
from dispatch.matching.gates import EPOCH, TEAM_LEVELS, last_day
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.skills import asked_of, options, service
from dispatch.model import UNREACHABLE, Need, Reason, Skill, Verdict, VolunteerId
from dispatch.roster import FOREVER, NEVER, STATUSES, TIERS, Policy, Roster
from dispatch.taxonomy import DUTY_LIMITS, HAZARD_GATES, SKILLS, SUBSTITUTES, HazardGate
from dispatch.views import resting_until

Values = dict[str, Any]
"""Names to plain values: text, numbers, truths, instants, days, None, and lists of such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One hard rule held against one person and one need: what it asks and what was found.

    `required` is empty where the rule asks nothing of this need. Days are dates, or "FOREVER" and
    "NEVER".
    """

    rule: Reason
    holds: bool
    required: Mapping[str, Any]
    found: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """Everything that is read: `one` is a roster of the person alone."""

    board: Board
    one: Roster
    need: Need
    verdict: Verdict
    now: datetime
    policy: MatchPolicy

    @property
    def gate(self) -> HazardGate:
        return HAZARD_GATES[self.need.hazard]

    @property
    def person(self) -> Person:
        return self.board.person(VolunteerId(int(self.one.ids[0])))


def findings(
    board: Board,
    one: Roster,
    need: Need,
    verdict: Verdict,
    *,
    now: datetime,
    policy: MatchPolicy,
) -> tuple[Finding, ...]:
    """Return what was read for `verdict`, one finding per rule in the order of `Reason`.

    `one` is the roster of the person alone. No finding names anybody.

    Raises:
        ValueError: `one` is not a roster of one.
    """
    if len(one) != 1:
        raise ValueError(f"findings are about one person, not {len(one)}")
    case = _Case(board=board, one=one, need=need, verdict=verdict, now=now, policy=policy)
    return tuple(
        Finding(rule=rule, holds=rule not in verdict.reasons, required=required, found=found)
        for rule in Reason
        for required, found in [EVIDENCE[rule](case)]
    )


def _status(c: _Case) -> tuple[Values, Values]:
    return {"status": "ACTIVE"}, {"status": STATUSES[c.one.status[0]]}


def _tier(c: _Case) -> tuple[Values, Values]:
    required: Values = {"tiers": sorted(c.gate.tiers)}
    if c.gate.team_level:
        required["team_levels"] = list(TEAM_LEVELS)
    return required, {"tier": TIERS[c.one.tier[0]], "team_level": int(c.one.team_level[0])}


def _age(c: _Case) -> tuple[Values, Values]:
    gate = c.gate
    required = {
        "from_years": gate.min_age,
        "to_years": gate.max_age,
        "guardian_below_years": gate.guardian_below,
    }
    return required, {"years": _years(c), "guardian": bool(c.one.guardian[0])}


def _fitness(c: _Case) -> tuple[Values, Values]:
    return {"fit": True} if c.gate.fitness else {}, {"fit": bool(c.one.fit[0])}


def _skill(c: _Case) -> tuple[Values, Values]:
    """What the person holds of the skill asked for and those that may stand in, anywhere."""
    need = c.need
    may = [code for code, _ in options(need.skill, need.hazard)]
    listed = dict.fromkeys([need.skill, *(code for code, _ in SUBSTITUTES.get(need.skill, ()))])
    held = [
        {"skill": code, "level": int(c.one.credentials[code].level[0])}
        for code in listed
        if code in c.one.credentials and len(c.one.credentials[code].rows)
    ]
    return {"skills": may, "level": need.level}, {"held": held}


def _credential(c: _Case) -> tuple[Values, Values]:
    asked = asked_of(c.need, c.now, c.policy.credential_grace_days)
    required = {"verified": True, "until": _day(asked.proof_day)}
    serving = _serving(c)
    if serving is None:
        return required, {}
    held = c.one.credentials[serving]
    found = {
        "skill": serving,
        "verified": bool(held.verified[0]),
        "until": _day(int(held.until[0])),
    }
    return required, found


def _training(c: _Case) -> tuple[Values, Values]:
    """The hazard class's safety course, and the course of the skill they would serve with."""
    end = _day(last_day(c.need, c.now))
    required: Values = {"safety_until": end} if c.gate.training else {}
    found: Values = {"safety_until": _day(int(c.one.trained_until[0]))}
    serving = _serving(c)
    if serving is not None:
        found |= {
            "skill": serving,
            "skill_until": _day(int(c.one.credentials[serving].trained_until[0])),
        }
        if SKILLS[serving].needs_training:
            required["skill_until"] = end
    return required, found


def _cover(c: _Case) -> tuple[Values, Values]:
    """Every contract the person is a member of, with the first term that does not answer."""
    mine = [_contract(c, p) for p in contracts(c.one, c.one.cover[0])]
    waiting = [_contract(c, p, activated=False) for p in contracts(c.one, c.one.waiting[0])]
    found = {"contracts": mine + waiting}
    if not needs_cover(c.need.hazard):
        return {}, found
    required = {
        "hazard": c.need.hazard,
        "region": c.need.region,
        "from_at": c.now,
        "until_at": home_at(c.need, c.now),
        "exercise": c.board.exercise,
        **{name: getattr(c.gate, name) for name in SUMS},
    }
    return required, found


def _contract(c: _Case, contract: Policy, *, activated: bool = True) -> Values:
    shown: Values = {
        "policy_id": contract.id,
        "insurer": contract.insurer,
        "clause": contract.clause,
    }
    wrong = flaw(contract, c.need, now=c.now, exercise=c.board.exercise, tree=c.one.tree)
    if wrong is not None:
        return shown | {"fails": wrong.term, "required": wrong.required, "found": wrong.found}
    if not activated:
        return shown | {"fails": "activated", "required": True, "found": False}
    return shown | {"fails": None, "currency": contract.currency}


def _jurisdiction(c: _Case) -> tuple[Values, Values]:
    required: Values = {} if c.need.widened else {"region": c.need.region}
    at = int(c.one.region[0])
    return required, {"region": None if at < 0 else c.one.regions[at]}


def _unavailable(c: _Case) -> tuple[Values, Values]:
    """The roster's standing word, and the person's own while it holds."""
    standing = bool(c.one.available[0])
    found = {
        "available": is_available(c.person, standing, c.now),
        "standing": standing,
        "declared": c.person.available,
        "declared_until_at": c.person.available_until,
    }
    return {"available": True}, found


def _busy(c: _Case) -> tuple[Values, Values]:
    found: Values = {"assignment": None}
    if c.person.id in c.board.active:
        assignment = c.board.assignments[c.board.active[c.person.id]]
        found = {
            "assignment": assignment.id,
            "need": assignment.need_id,
            "status": assignment.status,
        }
    return {"assignment": None}, found


def _offered(c: _Case) -> tuple[Values, Values]:
    offers = [c.board.offers[o] for o in c.board.offers_to.get(c.person.id, ())]
    found = [
        {"need": o.need_id, "expires_at": o.expires_at}
        for o in offers
        if o.id in c.board.open_offers
    ]
    return {"offers": []}, {"offers": found}


def _resting(c: _Case) -> tuple[Values, Values]:
    return {"rested_at": c.now}, {"rested_at": resting_until(c.person)}


def _capped(c: _Case) -> tuple[Values, Values]:
    required = {
        "below_per_day": DUTY_LIMITS.alerts_per_day,
        "below_per_week": DUTY_LIMITS.alerts_per_week,
    }
    day, week = (c.person.alerts_within(timedelta(days=d), c.now) for d in (1, 7))
    return required, {"per_day": day, "per_week": week}


def _consent(c: _Case) -> tuple[Values, Values]:
    return {"consent": True}, {"consent": bool(c.one.consent[0])}


def _excluded(c: _Case) -> tuple[Values, Values]:
    found = [
        {"by": e.by.id, "at": e.at, "reason": e.reason, "whole_incident": e.need_id is None}
        for e in c.board.excluded_from(c.need.id)
        if e.volunteer_id == c.person.id
    ]
    return {"exclusions": []}, {"exclusions": found}


def _declined(c: _Case) -> tuple[Values, Values]:
    offers = [c.board.offers[o] for o in c.board.offers_to.get(c.person.id, ())]
    found = [
        {"at": o.answered_at, "reason": o.decline_reason, "ready_at": o.ready_at}
        for o in offers
        if o.need_id == c.need.id and o.decline_reason is not None
    ]
    return {"answers": []}, {"answers": found}


def _reach(c: _Case) -> tuple[Values, Values]:
    """No response time where there is no way, as for who is cut off."""
    travel = c.verdict.travel
    found: Values = {"response_s": None}
    if travel is not None and travel.eta_s < UNREACHABLE:
        found = {
            "turnout_s": travel.turnout_s,
            "eta_s": travel.eta_s,
            "response_s": travel.turnout_s + travel.eta_s,
            "dist_m": travel.dist_m,
            "mode": travel.mode,
            "source": travel.source,
        }
    return {"response_s": c.need.reach_s}, found


def _cut_off(c: _Case) -> tuple[Values, Values]:
    return {"cut_off": False}, {"cut_off": Reason.CUT_OFF in c.verdict.reasons}


EVIDENCE: Final[Mapping[Reason, Callable[[_Case], tuple[Values, Values]]]] = {
    Reason.STATUS: _status,
    Reason.TIER: _tier,
    Reason.AGE: _age,
    Reason.FITNESS: _fitness,
    Reason.SKILL: _skill,
    Reason.CREDENTIAL: _credential,
    Reason.TRAINING: _training,
    Reason.COVER: _cover,
    Reason.JURISDICTION: _jurisdiction,
    Reason.UNAVAILABLE: _unavailable,
    Reason.BUSY: _busy,
    Reason.OFFERED: _offered,
    Reason.RESTING: _resting,
    Reason.CAPPED: _capped,
    Reason.CONSENT: _consent,
    Reason.EXCLUDED: _excluded,
    Reason.DECLINED: _declined,
    Reason.REACH: _reach,
    Reason.CUT_OFF: _cut_off,
}
"""What each rule reads, as `(required, found)`."""


def _serving(c: _Case) -> Skill | None:
    """The skill the person would serve with, None without one."""
    held = service(c.one, asked_of(c.need, c.now, c.policy.credential_grace_days))
    return held.skill(0) if len(held.rows) else None


def _years(c: _Case) -> int | None:
    """Completed years today; None for an unknown birthday."""
    born = _day(int(c.one.birth[0]))
    if not isinstance(born, date):
        return None
    today = c.now.astimezone(UTC).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _day(day: int) -> date | str:
    if day in (FOREVER, NEVER):
        return "FOREVER" if day == FOREVER else "NEVER"
    return EPOCH + timedelta(days=day)
