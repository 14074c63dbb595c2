"""Regions and their boundaries from whatever file an office has.

Codes of the People's Republic say their parents; a file may state them instead, and then codes are
taken as they stand. Outlines are stored simplified (Visvalingam and Whyatt 1993, neighbours alike,
so that no gap opens between them), parts of a region that come one by one are put together. All
that can be used is stored at once, or nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from sqlalchemy import Connection, Engine

from dispatch.errors import BadInput
from dispatch.exchange.layer import Layer, Shape
from dispatch.exchange.reading import read_layer
from dispatch.exchange.rows import (
    Aliases,
    Code,
    Feature,
    Line,
    Outcome,
    Refused,
    Report,
    each,
    features,
    refused,
)
from dispatch.exchange.shapes import Reach, checked, mended
from dispatch.geo.crs import Crs
from dispatch.geo.regions import RegionIndex
from dispatch.model import RegionCode
from dispatch.regions import RegionTree, plain_code
from dispatch.registry.catalogue import region_tree, stated_parents
from dispatch.registry.engine import reading, serialise, writing
from dispatch.registry.places import StatedRegion, Stored, boundaries, store_regions

MOST: Final = 50_000
MOST_CORNERS: Final = 500_000
"""Of one region; the counties of a whole country have some hundred each."""
TOLERANCE_DEG: Final = 1e-4
"""About 11 m: corners whose triangle with their neighbours is smaller than this squared go."""

ALIASES: Final[Aliases] = {
    "code": ("gb", "adcode", "pac", "区划代码", "行政区划代码", "代码"),
    "name_zh": ("name", "名称", "区划名称"),
    "name_en": ("英文名称",),
    "parent": ("parent_code", "上级代码", "上级区划代码"),
}


@dataclass(frozen=True, slots=True)
class _Found:
    """A region as a feature states it."""

    stated: StatedRegion
    shape: Shape | None


def import_regions(
    engine: Engine,
    path: Path,
    *,
    crs: Crs | None = None,
    named: Mapping[str, str] | None = None,
    reach: Reach | None = None,
    dry_run: bool = False,
) -> Report:
    """Store the regions of a file, or only tell what that would do.

    Args:
        crs: what the coordinates are in truth, where the file does not say it.
        named: the file's own names, by canonical ones (code, name_zh, name_en, parent).
        reach: where the agency works, to tell swapped coordinates.

    Raises:
        BadInput: the file cannot be read, or has no attribute of a name that was given.
    """
    layer = read_layer(path, crs=crs, most=MOST)
    rows = list(features(layer, _aliases(layer, named or {})))
    stating = any(feature.text("parent", "") for feature in rows)
    read = each(iter(rows), lambda feature: _region(feature, stating, reach), "name_zh")
    found = _together(read.made)
    with _transaction(engine, dry_run) as connection:
        known = stated_parents(connection)
        lost = _lost(known | {code: one.stated.parent for code, one in found.items()}, found)
        kept = [one for code, one in found.items() if code not in lost]
        done = store_regions(connection, _simplified(kept, _tree(known, kept)))
    notes = layer.notes if stating else (*layer.notes, "parents follow from the codes")
    lines = tuple(_line(line, read.made.get(line.row), found, lost, done) for line in read.lines)
    return Report(file=path.name, dry_run=dry_run, lines=lines, notes=notes)


def region_index(engine: Engine) -> RegionIndex:
    """Return the imported boundaries, to look places up in."""
    outlines = boundaries(engine)
    with reading(engine) as connection:
        tree = region_tree(connection)
    codes = tuple(outlines)
    return RegionIndex(
        codes,
        [shapely.from_wkb(outline) for outline in outlines.values()],
        [tree.depth(code) for code in codes],
    )


def _region(feature: Feature, stating: bool, reach: Reach | None) -> _Found:
    code = feature.text("code", most=64)
    parent = feature.text("parent", "", 64)
    stated = StatedRegion(
        code=RegionCode(code) if stating else plain_code(code),
        parent=RegionCode(parent) if parent else None,
        name_zh=feature.text("name_zh", "") or None,
        name_en=feature.text("name_en", "") or None,
    )
    if feature.shape is None or feature.shape.is_empty:
        return _Found(stated, None)
    shape = mended(feature, checked(feature, MOST_CORNERS, reach))
    if shapely.get_dimensions(shape) != 2:
        raise Refused(
            Code.WRONG_GEOMETRY, "geometry", f"is a {shape.geom_type}: expected a polygon"
        )
    return _Found(stated, shape)


def _aliases(layer: Layer, named: Mapping[str, str]) -> Aliases:
    """The names to look for, those given first.

    Raises:
        BadInput: the file has no attribute of a name that was given.
    """
    for name in named.values():
        if name not in layer.columns:
            has = ", ".join(layer.columns)
            raise BadInput(f"{layer.name} has no attribute {name!r}; it has {has}")
    return {one: (named[one],) if one in named else (one, *more) for one, more in ALIASES.items()}


@contextmanager
def _transaction(engine: Engine, dry_run: bool) -> Iterator[Connection]:
    """Everything in the block is stored together, or, in a dry run, undone."""
    with writing(engine) as connection:
        serialise(connection, "import_regions")
        # A savepoint: SQLite's driver and PostgreSQL both undo it without ending the transaction.
        step = connection.begin_nested()
        yield connection
        step.rollback() if dry_run else step.commit()


def _together(made: Mapping[int, _Found]) -> dict[RegionCode, _Found]:
    """The regions by code, those of one code as one; the first says its names and parent."""
    found: dict[RegionCode, _Found] = {}
    for row in sorted(made):
        one = made[row]
        first = found.setdefault(one.stated.code, one)
        if first is not one:
            shapes = [shape for shape in (first.shape, one.shape) if shape is not None]
            whole = shapely.union_all(shapes) if shapes else None
            found[one.stated.code] = replace(first, shape=whole)
    return found


def _lost(
    parents: Mapping[RegionCode, RegionCode | None], codes: Iterable[RegionCode]
) -> dict[RegionCode, str]:
    """Return why the parents of a region lead nowhere, by code."""
    tree, lost = RegionTree(parents), dict[RegionCode, str]()
    for code in codes:
        path = tree.path(code)
        missing = next((unit for unit in path if unit not in parents), None)
        if missing is not None:
            lost[code] = f"lies in {missing}, which is neither known nor in this file"
        elif parents[path[-1]] is not None:
            lost[code] = f"lies in itself, by way of {parents[path[-1]]}"
    return lost


def _tree(known: Mapping[RegionCode, RegionCode | None], more: Sequence[_Found]) -> RegionTree:
    return RegionTree.of({**known, **{one.stated.code: one.stated.parent for one in more}})


def _simplified(found: Sequence[_Found], tree: RegionTree) -> list[StatedRegion]:
    """Give the regions their outlines; those of one depth have common borders."""
    outlines: dict[RegionCode, bytes] = {}
    by_depth: dict[int, list[_Found]] = defaultdict(list)
    for one in found:
        if one.shape is not None:
            by_depth[tree.depth(one.stated.code)].append(one)
    for same in by_depth.values():
        shapes = np.array([one.shape for one in same], dtype=object)
        simple = shapely.coverage_simplify(shapes, TOLERANCE_DEG)
        sound = np.where(shapely.is_valid(simple) & ~shapely.is_empty(simple), simple, shapes)
        wkb = shapely.to_wkb(sound)
        outlines |= {one.stated.code: data for one, data in zip(same, wkb, strict=True)}
    return [replace(one.stated, outline=outlines.get(one.stated.code)) for one in found]


def _line(
    line: Line,
    made: _Found | None,
    found: Mapping[RegionCode, _Found],
    lost: Mapping[RegionCode, str],
    done: Mapping[str, Stored],
) -> Line:
    if made is None:
        return line
    code = made.stated.code
    if code in lost:
        return refused(line.row, line.name, Code.UNKNOWN_PARENT, "parent", f"{code} {lost[code]}")
    line = replace(line, name=f"{code} {line.name}".strip(), done=done[code].value)
    if made.stated is found[code].stated:
        return line
    return replace(
        line, outcome=Outcome.REPAIRED, code=Code.MERGED, message=f"put together with {code} above"
    )
