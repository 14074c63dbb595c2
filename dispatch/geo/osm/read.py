"""Read the ways of an extract in one pass: their points, and what they are by their tags.

pyosmium (BSD-2) decodes the file and remembers where its nodes are, 16 bytes each; only ways that
may be of use come to Python.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import osmium

from dispatch.errors import BadInput
from dispatch.geo.measure import crow_m
from dispatch.geo.osm.access import passes
from dispatch.geo.osm.area import Area, Box
from dispatch.geo.osm.country import Country
from dispatch.geo.osm.rules import TELLING, Rule, ferry_speeds, rule_of
from dispatch.geo.roads import MICRO
from dispatch.roster import Ids, Ints

Progress = Callable[[str], None]

_KEYS: Final = ("highway", "route", "waterway", "seamark:type", "barrier")
_UNKNOWN: Final = 2**31 - 1
"""What osmium says of a node that is not in the file."""
_TO_MICRO: Final = 10
_EVERY: Final = 100_000
_DATES: Final = ("osmosis_replication_timestamp", "timestamp")

Kind = tuple[str, int, tuple[float, ...], int, int]
"""Class, access, speeds, structure, layer: what `RoadGraph` keeps of a way besides its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What was read: w ways of p points.

    `ref` (p,): node ids; `place` (p, 2): lon, lat in microdegrees; `start` (w + 1,): way i has the
    points start[i] to start[i + 1]. `kind` and `name` (w,) index `kinds` and `names`. `passing`
    gives the access bits of who gets past a barrier, by node id. `missing` nodes are not in the
    file: the ways were cut there. `seen` is the box of every way of the file, wanted or not.
    """

    ref: Ids
    place: Ints
    start: Ids
    osm_id: Ids
    kind: Ints
    name: Ints
    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    passing: Mapping[int, int]
    missing: int
    seen: Box | None
    date: str
    remarks: Mapping[tuple[str, str], int]


def read_ways(path: Path, area: Area, country: Country, progress: Progress) -> Ways:
    """Return what may be of use in `area`, in the order of the file.

    Raises:
        BadInput: the file is missing, empty, cut off or not OpenStreetMap data.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    if not path.is_file() or size == 0:
        raise BadInput(f"{path}: is {'empty' if path.is_file() else 'not a file'}")
    pile = _Pile(area, country)
    try:
        date = _date(path)
        for count, item in enumerate(_useful(path), 1):
            pile.add(item)
            if count % _EVERY == 0:
                progress(f"{count:,} ways and nodes read")
    except (RuntimeError, ValueError, OSError) as error:
        raise BadInput(
            f"{path}: not readable as OpenStreetMap data, or cut off after {len(pile.osm_id):,} "
            f"ways: {error}"
        ) from None
    return pile.ways(date)


def _date(path: Path) -> str:
    with osmium.io.Reader(path, osmium.osm.osm_entity_bits.NOTHING) as reader:
        header = reader.header()
        return next((stamp for key in _DATES if (stamp := header.get(key, ""))), "")


def _useful(path: Path) -> Iterator[Any]:
    bits = osmium.osm.osm_entity_bits
    # The nodes have to pass through osmium to be remembered, relations need not.
    processor = osmium.FileProcessor(path, bits.NODE | bits.WAY).with_locations()
    return iter(processor.with_filter(osmium.filter.KeyFilter(*_KEYS)))


@dataclass(slots=True)
class _Pile:
    area: Area
    country: Country
    ref: array[int] = field(default_factory=lambda: array("q"))
    lon: array[int] = field(default_factory=lambda: array("i"))
    lat: array[int] = field(default_factory=lambda: array("i"))
    start: array[int] = field(default_factory=lambda: array("q", [0]))
    osm_id: array[int] = field(default_factory=lambda: array("q"))
    kind: array[int] = field(default_factory=lambda: array("i"))
    name: array[int] = field(default_factory=lambda: array("i"))
    kinds: dict[Kind, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=lambda: {"": 0})
    rules: dict[tuple[tuple[str, str], ...], Rule] = field(default_factory=dict)
    passing: dict[int, int] = field(default_factory=dict)
    remarks: Counter[tuple[str, str]] = field(default_factory=Counter)
    missing: int = 0
    seen: Box | None = None

    def add(self, item: Any) -> None:
        if item.is_node():
            if "barrier" in item.tags or "waterway" in item.tags:
                self.passing[item.id] = passes(dict(item.tags))
            return
        rule = self._rule(item.tags)
        self.remarks.update(rule.remarks)
        if rule.access:
            self._add_way(item, rule)

    def _rule(self, tags: Any) -> Rule:
        telling = tuple((tag.k, tag.v) for tag in tags if tag.k in TELLING)
        rule = self.rules.get(telling)
        if rule is None:
            rule = self.rules[telling] = rule_of(dict(telling), self.country)
        return rule

    def _add_way(self, way: Any, rule: Rule) -> None:
        points = [(node.ref, node.x, node.y) for node in way.nodes]
        known = [point for point in points if point[1] != _UNKNOWN]
        self.missing += len(points) - len(known)
        if len(known) < 2 or not self._near(known):
            return
        refs, lons, lats = zip(*points, strict=True)
        self.ref.extend(refs)
        self.lon.extend(lons)
        self.lat.extend(lats)
        self.start.append(len(self.ref))
        self.osm_id.append(way.id)
        kind = _kind(rule, known)
        self.kind.append(self.kinds.setdefault(kind, len(self.kinds)))
        tags = way.tags
        name = next((text for key in self.country.names if (text := tags.get(key))), "")
        self.name.append(self.names.setdefault(name, len(self.names)))

    def _near(self, points: list[tuple[int, int, int]]) -> bool:
        """Return whether the box of the points touches the area, and make `seen` hold it."""
        _, lons, lats = zip(*points, strict=True)
        west, south, east, north = (
            value / (MICRO * _TO_MICRO) for value in (min(lons), min(lats), max(lons), max(lats))
        )
        old = self.seen or (west, south, east, north)
        self.seen = (min(old[0], west), min(old[1], south), max(old[2], east), max(old[3], north))
        box = self.area.box
        near: bool = west <= box[2] and east >= box[0] and south <= box[3] and north >= box[1]
        return near

    def ways(self, date: str) -> Ways:
        fine = np.stack([np.array(self.lon, np.int64), np.array(self.lat, np.int64)], axis=1)
        return Ways(
            ref=np.array(self.ref, np.int64),
            place=((fine + _TO_MICRO // 2) // _TO_MICRO).astype(np.int32),
            start=np.array(self.start, np.int64),
            osm_id=np.array(self.osm_id, np.int64),
            kind=np.array(self.kind, np.int32),
            name=np.array(self.name, np.int32),
            kinds=tuple(self.kinds),
            names=tuple(self.names),
            passing=self.passing,
            missing=self.missing,
            seen=self.seen,
            date=date,
            remarks=self.remarks,
        )


def _kind(rule: Rule, points: list[tuple[int, int, int]]) -> Kind:
    speeds = rule.speed_kmh
    if rule.crossing_s is not None:
        lon, lat = np.array(points, np.float64)[:, 1:].T / (MICRO * _TO_MICRO)
        length_m = float(crow_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum())
        speeds = ferry_speeds(rule, length_m)
    return rule.road_class, rule.access, speeds, rule.structure, rule.layer
