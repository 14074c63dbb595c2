"""Everything a person can ask the desk to do: one frozen value per action, tagged by `kind`.

The HTTP edge validates request bodies straight into these (pydantic reads plain dataclasses), so
an action is described once. `seen_seq` is the log position the screen showed when the person
acted: if the entity changed after it, the rule refuses with `STALE` and says what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from dispatch.model import (
    ON_LAND,
    AssignmentId,
    Certainty,
    DeclineReason,
    DeliveryReport,
    DoubtReason,
    Fix,
    HazardClass,
    Heads,
    IncidentId,
    Line,
    Means,
    Medium,
    NeedId,
    NoticeId,
    OfferId,
    PlanId,
    Rain,
    RegionCode,
    SafetyPlan,
    Sent,
    Severity,
    Site,
    Skill,
    TestId,
    TravelMode,
    VolunteerId,
    ZoneForm,
    ZoneId,
    ZoneKind,
)

MAX_TEXT = 2_000
READY_IN_MOST_S: Final = 86_400
SEEN_AT_ONCE: Final = 256
TEST_MOST_MINUTES: Final = 240


def _require_ids(*volunteer_ids: VolunteerId | None) -> None:
    if any(v is not None and not 0 < v < 2**31 for v in volunteer_ids):
        raise ValueError("a volunteer id is a whole number from 1 to 2147483647")


def _require_aware(*instants: datetime | None) -> None:
    if any(at is not None and at.tzinfo is None for at in instants):
        raise ValueError("an instant carries no time zone")


def _require_ready(ready_in_s: int) -> None:
    if not 0 <= ready_in_s <= READY_IN_MOST_S:
        raise ValueError(f"ready_in_s is from 0 to {READY_IN_MOST_S}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncident:
    """Without a region it gets that of its site, by the imported boundaries."""

    kind: Literal["incident.open"] = "incident.open"
    incident_kind: str
    title: str
    site: Site
    severity: Severity
    hazard: HazardClass
    region: RegionCode | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateIncident:
    """Fields left None stay as they are."""

    kind: Literal["incident.update"] = "incident.update"
    incident_id: IncidentId
    seen_seq: int
    title: str | None = None
    description: str | None = None
    site: Site | None = None
    severity: Severity | None = None
    hazard: HazardClass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseIncident:
    """Closes the incident and its needs; withdraws open offers; stands down who is on the way."""

    kind: Literal["incident.close"] = "incident.close"
    incident_id: IncidentId
    seen_seq: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNeed:
    """`site` and `hazard` default to the incident's; `ends_at` is the expected end of the work."""

    kind: Literal["need.add"] = "need.add"
    incident_id: IncidentId
    skill: Skill
    heads: Heads
    deadline_at: datetime
    ends_at: datetime
    level: int = 1
    hazard: HazardClass | None = None
    site: Site | None = None
    reach_s: int = 7_200
    verified: bool = False
    risk_assessment: str = ""
    safety_plan: SafetyPlan | None = None
    note: str = ""
    publish: bool = False

    def __post_init__(self) -> None:
        _require_aware(self.deadline_at, self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNeed:
    """Fields left None stay as they are."""

    kind: Literal["need.update"] = "need.update"
    need_id: NeedId
    seen_seq: int
    heads: Heads | None = None
    deadline_at: datetime | None = None
    ends_at: datetime | None = None
    reach_s: int | None = None
    verified: bool | None = None
    risk_assessment: str | None = None
    safety_plan: SafetyPlan | None = None
    widened: bool | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        _require_aware(self.deadline_at, self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishNeed:
    kind: Literal["need.publish"] = "need.publish"
    need_id: NeedId
    seen_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseNeed:
    """No more people are wanted: open offers are withdrawn, who is there stays."""

    kind: Literal["need.close"] = "need.close"
    need_id: NeedId
    seen_seq: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePlan:
    """Match all open needs at once."""

    kind: Literal["plan.make"] = "plan.make"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPlan:
    """Turn a plan's proposals into offers, for all its needs or for those named.

    With `alert` the desk goes on asking by itself until the needs are filled.
    """

    kind: Literal["plan.dispatch"] = "plan.dispatch"
    plan_id: PlanId
    need_ids: tuple[NeedId, ...] | None = None
    alert: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAlerting:
    """Have the desk ask people for these needs by itself, by the policy named or the agency's."""

    kind: Literal["alert.start"] = "alert.start"
    need_ids: tuple[NeedId, ...]
    policy: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAlerting:
    """Nobody more is asked; who was asked may still answer."""

    kind: Literal["alert.stop"] = "alert.stop"
    need_id: NeedId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeWave:
    """Ask more people for these needs, whose alerting has them due."""

    kind: Literal["alert.wave"] = "alert.wave"
    need_ids: tuple[NeedId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtFill:
    """Tell the commander that a need may stay unfilled; `fill` is how likely it is filled."""

    kind: Literal["alert.doubt"] = "alert.doubt"
    need_id: NeedId
    because: DoubtReason
    fill: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeOffer:
    """Offer a need to people named by the commander."""

    kind: Literal["offer.make"] = "offer.make"
    need_id: NeedId
    volunteer_ids: tuple[VolunteerId, ...]

    def __post_init__(self) -> None:
        _require_ids(*self.volunteer_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOffer:
    kind: Literal["offer.withdraw"] = "offer.withdraw"
    offer_id: OfferId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOffer:
    """`ready_in_s` is when they set out, seconds from now; `brings` what they bring."""

    kind: Literal["offer.accept"] = "offer.accept"
    offer_id: OfferId
    seen_seq: int | None = None
    fix: Fix | None = None
    comment: str = ""
    ready_in_s: int = 0
    brings: tuple[Means, ...] = ()

    def __post_init__(self) -> None:
        _require_ready(self.ready_in_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseLater:
    """Yes, but not at once: an acceptance where that is still in time, else a promise that others
    need not wait for."""

    kind: Literal["offer.later"] = "offer.later"
    offer_id: OfferId
    ready_in_s: int
    brings: tuple[Means, ...] = ()
    comment: str = ""

    def __post_init__(self) -> None:
        _require_ready(self.ready_in_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineOffer:
    """Not with the reason LATER: whoever says that says when."""

    kind: Literal["offer.decline"] = "offer.decline"
    offer_id: OfferId
    reason: DeclineReason
    comment: str = ""

    def __post_init__(self) -> None:
        if self.reason is DeclineReason.LATER:
            raise ValueError("a later time is promised with offer.later")


@dataclass(frozen=True, slots=True, kw_only=True)
class Depart:
    kind: Literal["assignment.depart"] = "assignment.depart"
    assignment_id: AssignmentId
    fix: Fix | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrive:
    kind: Literal["assignment.arrive"] = "assignment.arrive"
    assignment_id: AssignmentId
    fix: Fix | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The work is done: by the commander, or by the volunteer checking out."""

    kind: Literal["assignment.release"] = "assignment.release"
    assignment_id: AssignmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachHome:
    """Ends the cover period, which runs from home to home."""

    kind: Literal["assignment.home"] = "assignment.home"
    assignment_id: AssignmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class StandDown:
    """Cancelled before arrival, by the commander or by the volunteer who cannot come after all."""

    kind: Literal["assignment.stand_down"] = "assignment.stand_down"
    assignment_id: AssignmentId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAvailability:
    """`until_at` ends it; afterwards the roster's standing declaration holds again."""

    kind: Literal["availability.set"] = "availability.set"
    available: bool
    until_at: datetime | None = None

    def __post_init__(self) -> None:
        _require_aware(self.until_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """On duty from now, at this place."""

    kind: Literal["duty.check_in"] = "duty.check_in"
    fix: Fix | None = None
    volunteer_id: VolunteerId | None = None

    def __post_init__(self) -> None:
        _require_ids(self.volunteer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOut:
    kind: Literal["duty.check_out"] = "duty.check_out"
    volunteer_id: VolunteerId | None = None

    def __post_init__(self) -> None:
        _require_ids(self.volunteer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPair:
    """This person is to serve this need; one pin per person, the last counts."""

    kind: Literal["pair.pin"] = "pair.pin"
    need_id: NeedId
    volunteer_id: VolunteerId

    def __post_init__(self) -> None:
        _require_ids(self.volunteer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludePair:
    """This person is not to be asked for this need, or for any need of its incident."""

    kind: Literal["pair.exclude"] = "pair.exclude"
    need_id: NeedId
    volunteer_id: VolunteerId
    reason: str
    whole_incident: bool = False

    def __post_init__(self) -> None:
        _require_ids(self.volunteer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreePair:
    """Undoes a pin or an exclusion, for the need or for its whole incident."""

    kind: Literal["pair.free"] = "pair.free"
    need_id: NeedId
    volunteer_id: VolunteerId
    whole_incident: bool = False

    def __post_init__(self) -> None:
        _require_ids(self.volunteer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote:
    kind: Literal["note.add"] = "note.add"
    text: str
    incident_id: IncidentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawZone:
    """The fields are those of `model.Zone`. An outline that crosses itself is repaired."""

    kind: Literal["zone.draw"] = "zone.draw"
    zone_kind: ZoneKind
    name: str
    form: ZoneForm = ZoneForm.AREA
    parts: tuple[tuple[Line, ...], ...]
    radius_m: float = 0.0
    blocks: tuple[TravelMode, ...] = ON_LAND
    pace: float = 1.0
    certainty: Certainty = Certainty.OBSERVED
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        _require_aware(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRain:
    """Rain slows every way; `NONE` is dry again."""

    kind: Literal["weather.rain"] = "weather.rain"
    rain: Rain


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnPeople:
    """The desk's own: tell these people that they are inside a zone."""

    kind: Literal["zone.warn"] = "zone.warn"
    zone_id: ZoneId
    volunteer_ids: tuple[VolunteerId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearZone:
    kind: Literal["zone.clear"] = "zone.clear"
    zone_id: ZoneId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSent:
    """The desk's own: what became of messages it sent."""

    kind: Literal["notices.sent"] = "notices.sent"
    sent: tuple[Sent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReports:
    """What carriers and devices report; they may come late, repeated and in any order."""

    kind: Literal["notices.received"] = "notices.received"
    receipts: tuple[DeliveryReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeNotices:
    """The person has these in front of them."""

    kind: Literal["notices.see"] = "notices.see"
    notice_ids: tuple[NoticeId, ...]
    medium: Medium = Medium.SOCKET

    def __post_init__(self) -> None:
        if len(self.notice_ids) > SEEN_AT_ONCE:
            raise ValueError(f"at most {SEEN_AT_ONCE} notices at once")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartReachTest:
    """See whether these people are reached, for so many minutes."""

    kind: Literal["reach_test.start"] = "reach_test.start"
    name: str
    volunteer_ids: tuple[VolunteerId, ...]
    minutes: int

    def __post_init__(self) -> None:
        _require_ids(*self.volunteer_ids)
        if not 1 <= self.minutes <= TEST_MOST_MINUTES:
            raise ValueError(f"minutes are from 1 to {TEST_MOST_MINUTES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndReachTest:
    kind: Literal["reach_test.end"] = "reach_test.end"
    test_id: TestId


CommanderAction = (
    OpenIncident
    | UpdateIncident
    | CloseIncident
    | AddNeed
    | UpdateNeed
    | PublishNeed
    | CloseNeed
    | MakePlan
    | DispatchPlan
    | StartAlerting
    | StopAlerting
    | MakeOffer
    | WithdrawOffer
    | Release
    | StandDown
    | CheckIn
    | CheckOut
    | PinPair
    | ExcludePair
    | FreePair
    | AddNote
    | DrawZone
    | SetRain
    | ClearZone
    | StartReachTest
    | EndReachTest
)
VolunteerAction = (
    AcceptOffer
    | PromiseLater
    | DeclineOffer
    | SeeNotices
    | Depart
    | Arrive
    | Release
    | StandDown
    | ReachHome
    | SetAvailability
    | CheckIn
    | CheckOut
)
SystemAction = MakeWave | DoubtFill | WarnPeople | RecordSent | ReceiveReports
Action = CommanderAction | VolunteerAction | SystemAction
