"""Every event: a stored fact in the past tense, its JSON form and its schema version.

An event class may gain fields with defaults; anything else needs a new version and an upcaster in
`_UPCASTERS`. The log stores `kind`, `version` and the JSON body; `decode` refuses what it cannot
read rather than guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from dispatch.errors import LogCorrupt
from dispatch.model import (
    ActionId,
    Actor,
    AssignmentId,
    CoverEvidence,
    DeclineReason,
    DeliveryReport,
    DoubtReason,
    Fix,
    HazardClass,
    Incident,
    IncidentId,
    Means,
    Medium,
    Need,
    NeedId,
    NoticeId,
    OfferId,
    Plan,
    PlanId,
    Rain,
    ReachTest,
    Sent,
    Site,
    Skill,
    TestId,
    Travel,
    VolunteerId,
    WaveReason,
    Zone,
    ZoneId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened:
    incident: Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentUpdated:
    incident: Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed:
    incident_id: IncidentId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedAdded:
    need: Need


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedUpdated:
    need: Need


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedPublished:
    need_id: NeedId


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedClosed:
    need_id: NeedId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMade:
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDispatched:
    plan_id: PlanId
    offered: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMade:
    """A proposal to one volunteer. Cannot be built without cover evidence above H0 (hard rule 4).

    `origin` is coarse (about a kilometre): exact positions are known only after acceptance.
    """

    offer_id: OfferId
    need_id: NeedId
    incident_id: IncidentId
    volunteer_id: VolunteerId
    plan_id: PlanId | None
    hazard: HazardClass
    cover: CoverEvidence | None
    travel: Travel
    origin: Site
    expires_at: datetime
    accepts: float | None = None
    skill: Skill | None = None
    wave: int = 0
    replaces: AssignmentId | None = None

    def __post_init__(self) -> None:
        _require_cover(self.hazard, self.cover)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAccepted:
    """Carries the cover as checked again at the moment of acceptance. `ready_at` is when they set
    out, where they do not at once; `travel.turnout_s` says the same."""

    offer_id: OfferId
    assignment_id: AssignmentId
    hazard: HazardClass
    cover: CoverEvidence | None
    travel: Travel
    fix: Fix | None = None
    comment: str = ""
    ready_at: datetime | None = None
    brings: tuple[Means, ...] = ()

    def __post_init__(self) -> None:
        _require_cover(self.hazard, self.cover)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDeclined:
    """With the reason LATER it is a promise: they could set out at `ready_at`, too late by now."""

    offer_id: OfferId
    reason: DeclineReason
    comment: str = ""
    ready_at: datetime | None = None
    brings: tuple[Means, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferExpired:
    offer_id: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWithdrawn:
    offer_id: OfferId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingStarted:
    """From now on the desk asks people for this need by itself, by this policy."""

    need_id: NeedId
    policy: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveMade:
    """One round of offers of an alerting, counted from 1; the offers stand before it."""

    need_id: NeedId
    number: int
    asked: int
    because: WaveReason
    fill_before: float | None
    fill: float | None
    eta_limit_s: int
    levels_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FillDoubted:
    """The commander is told that a need may stay unfilled, once until somebody says yes."""

    need_id: NeedId
    because: DoubtReason
    fill: float
    waves: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingStopped:
    """A commander stopped it; a need that is closed stops it too, without this event."""

    need_id: NeedId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    assignment_id: AssignmentId
    fix: Fix | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    assignment_id: AssignmentId
    fix: Fix | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    assignment_id: AssignmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedHome:
    assignment_id: AssignmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodDown:
    assignment_id: AssignmentId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilitySet:
    volunteer_id: VolunteerId
    available: bool
    until_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIn:
    volunteer_id: VolunteerId
    fix: Fix | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOut:
    volunteer_id: VolunteerId


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPinned:
    """The next plan puts this person on this need; an earlier pin of theirs no longer holds."""

    need_id: NeedId
    volunteer_id: VolunteerId


@dataclass(frozen=True, slots=True, kw_only=True)
class PairExcluded:
    """This person is not asked for this need; without one, for no need of the incident."""

    incident_id: IncidentId
    need_id: NeedId | None
    volunteer_id: VolunteerId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFreed:
    """Neither pinned nor excluded any more, where the event says."""

    incident_id: IncidentId
    need_id: NeedId | None
    volunteer_id: VolunteerId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded:
    text: str
    incident_id: IncidentId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneDrawn:
    zone: Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneCleared:
    zone_id: ZoneId


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleWarned:
    """These people were, by what is known of their position, inside the zone."""

    zone_id: ZoneId
    volunteer_ids: tuple[VolunteerId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RainSet:
    rain: Rain


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesSent:
    sent: tuple[Sent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesDelivered:
    receipts: tuple[DeliveryReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesSeen:
    notice_ids: tuple[NoticeId, ...]
    medium: Medium


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachTestStarted:
    test: ReachTest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachTestEnded:
    test_id: TestId


Event = (
    IncidentOpened
    | IncidentUpdated
    | IncidentClosed
    | NeedAdded
    | NeedUpdated
    | NeedPublished
    | NeedClosed
    | PlanMade
    | PlanDispatched
    | OfferMade
    | OfferAccepted
    | OfferDeclined
    | OfferExpired
    | OfferWithdrawn
    | AlertingStarted
    | WaveMade
    | FillDoubted
    | AlertingStopped
    | Departed
    | Arrived
    | Released
    | ReachedHome
    | StoodDown
    | AvailabilitySet
    | CheckedIn
    | CheckedOut
    | PairPinned
    | PairExcluded
    | PairFreed
    | NoteAdded
    | ZoneDrawn
    | ZoneCleared
    | PeopleWarned
    | RainSet
    | NoticesSent
    | NoticesDelivered
    | NoticesSeen
    | ReachTestStarted
    | ReachTestEnded
)

EVENT_TYPES: Final[dict[str, type[Event]]] = {t.__name__: t for t in Event.__args__}
"""Every event class by the name it has in the log."""

VERSIONS: Final[dict[str, int]] = dict.fromkeys(EVENT_TYPES, 1) | {"ZoneDrawn": 2}


def _zone_of_one_ring(body: Any) -> Any:
    """Version 1 knew only areas of one ring."""
    zone = dict(body["zone"])
    return {"zone": zone | {"form": "AREA", "parts": [[zone.pop("ring")]]}}


_UPCASTERS: Final[dict[tuple[str, int], Callable[[Any], Any]]] = {
    ("ZoneDrawn", 1): _zone_of_one_ring,
}
"""`(kind, version) -> body of version + 1`, for bodies written by older releases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event on its way into the log: who did it, when, under which action."""

    at: datetime
    actor: Actor
    action_id: ActionId
    exercise: bool
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Entry):
    """An entry that has its place in the log."""

    seq: int


def placed(entry: Entry, seq: int) -> Stored:
    """Return the entry as it stands in the log at `seq`."""
    return Stored(
        seq=seq,
        at=entry.at,
        actor=entry.actor,
        action_id=entry.action_id,
        exercise=entry.exercise,
        event=entry.event,
    )


def _require_cover(hazard: HazardClass, cover: CoverEvidence | None) -> None:
    if hazard is HazardClass.H0:
        return
    if cover is None:
        raise ValueError(f"no cover evidence for {hazard}")
    if cover.hazard.rank < hazard.rank:
        raise ValueError(f"cover evidence is for {cover.hazard}, the offer is for {hazard}")
    if cover.valid_until_at <= cover.checked_at:
        raise ValueError(f"cover evidence had lapsed at {cover.valid_until_at}")


_encoder = msgspec.json.Encoder()
_decoders: Final = {kind: msgspec.json.Decoder(cls) for kind, cls in EVENT_TYPES.items()}


def encode(event: Event) -> tuple[str, int, bytes]:
    """Return `(kind, version, JSON body)`."""
    kind = type(event).__name__
    return kind, VERSIONS[kind], _encoder.encode(event)


def decode(kind: str, version: int, body: bytes) -> Event:
    """Return the event of a stored `(kind, version, JSON body)`.

    Raises:
        LogCorrupt: unknown kind or version, or a body that does not fit its class.
    """
    if kind not in EVENT_TYPES or version > VERSIONS[kind]:
        raise LogCorrupt(f"this release cannot read {kind} version {version}")
    try:
        if version < VERSIONS[kind]:
            raw = msgspec.json.decode(body)
            for step in range(version, VERSIONS[kind]):
                raw = _UPCASTERS[kind, step](raw)
            return msgspec.convert(raw, EVENT_TYPES[kind])
        event: Event = _decoders[kind].decode(body)
    except (msgspec.MsgspecError, KeyError) as exc:
        raise LogCorrupt(f"{kind} version {version}: {exc}") from exc
    return event
