"""One line of a roster file, checked cell by cell. Nothing is guessed: what is not clear is a
problem of that row, told with its column, its value and the reason."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, Final

import numpy as np

from dispatch.geo.crs import Crs, to_wgs84
from dispatch.model import PolicyId, RegionCode, Skill, Tier, TravelMode, VolunteerStatus
from dispatch.regions import plain_code
from dispatch.taxonomy import LANGUAGES, SKILLS

COLUMNS: Final = (
    "number", "name", "phone", "status", "tier", "birth_on", "fit", "guardian", "consent",
    "available", "trained_until_on", "region", "team", "mode", "lon", "lat", "turnout_s", "skills",
    "policies",
)  # fmt: skip
"""Every roster file has these, in any order."""
OPTIONAL: Final = ("verified_by", "served_h", "languages", "seats", "crs")
"""These may be added. A file without one of them says nothing of it."""

TOP_LEVEL: Final = 5
OLDEST: Final = date(1900, 1, 1)
_SHOWN: Final = 80
_NUMBER: Final = re.compile(r"[A-Za-z0-9-]{1,32}", re.ASCII)
_PHONE: Final = re.compile(r"\+?[0-9]{5,15}", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_WHOLE: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_DECIMAL: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,17})?", re.ASCII)
_YES_NO: Final = {
    "yes": True, "true": True, "1": True, "是": True,
    "no": False, "false": False, "0": False, "否": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was left out. Line 1 is the header; `column` is empty for a whole row."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """What a row may refer to: region codes, teams by name, policies by clause or id."""

    regions: frozenset[RegionCode]
    teams: Mapping[str, int]
    policies: Mapping[str, PolicyId]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A skill as a row states it. `trained_until_on` None: the row does not say."""

    level: int
    expires_on: date | None
    trained_until_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that can be stored.

    `person` holds columns of the table `volunteer`, those of OPTIONAL only where the row says
    something of them. A policy maps to the instant of activation,
    None where the row does not say; `verified_by` None likewise.
    """

    line: int
    person: Mapping[str, Any]
    skills: Mapping[Skill, Claim]
    policies: Mapping[PolicyId, datetime | None]
    verified_by: str | None

    @property
    def number(self) -> str:
        return str(self.person["number"])


def read_row(line: int, cells: Mapping[str, str], known: References) -> Row | list[Problem]:
    """Return the row, or all its problems. `cells` has a value for each of COLUMNS."""
    values: dict[str, Any] = {}
    problems = []
    for column in (*COLUMNS, *(one for one in OPTIONAL if one in cells)):
        field, parse = _PARSERS[column]
        try:
            values[field] = parse(cells[column], known)
        except ValueError as error:
            problems.append(Problem(line, column, shown(cells[column]), str(error)))
    problems = problems or _contradictions(line, values)
    if problems:
        return problems
    home = np.array([[values["home_lon"], values["home_lat"]]])
    values["home_lon"], values["home_lat"] = to_wgs84(home, values.pop("crs", Crs.WGS84))[
        0
    ].tolist()
    if values["mode"] != TravelMode.CAR:
        # A file that does not speak of seats may still say that somebody gave up their car.
        values["seats"] = 0
    return Row(
        line=line,
        skills=values.pop("skills"),
        policies=values.pop("policies"),
        verified_by=values.pop("verified_by", None),
        person=values,
    )


def _contradictions(line: int, values: Mapping[str, Any]) -> list[Problem]:
    found = []
    if values["home_lon"] == 0 and values["home_lat"] == 0:
        found.append(Problem(line, "lon", "0", "0, 0 is a missing position, not a home"))
    seats, mode = values.get("seats", 0), values["mode"]
    if seats and mode != TravelMode.CAR:
        reason = f"is not 0 although the mode is {mode}: only a car has seats"
        found.append(Problem(line, "seats", str(seats), reason))
    return found


def shown(value: str) -> str:
    """Return a value fit for a message: short, and without control characters."""
    return "".join(c if c.isprintable() else "\ufffd" for c in value[:_SHOWN])


def _number(cell: str, _known: References) -> str:
    if not _NUMBER.fullmatch(cell):
        raise ValueError("is not 1 to 32 letters, digits and hyphens")
    return cell


def _name(cell: str, _known: References) -> str:
    if not cell:
        raise ValueError("is empty")
    return _text(cell)


def _verifier(cell: str, _known: References) -> str | None:
    return _text(cell) or None


def _text(cell: str) -> str:
    if len(cell) > 80 or not cell.isprintable():
        raise ValueError("is longer than 80 characters or holds control characters")
    return cell


def _phone(cell: str, _known: References) -> str:
    digits = re.sub(r"[ -]", "", cell)
    if not _PHONE.fullmatch(digits):
        raise ValueError("is not a phone number of 5 to 15 digits")
    return digits


def _member(kind: type[StrEnum]) -> Callable[[str, References], str]:
    options = {str(one) for one in kind}

    def parse(cell: str, _known: References) -> str:
        if cell not in options:
            raise ValueError(f"is not one of {', '.join(sorted(options))}")
        return cell

    return parse


def _crs(cell: str, _known: References) -> Crs:
    try:
        return Crs(cell.casefold() or Crs.WGS84)
    except ValueError:
        raise ValueError(f"is not one of {', '.join(sorted(Crs))}") from None


def _flag(cell: str, _known: References) -> bool:
    if cell.casefold() not in _YES_NO:
        raise ValueError("is not yes or no")
    return _YES_NO[cell.casefold()]


def _day(cell: str) -> date:
    if not _DAY.fullmatch(cell):
        raise ValueError("is not a day like 2027-05-01")
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("is not a day of the calendar") from None


def _birth(cell: str, known: References) -> date:
    day = _day(cell)
    if not OLDEST <= day <= known.today:
        raise ValueError("is not a day of birth between 1900 and today")
    return day


def _day_or_none(cell: str, _known: References) -> date | None:
    return _day(cell) if cell else None


def _region(cell: str, known: References) -> RegionCode | None:
    """An empty cell leaves it to the home."""
    if not cell:
        return None
    for code in (RegionCode(cell), plain_code(cell)):
        if code in known.regions:
            return code
    raise ValueError("is not a region of this registry")


def _team(cell: str, known: References) -> int | None:
    if cell and cell not in known.teams:
        raise ValueError("is not the name of a team of this registry")
    return known.teams[cell] if cell else None


def _degrees(limit: int) -> Callable[[str, References], float]:
    def parse(cell: str, _known: References) -> float:
        value = float(cell) if _DECIMAL.fullmatch(cell) else math.nan
        if not -limit <= value <= limit:
            raise ValueError(f"is not decimal degrees between -{limit} and {limit}")
        return value

    return parse


def _count(unit: str, most: int) -> Callable[[str, References], int]:
    def parse(cell: str, _known: References) -> int:
        if not _WHOLE.fullmatch(cell) or int(cell) > most:
            raise ValueError(f"is not whole {unit} between 0 and {most}")
        return int(cell)

    return parse


def _count_or_0(unit: str, most: int) -> Callable[[str, References], int]:
    count = _count(unit, most)
    return lambda cell, known: count(cell or "0", known)


def _languages(cell: str, _known: References) -> tuple[str, ...]:
    codes = _entries(cell)
    for code, times in Counter(codes).items():
        if code not in LANGUAGES:
            raise ValueError(f"{shown(code)} is not one of {', '.join(LANGUAGES)}")
        if times > 1:
            raise ValueError(f"{code} is there twice")
    return tuple(sorted(codes))


def _skills(cell: str, _known: References) -> dict[Skill, Claim]:
    skills: dict[Skill, Claim] = {}
    for entry in _entries(cell):
        skill, claim = _claim(entry)
        if skill in skills:
            raise ValueError(f"{skill} is there twice")
        skills[skill] = claim
    return skills


def _claim(entry: str) -> tuple[Skill, Claim]:
    """Read `code[:level[:expires_on[:trained_until_on]]]`, any of the three possibly empty."""
    code, *rest = (part.strip() for part in entry.split(":"))
    if Skill(code) not in SKILLS:
        raise ValueError(f"{shown(code)} is not a known skill")
    if len(rest) > 3:
        raise ValueError(f"{code} has more than a level and two days")
    level, expires, trained = [*rest, "", "", ""][:3]
    if level and not (_WHOLE.fullmatch(level) and 1 <= int(level) <= TOP_LEVEL):
        raise ValueError(f"the level of {code} is not 1 to {TOP_LEVEL}")
    if not expires and SKILLS[Skill(code)].validity_days is not None:
        raise ValueError(f"{code} expires: give its last valid day, {code}:1:2027-05-01")
    return Skill(code), Claim(
        level=int(level or 1),
        expires_on=_day_of(code, expires),
        trained_until_on=_day_of(code, trained),
    )


def _day_of(what: str, text: str) -> date | None:
    try:
        return _day(text) if text else None
    except ValueError as error:
        raise ValueError(f"the day of {what} {error}") from None


def _policies(cell: str, known: References) -> dict[PolicyId, datetime | None]:
    """Read `clause[:activated_on];...`; an id stands for a clause."""
    held: dict[PolicyId, datetime | None] = {}
    for entry in _entries(cell):
        clause, _, activated = (part.strip() for part in entry.partition(":"))
        if clause not in known.policies:
            raise ValueError(f"{shown(clause)} is not a policy of this registry")
        if known.policies[clause] in held:
            raise ValueError(f"{clause} is there twice")
        held[known.policies[clause]] = _activation(clause, activated, known.today)
    return held


def _activation(clause: str, text: str, today: date) -> datetime | None:
    day = _day_of(clause, text)
    if day is not None and day > today:
        raise ValueError(f"{clause} is activated in the future")
    return None if day is None else datetime.combine(day, time(), UTC)


def _entries(cell: str) -> list[str]:
    entries = [entry.strip() for entry in cell.split(";")] if cell else []
    if "" in entries:
        raise ValueError("has an empty entry between semicolons")
    return entries


_PARSERS: Final[Mapping[str, tuple[str, Callable[[str, References], Any]]]] = {
    "number": ("number", _number),
    "name": ("name", _name),
    "phone": ("phone", _phone),
    "status": ("status", _member(VolunteerStatus)),
    "tier": ("tier", _member(Tier)),
    "birth_on": ("birth_on", _birth),
    "fit": ("fit", _flag),
    "guardian": ("guardian", _flag),
    "consent": ("consent_dispatch", _flag),
    "available": ("available", _flag),
    "trained_until_on": ("trained_until_on", _day_or_none),
    "region": ("region", _region),
    "team": ("team_id", _team),
    "mode": ("mode", _member(TravelMode)),
    "lon": ("home_lon", _degrees(180)),
    "lat": ("home_lat", _degrees(90)),
    "turnout_s": ("turnout_s", _count("seconds", 86_400)),
    "skills": ("skills", _skills),
    "policies": ("policies", _policies),
    "verified_by": ("verified_by", _verifier),
    "served_h": ("served_h", _count_or_0("hours", 999_999)),
    "languages": ("languages", _languages),
    "seats": ("seats", _count_or_0("passengers", 60)),
    "crs": ("crs", _crs),
}
"""By column of the file: the field it becomes, and how it is read."""
