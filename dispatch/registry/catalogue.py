"""What people are registered against: regions, teams and insurance contracts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Table, func, insert, select, update

from dispatch.errors import BadInput, Rejected
from dispatch.model import HazardClass, PolicyId, RegionCode, VolunteerId, VolunteerStatus
from dispatch.regions import RegionTree
from dispatch.registry import tables
from dispatch.registry.engine import reading
from dispatch.roster import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """An administrative unit. `level` counts from 1, the widest (city, district, town, ...).

    A `parent` that nobody states follows from the code, if a region with its beginning is known.
    """

    code: RegionCode
    parent: RegionCode | None
    level: int
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team; `level` 1 (highest) to 3 is a named team by YJ/T 1.1-2022, 0 has no level."""

    id: int
    name: str
    region: RegionCode
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSize:
    """A team as a commander picks it."""

    id: int
    name: str
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """An insurance contract as it is registered: `roster.Policy` and what the matcher never reads.

    Sums are per person in whole units of `currency`; `limit_sum` is the cumulative limit of the
    whole contract (None for none) and `paid_sum` what it has paid. With `asks_activation` a member
    is covered only after activating it in person.
    """

    id: PolicyId
    insurer: str
    clause: str
    valid_from_at: datetime
    valid_until_at: datetime
    hazards: frozenset[HazardClass]
    territory: tuple[RegionCode, ...]
    exercises: bool
    travel: bool
    sudden_illness: bool
    asks_activation: bool
    accident_sum: int
    medical_sum: int
    sudden_death_sum: int
    third_party_sum: int
    limit_sum: int | None
    paid_sum: int
    currency: str


def add_regions(connection: Connection, regions: Iterable[Region]) -> None:
    """Store regions, each after its parent."""
    rows = [_columns(region) for region in _parents_first(regions)]
    if rows:
        connection.execute(insert(tables.region), rows)


def add_teams(connection: Connection, teams: Iterable[Team]) -> None:
    """Store teams; their names are unique, because a roster file names them."""
    rows = [_columns(team) for team in teams]
    if rows:
        connection.execute(insert(tables.team), rows)
        count_on(connection, tables.team)
        roster_changed(connection)


def add_contracts(connection: Connection, contracts: Iterable[Contract]) -> None:
    """Store contracts.

    Raises:
        BadInput: a clause that a roster file could not name: digits only, or with `:` or `;`.
    """
    rows = [_contract_columns(contract) for contract in contracts]
    if rows:
        connection.execute(insert(tables.policy), rows)
        count_on(connection, tables.policy)
        roster_changed(connection)


def roster_changed(connection: Connection) -> None:
    """Note that the roster is another one when this transaction commits.

    Every writer of volunteers, credentials, teams, policies or memberships calls it: the planner
    reloads the roster on it.
    """
    table = tables.roster_version
    connection.execute(update(table).values(version=table.c.version + 1))


def count_on(connection: Connection, table: Table) -> None:
    """Let ids that the store gives follow those stored by hand; SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(sequence, func.max(table.c.id))))


def regions(engine: Engine) -> tuple[Region, ...]:
    """Return all regions, parents first, then by code."""
    with reading(engine) as connection:
        found = [Region(**row) for row in connection.execute(select(tables.region)).mappings()]
    tree = RegionTree.of({region.code: region.parent for region in found})
    return tuple(_parents_first(replace(one, parent=tree.parents[one.code]) for one in found))


def teams(engine: Engine) -> list[TeamSize]:
    """Return all teams by name, with how many active volunteers each has."""
    team, mine = tables.team.c, tables.volunteer.c
    active = (mine.team_id == team.id) & (mine.status == VolunteerStatus.ACTIVE)
    query = (
        select(team.id, team.name, func.count(mine.id).label("members"))
        .select_from(tables.team.outerjoin(tables.volunteer, active))
        .group_by(team.id, team.name)
        .order_by(team.name)
    )
    with reading(engine) as connection:
        return [TeamSize(**row) for row in connection.execute(query).mappings()]


def team_members(engine: Engine, team_id: int) -> list[VolunteerId]:
    """Return the active volunteers of a team, in the order of ids.

    Raises:
        Rejected: `NOT_FOUND`.
    """
    mine = tables.volunteer.c
    query = select(mine.id).where(mine.team_id == team_id, mine.status == VolunteerStatus.ACTIVE)
    known = select(tables.team.c.id).where(tables.team.c.id == team_id)
    with reading(engine) as connection:
        if connection.execute(known).scalar() is None:
            raise Rejected("NOT_FOUND", entity="team", id=team_id)
        return [VolunteerId(one) for one in connection.execute(query.order_by(mine.id)).scalars()]


def region_tree(connection: Connection) -> RegionTree:
    """Return which region lies in which."""
    return RegionTree.of(stated_parents(connection))


def stated_parents(connection: Connection) -> dict[RegionCode, RegionCode | None]:
    """Return each region's parent as it was stated, None where it was not."""
    rows = connection.execute(select(tables.region.c.code, tables.region.c.parent))
    return {RegionCode(code): parent for code, parent in rows}


def policies(connection: Connection) -> tuple[Policy, ...]:
    """Return all contracts as eligibility reads them, by id."""
    rows = connection.execute(select(tables.policy).order_by(tables.policy.c.id)).mappings()
    return tuple(_policy(row) for row in rows)


def is_used_up(row: RowMapping) -> bool:
    """Tell whether a row of `policy` has reached its cumulative limit."""
    return row["limit_sum"] is not None and row["paid_sum"] >= row["limit_sum"]


def _policy(row: RowMapping) -> Policy:
    return Policy(
        id=PolicyId(row["id"]),
        insurer=row["insurer"],
        clause=row["clause"],
        valid_from_at=row["valid_from_at"],
        valid_until_at=row["valid_until_at"],
        hazards=frozenset(HazardClass(hazard) for hazard in row["hazards"]),
        territory=tuple(RegionCode(prefix) for prefix in row["territory"]),
        exercises=row["exercises"],
        travel=row["travel"],
        sudden_illness=row["sudden_illness"],
        accident_sum=row["accident_sum"],
        medical_sum=row["medical_sum"],
        sudden_death_sum=row["sudden_death_sum"],
        third_party_sum=row["third_party_sum"],
        currency=row["currency"],
        used_up=is_used_up(row),
    )


def _columns(value: Region | Team | Contract) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _contract_columns(contract: Contract) -> dict[str, Any]:
    if contract.clause.isdigit() or set(contract.clause) & set(":;"):
        raise BadInput(f"a clause is not digits only and holds no ':' or ';': {contract.clause}")
    return _columns(contract) | {
        "hazards": sorted(contract.hazards),
        "territory": list(contract.territory),
    }


def _parents_first(regions: Iterable[Region]) -> Sequence[Region]:
    listed = list(regions)
    tree = RegionTree({region.code: region.parent for region in listed})
    return sorted(listed, key=lambda region: (tree.depth(region.code), region.code))
