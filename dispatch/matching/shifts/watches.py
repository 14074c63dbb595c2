"""How long people may stay, and where the work of a need is cut into shifts.

The heads of a need whose time is up together are one watch: they are relieved together, at a round
quarter of an hour. From there to the end of the need its shifts have equal lengths, as few of them
as the rotation allows; a plan made after a handover, with the holders' `until_at`, cuts at the same
instants.

Durations and instants are whole seconds, instants since 1970-01-01 UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from dispatch.matching.shifts.spells import DAY_S, Holder, day_s, instant
from dispatch.model import Need
from dispatch.taxonomy import DUTY_LIMITS, ROTATIONS, DutyLimits

GRID_S: Final = 900
"""Handovers happen at whole quarters of an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefPolicy:
    """How reliefs are planned, in seconds.

    Who relieves arrives `handover_s` early, which counts as time on scene and on task. Shifts are
    kept so short that somebody `travel_s` away can serve them within the time on task. No handover
    is planned sooner than `lead_s` from now, and no shift that starts later than `horizon_s`.

    Raises:
        ValueError: a figure is out of its range, or leaves no time to work.
    """

    handover_s: int = 900
    travel_s: int = 3_600
    lead_s: int = 1_800
    horizon_s: int = DAY_S
    limits: DutyLimits = DUTY_LIMITS

    def __post_init__(self) -> None:
        if min(self.handover_s, self.travel_s, self.lead_s) < 0 or self.horizon_s < 1:
            raise ValueError(f"relief times cannot be negative: {self}")
        shortest = min(r.limit_s for r in ROTATIONS)
        if self.longest_s(shortest) < GRID_S or self.longest_s(self.limits.max_task_s) < GRID_S:
            raise ValueError(
                f"handover_s {self.handover_s} and travel_s {self.travel_s} leave no quarter of an "
                f"hour of a rotation of {shortest} s or of {self.limits.max_task_s} s on task"
            )

    def longest_s(self, rotation: int) -> int:
        """Return the longest shift under a rotation: handover, and travel to it, come on top."""
        on_task = self.limits.max_task_s - self.travel_s
        return min(rotation, on_task) - self.handover_s


@dataclass(frozen=True, slots=True)
class Watch:
    """Heads of a need that are relieved together, and when by: `stop`. `out` are the rows of those
    who hold them, in the order in which they are relieved; heads without a holder come after."""

    stop: int
    heads: int
    out: tuple[int, ...]


def rotation_s(need: Need, kind: str, limits: DutyLimits = DUTY_LIMITS) -> int:
    """Return the longest spell on scene that this need allows in an incident of this kind.

    Heat and frost come with the incident's kind and the need's hazard class: indoors they do not
    count. Without a rotation of its own it is the daily limit.
    """
    fitting = (
        r.limit_s
        for r in ROTATIONS
        if (not r.skills or need.skill in r.skills)
        and (not r.kinds or kind in r.kinds)
        and (not r.hazards or need.hazard in r.hazards)
    )
    return min(fitting, default=limits.max_task_s)


def stop_of(
    holder: Holder, rotation: int, worked: Sequence[tuple[int, int]], limits: DutyLimits
) -> int:
    """Return when this person's time is up: the rotation on scene, the daily limit on task, or what
    they were told.

    `worked` are the `(left, released)` instants of their earlier tasks. All that ended within the
    day before they left count; that some of them would leave the day while they work gives nothing
    back.
    """
    left = instant(holder.left_at)
    left_s = max(0, limits.max_task_s - day_s(left, worked))
    latest = min(instant(holder.on_scene_at) + rotation, left + left_s)
    return latest if holder.until_at is None else min(latest, instant(holder.until_at))


def watches(
    desired: int, stops: Sequence[tuple[int, int]], unheld_stop: int, end: int
) -> tuple[Watch, ...]:
    """Return the watches of a need that wants `desired` heads until `end`, by their time.

    `stops` are the `(stop, row)` of its holders. More holders than wanted are not all relieved:
    the first to stop leave the others behind. Heads without a holder, which today's plan is still
    filling, stop at `unheld_stop`. Who may stay to the end is not relieved.
    """
    held = sorted(stops)[-desired:]
    open_ = [(unheld_stop, -1)] * (desired - len(held))
    lanes = sorted(
        ((stop - stop % GRID_S, row) for stop, row in [*held, *open_] if stop < end),
        key=lambda lane: (lane[0], lane[1] < 0, lane[1]),
    )
    return tuple(
        Watch(stop, len(rows), tuple(r for r in rows if r >= 0))
        for stop, group in groupby(lanes, key=lambda lane: lane[0])
        for rows in [[row for _, row in group]]
    )


def cut(start: int, end: int, longest_s: int) -> tuple[tuple[int, int], ...]:
    """Return the `(start, end)` of the fewest equal shifts that fill `start` to `end`.

    They are equal to within a quarter of an hour, longer ones first, so that what is left after the
    first is cut in the same way; only the last may end off the grid.
    """
    if end <= start:
        return ()
    units = -(-(end - start) // GRID_S)
    shifts = -(-units // (longest_s // GRID_S))
    least, longer = divmod(units, shifts)
    edges = [start + GRID_S * (k * least + min(k, longer)) for k in range(shifts)]
    return tuple(pairwise([*edges, end]))
