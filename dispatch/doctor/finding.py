"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "OK"
    WARN = "WARN"
    """It runs, worse than it could, or not for long."""
    FAIL = "FAIL"
    """It does not run, or loses what it acknowledged."""

    @property
    def rank(self) -> int:
        """How bad, from 0."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: what was looked at, what was seen, and what to do, empty where nothing is."""

    level: Level
    name: str
    text: str
    advice: str = ""


def ok(name: str, text: str) -> Finding:
    return Finding(level=Level.OK, name=name, text=text)


def warn(name: str, text: str, advice: str) -> Finding:
    return Finding(level=Level.WARN, name=name, text=text, advice=advice)


def fail(name: str, text: str, advice: str) -> Finding:
    return Finding(level=Level.FAIL, name=name, text=text, advice=advice)


def worst(findings: Iterable[Finding]) -> Level:
    """Return the worst level, OK for none."""
    return max((f.level for f in findings), key=lambda level: level.rank, default=Level.OK)
