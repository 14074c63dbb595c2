"""One function per action: (board, action, context) -> events, or Rejected.

Rules are pure. What they need of the world comes in the context: the instant, the actor, and for
offers and acceptances the verdict on each person, made by `matching.eligibility` at that moment.
Ids of new entities are made from the action's id, so a repeated action makes the same ones.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Forbidden, Rejected
from dispatch.model import (
    ACTIVE_ASSIGNMENT,
    ActionId,
    Actor,
    Assignment,
    AssignmentId,
    AssignmentStatus,
    HazardClass,
    Incident,
    IncidentId,
    IncidentStatus,
    Need,
    NeedId,
    NeedStatus,
    Offer,
    OfferId,
    OfferStatus,
    Plan,
    PlanId,
    Reason,
    RegionCode,
    Role,
    Severity,
    Verdict,
    VolunteerId,
    Zone,
    ZoneId,
    ZoneStatus,
    usable,
)
from dispatch.taxonomy import INCIDENT_KINDS, RISK_ASSESSMENT_HEADS, SKILLS

Pair = tuple[NeedId, VolunteerId]
Events = tuple[ev.Event, ...]

MAX_REACH_S: Final = 86_400
HORIZON: Final = timedelta(days=30)
"""Nothing is planned further ahead than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a rule may know besides the board. `plan` is set for MakePlan only."""

    now: datetime
    actor: Actor
    action_id: ActionId
    offer_ttl_s: Mapping[Severity, int]
    verdicts: Mapping[Pair, Verdict]
    regions: frozenset[RegionCode]
    plan: Plan | None = None

    def id(self, kind: str, n: int = 0) -> str:
        """Return the id of the n-th entity of `kind` this action makes: 60 bits of its hash."""
        digest = hashlib.sha256(f"{self.action_id}|{kind}|{n}".encode()).digest()
        return base64.b32encode(digest)[:12].decode().lower()


Rule = Callable[[Board, Any, Context], Events]


def decide(board: Board, action: act.Action, ctx: Context) -> Events:
    """Return the events that carry out `action` now; empty when it changes nothing.

    Raises:
        Rejected: a rule says no.
        Forbidden: this actor may not.
    """
    rule, roles = _RULES[type(action)]
    if ctx.actor.role not in roles:
        raise Forbidden(f"{ctx.actor.role} may not {action.kind}")
    return rule(board, action, ctx)


def pairs_to_judge(board: Board, action: act.Action) -> tuple[Pair, ...]:
    """Return the (need, volunteer) pairs whose verdict `decide` will ask for."""
    match action:
        case act.MakeOffer() if action.need_id in board.needs:
            return tuple((action.need_id, v) for v in dict.fromkeys(action.volunteer_ids))
        case act.DispatchPlan() if action.plan_id in board.plans:
            return tuple(
                (p.need_id, p.volunteer_id)
                for p in board.plans[action.plan_id].proposals
                if action.need_ids is None or p.need_id in action.need_ids
            )
        case act.AcceptOffer() if action.offer_id in board.offers:
            offer = board.offers[action.offer_id]
            return ((offer.need_id, offer.volunteer_id),)
        case _:
            return ()


def tick(board: Board, now: datetime) -> Events:
    """Return what time alone makes happen: open offers past their deadline expire."""
    late = (board.offers[o] for o in board.open_offers)
    expired = sorted((o for o in late if now >= o.expires_at), key=lambda o: (o.expires_at, o.id))
    return tuple(ev.OfferExpired(offer_id=o.id) for o in expired)


# Incidents


def _open_incident(board: Board, a: act.OpenIncident, ctx: Context) -> Events:
    if a.incident_kind not in INCIDENT_KINDS:
        raise Rejected("UNKNOWN_KIND", kind=a.incident_kind)
    if a.region not in ctx.regions:
        raise Rejected("UNKNOWN_REGION", region=a.region)
    incident = Incident(
        id=IncidentId(ctx.id("incident")),
        number=len(board.incidents) + 1,
        kind=a.incident_kind,
        title=_text(a.title, "title", 200),
        description=_text(a.description, "description", required=False),
        site=a.site,
        region=a.region,
        severity=a.severity,
        hazard=a.hazard,
        status=IncidentStatus.OPEN,
        opened_at=ctx.now,
    )
    return (ev.IncidentOpened(incident=incident),)


def _update_incident(board: Board, a: act.UpdateIncident, ctx: Context) -> Events:
    incident = _incident(board, a.incident_id)
    _fresh(board, ("incident", incident.id), a.seen_seq)
    lifecycle.step(lifecycle.INCIDENT, incident.status, ev.IncidentUpdated)
    if a.title is not None:
        _text(a.title, "title", 200)
    if a.description is not None:
        _text(a.description, "description", required=False)
    names = ("title", "description", "site", "severity", "hazard")
    updated = _with(incident, a, names)
    if updated == incident:
        return ()
    raised = updated.hazard.rank > incident.hazard.rank
    consequences = _raise_hazard(board, incident, updated.hazard) if raised else []
    return (ev.IncidentUpdated(incident=updated), *consequences)


def _raise_hazard(board: Board, incident: Incident, hazard: HazardClass) -> list[ev.Event]:
    """What a graver danger means for the needs that shared the incident's class.

    They get the new class. Open offers are withdrawn and whoever is not there yet is stood down:
    neither gates nor cover were checked for this danger. A need that may not be published at the
    new class (hard rule 8) is closed.
    """
    events: list[ev.Event] = []
    for need_id in board.needs_of[incident.id]:
        need = board.needs[need_id]
        if need.status is NeedStatus.CLOSED or need.hazard is not incident.hazard:
            continue
        events += _withdraw_all(board, need_id, "HAZARD_RAISED")
        events += _stand_down_all(board, need_id, "HAZARD_RAISED")
        raised = replace(need, hazard=hazard)
        events.append(ev.NeedUpdated(need=raised))
        if need.status is NeedStatus.PUBLISHED and not _is_publishable(raised):
            events.append(ev.NeedClosed(need_id=need_id, reason="HAZARD_RAISED"))
    return events


def _stand_down_all(board: Board, need_id: NeedId, reason: str) -> list[ev.StoodDown]:
    return [
        ev.StoodDown(assignment_id=x.id, reason=reason)
        for x in board.assignments_to(need_id)
        if ev.StoodDown in lifecycle.ASSIGNMENT[x.status]
    ]


def _close_incident(board: Board, a: act.CloseIncident, ctx: Context) -> Events:
    incident = _incident(board, a.incident_id)
    _fresh(board, ("incident", incident.id), a.seen_seq)
    lifecycle.step(lifecycle.INCIDENT, incident.status, ev.IncidentClosed)
    reason = _text(a.reason, "reason")
    events: list[ev.Event] = []
    for need_id in board.needs_of[incident.id]:
        events += _withdraw_all(board, need_id, "INCIDENT_CLOSED")
        events += _stand_down_all(board, need_id, "INCIDENT_CLOSED")
        if board.needs[need_id].status is not NeedStatus.CLOSED:
            events.append(ev.NeedClosed(need_id=need_id, reason="INCIDENT_CLOSED"))
    return (*events, ev.IncidentClosed(incident_id=incident.id, reason=reason))


# Needs


def _add_need(board: Board, a: act.AddNeed, ctx: Context) -> Events:
    incident = _incident(board, a.incident_id)
    if incident.status is not IncidentStatus.OPEN:
        raise Rejected("INCIDENT_CLOSED", incident=incident.id)
    if a.skill not in SKILLS:
        raise Rejected("UNKNOWN_SKILL", skill=a.skill)
    need = Need(
        id=NeedId(ctx.id("need")),
        incident_id=incident.id,
        skill=a.skill,
        level=a.level,
        heads=a.heads,
        hazard=a.hazard or incident.hazard,
        site=a.site or incident.site,
        region=incident.region,
        deadline_at=a.deadline_at,
        ends_at=a.ends_at,
        reach_s=a.reach_s,
        verified=a.verified,
        risk_assessment=_text(a.risk_assessment, "risk_assessment", required=False),
        safety_plan=a.safety_plan,
        widened=False,
        note=_text(a.note, "note", required=False),
        status=NeedStatus.DRAFT,
        added_at=ctx.now,
    )
    _check_need(need, ctx.now)
    added = ev.NeedAdded(need=need)
    if not a.publish:
        return (added,)
    _check_publishable(need)
    return (added, ev.NeedPublished(need_id=need.id))


def _update_need(board: Board, a: act.UpdateNeed, ctx: Context) -> Events:
    need = _need(board, a.need_id)
    _fresh(board, ("need", need.id), a.seen_seq)
    lifecycle.step(lifecycle.NEED, need.status, ev.NeedUpdated)
    for name in ("risk_assessment", "note"):
        if getattr(a, name) is not None:
            _text(getattr(a, name), name, required=False)
    names = (
        "heads",
        "deadline_at",
        "ends_at",
        "reach_s",
        "verified",
        "risk_assessment",
        "safety_plan",
        "widened",
        "note",
    )
    updated = _with(need, a, names)
    if updated == need:
        return ()
    _check_need(updated, ctx.now)
    if updated.status is NeedStatus.PUBLISHED:
        _check_publishable(updated)
    taken = board.heads_taken(need.id)
    if updated.heads.maximum < taken:
        raise Rejected("HEADS_BELOW_TAKEN", taken=taken)
    _check_still_covered(board, updated)
    return (ev.NeedUpdated(need=updated),)


def _check_still_covered(board: Board, need: Need) -> None:
    """Nobody's cover may end before the work they accepted and the way home."""
    home_at = need.ends_at + timedelta(seconds=need.reach_s)
    short = [
        a.id
        for a in board.assignments_to(need.id)
        if a.status in ACTIVE_ASSIGNMENT and a.cover and a.cover.valid_until_at < home_at
    ]
    if short:
        raise Rejected("COVER_TOO_SHORT", assignments=short)


def _publish_need(board: Board, a: act.PublishNeed, ctx: Context) -> Events:
    need = _need(board, a.need_id)
    _fresh(board, ("need", need.id), a.seen_seq)
    lifecycle.step(lifecycle.NEED, need.status, ev.NeedPublished)
    _check_need(need, ctx.now)
    _check_publishable(need)
    return (ev.NeedPublished(need_id=need.id),)


def _close_need(board: Board, a: act.CloseNeed, ctx: Context) -> Events:
    need = _need(board, a.need_id)
    _fresh(board, ("need", need.id), a.seen_seq)
    lifecycle.step(lifecycle.NEED, need.status, ev.NeedClosed)
    closed = ev.NeedClosed(need_id=need.id, reason=_text(a.reason, "reason"))
    return (*_withdraw_all(board, need.id, "NEED_CLOSED"), closed)


def _check_need(need: Need, now: datetime) -> None:
    if not 1 <= need.level <= 3:
        raise Rejected("BAD_LEVEL", level=need.level)
    if not 60 <= need.reach_s <= MAX_REACH_S:
        raise Rejected("BAD_REACH", reach_s=need.reach_s, least_s=60, most_s=MAX_REACH_S)
    if need.deadline_at <= now:
        raise Rejected("DEADLINE_PASSED", deadline_at=need.deadline_at)
    if need.ends_at < need.deadline_at:
        raise Rejected("ENDS_BEFORE_DEADLINE", ends_at=need.ends_at)
    if need.ends_at > now + HORIZON:
        raise Rejected("TOO_FAR_AHEAD", days=HORIZON.days)


def _check_publishable(need: Need) -> None:
    """Hard rule 8 (county rules on risk assessment and safety plan; Order 685 art. 13)."""
    if not need.verified:
        raise Rejected("UNVERIFIED", need=need.id)
    if need.hazard.rank < HazardClass.H2.rank and need.heads.maximum < RISK_ASSESSMENT_HEADS:
        return
    if not need.risk_assessment.strip():
        raise Rejected("NO_RISK_ASSESSMENT", need=need.id)
    if need.safety_plan is None:
        raise Rejected("NO_SAFETY_PLAN", need=need.id)


def _is_publishable(need: Need) -> bool:
    try:
        _check_publishable(need)
    except Rejected:
        return False
    return True


# Plans and offers


def _make_plan(board: Board, a: act.MakePlan, ctx: Context) -> Events:
    """`ctx.plan` comes from the planner; without needs to plan the desk does not ask it."""
    if ctx.plan is None:
        raise Rejected("NOTHING_TO_PLAN")
    return (ev.PlanMade(plan=replace(ctx.plan, id=PlanId(ctx.id("plan")), made_at=ctx.now)),)


def _dispatch_plan(board: Board, a: act.DispatchPlan, ctx: Context) -> Events:
    """People whose verdict changed since the plan are left out; with none left it is refused."""
    plan = board.plans.get(a.plan_id)
    if plan is None:
        raise Rejected("PLAN_SUPERSEDED", plan=a.plan_id)
    pairs = pairs_to_judge(board, a)
    room = {need_id: _room(board, need_id, ctx.now) for need_id, _ in pairs}
    offers: list[ev.Event] = []
    for need_id, volunteer_id in pairs:
        if room[need_id] > 0 and not ctx.verdicts[need_id, volunteer_id].reasons:
            room[need_id] -= 1
            offers.append(_offer(board, ctx, need_id, volunteer_id, plan.id, len(offers)))
    if not offers:
        raise Rejected("NOTHING_TO_OFFER", skipped=len(pairs))
    done = ev.PlanDispatched(plan_id=plan.id, offered=len(offers), skipped=len(pairs) - len(offers))
    return (*offers, done)


def _make_offer(board: Board, a: act.MakeOffer, ctx: Context) -> Events:
    need = _need(board, a.need_id)
    if need.status is not NeedStatus.PUBLISHED:
        raise Rejected("NEED_NOT_PUBLISHED", need=need.id, status=need.status)
    _not_over(need, ctx.now)
    pairs = pairs_to_judge(board, a)
    for pair in pairs:
        _require_eligible(ctx.verdicts[pair], pair[1])
    if not pairs:
        raise Rejected("NOTHING_TO_OFFER", skipped=0)
    return tuple(_offer(board, ctx, *pair, None, n) for n, pair in enumerate(pairs))


def _room(board: Board, need_id: NeedId, now: datetime) -> int:
    """Heads a plan may still ask for; 0 once the need is closed or over."""
    need = board.needs[need_id]
    wanted = need.status is NeedStatus.PUBLISHED and now < need.ends_at
    return board.heads_open(need_id) if wanted else 0


def _offer(
    board: Board,
    ctx: Context,
    need_id: NeedId,
    volunteer_id: VolunteerId,
    plan_id: PlanId | None,
    n: int,
) -> ev.OfferMade:
    need = board.needs[need_id]
    verdict = ctx.verdicts[need_id, volunteer_id]
    if verdict.travel is None or verdict.origin is None:
        raise Rejected("NOT_ELIGIBLE", volunteer=volunteer_id, reasons=[Reason.REACH])
    ttl_s = ctx.offer_ttl_s[board.incidents[need.incident_id].severity]
    return ev.OfferMade(
        offer_id=OfferId(ctx.id("offer", n)),
        need_id=need.id,
        incident_id=need.incident_id,
        volunteer_id=volunteer_id,
        plan_id=plan_id,
        hazard=need.hazard,
        cover=verdict.cover,
        travel=verdict.travel,
        origin=verdict.origin,
        expires_at=ctx.now + timedelta(seconds=ttl_s),
    )


def _withdraw_offer(board: Board, a: act.WithdrawOffer, ctx: Context) -> Events:
    offer = _get_offer(board, a.offer_id)
    lifecycle.step(lifecycle.OFFER, offer.status, ev.OfferWithdrawn)
    return (ev.OfferWithdrawn(offer_id=offer.id, reason=_text(a.reason, "reason")),)


def _accept_offer(board: Board, a: act.AcceptOffer, ctx: Context) -> Events:
    offer = _own_offer(board, a.offer_id, ctx.actor)
    _check_answerable(offer, ctx.now)
    need = board.needs[offer.need_id]
    _not_over(need, ctx.now)
    if a.seen_seq is not None:
        _fresh(board, ("need", need.id), a.seen_seq)
        _fresh(board, ("incident", need.incident_id), a.seen_seq)
    if offer.volunteer_id in board.active:
        raise Rejected("ALREADY_ASSIGNED", assignment=board.active[offer.volunteer_id])
    taken = board.heads_taken(need.id)
    if taken >= need.heads.maximum:
        raise Rejected("NEED_FULL", taken=taken, maximum=need.heads.maximum)
    verdict = ctx.verdicts[need.id, offer.volunteer_id]
    _require_eligible(verdict, offer.volunteer_id)
    accepted = ev.OfferAccepted(
        offer_id=offer.id,
        assignment_id=AssignmentId(ctx.id("assignment")),
        hazard=need.hazard,
        cover=verdict.cover,
        travel=verdict.travel or offer.travel,
        fix=usable(a.fix, ctx.now),
        comment=_text(a.comment, "comment", required=False),
    )
    full = taken + 1 == need.heads.maximum
    filled = _withdraw_all(board, need.id, "FILLED", but=offer.id) if full else []
    return (accepted, *filled, *_withdraw_others(board, offer, {e.offer_id for e in filled}))


def _decline_offer(board: Board, a: act.DeclineOffer, ctx: Context) -> Events:
    offer = _own_offer(board, a.offer_id, ctx.actor)
    _check_answerable(offer, ctx.now)
    comment = _text(a.comment, "comment", required=False)
    return (ev.OfferDeclined(offer_id=offer.id, reason=a.reason, comment=comment),)


def _check_answerable(offer: Offer, now: datetime) -> None:
    if offer.status is OfferStatus.WITHDRAWN:
        raise Rejected("OFFER_WITHDRAWN", because=offer.withdrawn_because)
    if offer.status is OfferStatus.EXPIRED or (
        offer.status is OfferStatus.OPEN and now >= offer.expires_at
    ):
        raise Rejected("OFFER_EXPIRED", expires_at=offer.expires_at)
    if offer.status is not OfferStatus.OPEN:
        raise Rejected("OFFER_ANSWERED", status=offer.status)


def _not_over(need: Need, now: datetime) -> None:
    """Whoever still works on an overrun need has its end moved first: cover hangs on that date."""
    if now >= need.ends_at:
        raise Rejected("NEED_OVER", ends_at=need.ends_at)


def _require_eligible(verdict: Verdict, volunteer_id: VolunteerId) -> None:
    if verdict.reasons:
        raise Rejected("NOT_ELIGIBLE", volunteer=volunteer_id, reasons=list(verdict.reasons))


def _withdraw_all(
    board: Board, need_id: NeedId, reason: str, but: OfferId | None = None
) -> list[ev.OfferWithdrawn]:
    return [
        ev.OfferWithdrawn(offer_id=o.id, reason=reason)
        for o in board.open_offers_of(need_id)
        if o.id != but
    ]


def _withdraw_others(board: Board, offer: Offer, done: set[OfferId]) -> Iterator[ev.Event]:
    """Who takes one offer cannot take another: their other open offers go back to the needs."""
    for offer_id in board.offers_to[offer.volunteer_id]:
        if offer_id in board.open_offers and offer_id != offer.id and offer_id not in done:
            yield ev.OfferWithdrawn(offer_id=offer_id, reason="TOOK_ANOTHER")


# Assignments


def _depart(board: Board, a: act.Depart, ctx: Context) -> Events:
    assignment = _own_assignment(board, a.assignment_id, ctx.actor)
    lifecycle.step(lifecycle.ASSIGNMENT, assignment.status, ev.Departed)
    return (ev.Departed(assignment_id=assignment.id, fix=a.fix),)


def _arrive(board: Board, a: act.Arrive, ctx: Context) -> Events:
    assignment = _own_assignment(board, a.assignment_id, ctx.actor)
    lifecycle.step(lifecycle.ASSIGNMENT, assignment.status, ev.Arrived)
    return (ev.Arrived(assignment_id=assignment.id, fix=a.fix),)


def _release(board: Board, a: act.Release, ctx: Context) -> Events:
    assignment = _own_assignment(board, a.assignment_id, ctx.actor)
    lifecycle.step(lifecycle.ASSIGNMENT, assignment.status, ev.Released)
    return (ev.Released(assignment_id=assignment.id),)


def _reach_home(board: Board, a: act.ReachHome, ctx: Context) -> Events:
    assignment = _own_assignment(board, a.assignment_id, ctx.actor)
    if assignment.home_at is not None:
        raise Rejected("ILLEGAL_STATE", status=AssignmentStatus.HOME, event="ReachedHome")
    lifecycle.step(lifecycle.ASSIGNMENT, assignment.status, ev.ReachedHome)
    return (ev.ReachedHome(assignment_id=assignment.id),)


def _stand_down(board: Board, a: act.StandDown, ctx: Context) -> Events:
    assignment = _own_assignment(board, a.assignment_id, ctx.actor)
    lifecycle.step(lifecycle.ASSIGNMENT, assignment.status, ev.StoodDown)
    return (ev.StoodDown(assignment_id=assignment.id, reason=_text(a.reason, "reason")),)


# People, notes, zones. What a person says of themselves is stored even when it changes nothing:
# only a stored action is known when it comes again, and an old word must not undo a newer one.


def _set_availability(board: Board, a: act.SetAvailability, ctx: Context) -> Events:
    if a.until_at is not None and a.until_at <= ctx.now:
        raise Rejected("DEADLINE_PASSED", deadline_at=a.until_at)
    volunteer_id = _who(ctx.actor, None)
    return (
        ev.AvailabilitySet(volunteer_id=volunteer_id, available=a.available, until_at=a.until_at),
    )


def _check_in(board: Board, a: act.CheckIn, ctx: Context) -> Events:
    volunteer_id = _who(ctx.actor, a.volunteer_id)
    return (ev.CheckedIn(volunteer_id=volunteer_id, fix=usable(a.fix, ctx.now)),)


def _check_out(board: Board, a: act.CheckOut, ctx: Context) -> Events:
    return (ev.CheckedOut(volunteer_id=_who(ctx.actor, a.volunteer_id)),)


def _add_note(board: Board, a: act.AddNote, ctx: Context) -> Events:
    if a.incident_id is not None:
        _incident(board, a.incident_id)
    return (ev.NoteAdded(text=_text(a.text, "text"), incident_id=a.incident_id),)


def _draw_zone(board: Board, a: act.DrawZone, ctx: Context) -> Events:
    zone = Zone(
        id=ZoneId(ctx.id("zone")),
        kind=a.zone_kind,
        name=_text(a.name, "name", 200),
        ring=a.ring,
        blocks=tuple(dict.fromkeys(a.blocks)),
        status=ZoneStatus.ACTIVE,
        drawn_at=ctx.now,
    )
    return (ev.ZoneDrawn(zone=zone),)


def _clear_zone(board: Board, a: act.ClearZone, ctx: Context) -> Events:
    zone = board.zones.get(a.zone_id)
    if zone is None:
        raise Rejected("NOT_FOUND", entity="zone", id=a.zone_id)
    lifecycle.step(lifecycle.ZONE, zone.status, ev.ZoneCleared)
    return (ev.ZoneCleared(zone_id=zone.id),)


# Shared checks


def _incident(board: Board, incident_id: IncidentId) -> Incident:
    if incident_id not in board.incidents:
        raise Rejected("NOT_FOUND", entity="incident", id=incident_id)
    return board.incidents[incident_id]


def _need(board: Board, need_id: NeedId) -> Need:
    if need_id not in board.needs:
        raise Rejected("NOT_FOUND", entity="need", id=need_id)
    return board.needs[need_id]


def _get_offer(board: Board, offer_id: OfferId) -> Offer:
    if offer_id not in board.offers:
        raise Rejected("NOT_FOUND", entity="offer", id=offer_id)
    return board.offers[offer_id]


def _own_offer(board: Board, offer_id: OfferId, actor: Actor) -> Offer:
    offer = _get_offer(board, offer_id)
    if offer.volunteer_id != actor.volunteer_id:
        raise Forbidden("that offer is someone else's")
    return offer


def _own_assignment(board: Board, assignment_id: AssignmentId, actor: Actor) -> Assignment:
    """The assignment, for its volunteer or for a commander."""
    assignment = board.assignments.get(assignment_id)
    if assignment is None:
        raise Rejected("NOT_FOUND", entity="assignment", id=assignment_id)
    if actor.role is Role.VOLUNTEER and assignment.volunteer_id != actor.volunteer_id:
        raise Forbidden("that assignment is someone else's")
    return assignment


def _who(actor: Actor, named: VolunteerId | None) -> VolunteerId:
    own = actor.volunteer_id
    if own is not None:
        if named not in (None, own):
            raise Forbidden("volunteers act for themselves")
        return own
    if named is None:
        raise Rejected("NOT_FOUND", entity="volunteer", id=None)
    return named


def _fresh(board: Board, key: tuple[str, str], seen_seq: int) -> None:
    change = board.changes[key]
    if seen_seq > board.seq:
        raise Rejected("SEEN_AHEAD", seen_seq=seen_seq, head=board.seq)
    if change.seq > seen_seq:
        raise Rejected(
            "STALE",
            changed={
                "entity": key[0],
                "id": key[1],
                "event": change.event,
                "actor": {"role": change.actor.role, "id": change.actor.id},
                "at": change.at,
            },
        )


def _with(entity: Any, action: Any, names: tuple[str, ...]) -> Any:
    given = {n: getattr(action, n) for n in names if getattr(action, n) is not None}
    return replace(entity, **given)


def _text(text: str, name: str, limit: int = act.MAX_TEXT, *, required: bool = True) -> str:
    if required and not text.strip():
        raise Rejected("TEXT_EMPTY", field=name)
    if len(text) > limit:
        raise Rejected("TEXT_TOO_LONG", field=name, most=limit)
    return text


_COMMANDER: Final = frozenset({Role.COMMANDER})
_VOLUNTEER: Final = frozenset({Role.VOLUNTEER})
_BOTH: Final = frozenset({Role.COMMANDER, Role.VOLUNTEER})

_RULES: Final[Mapping[type[act.Action], tuple[Rule, frozenset[Role]]]] = {
    act.OpenIncident: (_open_incident, _COMMANDER),
    act.UpdateIncident: (_update_incident, _COMMANDER),
    act.CloseIncident: (_close_incident, _COMMANDER),
    act.AddNeed: (_add_need, _COMMANDER),
    act.UpdateNeed: (_update_need, _COMMANDER),
    act.PublishNeed: (_publish_need, _COMMANDER),
    act.CloseNeed: (_close_need, _COMMANDER),
    act.MakePlan: (_make_plan, _COMMANDER),
    act.DispatchPlan: (_dispatch_plan, _COMMANDER),
    act.MakeOffer: (_make_offer, _COMMANDER),
    act.WithdrawOffer: (_withdraw_offer, _COMMANDER),
    act.AcceptOffer: (_accept_offer, _VOLUNTEER),
    act.DeclineOffer: (_decline_offer, _VOLUNTEER),
    act.Depart: (_depart, _VOLUNTEER),
    act.Arrive: (_arrive, _VOLUNTEER),
    act.Release: (_release, _BOTH),
    act.ReachHome: (_reach_home, _VOLUNTEER),
    act.StandDown: (_stand_down, _BOTH),
    act.SetAvailability: (_set_availability, _VOLUNTEER),
    act.CheckIn: (_check_in, _BOTH),
    act.CheckOut: (_check_out, _BOTH),
    act.AddNote: (_add_note, _COMMANDER),
    act.DrawZone: (_draw_zone, _COMMANDER),
    act.ClearZone: (_clear_zone, _COMMANDER),
}
