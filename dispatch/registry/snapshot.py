"""The roster out of the tables: the whole registry, or a few people by the same code.

Rows are taken from the driver and turned into arrays column by column; building an object per
person would cost ten times as much. `team` is the team's id, 0 without one (ids start at 1).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
from sqlalchemy import Column, Connection, Engine, Select, or_, select

from dispatch.model import RegionCode, Skill, VolunteerId
from dispatch.registry.catalogue import policies, region_tree
from dispatch.registry.engine import reading
from dispatch.registry.tables import credential, policy, policy_member, team, volunteer
from dispatch.registry.tables import roster_version as version_table
from dispatch.roster import (
    FOREVER,
    MODES,
    NEVER,
    STATUSES,
    TIERS,
    Bits,
    Credentials,
    Ids,
    Ints,
    Policy,
    Roster,
)
from dispatch.taxonomy import LANGUAGES, SKILLS

_STATUS: Final = {value: code for code, value in enumerate(STATUSES)}
_TIER: Final = {value: code for code, value in enumerate(TIERS)}
_MODE: Final = {value: code for code, value in enumerate(MODES)}

_V: Final = volunteer.c
_PEOPLE: Final = (
    select(
        _V.id,
        _V.home_lon,
        _V.home_lat,
        _V.status,
        _V.tier,
        _V.mode,
        _V.birth_on,
        _V.fit,
        _V.guardian,
        _V.consent_dispatch,
        _V.available,
        _V.trained_until_on,
        _V.region,
        _V.team_id,
        team.c.level.label("team_level"),
        _V.turnout_s,
        _V.served_h,
        _V.languages,
        _V.seats,
    )
    .select_from(volunteer.outerjoin(team))
    .order_by(_V.id)
)
_CREDENTIALS: Final = select(
    credential.c.volunteer_id,
    credential.c.skill,
    credential.c.level,
    credential.c.expires_on,
    credential.c.verified_by.is_not(None).label("verified"),
    credential.c.trained_until_on,
)
# Hard rule 4: where the product asks for it, cover answers only once the insured activated it.
_MEMBERS: Final = select(
    policy_member.c.volunteer_id,
    policy_member.c.policy_id,
    or_(policy_member.c.activated_at.is_not(None), ~policy.c.asks_activation).label("covered"),
).join(policy)

_Columns = Mapping[str, Sequence[Any]]


def load_roster(engine: Engine) -> Roster:
    """Return everybody in the registry, whatever their status, as they are at one instant."""
    return _load(engine, None)


def roster_version(engine: Engine) -> str:
    """Return a mark that changes whenever the roster does; read it before loading.

    It rests on a promise of every writer: `catalogue.roster_changed`, in the same transaction.
    """
    with reading(engine) as connection:
        return str(connection.execute(select(version_table.c.version)).scalar_one())


def load_rows(engine: Engine, volunteer_ids: Collection[VolunteerId]) -> Roster:
    """Return the roster restricted to a few people; unknown ids are left out.

    Bits of `cover` mean the same contracts as in a full roster of the same instant; `regions`
    lists only those of these people. Meant for one person up to some thousands.
    """
    return _load(engine, sorted({int(one) for one in volunteer_ids}))


def _load(engine: Engine, only: Sequence[int] | None) -> Roster:
    with reading(engine) as connection:
        people = _fetch(connection, _PEOPLE, _V.id, only)
        proofs = _fetch(connection, _CREDENTIALS, credential.c.volunteer_id, only)
        members = _fetch(connection, _MEMBERS, policy_member.c.volunteer_id, only)
        contracts = policies(connection)
        tree = region_tree(connection)
    return replace(_roster(people, proofs, members, contracts), tree=tree)


def _fetch(
    connection: Connection, query: Select[Any], key: Column[Any], only: Sequence[int] | None
) -> _Columns:
    """Return the answer by column, in the driver's own values.

    Dates are text on SQLite and dates on PostgreSQL; numpy reads both.
    """
    result = connection.execute(query if only is None else query.where(key.in_(only)))
    names = tuple(result.keys())
    if result.cursor is None:
        raise AssertionError("a query without rows to fetch")
    rows = result.cursor.fetchall()
    return dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))


def _roster(
    people: _Columns, proofs: _Columns, members: _Columns, contracts: tuple[Policy, ...]
) -> Roster:
    ids = np.array(people["id"], dtype=np.int64)
    regions = tuple(RegionCode(code) for code in sorted(set(people["region"])))
    region_codes = {code: at for at, code in enumerate(regions)}
    return Roster(
        ids=ids,
        lon=np.array(people["home_lon"], dtype=np.float64),
        lat=np.array(people["home_lat"], dtype=np.float64),
        status=_coded(people["status"], _STATUS).astype(np.uint8),
        tier=_coded(people["tier"], _TIER).astype(np.uint8),
        mode=_coded(people["mode"], _MODE).astype(np.uint8),
        birth=_days(people["birth_on"], NEVER),
        fit=np.array(people["fit"], dtype=np.bool_),
        guardian=np.array(people["guardian"], dtype=np.bool_),
        consent=np.array(people["consent_dispatch"], dtype=np.bool_),
        available=np.array(people["available"], dtype=np.bool_),
        trained_until=_days(people["trained_until_on"], NEVER),
        region=_coded(people["region"], region_codes),
        team=_or_zero(people["team_id"]),
        team_level=_or_zero(people["team_level"]).astype(np.uint8),
        turnout_s=np.array(people["turnout_s"], dtype=np.int32),
        served_h=np.array(people["served_h"], dtype=np.int32),
        languages=_spoken(people["languages"]),
        seats=np.array(people["seats"], dtype=np.uint8),
        cover=_members(ids, members, contracts, covered=True),
        waiting=_members(ids, members, contracts, covered=False),
        language_codes=tuple(LANGUAGES),
        regions=regions,
        policies=contracts,
        credentials=_credentials(ids, proofs),
    )


def _coded(values: Sequence[str], codes: Mapping[Any, int]) -> Ints:
    return np.fromiter(map(codes.__getitem__, values), dtype=np.int32, count=len(values))


def _or_zero(values: Sequence[int | None]) -> Ints:
    return np.fromiter((value or 0 for value in values), dtype=np.int32, count=len(values))


def _days(values: Sequence[str | date | None], missing: int) -> Ints:
    """Return days since 1970-01-01, `missing` where there is no date."""
    dates = np.array(values, dtype="datetime64[D]")
    return np.where(np.isnat(dates), missing, dates.astype(np.int64)).astype(np.int32)


def _spoken(values: Sequence[str]) -> Bits:
    """Return a bit per language of the taxonomy; of any other that is stored nobody can ask."""
    bits = {code: 1 << at for at, code in enumerate(LANGUAGES)}
    # Few sets of languages are spoken by many people.
    masks = {
        value: sum(bits.get(code, 0) for code in set(value.split(";"))) for value in set(values)
    }
    return np.fromiter(map(masks.__getitem__, values), dtype=np.uint64, count=len(values))


def _members(ids: Ids, members: _Columns, contracts: Sequence[Policy], *, covered: bool) -> Bits:
    """Return the bits of the members who are, or are not yet, `covered`; shape (n, words)."""
    bits = np.zeros((len(ids), -(-len(contracts) // 64)), dtype=np.uint64)
    meant = np.array(members["covered"], dtype=np.bool_) == covered
    rows = np.searchsorted(ids, np.array(members["volunteer_id"], dtype=np.int64)[meant])
    held = np.array(members["policy_id"], dtype=np.int64)[meant]
    for bit, contract in enumerate(contracts):
        word, shift = divmod(bit, 64)
        bits[rows[held == contract.id], word] |= np.uint64(1 << shift)
    return bits


def _credentials(ids: Ids, proofs: _Columns) -> dict[Skill, Credentials]:
    """Return the proofs by skill: every skill of the taxonomy, and any other that is stored."""
    skills = sorted({*SKILLS, *proofs["skill"]})
    kind = _coded(proofs["skill"], {skill: at for at, skill in enumerate(skills)})
    rows = np.searchsorted(ids, np.array(proofs["volunteer_id"], dtype=np.int64))
    order = np.lexsort((rows, kind))
    ends = np.searchsorted(kind[order], np.arange(len(skills) + 1))
    columns = Credentials(
        rows=rows[order].astype(np.int32),
        level=np.array(proofs["level"], dtype=np.uint8)[order],
        until=_days(proofs["expires_on"], FOREVER)[order],
        verified=np.array(proofs["verified"], dtype=np.bool_)[order],
        trained_until=_days(proofs["trained_until_on"], NEVER)[order],
    )
    return {
        Skill(skill): _part(columns, slice(ends[at], ends[at + 1]))
        for at, skill in enumerate(skills)
    }


def _part(columns: Credentials, part: slice) -> Credentials:
    return Credentials(
        rows=columns.rows[part],
        level=columns.level[part],
        until=columns.until[part],
        verified=columns.verified[part],
        trained_until=columns.trained_until[part],
    )
