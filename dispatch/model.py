"""The vocabulary: identifiers, enumerations and frozen values. Words are those of docs/domain.md.

Units are suffixes (`eta_s`, `dist_m`); instants end in `_at` and are aware UTC; coordinates are
`lon, lat` in WGS-84 degrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NewType

AgencyId = NewType("AgencyId", str)
IncidentId = NewType("IncidentId", str)
NeedId = NewType("NeedId", str)
OfferId = NewType("OfferId", str)
AssignmentId = NewType("AssignmentId", str)
ZoneId = NewType("ZoneId", str)
PlanId = NewType("PlanId", str)
ActionId = NewType("ActionId", str)
NoticeId = NewType("NoticeId", str)
TestId = NewType("TestId", str)
VolunteerId = NewType("VolunteerId", int)
PolicyId = NewType("PolicyId", int)
Skill = NewType("Skill", str)
RegionCode = NewType("RegionCode", str)

UNREACHABLE: Final = 2**31 - 1
"""The int32 ETA that means: no way there."""


FIX_FRESH_S: Final = 1_800
FIX_AHEAD_S: Final = 300
FIX_ACCURACY_M: Final = 2_000
"""A position older, further ahead of our clock or vaguer than this says nothing (hard rule 7)."""


class Severity(StrEnum):
    """How bad, by the four official levels (Emergency Response Law art. 3): I red .. IV blue."""

    I = "I"  # noqa: E741 - the roman numeral is the official name
    II = "II"
    III = "III"
    IV = "IV"


class HazardClass(StrEnum):
    """How dangerous for the volunteer: H0 remote .. H4 swift water, rope, ruins, fire line."""

    H0 = "H0"
    H1 = "H1"
    H2 = "H2"
    H3 = "H3"
    H4 = "H4"

    @property
    def rank(self) -> int:
        """0 for H0 .. 4 for H4."""
        return int(self.value[1])


class IncidentStatus(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class NeedStatus(StrEnum):
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    CLOSED = "CLOSED"


class OfferStatus(StrEnum):
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class AssignmentStatus(StrEnum):
    """RESERVED is a later start; STOOD_DOWN is cancelled before arrival."""

    RESERVED = "RESERVED"
    ASSIGNED = "ASSIGNED"
    EN_ROUTE = "EN_ROUTE"
    ON_SCENE = "ON_SCENE"
    RELEASED = "RELEASED"
    HOME = "HOME"
    STOOD_DOWN = "STOOD_DOWN"


ACTIVE_ASSIGNMENT: Final = frozenset(
    {AssignmentStatus.ASSIGNED, AssignmentStatus.EN_ROUTE, AssignmentStatus.ON_SCENE}
)


class ZoneStatus(StrEnum):
    ACTIVE = "ACTIVE"
    CLEARED = "CLEARED"


class ZoneKind(StrEnum):
    """What the hazard is. `BRIDGE` and `TUNNEL` close only such parts of roads, `CLOSED` drawn as a
    line only the road along it; the others close every road they touch."""

    FLOOD = "flood"
    FIRE = "fire"
    LANDSLIDE = "landslide"
    BRIDGE = "bridge"
    TUNNEL = "tunnel"
    CLOSED = "closed"
    OTHER = "other"


ENDANGERS: Final = frozenset({ZoneKind.FLOOD, ZoneKind.FIRE, ZoneKind.LANDSLIDE, ZoneKind.OTHER})
"""Who is inside a zone of these kinds is warned; at the others there is nothing to flee from."""


class ZoneForm(StrEnum):
    AREA = "AREA"
    LINE = "LINE"
    POINT = "POINT"


class Certainty(StrEnum):
    """How sure a report is: the words of CAP 1.2, 3.2.2 `certainty`."""

    OBSERVED = "OBSERVED"
    LIKELY = "LIKELY"
    POSSIBLE = "POSSIBLE"
    UNLIKELY = "UNLIKELY"


class Rain(StrEnum):
    NONE = "NONE"
    RAIN = "RAIN"
    HEAVY = "HEAVY"


class PlanStatus(StrEnum):
    PROPOSED = "PROPOSED"
    DISPATCHED = "DISPATCHED"


class Tier(StrEnum):
    """Professional or temporary emergency volunteers (Chengdu measures), or walk-ins."""

    PROFESSIONAL = "PROFESSIONAL"
    TEMPORARY = "TEMPORARY"
    SPONTANEOUS = "SPONTANEOUS"


class VolunteerStatus(StrEnum):
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    EXITED = "EXITED"


class TravelMode(StrEnum):
    CAR = "car"
    MOTORCYCLE = "motorcycle"
    FOOT = "foot"
    BOAT = "boat"


ON_LAND: Final = (TravelMode.CAR, TravelMode.MOTORCYCLE, TravelMode.FOOT)


class EtaSource(StrEnum):
    ROAD = "road"
    ESTIMATED = "estimated"


class Reason(StrEnum):
    """Why a volunteer may not be offered a need; the order is that of the hard rules 1 to 7."""

    STATUS = "STATUS"
    TIER = "TIER"
    AGE = "AGE"
    FITNESS = "FITNESS"
    SKILL = "SKILL"
    CREDENTIAL = "CREDENTIAL"
    TRAINING = "TRAINING"
    COVER = "COVER"
    JURISDICTION = "JURISDICTION"
    UNAVAILABLE = "UNAVAILABLE"
    BUSY = "BUSY"
    OFFERED = "OFFERED"
    RESTING = "RESTING"
    CAPPED = "CAPPED"
    CONSENT = "CONSENT"
    EXCLUDED = "EXCLUDED"
    DECLINED = "DECLINED"
    REACH = "REACH"
    CUT_OFF = "CUT_OFF"


class WaveReason(StrEnum):
    """What made the desk ask more people for a need."""

    PLAN = "PLAN"
    STARTED = "STARTED"
    DECLINED = "DECLINED"
    STOOD_DOWN = "STOOD_DOWN"
    EXPIRED = "EXPIRED"
    SILENCE = "SILENCE"


class DoubtReason(StrEnum):
    """Why the desk tells the commander that a need may stay unfilled."""

    UNLIKELY = "UNLIKELY"
    NO_YES = "NO_YES"
    NOBODY_LEFT = "NOBODY_LEFT"
    PLANNER_DOWN = "PLANNER_DOWN"


class DeclineReason(StrEnum):
    BUSY = "BUSY"
    TOO_FAR = "TOO_FAR"
    NO_TRANSPORT = "NO_TRANSPORT"
    NOT_FIT = "NOT_FIT"
    NO_GEAR = "NO_GEAR"
    LATER = "LATER"
    OTHER = "OTHER"


class Means(StrEnum):
    """What people bring of their own."""

    CAR = "CAR"
    OFF_ROAD = "OFF_ROAD"
    TRUCK = "TRUCK"
    MOTORCYCLE = "MOTORCYCLE"
    BOAT = "BOAT"
    GENERATOR = "GENERATOR"
    CHAINSAW = "CHAINSAW"
    RADIO = "RADIO"
    MEDICAL_KIT = "MEDICAL_KIT"


class Medium(StrEnum):
    """How a notice reaches a person. SOCKET is the open page: nothing is sent to it."""

    SOCKET = "SOCKET"
    PUSH = "PUSH"
    SMS = "SMS"
    VOICE = "VOICE"
    CHAT = "CHAT"


class NoticeKind(StrEnum):
    OFFER = "OFFER"
    STOOD_DOWN = "STOOD_DOWN"
    RECALL = "RECALL"
    WARNING = "WARNING"
    TEST = "TEST"


class Urgency(StrEnum):
    """How soon a person must know, the most urgent first. Nothing holds LIFE back."""

    LIFE = "LIFE"
    URGENT = "URGENT"
    NORMAL = "NORMAL"
    INFO = "INFO"
    TEST = "TEST"


URGENCY_OF_OFFER: Final = {
    Severity.I: Urgency.LIFE,
    Severity.II: Urgency.URGENT,
    Severity.III: Urgency.NORMAL,
    Severity.IV: Urgency.NORMAL,
}


class SendStatus(StrEnum):
    """SENT: the carrier has it. DELIVERED: the device does. HELD: kept back, for a reason."""

    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    HELD = "HELD"


class HoldReason(StrEnum):
    """Why a message is kept back."""

    QUIET_HOURS = "QUIET_HOURS"
    COST_CAP = "COST_CAP"


class Role(StrEnum):
    COMMANDER = "commander"
    VOLUNTEER = "volunteer"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `id` is an account name for commanders, the volunteer id for volunteers."""

    role: Role
    id: str

    @property
    def volunteer_id(self) -> VolunteerId | None:
        """The volunteer acting, or None for anyone else."""
        return VolunteerId(int(self.id)) if self.role is Role.VOLUNTEER else None


SYSTEM: Final = Actor(role=Role.SYSTEM, id="desk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place: WGS-84 degrees and the name people use for it."""

    lon: float
    lat: float
    name: str = ""

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise ValueError(f"lon, lat out of range: {self.lon}, {self.lat}")
        if len(self.name) > 200:
            raise ValueError("site name is longer than 200 characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A position report in WGS-84 degrees, with its accuracy and when it was taken."""

    lon: float
    lat: float
    accuracy_m: float
    taken_at: datetime

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise ValueError(f"lon, lat out of range: {self.lon}, {self.lat}")
        if not 0 <= self.accuracy_m < 1e6:
            raise ValueError(f"accuracy_m out of range: {self.accuracy_m}")
        if self.taken_at.tzinfo is None:
            raise ValueError("taken_at carries no time zone")


def usable(fix: Fix | None, now: datetime) -> Fix | None:
    """Return the fix if it says where somebody is now: fresh, not from the future, not vague."""
    if fix is None or fix.accuracy_m > FIX_ACCURACY_M:
        return None
    return fix if -FIX_AHEAD_S <= (now - fix.taken_at).total_seconds() <= FIX_FRESH_S else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """How many people: fewer than `minimum` cannot work, more than `maximum` must not come."""

    minimum: int
    desired: int
    maximum: int

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.desired <= self.maximum <= 10_000:
            raise ValueError(
                f"heads must be 1 <= minimum <= desired <= maximum <= 10000, got "
                f"{self.minimum}, {self.desired}, {self.maximum}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyPlan:
    """Order 685 art. 13-14 and the county rules: a named owner and what is done."""

    owner: str
    measures: str

    def __post_init__(self) -> None:
        if not self.owner.strip() or not self.measures.strip():
            raise ValueError("a safety plan names its owner and its measures")
        if len(self.owner) > 200 or len(self.measures) > 2_000:
            raise ValueError("owner has at most 200 characters, measures 2000")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverEvidence:
    """The insurance that answers for this person, hazard, place and period, as found then.

    Sums are in whole units of `currency`. Stored in the offer, before departure (hard rule 4).
    """

    policy_id: PolicyId
    insurer: str
    clause: str
    hazard: HazardClass
    accident_sum: int
    medical_sum: int
    sudden_death_sum: int
    third_party_sum: int
    currency: str
    valid_from_at: datetime
    valid_until_at: datetime
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Travel:
    """How long and how far to the site, by what, and where that knowledge comes from.

    `turnout_s` is from alert to moving, `eta_s` from moving to on scene.
    """

    eta_s: int
    dist_m: int
    source: EtaSource
    mode: TravelMode
    turnout_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether one volunteer may be offered one need, at one moment.

    `reasons` is empty when all hard rules hold; then `travel` is set, and `cover` too above H0.
    """

    reasons: tuple[Reason, ...]
    cover: CoverEvidence | None = None
    travel: Travel | None = None
    origin: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    id: IncidentId
    number: int
    kind: str
    title: str
    description: str
    site: Site
    region: RegionCode
    severity: Severity
    hazard: HazardClass
    status: IncidentStatus
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A request for people (ICS resource request).

    `reach_s` is the longest acceptable response time; `widened` lifts the jurisdiction rule after
    an order of the next level up.
    """

    id: NeedId
    incident_id: IncidentId
    skill: Skill
    level: int
    heads: Heads
    hazard: HazardClass
    site: Site
    region: RegionCode
    deadline_at: datetime
    ends_at: datetime
    reach_s: int
    verified: bool
    risk_assessment: str
    safety_plan: SafetyPlan | None
    widened: bool
    note: str
    status: NeedStatus
    added_at: datetime
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    """The desk asks people for a need by itself, for as long as this stands on the board.

    `policy` is the alert policy as plain values. `waves` counts the rounds of offers since it
    started; the other figures are those of the last: when and where in the log it was made, how
    likely the need was filled before and after it (None where the plan did not say), why it was
    made, and how far it looked. `doubted` says why the commander was told that the need may stay
    unfilled; a yes ends that.
    """

    need_id: NeedId
    policy: Mapping[str, Any]
    started_at: datetime
    waves: int = 0
    wave_at: datetime | None = None
    wave_seq: int = 0
    fill_before: float | None = None
    fill: float | None = None
    eta_limit_s: int = 0
    levels_up: int = 0
    because: WaveReason | None = None
    doubted: DoubtReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A proposal to one volunteer. `accepts` is the probability of a yes when it was made, `skill`
    the one they would serve with, `wave` the round of offers it belongs to: 0 when a commander
    made it by hand, `replaces` the assignment they would leave for it. `ready_at` is when they said
    they can set out, `brings` what they said they bring; declined with LATER, it is a promise."""

    id: OfferId
    need_id: NeedId
    incident_id: IncidentId
    volunteer_id: VolunteerId
    plan_id: PlanId | None
    hazard: HazardClass
    cover: CoverEvidence | None
    travel: Travel
    origin: Site
    status: OfferStatus
    made_at: datetime
    expires_at: datetime
    accepts: float | None = None
    skill: Skill | None = None
    wave: int = 0
    replaces: AssignmentId | None = None
    answered_at: datetime | None = None
    decline_reason: DeclineReason | None = None
    comment: str = ""
    withdrawn_because: str = ""
    ready_at: datetime | None = None
    brings: tuple[Means, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """An accepted offer. The two clocks of domain.md are read from its times. `ready_at` is when
    they said they set out, None for at once; `brings` what they said they bring."""

    id: AssignmentId
    offer_id: OfferId
    need_id: NeedId
    incident_id: IncidentId
    volunteer_id: VolunteerId
    status: AssignmentStatus
    cover: CoverEvidence | None
    travel: Travel
    assigned_at: datetime
    fix: Fix | None = None
    en_route_at: datetime | None = None
    on_scene_at: datetime | None = None
    released_at: datetime | None = None
    home_at: datetime | None = None
    stood_down_at: datetime | None = None
    stood_down_because: str = ""
    ready_at: datetime | None = None
    brings: tuple[Means, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How far a notice came by one medium: since when it has this status, when and under which
    `reference` the carrier took it, and why it failed or is held."""

    status: SendStatus
    at: datetime
    sent_at: datetime | None = None
    reference: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one message: the carrier has it (`reference` is its own), it cannot be
    delivered, or it is held back. `cost` is in the smallest unit of the agency's currency."""

    notice_id: NoticeId
    medium: Medium
    status: SendStatus
    because: str = ""
    reference: str = ""
    cost: int = 0

    def __post_init__(self) -> None:
        if self.status is SendStatus.DELIVERED or self.medium is Medium.SOCKET or self.cost < 0:
            raise ValueError(f"nothing is sent as {self.medium} {self.status} for {self.cost}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What the carrier, or the device, says of one message later on."""

    notice_id: NoticeId
    medium: Medium
    status: SendStatus
    at: datetime
    because: str = ""

    def __post_init__(self) -> None:
        if self.status not in (SendStatus.DELIVERED, SendStatus.FAILED):
            raise ValueError(f"a report says DELIVERED or FAILED, not {self.status}")
        if self.at.tzinfo is None:
            raise ValueError("an instant carries no time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something one person must be told. `subject` is the id of the offer, assignment, zone or
    test it is about. It is told until it closes: by an answer, by itself at `closes_at`.

    `seen_by` is the medium by which they saw it; None where their answer tells that they did.
    """

    id: NoticeId
    kind: NoticeKind
    urgency: Urgency
    volunteer_id: VolunteerId
    subject: str
    incident_id: IncidentId | None
    opened_at: datetime
    closes_at: datetime | None = None
    closed_at: datetime | None = None
    seen_at: datetime | None = None
    seen_by: Medium | None = None
    deliveries: Mapping[Medium, Delivery] = field(default_factory=dict)

    def by(self, medium: Medium) -> Delivery | None:
        """How far it came by this medium, None when nothing was tried."""
        return self.deliveries.get(medium)

    @property
    def told(self) -> bool:
        """Whether a carrier has taken it, or the person has seen it."""
        sent = (SendStatus.SENT, SendStatus.DELIVERED)
        return self.seen_at is not None or any(d.status in sent for d in self.deliveries.values())

    @property
    def delivered(self) -> bool:
        """Whether it has come to a device, or the person has seen it."""
        there = (d.status is SendStatus.DELIVERED for d in self.deliveries.values())
        return self.seen_at is not None or any(there)

    @property
    def seen(self) -> bool:
        """Whether the person has seen it."""
        return self.seen_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachTest:
    """A call-out test: whether these people are reached, and how soon. It asks nothing of them but
    to say that they have seen it, and counts for nothing else."""

    id: TestId
    name: str
    volunteer_ids: tuple[VolunteerId, ...]
    started_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A commander's word that this person is to serve this need: the next plan puts them there."""

    need_id: NeedId
    volunteer_id: VolunteerId
    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A commander's word that this person is not to be asked for a need, or, without a need, for
    any of the incident."""

    incident_id: IncidentId
    need_id: NeedId | None
    volunteer_id: VolunteerId
    reason: str
    by: Actor
    at: datetime


Line = tuple[tuple[float, float], ...]
"""Points as `(lon, lat)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A hazard on the ground: where, whom it stops, whom it slows, from when to when, how sure.

    `parts` are polygons (an outer ring, then holes; rings close by themselves), or lines, or points
    as `form` says: a line or a point stands alone in its part. `radius_m` widens them. `pace` is
    the speed that is left, as a factor above 0 up to 1, to the modes that `blocks` does not name.
    `repaired` marks an outline that crossed itself and was mended.
    """

    id: ZoneId
    kind: ZoneKind
    name: str
    form: ZoneForm
    parts: tuple[tuple[Line, ...], ...]
    blocks: tuple[TravelMode, ...]
    status: ZoneStatus
    drawn_at: datetime
    radius_m: float = 0.0
    pace: float = 1.0
    certainty: Certainty = Certainty.OBSERVED
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    repaired: bool = False
    cleared_at: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Return whether roads are closed because of it: not while it is merely possible."""
        return (
            self.status is ZoneStatus.ACTIVE
            and self.certainty in (Certainty.OBSERVED, Certainty.LIKELY)
            and (self.starts_at is None or self.starts_at <= now)
            and (self.ends_at is None or now < self.ends_at)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What travel is like at one moment: the zones in force, in id order, and the rain."""

    zones: tuple[Zone, ...] = ()
    rain: Rain = Rain.NONE


CLEAR: Final = Conditions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One line of a plan: this person to this need, with the evidence that was read.

    `accepts` is the probability of a yes; `post` the part of the crew they would fill; `replaces`
    the assignment they accepted and would leave.
    """

    need_id: NeedId
    volunteer_id: VolunteerId
    travel: Travel
    origin: Site
    cover: CoverEvidence | None
    skill: Skill
    cost_s: int
    accepts: float = 1.0
    post: str = "ANY"
    replaces: AssignmentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """How sure a plan is of a need: `open` heads nobody has accepted yet, `asked` people who have
    not answered, `asking` more in this plan, and the probability `fill` that enough of them all
    arrive by the deadline, `before` that of those asked already. The plan looked for people within
    `eta_limit_s` and `levels_up` the region tree."""

    need_id: NeedId
    open: int
    asked: int
    asking: int
    fill: float
    before: float = 0.0
    eta_limit_s: int = 0
    levels_up: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnkeptPin:
    """A pin the plan could not keep, and the rules that stop the person; none where no head was
    open."""

    need_id: NeedId
    volunteer_id: VolunteerId
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What would help a short need: with the rule `reason` mended for exactly these people, the
    best plan leaves `closes` heads of the need fewer open. `reach_s` is the limit REACH asks for.
    """

    reason: Reason
    volunteer_ids: tuple[VolunteerId, ...]
    closes: int
    reach_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Heads of a need that the plan leaves open, and why.

    `refused` counts, over the whole roster, each person once under the first hard rule that
    stops them. `single` counts the people whom only this one rule stops: what would help.
    `competing` counts eligible people whom the plan uses for another need. `holders` have the
    skill, or one that may stand in, at the level; `held` counts those of them whom a rule stops,
    under the first. `posts` says which parts of the crew are missing.
    """

    need_id: NeedId
    missing: int
    eligible: int
    competing: int
    refused: Mapping[Reason, int] = field(default_factory=dict)
    single: Mapping[Reason, int] = field(default_factory=dict)
    holders: int = 0
    held: Mapping[Reason, int] = field(default_factory=dict)
    posts: Mapping[str, int] = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A rule for the crew that a plan cannot keep, though nobody's place is empty for it: so many
    heads of a need are filled by people who are not what the post asks for."""

    need_id: NeedId
    post: str
    heads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a plan keeps of a scarce skill for the next incident: `wanted` of its `holders`; `used`
    of those wanted are on needs worth more."""

    skill: Skill
    holders: int
    wanted: int
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The matcher's output. Costs are equivalent seconds.

    `bound_s` is a lower bound on every feasible plan's objective, computed apart from the solver;
    `gap` is `(objective_s - bound_s) / max(1, objective_s)`, so 0 is proven best.
    """

    id: PlanId
    basis_seq: int
    need_ids: tuple[NeedId, ...]
    proposals: tuple[Proposal, ...]
    shortfalls: tuple[Shortfall, ...]
    objective_s: int
    bound_s: int
    gap: float
    solve_ms: int
    status: PlanStatus
    made_at: datetime
    fills: tuple[Fill, ...] = ()
    unkept: tuple[UnkeptPin, ...] = ()
    lacks: tuple[Lack, ...] = ()
    reserves: tuple[Kept, ...] = ()
