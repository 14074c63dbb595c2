"""What goes wrong in one simulated run: drawn from its seed, and all of it in one value."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

Window = tuple[float, float]
"""From and until, in seconds of the drill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """The faults of a run; shares are of the occasions on which they could happen.

    desks           how many write the one log
    bell_lost       doorbells that never ring: the desk finds what is new at its next tick
    bell_late_s     how late the others ring at most
    screen_late_s   how late phones are told at most
    twice           actions that a phone sends twice at once
    again           actions that a phone sends once more, up to `again_s` later, after others
    answer_lost     answers that never reach the phone, which sends again
    lost            writes refused before they are stored
    unknown         writes that are stored, but the desk is told they failed
    dies_before     writes at which the desk dies before anything is stored
    dies_after      writes at which it dies after they are stored, before it answers
    back_s          how long a dead desk stays away at most
    turns           how often others may come in between two steps of a desk at most
    store_down      when the store does not answer
    planner_down    when the planner does not answer
    """

    desks: int = 1
    bell_lost: float = 0.0
    bell_late_s: float = 0.0
    screen_late_s: float = 0.0
    twice: float = 0.0
    again: float = 0.0
    again_s: float = 60.0
    answer_lost: float = 0.0
    lost: float = 0.0
    unknown: float = 0.0
    dies_before: float = 0.0
    dies_after: float = 0.0
    back_s: float = 30.0
    turns: int = 0
    store_down: tuple[Window, ...] = ()
    planner_down: tuple[Window, ...] = ()


NO_FAULTS: Final = FaultPlan()


def drawn(seed: int, length_s: float) -> FaultPlan:
    """Return the faults of a seed in a drill of this length. Each kind is missing from some."""
    luck = random.Random(f"faults/{seed}")

    def share(most: float) -> float:
        return round(luck.uniform(0, most), 4) if luck.random() < 0.7 else 0.0

    def windows(most_s: float) -> tuple[Window, ...]:
        starts = [luck.uniform(0, length_s) for _ in range(luck.randrange(3))]
        return tuple((round(s, 1), round(s + luck.uniform(1, most_s), 1)) for s in sorted(starts))

    return FaultPlan(
        desks=luck.choice([1, 1, 2, 2, 3]),
        bell_lost=share(0.8),
        bell_late_s=share(4.0),
        screen_late_s=share(20.0),
        twice=share(0.3),
        again=share(0.3),
        again_s=luck.choice([5.0, 60.0, 900.0]),
        answer_lost=share(0.2),
        lost=share(0.1),
        unknown=share(0.1),
        dies_before=share(0.02),
        dies_after=share(0.02),
        back_s=luck.choice([3.0, 30.0, 300.0]),
        turns=luck.randrange(4),
        store_down=windows(120.0),
        planner_down=windows(600.0),
    )


def within(windows: tuple[Window, ...], s: float) -> bool:
    """Return whether an instant lies in one of the windows."""
    return any(start <= s < end for start, end in windows)
