"""How far a wave may look, and how high up the region tree (science D3)."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

_FURTHEST_S: Final = 48 * 3_600
_LAST_WAVE: Final = 100
"""From here on nothing grows; keeps the power finite."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a wave may reach: travel in seconds, and levels up the region tree from the need's."""

    eta_s: int
    levels_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Each wave looks `factor` times as far and `levels_per_wave` regions higher than the last; the
    first looks `levels` up.

    Raises:
        ValueError: a figure is out of its range; names it.
    """

    eta_s: int = 600
    factor: float = 1.7
    levels: int = 0
    levels_per_wave: int = 1
    levels_max: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.eta_s <= _FURTHEST_S:
            raise ValueError(f"growth.eta_s must be in 1..{_FURTHEST_S}, got {self.eta_s}")
        if not 1 <= self.factor < inf:
            raise ValueError(f"growth.factor must be 1 or more and finite, got {self.factor}")
        for name in ("levels", "levels_per_wave", "levels_max"):
            if getattr(self, name) < 0:
                raise ValueError(f"growth.{name} is negative: {getattr(self, name)}")

    def limits(self, wave: int) -> Limits:
        """Return how far wave `wave`, counted from 0, may look; never further than 48 h."""
        grown_s = self.eta_s * self.factor ** min(wave, _LAST_WAVE)
        return Limits(
            eta_s=round(min(grown_s, _FURTHEST_S)),
            levels_up=min(self.levels + wave * self.levels_per_wave, self.levels_max),
        )


EVERYWHERE: Final = Growth(eta_s=_FURTHEST_S, factor=1.0, levels=99, levels_max=99)
"""No limits: for a policy that settles by itself how many of the best to ask."""
