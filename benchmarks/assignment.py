"""Assignment instances: ours against scipy's, on the recipe of the OR-Library, or on its files.

Beasley's `assign100` to `assign800` are whole costs from 1 to 100, uniform; a file holds the size
and then the matrix. They are not shipped: `python -m benchmarks.assignment FILE...` reads them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from dispatch.matching.assign import assign

T = TypeVar("T")

SIZES = (100, 200, 300, 400, 500, 600, 700, 800)


def rows(files: tuple[Path, ...] = ()) -> list[dict[str, Any]]:
    """Return, per instance, both optima and seconds; `exact` is equal optima and no gap."""
    given = {path.name: read_orlib(path) for path in files}
    drawn = {f"uniform {n}": _drawn(n) for n in SIZES}
    return [_row(name, costs) for name, costs in (given or drawn).items()]


def read_orlib(path: Path) -> NDArray[np.int64]:
    """Return the cost matrix of a file in the OR-Library's format, shape (n, n)."""
    size, *costs = (int(word) for word in path.read_text(encoding="ascii").split())
    return np.array(costs, np.int64).reshape(size, size)


def _drawn(size: int) -> NDArray[np.int64]:
    return np.random.default_rng(size).integers(1, 101, (size, size))


def _row(name: str, costs: NDArray[np.int64]) -> dict[str, Any]:
    ours, ours_s = _timed(lambda: assign(costs))
    theirs, theirs_s = _timed(lambda: int(costs[linear_sum_assignment(costs)].sum()))
    return {
        "instance": name,
        "objective": ours.objective_s,
        "scipy": theirs,
        "exact": ours.objective_s == theirs and ours.gap == 0,
        "seconds": round(ours_s, 4),
        "scipy_seconds": round(theirs_s, 4),
    }


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(rows(tuple(map(Path, sys.argv[1:]))), indent=2))
