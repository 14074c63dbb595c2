"""How likely enough people come, and how many to ask so that they do (science D2).

The number of people who come is a sum of unequal coins, Poisson-binomial, by the recursion
`f_k[m] = f_{k-1}[m] (1 - p_k) + f_{k-1}[m-1] p_k` (Barlow and Heidtmann 1984, IEEE Transactions on
Reliability 33). Only the states below the heads wanted are kept and "that many or more" is what
is left of 1: no term is negative, so nothing cancels.

Answers go together (a storm, a dead cell tower, one squad), with intra-class correlation `rho`:
a person's chance is not `p_k` but drawn from Beta(p_k s, (1 - p_k) s), s = (1 - rho) / rho,
everybody's at the same quantile, the luck of the hour. Given that luck they are independent, so
the recursion runs once per node of a quadrature over it. Equal chances give the beta-binomial
law, rho = 0 the Poisson-binomial. With unequal ones everybody keeps their mean and their variance,
and nobody's chance depends on who else is asked: asking one more never makes it less likely that
enough come.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np
from scipy.special import betaincinv, ndtr

from dispatch.roster import Floats

RHO_MAX: Final = 0.3
"""Above this the quadrature would no longer be right to the third decimal."""

MOST_ASKED: Final = 10_000
"""`smallest_n` looks no further."""

NOBODY: Final[Floats] = np.zeros(0)

_ROUNDING: Final = 1e-9
_BLOCK: Final = 64
_NODES: Final = 66
_WIDEST_Z: Final = 6.5
_GRID: Final = 1_000
"""Quantiles are kept for chances in thousandths and interpolated: means exact, tails to 2e-5."""


def at_least(heads: int, p: Floats, *, rho: float = 0.0, sure: Floats = NOBODY) -> float:
    """Return the probability that at least `heads` come of people with chances `p`, shape (k,).

    `sure`, shape (j,), are the chances of people whose coming no longer hangs together with the
    others': those who have promised.

    Raises:
        ValueError: heads below 0, a chance outside 0..1, or rho outside 0..RHO_MAX.
    """
    below = _started(heads, rho, sure)
    for chance in _one_by_one(p, rho):
        below = _with_one_more(below, chance)
    return _reached(below, rho)


def enough(
    heads: int,
    q: float,
    more: Floats,
    *,
    rho: float = 0.0,
    asked: Floats = NOBODY,
    sure: Floats = NOBODY,
) -> int | None:
    """Return the smallest k such that with `more[:k]` at least `heads` come with probability q.

    Those `asked`, shape (i,), and `sure`, shape (j,), count from the start, as in `at_least`.
    None when all of `more` are not enough.

    Raises:
        ValueError: as `at_least`, or q is not above 0 and below 1.
    """
    if not 0 < q < 1:
        raise ValueError(f"q must be above 0 and below 1, got {q}")
    below = _started(heads, rho, sure)
    for chance in _one_by_one(asked, rho):
        below = _with_one_more(below, chance)
    for k, chance in enumerate(_one_by_one(more, rho)):
        if _reached(below, rho) > q - _ROUNDING:
            return k
        below = _with_one_more(below, chance)
    return len(more) if _reached(below, rho) > q - _ROUNDING else None


def smallest_n(heads: int, p: float, q: float, *, rho: float = 0.0) -> int | None:
    """Return how many people, each with chance `p`, to ask for `heads` with probability q.

    None when MOST_ASKED are not enough.

    Raises:
        ValueError: as `enough`.
    """
    return enough(heads, q, np.full(MOST_ASKED, p), rho=rho)


def _started(heads: int, rho: float, sure: Floats) -> Floats:
    """Return P(exactly m of `sure` come) for m < heads at each luck, shape (nodes, heads)."""
    if heads < 0:
        raise ValueError(f"heads must not be negative, got {heads}")
    if not 0 <= rho <= RHO_MAX:
        raise ValueError(f"rho must be in 0..{RHO_MAX}, got {rho}")
    below = np.zeros((len(_weights(rho)), heads))
    below[:, :1] = 1.0
    for chance in _one_by_one(sure, 0.0):
        below = _with_one_more(below, chance)
    return below


def _with_one_more(below: Floats, chance: Floats) -> Floats:
    """One step of the recursion; `chance` of the person who joins, shape (nodes,) or (1,)."""
    comes = chance[:, np.newaxis]
    after = below * (1 - comes)
    after[:, 1:] += below[:, :-1] * comes
    return after


def _reached(below: Floats, rho: float) -> float:
    return max(0.0, 1.0 - float(_weights(rho) @ below.sum(axis=1)))


def _one_by_one(p: Floats, rho: float) -> Iterator[Floats]:
    """Yield each person's chance at each luck, shape (nodes,); in blocks, as few may be enough."""
    for start in range(0, len(p), _BLOCK):
        yield from _by_luck(p[start : start + _BLOCK], rho)


def _by_luck(p: Floats, rho: float) -> Floats:
    """Return everybody's chance at each luck, shape (k, nodes)."""
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("chances must be in 0..1")
    if rho == 0:
        return p[:, np.newaxis]
    quantiles = _quantiles(rho)
    at = p * _GRID
    lower = np.minimum(at.astype(np.intp), _GRID - 1)
    share = (at - lower)[:, np.newaxis]
    chances: Floats = quantiles[lower] * (1 - share) + quantiles[lower + 1] * share
    return chances


@cache
def _weights(rho: float) -> Floats:
    """Return the weight of each luck. The trapezoid rule in the normal score of the luck: for
    integrands this smooth it converges faster than any power of the step."""
    if rho == 0:
        return np.ones(1)
    weights = np.exp(-(_scores() ** 2) / 2)
    normed: Floats = weights / weights.sum()
    return normed


@cache
def _quantiles(rho: float) -> Floats:
    """Return the quantiles of Beta(p s, (1 - p) s), shape (_GRID + 1, nodes), by p and luck."""
    s = (1 - rho) / rho
    p = np.arange(1, _GRID)[:, np.newaxis] / _GRID
    table = np.zeros((_GRID + 1, _NODES))
    table[1:-1] = betaincinv(p * s, (1 - p) * s, ndtr(_scores()))
    table[-1] = 1.0
    return table


def _scores() -> Floats:
    return np.linspace(-_WIDEST_Z, _WIDEST_Z, _NODES)
