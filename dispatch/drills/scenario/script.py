"""A scenario as what is done: ordinary actions of the product, and what happens to its people.

Pure: the same scenario gives the same steps with the same action ids, so the ids of the entities
they make are known before anything runs. Whoever runs it asks `at_head` for each action when its
time has come, and `recalled` what a recall means for the board of that moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from dispatch import actions as act
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.drills.scenario import model as it
from dispatch.events import Released, StoodDown
from dispatch.model import (
    ActionId,
    Actor,
    AssignmentStatus,
    IncidentId,
    NeedId,
    NeedStatus,
    Rain,
    Role,
    ZoneId,
)
from dispatch.rules.context import entity_id
from dispatch.taxonomy import Names

COMMANDER: Final = Actor(role=Role.COMMANDER, id="exercise")
RECALLED: Final = "RECALLED"
DUPLICATE: Final = "DUPLICATE"

_SEEN: Final = (
    act.UpdateIncident,
    act.CloseIncident,
    act.UpdateNeed,
    act.PublishNeed,
    act.CloseNeed,
)
"""Actions that say which state of the log the commander saw."""

World = it.CellLost | it.CellRestored | it.CoverLapsed | it.RedWarning
"""What happens to the people and their phones, not in the log: the runner makes it so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An action of the product, by whom, under the id that makes a repeat harmless."""

    actor: Actor
    action_id: ActionId
    action: act.CommanderAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is done at one instant because of one inject."""

    at: datetime
    at_s: int
    inject: str
    deed: Act | it.Recall | World


def script(scenario: it.Scenario) -> tuple[Step, ...]:
    """Return every step in order of time; at one instant the weather comes first, then the file's
    order."""
    steps = [*_rain(scenario), *_injects(scenario)]
    return tuple(sorted(steps, key=lambda step: step.at_s))


def action_id(scenario: it.Scenario, inject: str, part: str = "") -> ActionId:
    """Return the id of the action that an inject becomes; `part` where it becomes several."""
    return ActionId("/".join(filter(None, ("drill", scenario.id, inject, part))))


def incident_id(scenario: it.Scenario, incident: str) -> IncidentId:
    """Return the id in the log of an incident of the scenario."""
    return IncidentId(entity_id(action_id(scenario, incident), "incident"))


def need_id(scenario: it.Scenario, need: str) -> NeedId:
    """Return the id in the log of a need of the scenario."""
    return NeedId(entity_id(action_id(scenario, need), "need"))


def zone_id(scenario: it.Scenario, zone: str) -> ZoneId:
    """Return the id in the log of a zone of the scenario."""
    return ZoneId(entity_id(action_id(scenario, zone), "zone"))


def at_head(deed: Act, seq: int) -> Act:
    """Return the action as somebody takes it who sees the log up to `seq`."""
    if isinstance(deed.action, _SEEN):
        return replace(deed, action=replace(deed.action, seen_seq=seq))
    return deed


def recalled(scenario: it.Scenario, recall: it.Recall, board: Board) -> tuple[Act, ...]:
    """Return what empties the area: its needs closed, those on the way stood down, those on scene
    released, and a note that says why."""
    inside = [
        need
        for need in sorted(board.needs.values(), key=lambda need: need.id)
        if recall.area.holds(need.site.lon, need.site.lat)
    ]
    note = act.AddNote(text=_said(recall.reason))
    found: list[tuple[str, act.CommanderAction]] = [("note", note)]
    for need in inside:
        if need.status is not NeedStatus.CLOSED:
            found.append((need.id, act.CloseNeed(need_id=need.id, seen_seq=0, reason=RECALLED)))
    for need in inside:
        found += _called_back(board, need.id)
    return tuple(
        Act(actor=COMMANDER, action_id=action_id(scenario, recall.id, part), action=action)
        for part, action in found
    )


def _called_back(board: Board, need: NeedId) -> Iterator[tuple[str, act.CommanderAction]]:
    for one in board.assignments_to(need):
        after = lifecycle.ASSIGNMENT[one.status]
        if StoodDown in after:
            yield one.id, act.StandDown(assignment_id=one.id, reason=RECALLED)
        elif one.status is AssignmentStatus.ON_SCENE and Released in after:
            yield one.id, act.Release(assignment_id=one.id)


def _rain(scenario: it.Scenario) -> Iterator[Step]:
    """A step where the rain becomes another; it is dry before the first hour that is told."""
    before = Rain.NONE
    for n, hour in enumerate(scenario.weather):
        if hour.rain is not before:
            before = hour.rain
            yield _step(scenario, f"weather-{n}", hour.at_s, act.SetRain(rain=hour.rain))


def _injects(scenario: it.Scenario) -> Iterator[Step]:
    for inject in scenario.timeline:
        match inject:
            case it.CellLost() | it.CellRestored() | it.CoverLapsed() | it.Recall():
                yield _deed(scenario, inject)
            case it.RedWarning():
                yield _step(scenario, inject.id, inject.at_s, act.AddNote(text=both(inject.text)))
                yield _deed(scenario, inject)
            case it.NeedVerified(need=need):
                said = act.UpdateNeed(need_id=need_id(scenario, need), seen_seq=0, verified=True)
                yield _step(scenario, inject.id, inject.at_s, said)
                publish = act.PublishNeed(need_id=need_id(scenario, need), seen_seq=0)
                yield _step(scenario, inject.id, inject.at_s, publish, "publish")
            case _:
                yield _step(scenario, inject.id, inject.at_s, _action(scenario, inject))


def _deed(scenario: it.Scenario, inject: it.Recall | World) -> Step:
    at = scenario.clock.at(inject.at_s)
    return Step(at=at, at_s=inject.at_s, inject=inject.id, deed=inject)


def _step(
    scenario: it.Scenario, inject: str, at_s: int, action: act.CommanderAction, part: str = ""
) -> Step:
    deed = Act(actor=COMMANDER, action_id=action_id(scenario, inject, part), action=action)
    return Step(at=scenario.clock.at(at_s), at_s=at_s, inject=inject, deed=deed)


_Plain = (
    it.IncidentOpened
    | it.NeedCreated
    | it.DuplicateFound
    | it.NeedClosed
    | it.IncidentClosed
    | it.HazardRaised
    | it.ZoneDrawn
    | it.ZoneCleared
    | it.Message
)


def _action(scenario: it.Scenario, inject: _Plain) -> act.CommanderAction:
    """The one action that an inject is."""
    match inject:
        case it.IncidentOpened():
            return _open(inject)
        case it.NeedCreated():
            return _add(scenario, inject)
        case it.DuplicateFound(need=need, of=of):
            reason = f"{DUPLICATE} {need_id(scenario, of)}"
            return act.CloseNeed(need_id=need_id(scenario, need), seen_seq=0, reason=reason)
        case it.NeedClosed(need=need, reason=reason):
            return act.CloseNeed(need_id=need_id(scenario, need), seen_seq=0, reason=reason)
        case it.IncidentClosed(incident=incident, reason=reason):
            where = incident_id(scenario, incident)
            return act.CloseIncident(incident_id=where, seen_seq=0, reason=reason)
        case it.HazardRaised(incident=incident, hazard=hazard):
            where = incident_id(scenario, incident)
            return act.UpdateIncident(incident_id=where, seen_seq=0, hazard=hazard)
        case it.ZoneDrawn():
            return _draw(scenario, inject)
        case it.ZoneCleared(zone=zone):
            return act.ClearZone(zone_id=zone_id(scenario, zone))
        case it.Message(incident=incident):
            about = None if incident is None else incident_id(scenario, incident)
            return act.AddNote(text=both(inject.text), incident_id=about)


def _open(inject: it.IncidentOpened) -> act.OpenIncident:
    return act.OpenIncident(
        incident_kind=inject.kind,
        title=both(inject.titles),
        description=inject.description,
        site=inject.site,
        region=inject.region,
        severity=inject.severity,
        hazard=inject.hazard,
    )


def _add(scenario: it.Scenario, inject: it.NeedCreated) -> act.AddNeed:
    return act.AddNeed(
        incident_id=incident_id(scenario, inject.incident),
        skill=inject.skill,
        level=inject.level,
        heads=inject.heads,
        hazard=inject.hazard,
        site=inject.site,
        deadline_at=scenario.clock.at(inject.deadline_s),
        ends_at=scenario.clock.at(inject.ends_s),
        reach_s=inject.reach_s,
        verified=inject.verified,
        risk_assessment=inject.risk_assessment,
        safety_plan=inject.safety_plan,
        note=inject.note,
        publish=inject.verified,
    )


def _draw(scenario: it.Scenario, inject: it.ZoneDrawn) -> act.DrawZone:
    return act.DrawZone(
        zone_kind=inject.zone_kind,
        name=inject.name,
        form=inject.form,
        parts=inject.parts,
        radius_m=inject.radius_m,
        blocks=inject.blocks,
        pace=inject.pace,
        certainty=inject.certainty,
        ends_at=None if inject.ends_s is None else scenario.clock.at(inject.ends_s),
    )


def both(names: Names) -> str:
    """Return a text in both languages, as titles and notes of a drill carry it."""
    return names.zh if names.zh == names.en else f"{names.zh} / {names.en}"


def _said(reason: str) -> str:
    return f"{RECALLED}: {reason}"
