"""The files of a new scenario, written out of rows that were read from a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from dispatch.drills.scenario import schema as key
from dispatch.geo.crs import Crs

MARGIN_DEG: Final = 0.1
TIMEZONE: Final = "Asia/Shanghai"
AFTER: Final = timedelta(hours=12)
"""How long a drill goes on after its last incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody says about a table that does not say it itself."""

    name: str
    crs: Crs | None = None
    timezone: str | None = None
    year: int | None = None


@dataclass(slots=True, kw_only=True)
class Row:
    """One incident on its way. `guessed` names what its line did not say."""

    line: int
    at: datetime
    lon: float
    lat: float
    cells: dict[str, str]
    guessed: list[str] = field(default_factory=list)


def files_of(rows: Sequence[Row], file: str, given: Given, guesses: list[str]) -> Mapping[str, str]:
    """Return the files by name; what is taken for granted here is added to the guesses."""
    codes = sorted({row.cells["region"] for row in rows if row.cells["region"]})
    if not codes or any(not row.cells["region"] for row in rows):
        codes = [*codes, "0"]
        guesses.append("rows without a region lie in one invented region, 0")
    guesses.append("people, where they live and their cover: roster and settlements.csv")
    if given.timezone is None:
        guesses.append(f"the local clock is that of {TIMEZONE}")
    if given.crs is None:
        guesses.append("coordinates are WGS-84")
    return {
        "scenario.yaml": _scenario(rows, given),
        "incidents.csv": _incidents(rows, file),
        "settlements.csv": _settlements(rows, codes),
        "agency.toml": _agency(rows, given, codes),
    }


def _incidents(rows: Sequence[Row], file: str) -> str:
    def line(row: Row) -> list[str]:
        cells, guessed = row.cells, ", ".join(row.guessed)
        source = f"{cells['source'] or 'converted'} ({file}, line {row.line}"
        source += f"; guessed: {guessed})" if guessed else ")"
        return [
            cells["id"],
            row.at.strftime("%Y-%m-%d %H:%M"),
            f"{row.lon:.6f}",
            f"{row.lat:.6f}",
            cells["coord"],
            cells["place"],
            cells["region"] or "0",
            cells["kind"],
            cells["severity"],
            cells["hazard"],
            cells["title"],
            cells["title"],
            cells["needs"],
            cells["fact"],
            source[:2_000],
        ]

    header = (
        "id at lon lat coord place region kind severity hazard title_zh title_en needs fact source"
    )
    return _table(header.split(), map(line, rows))


def _settlements(rows: Sequence[Row], codes: Sequence[str]) -> str:
    def line(code: str) -> list[str]:
        inside = [row for row in rows if (row.cells["region"] or "0") == code]
        lon = float(np.mean([row.lon for row in inside]))
        lat = float(np.mean([row.lat for row in inside]))
        source = "invented: the middle of the incidents of the region"
        return [f"{lon:.6f}", f"{lat:.6f}", "5000", "10000", code, "", "S", "S", source]

    header = "lon lat radius_m population region name fact coord source"
    return _table(header.split(), map(line, codes))


def _scenario(rows: Sequence[Row], given: Given) -> str:
    starts = rows[0].at.replace(minute=0)
    hours = -(-(rows[-1].at + AFTER - starts) // timedelta(hours=1))
    lons, lats = [row.lon for row in rows], [row.lat for row in rows]
    west, south = min(lons) - MARGIN_DEG, min(lats) - MARGIN_DEG
    east, north = max(lons) + MARGIN_DEG, max(lats) + MARGIN_DEG
    said = _quoted(given.name)
    return f"""\
# Converted from a table. Everything marked S was guessed: complete it, then `scenario check` it.
format: {key.FORMAT}
id: {given.name}
name_zh: {said}
name_en: {said}
clock:
  starts: {starts:%Y-%m-%d %H:%M}
  hours: {hours}
  timezone: {given.timezone or TIMEZONE}
area:
  bounds: [{west:.4f}, {south:.4f}, {east:.4f}, {north:.4f}]
incidents: incidents.csv
roster:
  people: 1000
  teams: 10
  seed: 1
  settlements: settlements.csv
  fact: S
  source: invented by the converter
needs:
  deadline_min: 120
  work_min: 240
  reach_min: 120
  risk_assessment: to be written
  safety_owner: to be named (exercise)
  safety_measures: to be written
"""


def _agency(rows: Sequence[Row], given: Given, codes: Sequence[str]) -> str:
    lon = float(np.mean([row.lon for row in rows]))
    lat = float(np.mean([row.lat for row in rows]))
    said = _quoted(given.name)
    head = f"""\
# Who is drilled. Names of regions are to be written; without `roads` times are estimated.
id = {said}
name_zh = {said}
name_en = {said}
exercise = true
currency = "CNY"
timezone = {_quoted(given.timezone or TIMEZONE)}

[map]
center = [{lon:.5f}, {lat:.5f}]
zoom = 10.0
"""
    parts = (
        f"\n[[regions]]\ncode = {_quoted(code)}\nlevel = 1\n"
        f"name_zh = {_quoted(code)}\nname_en = {_quoted(code)}\n"
        for code in codes
    )
    return head + "".join(parts)


def _table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue()


def _quoted(text: str) -> str:
    """Return a text in double quotes, as JSON, YAML and TOML all read it."""
    return json.dumps(text, ensure_ascii=False)
