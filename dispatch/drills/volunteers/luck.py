"""Luck that belongs to a person and an occasion, not to the order in which it is asked for.

The same seed, person and occasion give the same number in every process and on every machine, so
a person is as lucky under one way of alerting as under another (common random numbers).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import exp

from scipy.special import ndtri


@dataclass(frozen=True, slots=True)
class Luck:
    """The luck of one occasion. `about` names it: the seed, the person, the need."""

    about: str

    def share(self, of: str) -> float:
        """Return a number in 0..1, never 0 or 1, that is even over occasions."""
        digest = hashlib.blake2b(f"{self.about}|{of}".encode(), digest_size=8).digest()
        return ((int.from_bytes(digest, "big") >> 12) + 0.5) / 2**52

    def happens(self, of: str, chance: float) -> bool:
        """Return whether something with this chance happens."""
        return self.share(of) < chance

    def around(self, of: str, median: float, spread: float) -> float:
        """Return a lognormal number with this median; `spread` is that of its logarithm."""
        return median * exp(spread * float(ndtri(self.share(of))))
