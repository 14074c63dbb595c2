"""Reason codes as bits: one uint32 per person says every hard rule that stops them.

Bit `i` is the `i`-th member of `model.Reason`, so the lowest set bit is the first rule broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.model import Reason

Mask = NDArray[np.uint32]
"""Reason bits, one element per person; 0 is a person whom no rule stops."""

REASONS: Final = tuple(Reason)

BIT: Final[Mapping[Reason, np.uint32]] = MappingProxyType(
    {reason: np.uint32(1 << i) for i, reason in enumerate(REASONS)}
)


def union(*reasons: Reason) -> np.uint32:
    """Return the bits of all `reasons` together."""
    return np.uint32(sum(1 << REASONS.index(reason) for reason in frozenset(reasons)))


def flag(stopped: NDArray[np.bool_], reason: Reason) -> Mask:
    """Return `reason`'s bit where `stopped` is True, 0 elsewhere; same shape."""
    return stopped * BIT[reason]


def reasons_of(bits: int | np.uint32) -> tuple[Reason, ...]:
    """Return the reasons in `bits` in the order of the hard rules, empty for 0."""
    return tuple(reason for i, reason in enumerate(REASONS) if int(bits) >> i & 1)


def first_reason(bits: int | np.uint32) -> Reason | None:
    """Return the first hard rule in `bits`, None for 0."""
    return next(iter(reasons_of(bits)), None)


def tally_first(bits: Mask) -> dict[Reason, int]:
    """Return how many people each rule stops, everyone counted under their first; no zeros."""
    lowest = bits & -bits
    return _tally(lowest[lowest != 0])


def tally_single(bits: Mask) -> dict[Reason, int]:
    """Return how many people each rule stops alone; no zeros."""
    return _tally(bits[np.bitwise_count(bits) == 1])


def _tally(single_bits: Mask) -> dict[Reason, int]:
    # The bits below 2^i are i many, so counting them gives the index of the one bit set.
    counts = np.bincount(np.bitwise_count(single_bits - np.uint32(1)), minlength=len(REASONS))
    return {r: int(count) for r, count in zip(REASONS, counts, strict=True) if count}
