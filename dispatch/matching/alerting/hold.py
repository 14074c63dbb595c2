"""The default policy: hold the probability of being filled (science D4b)."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from dispatch.matching.alerting.call import (
    Call,
    Ranked,
    chance_in_time,
    chance_late,
    fill,
    fill_late,
    promised_in_time,
)
from dispatch.matching.alerting.growth import EVERYWHERE, Growth
from dispatch.matching.fill import RHO_MAX, enough
from dispatch.roster import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Keep the probability that all heads are on scene by the deadline at `q`.

    At every beat, while it lies below, ask the smallest prefix that brings it there. Waves,
    replacement on decline and fading silence all follow. Nobody is asked for the deadline's sake
    with a chance under `least_p`; when nobody left has that much, keep the probability that the
    heads are filled at all, however late, at `late_q`. `rho` is the correlation of answers. It
    asks the best first and no more than it takes, so by itself it sets no limits to a wave.

    Raises:
        ValueError: a figure is out of its range; names it.
    """

    q: float = 0.9
    late_q: float = 0.6
    rho: float = 0.05
    beat_s: float = 5.0
    least_p: float = 0.05
    version: int = 1
    growth: Growth = EVERYWHERE

    def __post_init__(self) -> None:
        if not 0 < self.q < 1:
            raise ValueError(f"q must be above 0 and below 1, got {self.q}")
        if not 0 < self.late_q <= self.q:
            raise ValueError(f"late_q must be above 0 and at most q, got {self.late_q}")
        if not 0 <= self.rho <= RHO_MAX:
            raise ValueError(f"rho must be in 0..{RHO_MAX}, got {self.rho}")
        if not 0 < self.beat_s < inf:
            raise ValueError(f"beat_s must be positive and finite, got {self.beat_s}")
        if not 0 < self.least_p < 1:
            raise ValueError(f"least_p must be above 0 and below 1, got {self.least_p}")
        if self.version < 1:
            raise ValueError(f"version must be 1 or more, got {self.version}")

    def due(self, call: Call) -> bool:
        """Return whether the beat is over and the probability held lies below its dial."""
        if self._beats(call) or fill(call, rho=self.rho) >= self.q:
            return False
        return self._in_reach(call) or fill_late(call, rho=self.rho) < self.late_q

    def stays_idle(self, start: Call, end: Call) -> bool:
        """Return whether it is due at no moment from `start` to `end` while only time passes.

        Silence only takes away from both probabilities, and from what the deadline leaves in reach.
        """
        if self._beats(end) or fill(end, rho=self.rho) >= self.q:
            return True
        return not self._in_reach(start) and fill_late(end, rho=self.rho) >= self.late_q

    def _beats(self, call: Call) -> bool:
        """Whether the last wave is younger than a beat."""
        return call.waves > 0 and call.since_wave_s < self.beat_s

    def _in_reach(self, call: Call) -> bool:
        """Whether somebody who lives next door may still answer in time."""
        return float(call.law.cdf(np.array([call.left_s]))[0]) >= self.least_p

    def more(self, call: Call, ranked: Ranked) -> int:
        """Return the length of the smallest prefix that brings the probability to its dial."""
        if not self.due(call):
            return 0
        in_time = chance_in_time(call, ranked)
        useful = np.flatnonzero(in_time >= self.least_p)
        if useful.size:
            return self._in_time(call, in_time[: useful[-1] + 1])
        return self._however_late(call, ranked)

    def _in_time(self, call: Call, more: Floats) -> int:
        asked, sure = chance_in_time(call), promised_in_time(call)
        found = enough(call.heads, self.q, more, rho=self.rho, asked=asked, sure=sure)
        return len(more) if found is None else found

    def _however_late(self, call: Call, ranked: Ranked) -> int:
        more, asked = chance_late(call, ranked), chance_late(call)
        sure = call.promised.show_up
        found = enough(call.heads, self.late_q, more, rho=self.rho, asked=asked, sure=sure)
        return len(more) if found is None else found
