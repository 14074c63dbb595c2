"""When people answer an alert, and what their silence still means (science D1, D4b)."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Final, Literal

import numpy as np
from scipy.special import gammainc, gammaincinv, ndtr, ndtri

from dispatch.roster import Floats

_TINY: Final = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyLaw:
    """The law of the delay between alert and answer, in seconds, and who never answers.

    The delay is `least_s` plus Gamma(`shape`, `scale_s`), or plus a lognormal with median `scale_s`
    whose logarithm has the standard deviation `shape`. Acceptances and refusals take equally long.
    Of those who do not accept, the share `says_no` says so; the rest stays silent.

    Raises:
        ValueError: a figure is out of its range.
    """

    family: Literal["gamma", "lognormal"]
    shape: float
    scale_s: float
    least_s: float
    says_no: float
    version: int = 1

    def __post_init__(self) -> None:
        if self.family not in ("gamma", "lognormal"):
            raise ValueError(f"family must be gamma or lognormal, got {self.family!r}")
        for name in ("shape", "scale_s"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be positive and finite, got {getattr(self, name)}")
        if not 0 <= self.least_s < np.inf:
            raise ValueError(f"least_s must be 0 or more and finite, got {self.least_s}")
        if not 0 <= self.says_no <= 1:
            raise ValueError(f"says_no must be in 0..1, got {self.says_no}")
        if self.version < 1:
            raise ValueError(f"version must be 1 or more, got {self.version}")

    def cdf(self, delay_s: Floats) -> Floats:
        """Return F, the share of answers come after `delay_s`, shape (k,); inf is allowed."""
        since = np.maximum(delay_s - self.least_s, 0.0) / self.scale_s
        if self.family == "gamma":
            return np.asarray(gammainc(self.shape, since), np.float64)
        # log(0) is meant: nobody has answered yet.
        with np.errstate(divide="ignore"):
            return np.asarray(ndtr(np.log(since) / self.shape), np.float64)

    def quantile(self, share: Floats) -> Floats:
        """Return the delays in seconds within which these shares of answers come, shape (k,):
        `cdf` the other way round."""
        if self.family == "gamma":
            return np.asarray(self.least_s + self.scale_s * gammaincinv(self.shape, share))
        return np.asarray(self.least_s + self.scale_s * np.exp(self.shape * ndtri(share)))

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """Return `n` delays in seconds, shape (n,)."""
        if self.family == "gamma":
            return self.least_s + rng.gamma(self.shape, self.scale_s, n)
        return self.least_s + rng.lognormal(log(self.scale_s), self.shape, n)

    def will_accept(self, p: Floats, waited_s: Floats, within_s: Floats) -> Floats:
        """Return the chance that people silent for `waited_s` accept within the next `within_s`.

        `p` is the chance with which each accepted when asked; shape (k,) all. With w = waited_s
        it is p (F(w + within_s) - F(w)) / (p_never + (1 - p_never) (1 - F(w))): silence is a weak
        yes that fades (science D4b).
        """
        answered = self.cdf(waited_s)
        never = (1 - p) * (1 - self.says_no)
        still_silent = never + (1 - never) * (1 - answered)
        soon = self.cdf(waited_s + np.maximum(within_s, 0.0)) - answered
        # Where everybody answers and all answers are in, nobody is left to wait for: 0, not 0 / 0.
        return np.minimum(p * soon / np.maximum(still_silent, _TINY), 1.0)


APP: Final = ReplyLaw(
    family="gamma", shape=1.96, scale_s=15.4, least_s=15.0, says_no=0.439 / (0.439 + 0.199)
)
"""Alerts by phone app: 36.2 % accept, 43.9 % decline, 19.9 % never answer (science D1)."""

CALL_OUT: Final = ReplyLaw(
    family="lognormal",
    shape=log(300 / 240) / 1.2815515655446004,
    scale_s=240.0,
    least_s=0.0,
    says_no=APP.says_no,
)
"""Disaster call-outs: half answer within 4 minutes, nine in ten within 5 (science D1, D3)."""
