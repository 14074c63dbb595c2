"""The tables of the registry, portable between SQLite and PostgreSQL.

Instants are whole microseconds since 1970 UTC in a bigint, so both stores compare them alike.
Days are plain dates (UTC). `migrations` creates these tables; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from dispatch.model import Role, Tier, TravelMode, VolunteerStatus

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as whole microseconds since 1970-01-01T00:00Z."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} carries no time zone")
        return (value - EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * _MICROSECOND


class Codes(TypeDecorator[tuple[str, ...]]):
    """A set of codes as a sorted tuple, stored as text with ';' between them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str | None:
        return None if value is None else ";".join(sorted(set(value)))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(value.split(";")) if value else ()


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

region: Final = Table(
    "region",
    metadata,
    Column("code", Text, primary_key=True),
    Column("parent", Text, ForeignKey("region.code")),
    Column("level", SmallInteger, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)
"""`parent` is null for a topmost region and where the code says it: `dispatch.regions`."""

boundary: Final = Table(
    "boundary",
    metadata,
    Column("code", Text, ForeignKey("region.code"), primary_key=True),
    Column("outline", LargeBinary, nullable=False),
)
"""The outlines of regions as WKB in WGS-84 degrees; a region need not have one."""

station: Final = Table(
    "station",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("region", Text, ForeignKey("region.code")),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("functions", Text, nullable=False),
    CheckConstraint("lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name="position"),
)
"""A place with rally, gear and intake. `region` is null where nobody said it and no boundary tells;
`functions` is what people wrote."""

team: Final = Table(
    "team",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("region", Text, ForeignKey("region.code"), nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("chat", Text),
    CheckConstraint("level BETWEEN 0 AND 3", name="level"),
)
"""`chat` is the Apprise address of the team's group, null without one."""

volunteer: Final = Table(
    "volunteer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("birth_on", Date, nullable=False),
    Column("fit", Boolean, nullable=False),
    Column("guardian", Boolean, nullable=False),
    Column("consent_location", Boolean, nullable=False),
    Column("consent_dispatch", Boolean, nullable=False),
    Column("available", Boolean, nullable=False),
    Column("trained_until_on", Date),
    Column("region", Text, ForeignKey("region.code"), nullable=False),
    Column("team_id", Integer, ForeignKey("team.id")),
    Column("mode", Text, nullable=False),
    Column("home_lon", Float, nullable=False),
    Column("home_lat", Float, nullable=False),
    Column("turnout_s", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("served_h", Integer, nullable=False, server_default=text("0")),
    Column("languages", Codes, nullable=False, server_default=""),
    Column("seats", SmallInteger, nullable=False, server_default=text("0")),
    _one_of("status", VolunteerStatus),
    _one_of("tier", Tier),
    _one_of("mode", TravelMode),
    CheckConstraint(
        "home_lon BETWEEN -180 AND 180 AND home_lat BETWEEN -90 AND 90", name="position"
    ),
    CheckConstraint("turnout_s BETWEEN 0 AND 86400", name="turnout_s"),
    CheckConstraint("served_h BETWEEN 0 AND 999999", name="served_h"),
    CheckConstraint("seats BETWEEN 0 AND 60 AND (seats = 0 OR mode = 'car')", name="seats"),
    Index(None, "name"),
    Index(None, "phone"),
    Index(None, "region"),
    Index(None, "team_id"),
    sqlite_autoincrement=True,
)
"""`number` is the unified volunteer number; `trained_until_on` the last valid day of the safety
course, null when not done; `available` the standing declaration; `served_h` the whole hours served
before this log began; `languages` codes of `taxonomy.LANGUAGES`; `seats` the passengers their own
car takes. An id is never given twice: the log goes on referring to it after an erasure.

Ethnicity is never stored, and languages do not stand for it."""

team_leader: Final = Table(
    "team_leader",
    metadata,
    Column("team_id", Integer, ForeignKey("team.id", ondelete="CASCADE"), primary_key=True),
    Column("volunteer_id", Integer, ForeignKey("volunteer.id", ondelete="CASCADE"), nullable=False),
    Index(None, "volunteer_id"),
)
"""Apart from `team`, so that teams and volunteers do not refer to each other in a circle."""

credential: Final = Table(
    "credential",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("volunteer_id", Integer, ForeignKey("volunteer.id", ondelete="CASCADE"), nullable=False),
    Column("skill", Text, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("issued_on", Date),
    Column("expires_on", Date),
    Column("verified_by", Text),
    Column("verified_at", Instant),
    Column("trained_until_on", Date),
    UniqueConstraint("volunteer_id", "skill"),
    CheckConstraint("level BETWEEN 1 AND 5", name="level"),
    CheckConstraint("(verified_by IS NULL) = (verified_at IS NULL)", name="verified"),
)
"""The current proof of a skill, one per person and skill: a renewal replaces it. `expires_on` is
the last valid day, null for no expiry; `trained_until_on` that of the skill's course, null when
not done."""

policy: Final = Table(
    "policy",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("insurer", Text, nullable=False),
    Column("clause", Text, nullable=False, unique=True),
    Column("valid_from_at", Instant, nullable=False),
    Column("valid_until_at", Instant, nullable=False),
    Column("hazards", JSON, nullable=False),
    Column("territory", JSON, nullable=False),
    Column("exercises", Boolean, nullable=False),
    Column("travel", Boolean, nullable=False),
    Column("sudden_illness", Boolean, nullable=False),
    Column("asks_activation", Boolean, nullable=False),
    Column("accident_sum", Integer, nullable=False),
    Column("medical_sum", Integer, nullable=False),
    Column("sudden_death_sum", Integer, nullable=False),
    Column("third_party_sum", Integer, nullable=False),
    Column("limit_sum", BigInteger),
    Column("paid_sum", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    CheckConstraint("valid_from_at < valid_until_at", name="period"),
    sqlite_autoincrement=True,
)
"""Sums are per person in whole units of `currency`; `limit_sum` is the cumulative limit of the
contract (null for none), used up once `paid_sum` reaches it. `hazards` and `territory` are JSON
lists of hazard classes and region code prefixes."""

policy_member: Final = Table(
    "policy_member",
    metadata,
    Column("policy_id", Integer, ForeignKey("policy.id"), primary_key=True),
    Column(
        "volunteer_id", Integer, ForeignKey("volunteer.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("activated_at", Instant),
    Index(None, "volunteer_id"),
)

roster_version: Final = Table(
    "roster_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single"),
)
"""One row: how often anything the roster is made of has changed."""

look: Final = Table(
    "look",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("looked_at", Instant, nullable=False),
    Column("role", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("volunteer_id", Integer, nullable=False),
    Index(None, "volunteer_id", "looked_at"),
)
"""Who looked at whose personal data, and when. No foreign key: the trace outlives an erasure."""

access_link: Final = Table(
    "access_link",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    _one_of("role", (Role.COMMANDER, Role.VOLUNTEER)),
    Index(None, "role", "subject"),
)

access_session: Final = Table(
    "access_session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    _one_of("role", (Role.COMMANDER, Role.VOLUNTEER)),
    Index(None, "role", "subject"),
)

tracker: Final = Table(
    "tracker",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column(
        "volunteer_id",
        Integer,
        ForeignKey("volunteer.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant),
)
"""Apps that report where their owner is."""

contact: Final = Table(
    "contact",
    metadata,
    Column(
        "volunteer_id",
        Integer,
        ForeignKey("volunteer.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("language", Text),
    Column("chat", Text),
    Column("quiet_from_min", SmallInteger),
    Column("quiet_until_min", SmallInteger),
    CheckConstraint("language IN ('zh', 'en')", name="language"),
    CheckConstraint(
        "(quiet_from_min IS NULL) = (quiet_until_min IS NULL) "
        "AND quiet_from_min BETWEEN 0 AND 1439 AND quiet_until_min BETWEEN 0 AND 1439",
        name="quiet",
    ),
)
"""How somebody wants to be told, where they said so. Quiet hours are minutes after midnight, local
time, from the first until before the second, over midnight where it is the smaller; `chat` is an
Apprise address."""

push_subscription: Final = Table(
    "push_subscription",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("volunteer_id", Integer, ForeignKey("volunteer.id", ondelete="CASCADE"), nullable=False),
    Column("endpoint", Text, nullable=False, unique=True),
    Column("p256dh", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("failed_at", Instant),
    Index(None, "volunteer_id"),
)
"""A browser that takes web push (W3C Push API). `failed_at` is since when its service refuses."""

secret: Final = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""Keys made once, at the first start, and shared by all workers."""

lease: Final = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until_at", Instant, nullable=False),
)
"""Who of several workers does what only one should do, and until when."""
