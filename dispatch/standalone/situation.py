"""A board out of a file's needs, through the same rules and events as every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from dispatch import actions as act
from dispatch import events as ev
from dispatch import rules
from dispatch.board import Board, apply
from dispatch.errors import BadInput, Rejected
from dispatch.events import Entry, placed
from dispatch.matching.policy import MatchPolicy
from dispatch.model import ActionId, Actor, AgencyId, IncidentId, NeedId, Role
from dispatch.standalone.needs import FileNeed

WHO: Final = Actor(role=Role.COMMANDER, id="file")

FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "UNKNOWN_SKILL": ("skill", "is not a known skill"),
    "UNKNOWN_KIND": ("kind", "is not a known kind of incident"),
    "NO_REGION": ("region", "is missing"),
    "BAD_LEVEL": ("level", "expected 1 to 3"),
    "DEADLINE_PASSED": ("deadline_at", "is not in the future"),
    "ENDS_BEFORE_DEADLINE": ("ends_at", "lies before deadline_at"),
    "TOO_FAR_AHEAD": ("ends_at", "lies too far ahead"),
    "TEXT_TOO_LONG": ("risk_assessment, note", "is too long"),
    "UNVERIFIED": ("verified", "a need that nobody verified is not planned"),
    "NO_RISK_ASSESSMENT": ("risk_assessment", "H2 and above, and large needs, have one"),
    "NO_SAFETY_PLAN": ("safety_plan_owner, safety_plan_measures", "H2 and above, and large "
                       "needs, have both"),
}  # fmt: skip
"""By code of refusal: the property meant, and why."""


def situation(
    needs: Sequence[FileNeed], now: datetime, policy: MatchPolicy
) -> tuple[Board, dict[NeedId, FileNeed]]:
    """Return a board on which all `needs` are published, and which is which.

    Raises:
        BadInput: a rule refuses a need; names the feature, the property and why.
    """
    desk = _Desk(needs, now, policy)
    incidents: dict[str, IncidentId] = {}
    published: dict[NeedId, FileNeed] = {}
    for need in needs:
        if need.incident not in incidents:
            incidents[need.incident] = desk.open(need)
        published[desk.publish(need, incidents[need.incident])] = need
    return desk.board, published


class _Desk:
    """Carries out actions on a board that nobody else uses."""

    def __init__(self, needs: Sequence[FileNeed], now: datetime, policy: MatchPolicy) -> None:
        self.board = Board(agency=AgencyId("file"))
        self._now, self._ttl_s = now, policy.offer_ttl_s
        self._regions = frozenset(need.region for need in needs)

    def open(self, need: FileNeed) -> IncidentId:
        action = act.OpenIncident(
            incident_kind=need.kind,
            title=need.incident,
            site=need.site,
            region=need.region,
            severity=need.severity,
            hazard=need.hazard,
        )
        (opened,) = self._act(need, f"open/{need.incident}", action)
        assert isinstance(opened, ev.IncidentOpened)
        return opened.incident.id

    def publish(self, need: FileNeed, incident_id: IncidentId) -> NeedId:
        action = act.AddNeed(
            incident_id=incident_id,
            skill=need.skill,
            heads=need.heads,
            deadline_at=need.deadline_at,
            ends_at=need.ends_at,
            level=need.level,
            hazard=need.hazard,
            site=need.site,
            reach_s=need.reach_s,
            verified=need.verified,
            risk_assessment=need.risk_assessment,
            safety_plan=need.safety_plan,
            note=need.note,
            publish=True,
        )
        added, *_ = self._act(need, f"add/{need.id}", action)
        assert isinstance(added, ev.NeedAdded)
        if need.widened:
            wider = act.UpdateNeed(need_id=added.need.id, seen_seq=self.board.seq, widened=True)
            self._act(need, f"widen/{need.id}", wider)
        return added.need.id

    def _act(self, need: FileNeed, name: str, action: act.Action) -> rules.Events:
        context = rules.Context(
            now=self._now,
            actor=WHO,
            action_id=ActionId(name),
            offer_ttl_s=self._ttl_s,
            verdicts={},
            regions=self._regions,
        )
        try:
            events = rules.decide(self.board, action, context)
        except Rejected as refusal:
            raise BadInput(f"{need.place} {_explained(refusal)}") from None
        for event in events:
            entry = Entry(
                at=self._now, actor=WHO, action_id=context.action_id, exercise=False, event=event
            )
            apply(self.board, placed(entry, self.board.seq + 1))
        return events


def _explained(refusal: Rejected) -> str:
    field, reason = FIELDS.get(refusal.code, ("", ""))
    said = ", ".join(f"{name} {value}" for name, value in refusal.params.items() if name != "need")
    return f"{field or refusal.code}: {reason}{said and f' ({said})'}"
