"""Time on task: one spell of one person, what may follow it, and how instants are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from dispatch.taxonomy import DutyLimits

DAY_S: Final = 86_400

Spans = tuple[tuple[int, int], ...]
"""The `(left, released)` instants of somebody's tasks, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One spell on task of the person in roster row `row`: from leaving home to release."""

    row: int
    left_at: datetime
    released_at: datetime

    def __post_init__(self) -> None:
        if self.row < 0 or self.released_at < self.left_at:
            raise ValueError(f"a task has a row and ends after it starts: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who fills a head now: the person in `row`, on the way since `left_at`, on scene from
    `on_scene_at` (expected, while they travel; ahead, for a relief that is already promised). They
    were told to stay until `until_at`, if a relief plan brought them."""

    row: int
    left_at: datetime
    on_scene_at: datetime
    until_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.row < 0 or self.on_scene_at < self.left_at:
            raise ValueError(f"a holder has a row and arrives after leaving: {self}")


class Spell(NamedTuple):
    """A person's time for one shift or task, instants: alerted, on task from `left` to `released`,
    and blocked until the end of the rest it asks for, or of the way home if that is later."""

    alert: int
    left: int
    released: int
    blocked: int

    @property
    def task_s(self) -> int:
        """How long it is on task."""
        return self.released - self.left

    def excludes(self, other: Spell, limits: DutyLimits) -> bool:
        """Return whether nobody can do both: they overlap, or make too long a day together."""
        if self.alert < other.blocked and other.alert < self.blocked:
            return True
        within_day = abs(self.released - other.released) < DAY_S
        return within_day and self.task_s + other.task_s > limits.max_task_s


def spell(alert: int, left: int, released: int, home_s: int, limits: DutyLimits) -> Spell:
    """Return the spell of these instants whose way home takes `home_s`."""
    rest_s = limits.rest_s if released - left >= limits.shift_min_s else 0
    return Spell(alert, left, released, released + max(home_s, rest_s))


def standing(task: tuple[int, int], limits: DutyLimits) -> Spell:
    """Return the spell of a task that stands already; where its person lives is not asked."""
    return spell(task[0], task[0], task[1], 0, limits)


def day_s(until: int, spells: Sequence[tuple[int, int]]) -> int:
    """Return the time on task of the `(left, released)` that end in the day up to `until`."""
    return sum(end - left for left, end in spells if until - DAY_S < end <= until)


def instant(at: datetime) -> int:
    """Return whole seconds since 1970-01-01 UTC.

    Raises:
        ValueError: the datetime has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} carries no time zone")
    return int(at.timestamp() // 1)


def at(instant: int) -> datetime:
    """Return the aware UTC datetime of an instant."""
    return datetime.fromtimestamp(instant, UTC)


def by_row(tasks: Sequence[Task]) -> Mapping[int, Spans]:
    """Return the `(left, released)` instants of each person's tasks, in their order."""
    found: dict[int, list[tuple[int, int]]] = {}
    for task in tasks:
        found.setdefault(task.row, []).append((instant(task.left_at), instant(task.released_at)))
    return {row: tuple(sorted(spans)) for row, spans in found.items()}
