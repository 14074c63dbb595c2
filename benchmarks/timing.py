"""How long work took, and one time as a multiple of another."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.figures import Figure, median_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the wall, and of all threads' work."""

    wall: float
    cpu: float


def timed(work: Callable[[], T]) -> tuple[Took, T]:
    """Return how long a piece of work took, and what it made."""
    began, busy = time.perf_counter(), time.process_time()
    made = work()
    return Took(time.perf_counter() - began, time.process_time() - busy), made


def walls(took: Sequence[Took]) -> list[float]:
    """Return the seconds by the wall."""
    return [t.wall for t in took]


def times_over(
    over: Sequence[Took],
    under: Sequence[Took],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Figure:
    """Return one wall time as a multiple of another measured just before or after it."""
    runs = [a.wall / b.wall for a, b in zip(over, under, strict=True)]
    if at_least is not None:
        return median_of(runs, "x", better="higher", reach=at_least)
    return median_of(runs, "x", reach=at_most)
