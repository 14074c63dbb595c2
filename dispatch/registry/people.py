"""People for screens. Every look at somebody else's personal data leaves a trace (PIPL art. 51)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, Select, insert, or_, select

from dispatch.errors import Rejected
from dispatch.model import Actor, HazardClass, Skill, Tier, VolunteerId, VolunteerStatus
from dispatch.registry.catalogue import is_used_up
from dispatch.registry.engine import reading, writing
from dispatch.registry.tables import credential, look, policy, policy_member, team, volunteer

SEARCH_LIMIT: Final = 20
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a commander may call. `team` is empty without one."""

    id: VolunteerId
    number: str
    name: str
    team: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSkill:
    """A skill of one's own. `until_on` is its last valid day (UTC), None for no expiry."""

    code: Skill
    level: int
    until_on: date | None
    verified: bool
    expired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCover:
    """A contract one is a member of. `until_on` is its last day (UTC).

    `in_force` is False before it starts, after it ends, when it is used up, or while it waits for
    the insured to activate it (`activated`).
    """

    insurer: str
    clause: str
    hazards: tuple[HazardClass, ...]
    until_on: date
    activated: bool
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a volunteer sees of themselves."""

    volunteer_id: VolunteerId
    number: str
    name: str
    team: str
    tier: Tier
    status: VolunteerStatus
    skills: tuple[HeldSkill, ...]
    covers: tuple[HeldCover, ...]


_V: Final = volunteer.c
_PEOPLE: Final = select(_V.id, _V.number, _V.name, team.c.name.label("team"), _V.phone).select_from(
    volunteer.outerjoin(team)
)


def people(
    engine: Engine, ids: Collection[VolunteerId], looked_by: Actor, now: datetime
) -> list[Person]:
    """Return these people in the order of `ids`, unknown ones left out, and record the look."""
    wanted = list(dict.fromkeys(int(one) for one in ids))
    place = {one: at for at, one in enumerate(wanted)}
    found = _look(engine, _PEOPLE.where(_V.id.in_(wanted)), looked_by, now)
    return sorted(found, key=lambda person: place[person.id])


def search(
    engine: Engine, start: str, looked_by: Actor, now: datetime, limit: int = SEARCH_LIMIT
) -> list[Person]:
    """Return up to `limit` people whose name, number or phone starts so, and record the look."""
    start = start.strip()
    if not start:
        return []
    matches = (
        column.startswith(start, autoescape=True) for column in (_V.name, _V.number, _V.phone)
    )
    query = _PEOPLE.where(or_(*matches)).order_by(_V.number).limit(limit)
    return _look(engine, query, looked_by, now)


def profile(engine: Engine, volunteer_id: VolunteerId, now: datetime) -> Profile:
    """Return what this volunteer may see of themselves, as of `now`.

    Raises:
        Rejected: `NOT_FOUND`.
    """
    query = select(_V.number, _V.name, _V.tier, _V.status, team.c.name.label("team")).select_from(
        volunteer.outerjoin(team)
    )
    with reading(engine) as connection:
        row = connection.execute(query.where(_V.id == volunteer_id)).one_or_none()
        if row is None:
            raise Rejected("NOT_FOUND", entity="volunteer", id=volunteer_id)
        return Profile(
            volunteer_id=volunteer_id,
            number=row.number,
            name=row.name,
            team=row.team or "",
            tier=Tier(row.tier),
            status=VolunteerStatus(row.status),
            skills=_skills(connection, volunteer_id, now.astimezone(UTC).date()),
            covers=_covers(connection, volunteer_id, now),
        )


def _look(engine: Engine, query: Select[Any], looked_by: Actor, now: datetime) -> list[Person]:
    # One transaction: nothing is shown unless the trace is on disk.
    with writing(engine) as connection:
        rows = connection.execute(query).mappings().all()
        trace = {"looked_at": now, "role": looked_by.role, "actor_id": looked_by.id}
        if rows:
            connection.execute(insert(look), [trace | {"volunteer_id": row["id"]} for row in rows])
    return [Person(**{**row, "team": row["team"] or ""}) for row in rows]


def _skills(connection: Connection, volunteer_id: int, today: date) -> tuple[HeldSkill, ...]:
    rows = connection.execute(
        select(credential)
        .where(credential.c.volunteer_id == volunteer_id)
        .order_by(credential.c.skill)
    )
    return tuple(
        HeldSkill(
            code=Skill(row.skill),
            level=row.level,
            until_on=row.expires_on,
            verified=row.verified_by is not None,
            expired=row.expires_on is not None and row.expires_on < today,
        )
        for row in rows
    )


def _covers(connection: Connection, volunteer_id: int, now: datetime) -> tuple[HeldCover, ...]:
    rows = connection.execute(
        select(policy, policy_member.c.activated_at)
        .join(policy_member)
        .where(policy_member.c.volunteer_id == volunteer_id)
        .order_by(policy.c.valid_until_at, policy.c.id)
    )
    return tuple(_held_cover(row, now) for row in rows.mappings())


def _held_cover(row: RowMapping, now: datetime) -> HeldCover:
    activated = row["activated_at"] is not None or not row["asks_activation"]
    runs = row["valid_from_at"] <= now < row["valid_until_at"]
    return HeldCover(
        insurer=row["insurer"],
        clause=row["clause"],
        hazards=tuple(sorted(HazardClass(hazard) for hazard in row["hazards"])),
        # A contract that ends at midnight has its last day before it.
        until_on=(row["valid_until_at"] - _MICROSECOND).date(),
        activated=activated,
        in_force=activated and runs and not is_used_up(row),
    )
