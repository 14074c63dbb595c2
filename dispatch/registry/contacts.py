"""How to reach people: phone, language, browsers that take web push, chat, quiet hours.

Addresses are personal data: they go from here to the channels and nowhere else, not into the log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, RowMapping, delete, select, update

from dispatch.model import VolunteerId
from dispatch.registry.engine import inserting, reading, writing
from dispatch.registry.tables import contact, push_subscription, team, volunteer

LANGUAGES: Final = ("zh", "en")
PUSH_MOST: Final = 5
"""Browsers of one person that are told; a sixth takes the place of the oldest."""
_NOT_DIGIT: Final = re.compile(r"\D+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAddress:
    """A browser that takes web push; `text` is its subscription as JSON (W3C Push API)."""

    id: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How to reach one person; what is not known is empty.

    `chat` is their own Apprise address, `group` that of their team's group. `quiet` are minutes
    after midnight, local time, from the first until before the second.
    """

    volunteer_id: VolunteerId
    phone: str
    language: str
    push: tuple[PushAddress, ...] = ()
    chat: str = ""
    group: str = ""
    quiet: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What somebody chose for themselves: `language` None follows the roster."""

    language: str | None = None
    quiet: tuple[int, int] | None = None


_V: Final = volunteer.c
_C: Final = contact.c
_P: Final = push_subscription.c


def contacts(engine: Engine, ids: Collection[VolunteerId]) -> dict[VolunteerId, Contact]:
    """Return how to reach these people, unknown ones left out, in the order of ids."""
    columns = (
        _V.id, _V.phone, _V.languages, team.c.chat.label("group"), _C.language, _C.chat,
        _C.quiet_from_min, _C.quiet_until_min,
    )  # fmt: skip
    query = select(*columns).select_from(volunteer.outerjoin(contact).outerjoin(team))
    wanted = sorted(int(one) for one in ids)
    with reading(engine) as connection:
        found = query.where(_V.id.in_(wanted)).order_by(_V.id)
        rows = connection.execute(found).mappings().all()
        browsers = _browsers(connection, wanted)
    return {VolunteerId(row["id"]): _contact(row, browsers.get(row["id"], ())) for row in rows}


def owners(engine: Engine, phone: str) -> list[VolunteerId]:
    """Return whose phone this is, in the order of ids; a family may share one."""
    digits = _NOT_DIGIT.sub("", phone)
    if not digits:
        return []
    query = select(_V.id).where(_V.phone.in_((digits, f"+{digits}"))).order_by(_V.id)
    with reading(engine) as connection:
        return [VolunteerId(one) for one in connection.execute(query).scalars()]


def preferences(engine: Engine, volunteer_id: VolunteerId) -> Preferences:
    """Return what this person chose."""
    query = select(contact).where(_C.volunteer_id == volunteer_id)
    with reading(engine) as connection:
        row = connection.execute(query).mappings().one_or_none()
    return (
        Preferences() if row is None else Preferences(language=row["language"], quiet=_quiet(row))
    )


def prefer(engine: Engine, volunteer_id: VolunteerId, chosen: Preferences) -> None:
    """Store what this person chose, in place of what they chose before."""
    quiet_from, quiet_until = chosen.quiet or (None, None)
    values = {
        "language": chosen.language,
        "quiet_from_min": quiet_from,
        "quiet_until_min": quiet_until,
    }
    with writing(engine) as connection:
        connection.execute(
            inserting(connection, contact)
            .values(volunteer_id=volunteer_id, **values)
            .on_conflict_do_update(index_elements=["volunteer_id"], set_=values)
        )


def add_push(
    engine: Engine,
    volunteer_id: VolunteerId,
    endpoint: str,
    p256dh: str,
    auth: str,
    now: datetime,
) -> None:
    """Store a browser of this person; one that was somebody else's is theirs no longer."""
    values = {
        "volunteer_id": volunteer_id,
        "p256dh": p256dh,
        "auth": auth,
        "made_at": now,
        "failed_at": None,
    }
    with writing(engine) as connection:
        connection.execute(
            inserting(connection, push_subscription)
            .values(endpoint=endpoint, **values)
            .on_conflict_do_update(index_elements=["endpoint"], set_=values)
        )
        mine = select(_P.id).where(_P.volunteer_id == volunteer_id)
        kept = mine.order_by(_P.made_at.desc(), _P.id.desc()).limit(PUSH_MOST)
        surplus = (_P.volunteer_id == volunteer_id, _P.id.not_in(kept.scalar_subquery()))
        connection.execute(delete(push_subscription).where(*surplus))


def end_push(engine: Engine, volunteer_id: VolunteerId, endpoint: str | None = None) -> None:
    """Forget a browser of this person, all of them when none is named."""
    of_mine = delete(push_subscription).where(_P.volunteer_id == volunteer_id)
    with writing(engine) as connection:
        connection.execute(of_mine if endpoint is None else of_mine.where(_P.endpoint == endpoint))


def forget_push(engine: Engine, ids: Iterable[int]) -> None:
    """Forget browsers whose push service does not know them any more."""
    with writing(engine) as connection:
        connection.execute(delete(push_subscription).where(_P.id.in_(sorted(ids))))


def set_group(engine: Engine, team_id: int, chat: str) -> None:
    """Store the Apprise address of a team's group; "" for none."""
    with writing(engine) as connection:
        connection.execute(update(team).where(team.c.id == team_id).values(chat=chat or None))


def _browsers(connection: Connection, ids: Collection[int]) -> dict[int, tuple[PushAddress, ...]]:
    query = select(push_subscription).where(_P.volunteer_id.in_(ids)).order_by(_P.id)
    found: dict[int, tuple[PushAddress, ...]] = {}
    for row in connection.execute(query).mappings():
        mine = found.get(row["volunteer_id"], ())
        found[row["volunteer_id"]] = (*mine, PushAddress(id=row["id"], text=_subscription(row)))
    return found


def _subscription(row: RowMapping) -> str:
    keys = {"p256dh": row["p256dh"], "auth": row["auth"]}
    return json.dumps({"endpoint": row["endpoint"], "keys": keys})


def _contact(row: RowMapping, push: tuple[PushAddress, ...]) -> Contact:
    return Contact(
        volunteer_id=VolunteerId(row["id"]),
        phone=row["phone"],
        language=row["language"] or _spoken(row["languages"]),
        push=push,
        chat=row["chat"] or "",
        group=row["group"] or "",
        quiet=_quiet(row),
    )


def _quiet(row: RowMapping) -> tuple[int, int] | None:
    quiet_from = row["quiet_from_min"]
    return None if quiet_from is None else (quiet_from, row["quiet_until_min"])


def _spoken(codes: Collection[str]) -> str:
    """English for those who by the roster speak it and no Mandarin, else Chinese."""
    return "en" if "en" in codes and "zh" not in codes else "zh"
