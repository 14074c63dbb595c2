"""How long things take when some have not happened yet: the Kaplan-Meier estimator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Seconds from a beginning until it happened, or, `censored`, until nobody looked any more."""

    seconds: float
    censored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Steps `(seconds, share)`: from then on that share has happened. `waits` is how many there
    were, `happened` in how many of them it did."""

    steps: tuple[tuple[float, float], ...]
    waits: int
    happened: int

    def when(self, share: float) -> float | None:
        """Return the seconds after which this share has happened; None when it never has."""
        return next((s for s, done in self.steps if done >= share - 1e-12), None)


def kaplan_meier(waits: Iterable[Wait]) -> Curve:
    """Return the share that has happened by when, with the censored ones at risk until they go.

    Kaplan and Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958). What
    is censored at an instant was still at risk at it.
    """
    ordered = sorted(waits, key=lambda w: w.seconds)
    at_risk, left, happened = len(ordered), 1.0, 0
    steps: list[tuple[float, float]] = []
    for seconds, group in groupby(ordered, key=lambda w: w.seconds):
        together = list(group)
        events = sum(not w.censored for w in together)
        if events:
            left *= 1 - events / at_risk
            happened += events
            steps.append((seconds, 1 - left))
        at_risk -= len(together)
    return Curve(steps=tuple(steps), waits=len(ordered), happened=happened)
