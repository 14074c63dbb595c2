"""A plain table of incidents, as counties keep it, made into a scenario.

What the table does not say is guessed; each guess is told and marked as a synthesis in its row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from dispatch.drills.scenario import schema as key
from dispatch.drills.scenario.draft import TIMEZONE, Given, Row, files_of
from dispatch.drills.scenario.fields import SHOWN, printable
from dispatch.drills.scenario.model import Fact, Placed
from dispatch.drills.scenario.needs import needs
from dispatch.drills.scenario.nodes import Scalar
from dispatch.drills.scenario.problems import Bad, BadScenario, Code, Place, Problems
from dispatch.drills.scenario.sources import records
from dispatch.drills.scenario.times import instant, zone
from dispatch.exchange.incidents import ALIASES as SPELT
from dispatch.exchange.incidents import KINDS, SEVERITIES
from dispatch.exchange.rows import Feature, Refused
from dispatch.exchange.shapes import checked
from dispatch.geo.crs import Crs, to_wgs84
from dispatch.model import HazardClass, Severity
from dispatch.regions import plain_code
from dispatch.taxonomy import INCIDENT_KINDS

COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "id": ("id", "编号", "序号", "事件编号", "no", "number"),
    "at": ("at", "time", "local_time", "时间", "发生时间", "上报时间", "datetime", "date"),
    "lon": ("lon", "lng", "long", "longitude", "经度", "x"),
    "lat": ("lat", "latitude", "纬度", "y"),
    "kind": ("incident_kind", "类型", "事件类型", "type", "category", "kind"),
    "title": ("title", "标题", "事件名称", "名称", "name", "event", "事件", "kind"),
    "severity": SPELT["severity"],
    "hazard": SPELT["hazard"],
    "region": SPELT["region"],
    "place": SPELT["place"],
    "needs": ("needs", "需求", "所需力量", "resources"),
    "fact": ("fact", "flag"),
    "coord": ("coord",),
    "source": ("source", "来源", "note", "notes", "备注", "说明", "描述", "description"),
}
"""By what is meant: the headings tables use for it, the first found counts."""
MOST: Final = 5_000

_WHEN: Final = re.compile(
    r"(?:(?P<year>[0-9]{4})[-/.年])?(?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?[ T]*"
    r"(?P<hour>[0-9]{1,2})[:：时点](?:(?P<minute>[0-9]{1,2})分?)?(?::[0-9]{2})?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """The files of the new scenario, by name, and what was guessed."""

    files: Mapping[str, str]
    guesses: tuple[str, ...]


def convert(data: bytes, file: str, given: Given) -> Converted:
    """Return the scenario made of a CSV table in UTF-8 or GB18030.

    Raises:
        BadScenario: a line cannot be used; says which, all of them.
    """
    problems = Problems()
    guesses: list[str] = []
    rows: list[Row] = []
    try:
        key.ID.read(Scalar(place=Place(file=file), text=given.name))
        zone(Scalar(place=Place(file=file), text=given.timezone or TIMEZONE))
        found = records(_text(data, file, guesses), file)
        rows = _rows(found, file, given, problems, guesses)
    except Bad as bad:
        problems.add(bad.place or Place(file=file), bad.code, "", bad.message)
    if not rows and not problems:
        problems.add(Place(file=file), Code.MISSING, "", "holds no incident")
    if problems:
        raise BadScenario(problems)
    rows.sort(key=lambda row: row.at)
    files = files_of(rows, file, given, guesses)
    return Converted(files=files, guesses=(*guesses, *_told(rows)))


def _text(data: bytes, file: str, guesses: list[str]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("GB18030")
    except UnicodeDecodeError:
        raise Bad(Code.NOT_UTF8, "is neither UTF-8 nor GB18030", Place(file=file)) from None
    guesses.append("its encoding is GB18030")
    return text


def _rows(
    found: Sequence[tuple[int, list[str]]],
    file: str,
    given: Given,
    problems: Problems,
    guesses: list[str],
) -> list[Row]:
    if not found:
        raise Bad(Code.NOT_CSV, "holds no line with the names of its columns", Place(file=file))
    if len(found) > MOST:
        raise Bad(Code.FILE_TOO_LARGE, f"has more than {MOST:,} rows", Place(file=file))
    top, header = found[0]
    where = _columns(header)
    for name in ("at", "lon", "lat"):
        if name not in where:
            said = f"no column for {name}: expected one of {', '.join(COLUMNS[name])}"
            raise Bad(Code.MISSING, said, Place(file=file, line=top))
    unread = [name for at, name in enumerate(header) if name and at not in where.values()]
    if unread:
        guesses.append(f"columns that are not read: {', '.join(unread)[:300]}")
    rows: list[Row] = []
    for line, cells in found[1:]:
        cell = {name: cells[at].strip() for name, at in where.items() if at < len(cells)}
        try:
            rows.append(_row(line, cell, given))
        except Bad as bad:
            problems.add(Place(file=file, line=line), bad.code, "", bad.message)
    _name_all(rows, file, problems)
    return rows


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Return where each thing stands; a heading serves once, `kind` as a title where it is free."""
    present: dict[str, int] = {}
    for at, name in enumerate(header):
        present.setdefault(name.strip().casefold(), at)
    where: dict[str, int] = {}
    for name, spellings in COLUMNS.items():
        found = next((present[one] for one in spellings if one in present), None)
        if found is not None and (found not in where.values() or name == "title"):
            where[name] = found
    return where


def _row(line: int, said: Mapping[str, str], given: Given) -> Row:
    for name, text in said.items():
        if not printable(text):
            raise Bad(Code.BAD_VALUE, f"{name} holds characters that cannot be printed")
    lon, lat = _place(said, given.crs or Crs.WGS84)
    at = _when(said.get("at", ""), given)
    row = Row(line=line, at=at, lon=lon, lat=lat, cells={})
    kind = _word(row, "kind", said, INCIDENT_KINDS, KINDS, "other")
    hazard = INCIDENT_KINDS[kind].hazard.value
    row.cells |= {
        "id": said.get("id", ""),
        "kind": kind,
        "severity": _word(row, "severity", said, tuple(Severity), SEVERITIES, "III"),
        "hazard": _word(row, "hazard", said, tuple(HazardClass), {}, hazard),
        "fact": _word(row, "fact", said, tuple(Fact), {}, "S"),
        "coord": _word(row, "coord", said, tuple(Placed), {}, "S"),
        "region": plain_code(said.get("region", ""))[:64] if said.get("region") else "",
        "place": said.get("place", "")[:200],
        "title": (said.get("title") or said.get("source") or said.get("place") or "")[
            : key.NAME_MOST
        ],
        "needs": _needs(row, said.get("needs", "")),
        "source": said.get("source", ""),
    }
    if not row.cells["title"]:
        row.guessed.append("title")
        row.cells["title"] = INCIDENT_KINDS[kind].names.zh
    return row


def _place(said: Mapping[str, str], crs: Crs) -> tuple[float, float]:
    at = [_number(said.get(name, ""), name) for name in ("lon", "lat")]
    try:
        checked(Feature(0, shapely.Point(at), {}), 1, None)
    except Refused as no:
        raise Bad(Code(no.code), no.message) from None
    lon, lat = to_wgs84(np.array([at], np.float64), crs)[0].round(6).tolist()
    return float(lon), float(lat)


def _number(text: str, name: str) -> float:
    if not text:
        raise Bad(Code.MISSING, f"{name} is missing")
    return key.LON.read(Scalar(place=Place(file=name), text=text.rstrip("°")))


def _when(text: str, given: Given) -> datetime:
    parts = _WHEN.fullmatch(text)
    if parts is None:
        raise Bad(Code.BAD_TIME, f"{text[:SHOWN]!r} is not a time like 2021-07-20 16:00")
    year = parts["year"] or given.year
    if year is None:
        raise Bad(Code.BAD_TIME, f"{text[:SHOWN]!r} says no year: say it with --year")
    try:
        found = datetime(  # noqa: DTZ001 - the table's own local clock; `instant` checks the zone
            int(year),
            int(parts["month"]),
            int(parts["day"]),
            int(parts["hour"]),
            int(parts["minute"] or 0),
        )
    except ValueError:
        raise Bad(Code.BAD_TIME, f"{text[:SHOWN]!r} is not on the calendar") from None
    instant(found, ZoneInfo(given.timezone or TIMEZONE))
    return found


def _word(
    row: Row,
    name: str,
    said: Mapping[str, str],
    options: Iterable[str],
    words: Mapping[str, str],
    default: str,
) -> str:
    """Return the option that is said, in whatever words; else the default, and note the guess."""
    text = said.get(name, "").casefold()
    for option in options:
        if option.casefold() == text:
            return str(option)
    if text in words:
        return str(words[text])
    row.guessed.append(name)
    return default


def _needs(row: Row, text: str) -> str:
    """Return needs that can be read; others are left to whoever completes the scenario."""
    if text in ("", "-"):
        return "-"
    try:
        needs(Scalar(place=Place(file="needs"), text=text))
    except Bad:
        row.guessed.append("needs (not understood, left out)")
        return "-"
    return text


def _name_all(rows: Sequence[Row], file: str, problems: Problems) -> None:
    """Give every row an id: its own, or a number where that is no name; none may come twice."""
    first: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        try:
            name = key.ID.read(Scalar(place=Place(file=file), text=row.cells["id"]))
        except Bad:
            name = f"R{number:03d}"
            row.guessed.append("id")
        if name in first:
            said = f"id {name!r} comes twice, see line {first[name]}"
            problems.add(Place(file=file, line=row.line), Code.TWICE, "id", said)
        first.setdefault(name, row.line)
        row.cells["id"] = name


def _told(rows: Sequence[Row]) -> Iterable[str]:
    """Return how many rows each guess was made in."""
    names = dict.fromkeys(name for row in rows for name in row.guessed)
    count = {name: sum(name in row.guessed for row in rows) for name in names}
    return [f"{name}: guessed in {n} of {len(rows)} rows" for name, n in count.items()]
