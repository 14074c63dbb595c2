"""What the page's player shows: plain values with whole seconds since the beginning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from dispatch import events as ev
from dispatch.drills.report.account import Account, NeedAccount
from dispatch.events import Stored
from dispatch.model import Assignment, AssignmentId, Incident, Zone

Way = Sequence[tuple[float, float]]
"""Points (lon, lat) of somebody's way to the site."""

DECIMALS: Final = 5
WAY_POINTS: Final = 24
"""More corners than this of one way nobody sees on a page."""


def replay(
    told: Account,
    ways: Mapping[AssignmentId, Way],
    ground: Sequence[Way],
    ring: Way,
) -> dict[str, Any]:
    """Return what the player plays. `ways` are those known, others go straight; `ground` are lines
    to draw below (roads, coasts), `ring` the outline of the area; both may be empty."""
    began = told.began_at
    return {
        "length_s": _s(began, told.ended_at),
        "began": began.isoformat(),
        "ground": [_rounded(line) for line in ground],
        "ring": _rounded(ring),
        "incidents": [_incident(began, i) for i in _incidents(told)],
        "needs": [_need(began, n) for n in told.needs if n.published_at is not None],
        "people": [
            p for n in told.needs for a in n.assignments for p in _person(began, n, a, ways)
        ],
        "zones": list(_zones(told)),
        "ticks": list(_ticks(told)),
    }


def _incidents(told: Account) -> list[Incident]:
    return sorted(told.board.incidents.values(), key=lambda i: i.number)


def _incident(began: datetime, i: Incident) -> dict[str, Any]:
    return {
        "id": i.id,
        "n": i.number,
        "title": i.title,
        "severity": i.severity,
        "at": _point(i.site.lon, i.site.lat),
        "from": _s(began, i.opened_at),
        "to": None if i.closed_at is None else _s(began, i.closed_at),
    }


def _need(began: datetime, n: NeedAccount) -> dict[str, Any]:
    assert n.published_at is not None
    return {
        "incident": n.incident.id,
        "desired": n.need.heads.desired,
        "from": _s(began, n.published_at),
        "to": _s(began, n.open_until),
        "taken": [[_s(began, at), heads] for at, heads in n.taken],
        "present": [[_s(began, at), heads] for at, heads in n.present],
    }


def _person(
    began: datetime, n: NeedAccount, a: Assignment, ways: Mapping[AssignmentId, Way]
) -> Iterator[dict[str, Any]]:
    """Somebody on the move, or nobody when they never left."""
    if a.en_route_at is None:
        return
    origin = next(o.origin for o in n.offers if o.id == a.offer_id)
    straight = ((origin.lon, origin.lat), (n.need.site.lon, n.need.site.lat))
    yield {
        "way": _rounded(_thinned(ways.get(a.id, straight))),
        "left": _s(began, a.en_route_at),
        "there": None if a.on_scene_at is None else _s(began, a.on_scene_at),
        "eta": a.travel.eta_s,
        "gone": None if a.released_at is None else _s(began, a.released_at),
        "home": None if a.home_at is None else _s(began, a.home_at),
        "down": None if a.stood_down_at is None else _s(began, a.stood_down_at),
    }


def _zones(told: Account) -> Iterator[dict[str, Any]]:
    for zone in told.board.zones.values():
        yield {
            "name": zone.name,
            "form": zone.form,
            "parts": [[_rounded(line) for line in part] for part in zone.parts],
            "radius_m": zone.radius_m,
            "from": _s(told.began_at, zone.starts_at or zone.drawn_at),
            "to": _zone_end(told.began_at, zone),
        }


def _zone_end(began: datetime, zone: Zone) -> int | None:
    ends = [at for at in (zone.cleared_at, zone.ends_at) if at is not None]
    return _s(began, min(ends)) if ends else None


def _ticks(told: Account) -> Iterator[list[Any]]:
    """What is marked under the player: incidents, doubts, zones, notes."""
    for s in told.entries:
        text = _ticked(told, s)
        if text is not None:
            yield [_s(told.began_at, s.at), type(s.event).__name__, text]


def _ticked(told: Account, s: Stored) -> str | None:
    match s.event:
        case ev.IncidentOpened(incident=incident):
            return incident.title
        case ev.IncidentClosed(incident_id=ident):
            return told.board.incidents[ident].title
        case ev.ZoneDrawn(zone=zone):
            return zone.name
        case ev.NoteAdded(text=text):
            return text[:200]
        case ev.FillDoubted(need_id=need):
            return told.board.incidents[told.board.needs[need].incident_id].title
        case _:
            return None


def _thinned(way: Way) -> Way:
    if len(way) <= WAY_POINTS:
        return way
    step = (len(way) - 1) / (WAY_POINTS - 1)
    return [way[round(n * step)] for n in range(WAY_POINTS)]


def _rounded(line: Way) -> list[list[float]]:
    return [_point(lon, lat) for lon, lat in line]


def _point(lon: float, lat: float) -> list[float]:
    return [round(lon, DECIMALS), round(lat, DECIMALS)]


def _s(began: datetime, at: datetime) -> int:
    return round((at - began).total_seconds())
