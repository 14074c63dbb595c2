"""What runs now: needs with who holds their heads, the people, and the shifts still to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.matching.cost import Seconds
from dispatch.matching.shifts.spells import Holder, Spans, Task, by_row, instant
from dispatch.matching.shifts.watches import (
    GRID_S,
    ReliefPolicy,
    cut,
    rotation_s,
    stop_of,
    watches,
)
from dispatch.matching.skills import Rows
from dispatch.model import Need, Severity
from dispatch.roster import Ints

Instants = NDArray[np.int64]
"""Whole seconds since 1970-01-01 UTC."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ReliefNeed:
    """A need that runs, who holds its heads, and who could relieve them; columns of one length k.

    `rows` ascend and are eligible and in reach but for the time: whoever is at work or resting now
    belongs to them. `eta_s` is travel without turnout, `cost_s` what sending them costs in
    equivalent seconds, `covered_until` the instant at which cover or proof ends. `kind` is that of
    the incident.

    Raises:
        ValueError: columns differ in length, rows do not ascend, or a figure is negative.
    """

    need: Need
    kind: str
    severity: Severity
    holders: tuple[Holder, ...]
    rows: Rows
    eta_s: Ints
    cost_s: Seconds
    covered_until: Instants

    def __post_init__(self) -> None:
        columns = (self.rows, self.eta_s, self.cost_s, self.covered_until)
        if {c.shape for c in columns} != {(len(self.rows),)}:
            raise ValueError(f"{self.need.id}: rows, eta_s, cost_s, covered_until differ in length")
        if (np.diff(self.rows, prepend=-1) <= 0).any():
            raise ValueError(f"{self.need.id}: rows must ascend from 0")
        if (self.eta_s < 0).any() or (self.cost_s < 0).any():
            raise ValueError(f"{self.need.id}: eta_s and cost_s cannot be negative")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class People:
    """What shifts ask of the roster's people beside a need, columns of its length n.

    They can be alerted from `free_from` and must be home by `free_until`, instants. `tasks` are
    those of the last two days and any under way for needs that are not relieved here; the holders'
    are known from their needs.

    Raises:
        ValueError: columns differ in length, a turnout is negative, or a task names no row.
    """

    ids: Seconds
    turnout_s: Ints
    free_from: Instants
    free_until: Instants
    tasks: tuple[Task, ...] = ()

    def __post_init__(self) -> None:
        columns = (self.ids, self.turnout_s, self.free_from, self.free_until)
        if {c.shape for c in columns} != {(len(self.ids),)}:
            raise ValueError("ids, turnout_s, free_from, free_until differ in length")
        if (self.turnout_s < 0).any():
            raise ValueError("turnout_s cannot be negative")
        if any(t.row >= len(self.ids) for t in self.tasks):
            raise ValueError(f"a task names a row beyond the {len(self.ids)} people")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One shift of one watch of the need at index `need`; `stop` is when those before it have to
    leave, `out` who they are in a watch's first shift."""

    need: int
    watch: int
    number: int
    start: int
    end: int
    stop: int
    minimum: int
    desired: int
    out: tuple[int, ...]

    @property
    def heads(self) -> int:
        """How many people the shift wants."""
        return self.minimum + self.desired


def check(needs: Sequence[ReliefNeed], people: People) -> None:
    """Raise ValueError if needs come twice or out of order, somebody holds two heads, or a row
    lies beyond the people."""
    ids = [n.need.id for n in needs]
    if ids != sorted(set(ids)):
        raise ValueError("needs must be unique and in id order")
    held = [h.row for n in needs for h in n.holders]
    if len(held) != len(set(held)):
        raise ValueError("somebody holds two heads")
    if max([*held, *(int(n.rows.max(initial=-1)) for n in needs)], default=-1) >= len(people.ids):
        raise ValueError(f"a holder or candidate lies beyond the {len(people.ids)} people")


def shifts_of(
    needs: Sequence[ReliefNeed], people: People, now: int, policy: ReliefPolicy
) -> Iterator[Shift]:
    """Yield the shifts that want reliefs, by (need, watch, number)."""
    worked = by_row(people.tasks)
    soonest = -(-(now + policy.lead_s) // GRID_S) * GRID_S
    for j, entry in enumerate(needs):
        longest_s = policy.longest_s(rotation_s(entry.need, entry.kind, policy.limits))
        rows = [h.row for h in entry.holders]
        stops = list(zip(_stops(entry, worked, policy), rows, strict=True))
        heads, ends = entry.need.heads, instant(entry.need.ends_at)
        minimum = heads.minimum
        for w, watch in enumerate(watches(heads.desired, stops, now + longest_s, ends)):
            must = min(minimum, watch.heads)
            minimum -= must
            for k, (start, end) in enumerate(cut(max(watch.stop, soonest), ends, longest_s)):
                if start < now + policy.horizon_s:
                    yield Shift(
                        need=j,
                        watch=w,
                        number=k,
                        start=start,
                        end=end,
                        stop=start if k else watch.stop,
                        minimum=must,
                        desired=watch.heads - must,
                        out=() if k else watch.out,
                    )


def standing_tasks(
    needs: Sequence[ReliefNeed], people: People, now: int, policy: ReliefPolicy
) -> dict[int, Spans]:
    """Everybody's standing tasks: those given, and the holders' until they stop.

    Who is overdue stands until now at least: that their time is up does not bring them home.
    """
    worked = by_row(people.tasks)
    found = {row: list(tasks) for row, tasks in worked.items()}
    for entry in needs:
        ends = instant(entry.need.ends_at)
        for holder, stop in zip(entry.holders, _stops(entry, worked, policy), strict=True):
            left = instant(holder.left_at)
            task = left, max(left, now, min(stop, ends))
            found.setdefault(holder.row, []).append(task)
    return {row: tuple(sorted(tasks)) for row, tasks in found.items()}


def _stops(entry: ReliefNeed, worked: Mapping[int, Spans], policy: ReliefPolicy) -> list[int]:
    rotation = rotation_s(entry.need, entry.kind, policy.limits)
    return [stop_of(h, rotation, worked.get(h.row, ()), policy.limits) for h in entry.holders]
