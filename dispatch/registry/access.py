"""One-time links and sessions. Tokens are 256 random bits; only their SHA-256 is stored.

A link logs one person in once; the session it gives lasts 12 hours and is ended by leaving or by
`revoke` (a lost phone). A tracker is what lets an app on somebody's device report where they are:
its token stands in the app's settings and in addresses, where others may read it, and therefore
opens nothing else.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select, update

from dispatch.errors import Rejected
from dispatch.model import Actor, Role, VolunteerId
from dispatch.registry.engine import reading, writing
from dispatch.registry.tables import (
    access_link,
    access_session,
    push_subscription,
    tracker,
    volunteer,
)

SESSION_LIFE: Final = timedelta(hours=12)
_VOLUNTEER_ID: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A fresh session. `token` is shown here once; the store keeps its hash."""

    token: str
    actor: Actor
    expires_at: datetime


def make_link(engine: Engine, role: Role, subject: str, now: datetime, ttl: timedelta) -> str:
    """Return the token of a new one-time link for an account name or a volunteer id.

    Raises:
        Rejected: `NOT_FOUND` when there is no such volunteer.
        ValueError: a role that does not log in.
    """
    if role is Role.SYSTEM:
        raise ValueError("the system does not log in")
    token = secrets.token_urlsafe(32)
    with writing(engine) as connection:
        if role is Role.VOLUNTEER:
            _require_volunteer(connection, subject)
        connection.execute(
            insert(access_link).values(
                token_hash=digest(token),
                role=role,
                subject=subject,
                made_at=now,
                expires_at=now + ttl,
            )
        )
    return token


def use_link(engine: Engine, token: str, now: datetime) -> Session:
    """Spend a link and return the session it opens; of many at once exactly one succeeds.

    Raises:
        Rejected: `LINK_USED`, or `LINK_UNKNOWN` when there is none such or it has expired.
    """
    link = access_link.c
    with writing(engine) as connection:
        won = connection.execute(
            update(access_link)
            .where(link.token_hash == digest(token), link.used_at.is_(None), link.expires_at > now)
            .values(used_at=now)
            .returning(link.role, link.subject)
        ).one_or_none()
        if won is None:
            raise Rejected(_why_not(connection, token))
        return _open_session(connection, Actor(role=Role(won.role), id=won.subject), now)


def holders(engine: Engine, digests: Collection[str], now: datetime) -> dict[str, Actor]:
    """Return who holds which of these sessions, named by the digests of their tokens; one that is
    unknown, over or ended is not among them."""
    session = access_session.c
    with reading(engine) as connection:
        rows = connection.execute(
            select(session.token_hash, session.role, session.subject).where(
                session.token_hash.in_(digests),
                session.ended_at.is_(None),
                session.expires_at > now,
            )
        ).all()
    return {row.token_hash: Actor(role=Role(row.role), id=row.subject) for row in rows}


def end_session(engine: Engine, token: str, now: datetime) -> None:
    """End a session; nothing happens when it has ended or never was."""
    session = access_session.c
    with writing(engine) as connection:
        connection.execute(
            update(access_session)
            .where(session.token_hash == digest(token), session.ended_at.is_(None))
            .values(ended_at=now)
        )


def revoke(engine: Engine, role: Role, subject: str, now: datetime) -> int:
    """End all sessions and trackers, spend all open links of one person and tell their browsers
    nothing any more; return how many that were."""
    session, link = access_session.c, access_link.c
    with writing(engine) as connection:
        ended = connection.execute(
            update(access_session)
            .where(session.role == role, session.subject == subject, session.ended_at.is_(None))
            .values(ended_at=now)
            .returning(session.token_hash)
        ).all()
        spent = connection.execute(
            update(access_link)
            .where(link.role == role, link.subject == subject, link.used_at.is_(None))
            .values(used_at=now)
            .returning(link.token_hash)
        ).all()
        mine = Actor(role=role, id=subject).volunteer_id
        devices = 0 if mine is None else _end_devices(connection, mine, now)
    return len(ended) + len(spent) + devices


def make_tracker(engine: Engine, volunteer_id: VolunteerId, now: datetime) -> str:
    """Return the token of a new tracker; the one this person had before ends."""
    token = secrets.token_urlsafe(32)
    with writing(engine) as connection:
        _end_trackers(connection, volunteer_id, now)
        connection.execute(
            insert(tracker).values(token_hash=digest(token), volunteer_id=volunteer_id, made_at=now)
        )
    return token


def tracked_by(engine: Engine, token: str) -> VolunteerId | None:
    """Return whose tracker this is, None when it is unknown or has ended."""
    with reading(engine) as connection:
        found = connection.execute(
            select(tracker.c.volunteer_id).where(
                tracker.c.token_hash == digest(token), tracker.c.ended_at.is_(None)
            )
        ).scalar_one_or_none()
    return None if found is None else VolunteerId(found)


def end_tracker(engine: Engine, volunteer_id: VolunteerId, now: datetime) -> None:
    """End this person's tracker, if they have one."""
    with writing(engine) as connection:
        _end_trackers(connection, volunteer_id, now)


def _end_devices(connection: Connection, volunteer_id: VolunteerId, now: datetime) -> int:
    browsers = connection.execute(
        delete(push_subscription)
        .where(push_subscription.c.volunteer_id == volunteer_id)
        .returning(push_subscription.c.id)
    ).all()
    return _end_trackers(connection, volunteer_id, now) + len(browsers)


def _end_trackers(connection: Connection, volunteer_id: VolunteerId, now: datetime) -> int:
    ended = connection.execute(
        update(tracker)
        .where(tracker.c.volunteer_id == volunteer_id, tracker.c.ended_at.is_(None))
        .values(ended_at=now)
        .returning(tracker.c.token_hash)
    )
    return len(ended.all())


def digest(token: str) -> str:
    """Return under what a token is stored."""
    # A cookie may hold anything, even halves of characters; it must miss, not fail.
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _require_volunteer(connection: Connection, subject: str) -> None:
    # The subject is compared as text later: only the plain form of the id will do.
    if _VOLUNTEER_ID.fullmatch(subject):
        known = select(volunteer.c.id).where(volunteer.c.id == int(subject))
        if connection.execute(known).scalar() is not None:
            return
    raise Rejected("NOT_FOUND", entity="volunteer", id=subject)


def _why_not(connection: Connection, token: str) -> str:
    link = access_link.c
    used = select(link.used_at).where(link.token_hash == digest(token), link.used_at.is_not(None))
    return "LINK_UNKNOWN" if connection.execute(used).scalar() is None else "LINK_USED"


def _open_session(connection: Connection, actor: Actor, now: datetime) -> Session:
    session = Session(token=secrets.token_urlsafe(32), actor=actor, expires_at=now + SESSION_LIFE)
    connection.execute(
        insert(access_session).values(
            token_hash=digest(session.token),
            role=actor.role,
            subject=actor.id,
            made_at=now,
            expires_at=session.expires_at,
        )
    )
    return session
