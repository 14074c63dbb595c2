"""What a log says of an operation, need by need. Pure: it reads nothing but the entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from dispatch import events as ev
from dispatch.board import Board, apply
from dispatch.drills.measures import Span
from dispatch.events import Stored
from dispatch.model import (
    AgencyId,
    Assignment,
    AssignmentStatus,
    DoubtReason,
    Incident,
    Need,
    NeedId,
    NeedStatus,
    Offer,
    OfferStatus,
    Severity,
    Shortfall,
    VolunteerId,
    WaveReason,
)

WEIGHTS: Final[Mapping[Severity, float]] = {
    Severity.I: 8.0,
    Severity.II: 4.0,
    Severity.III: 2.0,
    Severity.IV: 1.0,
}
"""What a missing head weighs by severity where a scenario does not say (science D5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """A round of offers: when, why, and how sure it made the need."""

    at: datetime
    asked: int
    because: WaveReason
    fill: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedAccount:
    """One need: who was asked, who came, and when it was filled.

    `filled_at` is when the desired heads had first accepted, `complete_at` when they were first on
    scene. `open_until` is when nobody waited for it any more. `taken` and `present` are the counts
    after each change, oldest first.
    """

    need: Need
    incident: Incident
    offers: tuple[Offer, ...]
    assignments: tuple[Assignment, ...]
    filled_at: datetime | None
    complete_at: datetime | None
    open_until: datetime
    taken: tuple[tuple[datetime, int], ...]
    present: tuple[tuple[datetime, int], ...]
    waves: tuple[Wave, ...]
    doubts: tuple[tuple[datetime, DoubtReason], ...]
    shortfall: Shortfall | None
    told: int
    seen: int

    @property
    def published_at(self) -> datetime | None:
        """When people could first be asked; None when it never was."""
        return self.need.published_at

    @property
    def arrived(self) -> tuple[Assignment, ...]:
        """Who came, in the order of their coming."""
        came = [a for a in self.assignments if a.on_scene_at is not None]
        return tuple(sorted(came, key=lambda a: (a.on_scene_at or a.assigned_at, a.id)))

    @property
    def on_time(self) -> bool:
        """Whether the desired heads were on scene by the deadline."""
        return self.complete_at is not None and self.complete_at <= self.need.deadline_at

    def ended(self, status: OfferStatus) -> int:
        """How many offers ended so."""
        return sum(o.status is status for o in self.offers)

    def wait(self, until: datetime | None) -> Span | None:
        """How long it took from publishing until `until`; not ended when that never came."""
        if self.published_at is None:
            return None
        end = until if until is not None else self.open_until
        seconds = max(0.0, (end - self.published_at).total_seconds())
        return Span(s=seconds, ended=until is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A whole operation between its first and its last event."""

    board: Board
    entries: tuple[Stored, ...]
    needs: tuple[NeedAccount, ...]
    began_at: datetime
    ended_at: datetime
    alerts: Mapping[VolunteerId, int] = field(default_factory=dict)

    def weighted_minutes(self, weights: Mapping[Severity, float] = WEIGHTS) -> float:
        """Missing heads on scene, by weight of severity, summed over the minutes (science D5)."""
        return sum(_missing_minutes(n) * weights[n.incident.severity] for n in self.needs)


@dataclass(slots=True)
class _Notes:
    """What is noted of a need while the log is read."""

    taken: list[tuple[datetime, int]] = field(default_factory=list)
    present: list[tuple[datetime, int]] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    doubts: list[tuple[datetime, DoubtReason]] = field(default_factory=list)
    shortfall: Shortfall | None = None
    closed_at: datetime | None = None


def account(agency: AgencyId, entries: Iterable[Stored], *, exercise: bool) -> Account:
    """Return what the entries, from the first of their log on, say.

    Raises:
        LogCorrupt: they cannot follow each other.
        ValueError: there are none.
    """
    board, notes = Board(agency=agency, exercise=exercise), dict[NeedId, _Notes]()
    told = tuple(entries)
    if not told:
        raise ValueError("the log is empty: there is nothing to report")
    for stored in told:
        apply(board, stored)
        _note(board, notes, stored)
    ended_at = told[-1].at
    needs = tuple(_need(board, n, notes.get(n.id) or _Notes(), ended_at) for n in _ordered(board))
    return Account(
        board=board,
        entries=told,
        needs=needs,
        began_at=told[0].at,
        ended_at=ended_at,
        alerts=Counter(o.volunteer_id for o in board.offers.values()),
    )


def _ordered(board: Board) -> list[Need]:
    return sorted(board.needs.values(), key=lambda n: (n.added_at, n.id))


def _note(board: Board, notes: dict[NeedId, _Notes], s: Stored) -> None:
    match s.event:
        case ev.OfferAccepted() | ev.Arrived() | ev.Released() | ev.StoodDown():
            _count(board, notes, s, board.assignments[s.event.assignment_id].need_id)
        case ev.WaveMade() as e:
            wave = Wave(at=s.at, asked=e.asked, because=e.because, fill=e.fill)
            notes.setdefault(e.need_id, _Notes()).waves.append(wave)
        case ev.FillDoubted() as e:
            notes.setdefault(e.need_id, _Notes()).doubts.append((s.at, e.because))
        case ev.PlanMade(plan=plan):
            for short in plan.shortfalls:
                notes.setdefault(short.need_id, _Notes()).shortfall = short
        case ev.NeedClosed() as e:
            notes.setdefault(e.need_id, _Notes()).closed_at = s.at
        case ev.IncidentClosed() as e:
            for need_id in board.needs_of[e.incident_id]:
                noted = notes.setdefault(need_id, _Notes())
                noted.closed_at = noted.closed_at or s.at
        case _:
            pass


def _count(board: Board, notes: dict[NeedId, _Notes], s: Stored, need_id: NeedId) -> None:
    noted = notes.setdefault(need_id, _Notes())
    noted.taken.append((s.at, board.heads_taken(need_id)))
    present = board.counted(need_id, AssignmentStatus.ON_SCENE)
    if not noted.present or noted.present[-1][1] != present:
        noted.present.append((s.at, present))


def _need(board: Board, need: Need, noted: _Notes, ended_at: datetime) -> NeedAccount:
    offers = tuple(board.offers[o] for o in board.offers_of[need.id])
    assignments = tuple(board.assignments_to(need.id))
    over = min(ended_at, need.ends_at)
    arrivals = sorted(a.on_scene_at for a in assignments if a.on_scene_at is not None)
    desired = need.heads.desired
    return NeedAccount(
        need=need,
        incident=board.incidents[need.incident_id],
        offers=offers,
        assignments=assignments,
        filled_at=next((at for at, heads in noted.taken if heads >= desired), None),
        complete_at=arrivals[desired - 1] if len(arrivals) >= desired else None,
        open_until=min(noted.closed_at or over, over),
        taken=tuple(noted.taken),
        present=tuple(noted.present),
        waves=tuple(noted.waves),
        doubts=tuple(noted.doubts),
        shortfall=noted.shortfall,
        told=board.counted(need.id, "told"),
        seen=board.counted(need.id, "seen"),
    )


def _missing_minutes(n: NeedAccount) -> float:
    """Desired heads that had not come, times the minutes from publishing on."""
    if n.published_at is None or n.need.status is NeedStatus.DRAFT:
        return 0.0
    total, since, came = 0.0, n.published_at, 0
    for a in n.arrived:
        at = min(a.on_scene_at or n.open_until, n.open_until)
        total += max(0, n.need.heads.desired - came) * _minutes(since, at)
        since, came = max(since, at), came + 1
    return total + max(0, n.need.heads.desired - came) * _minutes(since, n.open_until)


def _minutes(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds() / 60)
