"""Features one by one: what they say under which name, and what became of each of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from dispatch.exchange.layer import Layer, Shape

T = TypeVar("T")

SHOWN: Final = 80


class Code(StrEnum):
    """Why a feature was refused, or what was done to it; stable, the screens translate them."""

    MISSING = "MISSING"
    BAD_VALUE = "BAD_VALUE"
    UNKNOWN_REGION = "UNKNOWN_REGION"
    UNKNOWN_PARENT = "UNKNOWN_PARENT"
    TWICE = "TWICE"
    NO_GEOMETRY = "NO_GEOMETRY"
    WRONG_GEOMETRY = "WRONG_GEOMETRY"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    SWAPPED = "SWAPPED"
    TOO_MANY_CORNERS = "TOO_MANY_CORNERS"
    MENDED = "MENDED"
    SIMPLIFIED = "SIMPLIFIED"
    MERGED = "MERGED"


class Outcome(StrEnum):
    """What became of a feature; REPAIRED ones were accepted after a change that is told."""

    ACCEPTED = "ACCEPTED"
    REPAIRED = "REPAIRED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What became of one feature, counted from 1 in the file's order. `field` is "geometry" or
    the name of an attribute; `done` says what storing it did, where it was stored."""

    row: int
    name: str
    outcome: Outcome
    code: str = ""
    field: str = ""
    message: str = ""
    done: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a file. `notes` are about the file as a whole."""

    file: str
    dry_run: bool
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """How many features ended so."""
        return sum(1 for line in self.lines if line.outcome is outcome)


class Refused(Exception):
    """This feature cannot be used."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code, self.field, self.message = code, field, message


@dataclass(slots=True)
class Feature:
    """One feature of a file: its place there, its shape, and what it says by canonical name.

    `mended` collects what was changed so that it could be used.
    """

    row: int
    shape: Shape | None
    said: Mapping[str, Any]
    mended: list[tuple[Code, str]] = field(default_factory=list)

    def text(self, name: str, default: str | None = None, most: int = 200) -> str:
        """Return what is said, as text without blanks around it.

        Raises:
            Refused: nothing is said and there is no default, or it is too long.
        """
        value = self.said.get(name)
        found = "" if value is None else _plain(value).strip()
        if not found and default is None:
            raise Refused(Code.MISSING, name, f"{name} is missing")
        if len(found) > most:
            raise Refused(Code.BAD_VALUE, name, f"{name} is longer than {most} characters")
        return found or default or ""

    def number(self, name: str, default: float) -> float:
        """Return a finite number.

        Raises:
            Refused: something else is said.
        """
        text = self.text(name, "")
        try:
            found = float(text) if text else default
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise Refused(Code.BAD_VALUE, name, f"{name}: {text[:SHOWN]!r} is not a number")
        return found

    def instant(self, name: str) -> datetime | None:
        """Return an instant that says its time zone, or None where nothing is said.

        Raises:
            Refused: it says none, or is no instant.
        """
        text = self.text(name, "")
        try:
            at = datetime.fromisoformat(text.replace(" ", "T", 1)) if text else None
        except ValueError:
            at = None
        if text and (at is None or at.tzinfo is None):
            raise Refused(
                Code.BAD_VALUE,
                name,
                f"{name}: {text[:SHOWN]!r} is not an instant with its time zone, like "
                "2026-07-20T08:00:00Z",
            )
        return None if at is None else at.astimezone(UTC)

    def choice(
        self, name: str, options: Collection[T], words: Mapping[str, T], default: T | None = None
    ) -> T:
        """Return the option that is named, by itself or by one of the other `words` for it.

        Raises:
            Refused: it is none of them, or nothing is said and there is no default.
        """
        text = self.text(name, None if default is None else "").casefold()
        if not text and default is not None:
            return default
        for option in options:
            if str(option).casefold() == text:
                return option
        if text in words:
            return words[text]
        raise Refused(
            Code.BAD_VALUE,
            name,
            f"{name}: {text[:SHOWN]!r} is none of {', '.join(map(str, options))}",
        )


Aliases = Mapping[str, Sequence[str]]
"""By canonical name: the names files use for it, the first found counts."""


def features(layer: Layer, aliases: Aliases) -> Iterator[Feature]:
    """The features of a layer, with attributes under their canonical names, whatever the case, and
    also where the name was cut to the ten letters of a shapefile."""
    present: dict[str, str] = {}
    for column in layer.columns:
        present.setdefault(column.casefold(), column)
    chosen: dict[str, str] = {}
    for name, names in aliases.items():
        wanted = [form.casefold() for one in names for form in (one, one[:10])]
        found = next((present[form] for form in wanted if form in present), None)
        if found is not None:
            chosen[name] = found
    for at, shape in enumerate(layer.shapes):
        said = {name: layer.columns[column][at] for name, column in chosen.items()}
        yield Feature(at + 1, shape, said)


@dataclass(frozen=True, slots=True)
class Read:
    """What the features of a file came to: by row what each is to become, and what is told."""

    made: Mapping[int, Any]
    lines: tuple[Line, ...]


def each(found: Iterator[Feature], make: Callable[[Feature], T], label: str = "name") -> Read:
    """Make something of each feature; those that cannot be used are refused one by one."""
    made: dict[int, T] = {}
    lines: list[Line] = []
    for feature in found:
        name = _plain(feature.said.get(label) or "")[:SHOWN]
        try:
            made[feature.row] = make(feature)
        except Refused as no:
            lines.append(refused(feature.row, name, no.code, no.field, no.message))
            continue
        outcome = Outcome.REPAIRED if feature.mended else Outcome.ACCEPTED
        lines.append(
            Line(
                row=feature.row,
                name=name,
                outcome=outcome,
                code=",".join(dict.fromkeys(code for code, _ in feature.mended)),
                field="geometry" if feature.mended else "",
                message="; ".join(told for _, told in feature.mended),
            )
        )
    return Read(made, tuple(lines))


def refused(row: int, name: str, code: str, field: str, message: str) -> Line:
    """Return the line of a feature that was refused."""
    return Line(
        row=row, name=name, outcome=Outcome.REFUSED, code=code, field=field, message=message
    )


def _plain(value: Any) -> str:
    """Return a value as text: whole numbers without a point, nan as nothing."""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.15g}"
    return str(value)
