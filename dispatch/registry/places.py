"""Places: the boundaries of regions, and stations, as files bring them in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, insert, select, update

from dispatch.model import RegionCode
from dispatch.regions import RegionTree
from dispatch.registry.catalogue import (
    Region,
    add_regions,
    roster_changed,
    stated_parents,
)
from dispatch.registry.engine import reading
from dispatch.registry.tables import boundary, region, station


class Stored(StrEnum):
    """What storing a row did."""

    ADDED = "ADDED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRegion:
    """A region as a file states it; what is None it does not say. `outline` is WKB in WGS-84."""

    code: RegionCode
    parent: RegionCode | None = None
    name_zh: str | None = None
    name_en: str | None = None
    outline: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A place with rally, gear and intake. `region` is None where nobody knows it."""

    code: str
    name_zh: str
    name_en: str
    region: RegionCode | None
    lon: float
    lat: float
    functions: str


def store_regions(connection: Connection, stated: Sequence[StatedRegion]) -> dict[str, Stored]:
    """Store regions, each code once; return what that did, by code.

    Parents are known or among them; what a region does not state stays as it was. Regions that are
    not among them stay: people are registered there.
    """
    tree = _tree_with(connection, stated)
    before = _rows_by_code(connection, region)
    new = [_first(one, tree) for one in stated if one.code not in before]
    add_regions(connection, new)
    done: dict[str, Stored] = {one.code: Stored.ADDED for one in new}
    names = ("parent", "name_zh", "name_en")
    for one in stated:
        if one.code in done:
            continue
        old = before[one.code]
        said = {n: v for n in names if (v := getattr(one, n)) is not None and v != old[n]}
        done[one.code] = Stored.UPDATED if said else Stored.UNCHANGED
        if said:
            connection.execute(update(region).where(region.c.code == one.code).values(said))
    outlines = {one.code: one.outline for one in stated if one.outline is not None}
    for code in _store_outlines(connection, outlines):
        if done[code] is Stored.UNCHANGED:
            done[code] = Stored.UPDATED
    if set(done.values()) - {Stored.UNCHANGED}:
        roster_changed(connection)  # Jurisdiction hangs on the tree.
    return done


def boundaries(engine: Engine) -> dict[RegionCode, bytes]:
    """Return the outlines that were imported, as WKB by code."""
    with reading(engine) as connection:
        rows = connection.execute(select(boundary).order_by(boundary.c.code))
        return {RegionCode(code): outline for code, outline in rows}


def stations(engine: Engine) -> tuple[Station, ...]:
    """Return all stations by code."""
    with reading(engine) as connection:
        rows = connection.execute(select(station).order_by(station.c.code)).mappings()
        return tuple(Station(**row) for row in rows)


def store_stations(connection: Connection, stated: Iterable[Station]) -> dict[str, Stored]:
    """Store stations, each code once, as they are stated; return what that did, by code."""
    before = _rows_by_code(connection, station)
    done: dict[str, Stored] = {}
    for one in stated:
        row = asdict(one)
        if one.code not in before:
            connection.execute(insert(station).values(row))
            done[one.code] = Stored.ADDED
        elif before[one.code] != row:
            connection.execute(update(station).where(station.c.code == one.code).values(row))
            done[one.code] = Stored.UPDATED
        else:
            done[one.code] = Stored.UNCHANGED
    return done


def _tree_with(connection: Connection, stated: Collection[StatedRegion]) -> RegionTree:
    return RegionTree.of(stated_parents(connection) | {one.code: one.parent for one in stated})


def _first(one: StatedRegion, tree: RegionTree) -> Region:
    name = one.name_zh or one.name_en or one.code
    return Region(
        code=one.code,
        parent=one.parent,
        level=tree.depth(one.code),
        name_zh=one.name_zh or name,
        name_en=one.name_en or name,
    )


def _store_outlines(connection: Connection, outlines: Mapping[RegionCode, bytes]) -> list[str]:
    """Store them; return the codes whose outline is another one now."""
    before = {code: row["outline"] for code, row in _rows_by_code(connection, boundary).items()}
    changed = [code for code, outline in outlines.items() if before.get(code) != outline]
    rows = [{"at": code, "outline": outlines[code]} for code in changed]
    old = [row for row in rows if row["at"] in before]
    new = [{"code": r["at"], "outline": r["outline"]} for r in rows if r["at"] not in before]
    if old:
        connection.execute(update(boundary).where(boundary.c.code == bindparam("at")), old)
    if new:
        connection.execute(insert(boundary), new)
    return list(changed)


def _rows_by_code(connection: Connection, table: Table) -> dict[str, Mapping[str, Any]]:
    return {row["code"]: dict(row) for row in connection.execute(select(table)).mappings()}
