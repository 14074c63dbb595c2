"""What runs under equal seeds tell of two ways of working: paired differences with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import t

LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over `count` runs with its interval at `LEVEL`; without width where one run says
    nothing of the spread."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def telling(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean with Student's interval (Gosset, Biometrika 6, 1908).

    Raises:
        ValueError: there are no values, or one is not finite.
    """
    found = np.asarray(values, dtype=np.float64)
    if not len(found) or not np.isfinite(found).all():
        raise ValueError("an estimate needs finite values, and at least one")
    mean = float(found.mean())
    if len(found) == 1:
        return Estimate(mean=mean, low=mean, high=mean, count=1)
    half = float(t.ppf((1 + LEVEL) / 2, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found)))
    return Estimate(mean=mean, low=mean - half, high=mean + half, count=len(found))


def apart(ours: Sequence[float], theirs: Sequence[float]) -> Estimate:
    """Return by how much theirs is more, seed by seed: what both have in common falls out.

    Raises:
        ValueError: they are not as many, or no estimate can be made.
    """
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} runs cannot be paired with {len(theirs)}")
    return estimate([b - a for a, b in zip(ours, theirs, strict=True)])


def gini(loads: Sequence[float]) -> float:
    """Return Gini's coefficient of loads from 0 on: 0 where all bear the same, towards 1 where one
    bears all."""
    ordered = np.sort(np.asarray(loads, dtype=np.float64))
    total = float(ordered.sum())
    if not total:
        return 0.0
    rank = np.arange(1, len(ordered) + 1)
    return float(
        2 * (rank * ordered).sum() / (len(ordered) * total) - (len(ordered) + 1) / len(ordered)
    )
