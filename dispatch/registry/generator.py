"""A seeded county in the tables: the same recipe, instant and seed give the same rows.

Nobody in it exists: names are a surname and a sexagenary pair, numbers count from V000001, phones
use the unassigned country code 999, insurers call themselves fictional.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice
from typing import Any, Final

import numpy as np
from numpy.random import PCG64, Generator
from sqlalchemy import Connection, Engine, Table, insert, select

from dispatch.errors import BadInput
from dispatch.model import HazardClass, PolicyId, RegionCode
from dispatch.registry import tables
from dispatch.registry.catalogue import (
    Region,
    Team,
    add_contracts,
    add_regions,
    add_teams,
    count_on,
    roster_changed,
)
from dispatch.registry.contracts import (
    ASKS_ACTIVATION,
    IN_FORCE,
    LAPSED,
    USED_UP,
    invent_contracts,
)
from dispatch.registry.engine import writing
from dispatch.registry.population import (
    COMMON_FIRST,
    People,
    Proofs,
    Recipe,
    Settlement,
    draw_people,
    draw_proofs,
    draw_teams,
)
from dispatch.registry.tables import EPOCH
from dispatch.roster import FOREVER, MODES, NEVER, STATUSES, TIERS, Bits, Ints
from dispatch.taxonomy import LANGUAGES

__all__ = ["Recipe", "Settlement", "generate"]

Progress = Callable[[int, int], None]
"""Called with how many rows are stored and how many there will be."""
_Row = dict[str, Any]

VERIFIER: Final = "registry-office"
_CHUNK: Final = 5_000
_DAY: Final = timedelta(days=1)
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余"
)
_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES: Final = "子丑寅卯辰巳午未申酉戌亥"


def generate(
    engine: Engine, recipe: Recipe, now: datetime, seed: int, progress: Progress | None = None
) -> None:
    """Fill a migrated registry without people, teams and policies; all of it or nothing.

    Regions may be there already; those of the recipe that are not are added.

    Raises:
        BadInput: the registry is not empty.
    """
    rng = Generator(PCG64(seed))
    now = now.astimezone(UTC)
    today = (now - EPOCH).days
    people = draw_people(recipe, today, rng)
    teams, team, leaders = draw_teams(recipe, people, rng)
    proofs = draw_proofs(recipe, people, today, rng)
    members = _members(people, now, rng)
    total = len(people) + len(proofs.person) + len(members) + len(leaders)
    with writing(engine) as connection:
        _require_empty(connection)
        _add_catalogue(connection, recipe, teams, now)
        stored = chain(
            _insert(connection, tables.volunteer, _volunteers(recipe, people, team, today, rng)),
            _insert(connection, tables.credential, _credentials(proofs)),
            _insert(connection, tables.policy_member, members),
            _insert(connection, tables.team_leader, _leaders(leaders)),
        )
        done = 0
        for count in stored:
            done += count
            if progress is not None:
                progress(done, total)
        count_on(connection, tables.volunteer)
        roster_changed(connection)


def _require_empty(connection: Connection) -> None:
    for table in (tables.volunteer, tables.team, tables.policy):
        if connection.execute(select(table).limit(1)).first() is not None:
            raise BadInput(
                f"the registry is not empty (table {table.name}); generate into a new one"
            )


def _add_catalogue(
    connection: Connection, recipe: Recipe, teams: Sequence[Team], now: datetime
) -> None:
    territory = _territory(recipe.regions)
    known = set(connection.execute(select(tables.region.c.code)).scalars())
    add_regions(connection, [region for region in recipe.regions if region.code not in known])
    add_teams(connection, teams)
    add_contracts(connection, invent_contracts(territory, recipe.currency, now))


def _territory(regions: Sequence[Region]) -> list[RegionCode]:
    """Return the code prefixes that cover all regions: the topmost where codes nest, else all."""
    codes = [region.code for region in regions]
    roots = [region.code for region in regions if region.parent is None]
    return roots if all(code.startswith(tuple(roots)) for code in codes) else codes


def _insert(connection: Connection, table: Table, rows: Iterable[_Row]) -> Iterator[int]:
    """Store rows chunk by chunk, yielding how many each time."""
    left = iter(rows)
    while chunk := list(islice(left, _CHUNK)):
        connection.execute(insert(table), chunk)
        yield len(chunk)


def _volunteers(
    recipe: Recipe, people: People, team: Ints, today: int, rng: Generator
) -> Iterator[_Row]:
    n = len(people)
    joined = today - rng.integers(1, 2_000, n)
    names = zip(
        rng.integers(len(_SURNAMES), size=n).tolist(),
        rng.integers(60, size=n).tolist(),
        strict=True,
    )
    columns = {
        "id": range(1, n + 1),
        "number": (f"V{i:06d}" for i in range(1, n + 1)),
        "name": (_SURNAMES[one] + _STEMS[pair % 10] + _BRANCHES[pair % 12] for one, pair in names),
        "phone": (f"+999{i:08d}" for i in range(1, n + 1)),
        "status": (STATUSES[code] for code in people.status.tolist()),
        "tier": (TIERS[code] for code in people.tier.tolist()),
        "birth_on": _dates(people.birth),
        "fit": people.fit.tolist(),
        "guardian": people.guardian.tolist(),
        "consent_location": people.consent_location.tolist(),
        "consent_dispatch": people.consent_dispatch.tolist(),
        "available": people.available.tolist(),
        "trained_until_on": _dates(people.trained_until),
        "region": (recipe.settlements[at].region for at in people.settlement.tolist()),
        "team_id": (one or None for one in team.tolist()),
        "mode": (MODES[code] for code in people.mode.tolist()),
        "home_lon": people.lon.tolist(),
        "home_lat": people.lat.tolist(),
        "turnout_s": people.turnout_s.tolist(),
        "served_h": people.served_h.tolist(),
        "languages": _spoken(people.languages),
        "seats": people.seats.tolist(),
        "created_at": (EPOCH + _DAY * day for day in joined.tolist()),
        "updated_at": (EPOCH + _DAY * day for day in joined.tolist()),
    }
    return _rows(columns)


def _spoken(masks: Bits) -> Iterator[list[str]]:
    return (
        [code for at, code in enumerate(LANGUAGES) if mask >> at & 1] for mask in masks.tolist()
    )


def _credentials(proofs: Proofs) -> Iterator[_Row]:
    verified = proofs.verified.tolist()
    issued = proofs.issued.tolist()
    columns = {
        "volunteer_id": (proofs.person + 1).tolist(),
        "skill": (COMMON_FIRST[at] for at in proofs.skill.tolist()),
        "level": proofs.level.tolist(),
        "issued_on": _dates(proofs.issued),
        "expires_on": _dates(proofs.expires),
        "verified_by": (VERIFIER if yes else None for yes in verified),
        "verified_at": (
            EPOCH + _DAY * day if yes else None for yes, day in zip(verified, issued, strict=True)
        ),
        "trained_until_on": _dates(proofs.trained_until),
    }
    return _rows(columns)


def _members(people: People, now: datetime, rng: Generator) -> list[_Row]:
    """Return who is a member of which contract.

    Beside the cover that counts, some hold what must not: a high-risk contract they have not
    activated, one that lapsed, one that is used up.
    """
    luck, choice = rng.random(len(people)), rng.random(len(people))
    rows: list[_Row] = []
    for person, rank in enumerate(people.cover.tolist()):
        held: list[tuple[PolicyId, datetime | None]] = []
        if rank:
            held.append((_pick(IN_FORCE[HazardClass(f"H{rank}")], choice[person]), now))
        if rank == HazardClass.H3.rank and luck[person] < 0.1:
            held.append((ASKS_ACTIVATION, None))
        if not rank and luck[person] < 0.15:
            held.append((LAPSED if luck[person] < 0.10 else USED_UP, now))
        rows += (
            {"policy_id": policy, "volunteer_id": person + 1, "activated_at": at}
            for policy, at in held
        )
    return rows


def _pick(policies: Sequence[PolicyId], luck: float) -> PolicyId:
    return policies[int(luck * len(policies))]


def _leaders(leaders: Iterable[tuple[int, int]]) -> Iterator[_Row]:
    return ({"team_id": team, "volunteer_id": person + 1} for team, person in leaders)


def _rows(columns: dict[str, Iterable[Any]]) -> Iterator[_Row]:
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def _dates(days: Ints) -> list[date | None]:
    """Return dates for days since 1970, None for FOREVER and NEVER."""
    unset = (days == FOREVER) | (days == NEVER)
    dates: list[date | None] = (
        np.where(unset, np.datetime64("NaT"), days.astype("datetime64[D]")).astype(object).tolist()
    )
    return dates
