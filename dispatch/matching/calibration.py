"""Refit the acceptance model from what people answered, and judge it honestly (science D5).

The fit is logistic regression by Newton's method with the coefficients in use as a normal prior
(ridge towards them, not towards zero): what the data do not speak of stays as it was. It is judged
on later alerts than those it was fitted on, against the constant base rate of the earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from typing import Final

import numpy as np
from scipy.special import expit

from dispatch.matching.acceptance import TERMS, AcceptanceModel, Features, probability, terms
from dispatch.roster import Bools, Floats

LEAST_OF_EACH: Final = 20
"""A fit needs this many accepted alerts and this many others."""

BINS: Final = 10

_PRIOR_SD: Final = 1.0
"""How far a coefficient may well lie from the one in use, in log-odds per unit of its term."""
_STEPS_MAX: Final = 50
_SMALL_STEP: Final = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """The alerts whose probability lay in one tenth: how many, its mean, and who accepted."""

    count: int
    predicted: float
    observed: float

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the share observed (Wilson 1927)."""
        n, share, z = self.count, self.observed, 1.96
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How well probabilities foretold `count` answers.

    `brier` is mean (p - y)^2, `base_brier` that of the constant base rate; `ece` the mean distance
    of predicted and observed over the bins, by their counts. `bins` holds those not empty.
    """

    count: int
    brier: float
    base_brier: float
    ece: float
    bins: tuple[Bin, ...]

    @property
    def skill(self) -> float:
        """Return the Brier skill: 1 is perfect, 0 no better than the base rate, below 0 worse."""
        return 1 - self.brier / self.base_brier


def fit(features: Features, accepted: Bools, prior: AcceptanceModel) -> AcceptanceModel:
    """Return `prior` with the intercept and weights that answers `accepted`, (k,), make likeliest.

    The record of each alert must be the one before it. `rate`, the record's half-life and `show_up`
    stay those of `prior`; the version is the next.

    Raises:
        ValueError: the lengths differ, or there are too few answers of either kind.
        ArithmeticError: Newton's method found no optimum.
    """
    _check(features, accepted)
    design = np.column_stack([np.ones(len(features)), terms(features, prior)])
    start = np.array([prior.intercept, *(prior.weights[term] for term in TERMS)])
    # Absurd features end as an ArithmeticError instead of as coefficients that are no numbers.
    with np.errstate(over="raise", invalid="raise"):
        found = [float(b) for b in _likeliest(design, accepted.astype(np.float64), start)]
    weights = dict(zip(TERMS, found[1:], strict=True))
    return replace(prior, version=prior.version + 1, intercept=found[0], weights=weights)


def _check(features: Features, accepted: Bools) -> None:
    if accepted.shape != (len(features),) or accepted.dtype != np.bool_:
        raise ValueError(f"accepted must be {len(features)} booleans, one per alert")
    yes = int(accepted.sum())
    if min(yes, len(accepted) - yes) < LEAST_OF_EACH:
        raise ValueError(
            f"too few answers to fit: needs {LEAST_OF_EACH} accepted alerts and as many others, "
            f"has {yes} and {len(accepted) - yes}"
        )


def _likeliest(design: Floats, answers: Floats, start: Floats) -> Floats:
    """Maximise the log-likelihood plus the log-prior round `start`; strictly concave."""
    at, loss = start, _loss(design, answers, start, start)
    for _ in range(_STEPS_MAX):
        step = _newton_step(design, answers, start, at)
        if np.abs(step).max() < _SMALL_STEP:
            return at
        # Halve a step that overshoots; rounding may hide the gain of one that is tiny already.
        while (tried := _loss(design, answers, start, at + step)) > loss + 1e-9 * abs(loss):
            step = step / 2
        at, loss = at + step, tried
    raise ArithmeticError(f"the fit did not settle within {_STEPS_MAX} steps")


def _newton_step(design: Floats, answers: Floats, start: Floats, at: Floats) -> Floats:
    p = expit(design @ at)
    precision = 1 / _PRIOR_SD**2
    gradient = design.T @ (answers - p) - precision * (at - start)
    curvature = (design * (p * (1 - p))[:, np.newaxis]).T @ design
    step = np.linalg.solve(curvature + precision * np.eye(len(at)), gradient)
    return step.astype(np.float64)


def _loss(design: Floats, answers: Floats, start: Floats, at: Floats) -> float:
    odds = design @ at
    minus_log_likelihood = np.logaddexp(0.0, odds).sum() - answers @ odds
    return float(minus_log_likelihood + ((at - start) ** 2).sum() / (2 * _PRIOR_SD**2))


def backtest(
    features: Features, accepted: Bools, prior: AcceptanceModel, *, blocks: int = 5
) -> Calibration:
    """Return how refitted models foretell what came later; rows must be in order of time.

    The alerts are cut into `blocks` of equal length; each but the first is foretold by a fit on
    all before it, and by the base rate of all before it.

    Raises:
        ValueError: fewer than two blocks, or too few answers to fit before the second.
        ArithmeticError: as `fit`.
    """
    if blocks < 2:
        raise ValueError(f"blocks must be 2 or more, got {blocks}")
    cuts = np.linspace(0, len(features), blocks + 1).astype(np.intp)[1:].tolist()
    p, base = [], []
    for cut, end in pairwise(cuts):
        model = fit(features.only(slice(0, cut)), accepted[:cut], prior)
        p.append(probability(features.only(slice(cut, end)), model))
        base.append(np.full(end - cut, accepted[:cut].mean()))
    return judge(np.concatenate(p), accepted[cuts[0] :], np.concatenate(base))


def judge(p: Floats, accepted: Bools, base: Floats) -> Calibration:
    """Return how well `p` foretold the answers `accepted`, beside the base rate; shape (k,) all.

    Raises:
        ValueError: the lengths differ, there are no answers, or a base rate is not in 0..1 inside.
    """
    if not len(accepted) or not p.shape == accepted.shape == base.shape:
        raise ValueError("p, accepted and base must be columns of one length above 0")
    if not ((base > 0) & (base < 1)).all():
        raise ValueError("base rates must be above 0 and below 1")
    bins = _bins(p, accepted)
    return Calibration(
        count=len(p),
        brier=float(np.mean((p - accepted) ** 2)),
        base_brier=float(np.mean((base - accepted) ** 2)),
        ece=sum(b.count * abs(b.predicted - b.observed) for b in bins) / len(p),
        bins=bins,
    )


def _bins(p: Floats, accepted: Bools) -> tuple[Bin, ...]:
    tenth = np.minimum((p * BINS).astype(np.intp), BINS - 1)
    members = [np.flatnonzero(tenth == b) for b in range(BINS)]
    return tuple(
        Bin(
            count=len(rows),
            predicted=float(p[rows].mean()),
            observed=float(accepted[rows].mean()),
        )
        for rows in members
        if len(rows)
    )
