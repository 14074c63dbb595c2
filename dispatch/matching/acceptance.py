"""How likely a volunteer accepts an alert: a logistic model with a fading personal record.

Model and coefficients are those of science D1. Anchors: response rates of 17 to 47 % in published
studies (Khalemsky et al. 2023, JMIR mHealth 11:e41551), 36.2 % in our study data. Demographics
stay out on purpose. The coefficients are assumptions until `calibration.fit` replaces them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from types import MappingProxyType
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from dispatch.roster import Bools, Floats

DEFAULT_WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "travel": -0.08,
        "night": -0.60,
        "commute": -0.20,
        "alerts_24h": -0.25,
        "alerts_7d": -0.05,
        "after_shift": -0.80,
        "on_duty": 1.20,
        "declared": 0.50,
        "severity": 0.15,
        "hazard": -0.30,
        "skill_exact": 0.30,
        "red_weather": -0.20,
        "history": 1.0,
    }
)
"""Change of the log-odds per unit of each term; `_terms` says what a unit is."""

TERMS: Final = tuple(DEFAULT_WEIGHTS)

RATES: Final[Mapping[str, float]] = MappingProxyType({"low": 0.17, "mid": 0.36, "high": 0.47})
"""The share of alerts accepted in the three presets."""

_REFERENCE_P: Final = 0.40
_REFERENCE: Final[Mapping[str, float]] = MappingProxyType(
    {"travel": 1.0, "severity": 2.0, "skill_exact": 1.0}
)
"""The median volunteer, who accepts with 0.40 in the `mid` preset: 5 minutes away, by day, not
asked lately, off duty, severity II, hazard up to H1, with the very skill and no record."""

_TRAVEL_MAX_S: Final = 3_600.0
_TRAVEL_UNIT_S: Final = 300.0
_MOST: Final[Mapping[str, float]] = MappingProxyType(
    {
        "travel": _TRAVEL_MAX_S / _TRAVEL_UNIT_S,
        "night": 1.0,
        "commute": 1.0,
        "severity": 3.0,
        "hazard": 3.0,
        "skill_exact": 1.0,
        "red_weather": 1.0,
    }
)
"""The most that each term of an alert can be, whoever is asked."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """How often each of k people was asked and accepted, older alerts weighing less; shape (k,).

    Weights halve every `AcceptanceModel.half_life_days`. An alert stood down before it was
    answered weighs half (science D3), so the counts need not be whole.

    Raises:
        ValueError: the columns differ in length, are negative, or accepted exceeds asked.
    """

    accepted: Floats
    asked: Floats

    def __post_init__(self) -> None:
        if self.accepted.shape != self.asked.shape or self.asked.ndim != 1:
            raise ValueError("accepted and asked must be columns of one length")
        # "not all" so that NaN is refused as well.
        if not ((self.accepted >= 0) & (self.accepted <= self.asked + 1e-9)).all():
            raise ValueError("accepted must be in 0..asked in every row")

    @classmethod
    def none(cls, k: int) -> History:
        """Return the record of `k` people who were never asked."""
        return cls(np.zeros(k), np.zeros(k))

    def aged(self, days: float, half_life_days: float) -> History:
        """Return the record as it counts `days` later."""
        if not days >= 0:
            raise ValueError(f"days must be 0 or more, got {days}")
        keep = 0.5 ** (days / half_life_days)
        return History(self.accepted * keep, self.asked * keep)

    def after(self, rows: NDArray[np.intp], accepted: Bools, weight: float = 1.0) -> History:
        """Return the record after alerts to people in `rows`, shape (a,), repeats allowed."""
        asked_now, accepted_now = self.asked.copy(), self.accepted.copy()
        np.add.at(asked_now, rows, weight)
        np.add.at(accepted_now, rows[accepted], weight)
        return History(accepted_now, asked_now)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """What is known of k alerts before they are answered; every column has shape (k,).

    `eta_s` is travel with turnout. `alerts_24h` and `alerts_7d` count alerts before this one;
    `after_shift` is a shift that ended less than 8 h ago; `declared` is availability the person
    declared for now. `severity` is 3 for I .. 0 for IV, `hazard` 0 for H0 .. 4 for H4.
    `skill_exact` is false for a substitute. `night` and `commute` are those of `daytime`.

    Raises:
        ValueError: a column has another length, is not finite, or is negative; names it.
    """

    eta_s: Floats
    night: Bools
    commute: Bools
    alerts_24h: Floats
    alerts_7d: Floats
    after_shift: Bools
    on_duty: Bools
    declared: Bools
    severity: Floats
    hazard: Floats
    skill_exact: Bools
    red_weather: Bools
    history: History

    def __post_init__(self) -> None:
        for name in self.__slots__:
            column = self.history.asked if name == "history" else getattr(self, name)
            if column.shape != (len(self),):
                raise ValueError(f"{name} must have shape ({len(self)},), got {column.shape}")
            if not (np.isfinite(column) & (column >= 0)).all():
                raise ValueError(f"{name} must be finite and not negative in every row")

    def __len__(self) -> int:
        return len(self.eta_s)

    def only(self, rows: NDArray[np.intp] | slice) -> Features:
        """Return the alerts in `rows`."""
        columns = {name: getattr(self, name) for name in self.__slots__ if name != "history"}
        history = History(self.history.accepted[rows], self.history.asked[rows])
        return Features(**{n: c[rows] for n, c in columns.items()}, history=history)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceModel:
    """logit p = intercept + weights . terms; the record enters as a shift of the log-odds.

    A person's own rate is shrunk towards `rate` with the weight of `prior_alerts` alerts: a Beta
    prior with A0 = rate * prior_alerts and B0 = (1 - rate) * prior_alerts. `show_up` is the chance
    that who accepts also comes.

    Raises:
        ValueError: a figure is out of its range, or the weights are not those of TERMS.
    """

    name: str
    rate: float
    intercept: float
    weights: Mapping[str, float] = field(default_factory=lambda: DEFAULT_WEIGHTS)
    prior_alerts: float = 10.0
    half_life_days: float = 90.0
    show_up: float = 0.9
    version: int = 1

    def __post_init__(self) -> None:
        if self.version < 1 or not self.name.strip():
            raise ValueError("an acceptance model has a version from 1 and a name")
        if set(self.weights) != set(TERMS):
            raise ValueError(f"weights must have one entry for each of {', '.join(TERMS)}")
        if not np.isfinite([self.intercept, *self.weights.values()]).all():
            raise ValueError("intercept and weights must be finite")
        if not 0 < self.rate < 1:
            raise ValueError(f"rate must be above 0 and below 1, got {self.rate}")
        if not 0 < self.show_up <= 1:
            raise ValueError(f"show_up must be above 0 and at most 1, got {self.show_up}")
        for name in ("prior_alerts", "half_life_days"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be positive and finite, got {getattr(self, name)}")


def preset(name: str) -> AcceptanceModel:
    """Return the model with the rate that RATES gives to `name`.

    The intercept is set so that the median volunteer accepts with 0.40 where the rate is that of
    `mid`; other rates move everybody's log-odds by as much as they differ from it.

    Raises:
        ValueError: there is no such preset.
    """
    if name not in RATES:
        raise ValueError(f"preset must be one of {', '.join(RATES)}, got {name!r}")
    rate = RATES[name]
    of_terms = sum(DEFAULT_WEIGHTS[term] * value for term, value in _REFERENCE.items())
    moved = _logit(rate) - _logit(RATES["mid"])
    return AcceptanceModel(name=name, rate=rate, intercept=_logit(_REFERENCE_P) + moved - of_terms)


def probability(features: Features, model: AcceptanceModel) -> Floats:
    """Return the probability that each alert is accepted, shape (k,)."""
    weights = np.array([model.weights[term] for term in TERMS])
    p: Floats = expit(model.intercept + terms(features, model) @ weights)
    return p


def terms(features: Features, model: AcceptanceModel) -> Floats:
    """Return the terms of the model, shape (k, len(TERMS)), in the order of TERMS."""
    f = features
    columns = {
        "travel": np.minimum(f.eta_s, _TRAVEL_MAX_S) / _TRAVEL_UNIT_S,
        "hazard": np.maximum(0.0, f.hazard - 1),
        "history": _record(f.history, model),
    }
    found = [columns[t] if t in columns else getattr(f, t) for t in TERMS]
    return np.stack(found, axis=1).astype(np.float64)


def most_likely(model: AcceptanceModel) -> float:
    """Return a probability that nobody exceeds who is off duty, has declared nothing and has not
    accepted an alert yet."""
    asked = ("alerts_24h", "alerts_7d", "after_shift")
    if max(model.weights[t] for t in asked) > 0 or model.weights["history"] < 0:
        return 1.0
    best = sum(max(0.0, model.weights[term] * most) for term, most in _MOST.items())
    return float(expit(model.intercept + best))


def _record(history: History, model: AcceptanceModel) -> Floats:
    """Return how far each own shrunken rate lies above the population's, in log-odds."""
    yes = model.rate * model.prior_alerts + history.accepted
    no = model.prior_alerts + history.asked - yes
    shift: Floats = np.log(yes / no) - _logit(model.rate)
    return shift


def daytime(local_hour: Floats) -> tuple[Bools, Bools]:
    """Return whether local hours 0..24, shape (k,), are night (22-6) and commute (7-9, 17-19)."""
    hour = local_hour % 24
    night = (hour >= 22) | (hour < 6)
    commute = ((hour >= 7) & (hour < 9)) | ((hour >= 17) & (hour < 19))
    return night, commute


def model_of(values: Mapping[str, Any]) -> AcceptanceModel:
    """Return the model written down as plain values, as `plain_model` gives them.

    Raises:
        ValueError: a value is missing, unknown, of another type or out of its range; names it.
    """
    unknown = sorted(set(values) - set(AcceptanceModel.__slots__))
    if unknown:
        raise ValueError(f"an acceptance model has no {', '.join(unknown)}")
    try:
        return msgspec.convert(values, AcceptanceModel)
    except msgspec.ValidationError as exc:
        raise ValueError(f"acceptance model: {exc}") from None


def plain_model(model: AcceptanceModel) -> dict[str, Any]:
    """Return the model as values that JSON and TOML can hold."""
    return {**{n: getattr(model, n) for n in model.__slots__}, "weights": dict(model.weights)}


def _logit(p: float) -> float:
    return log(p / (1 - p))
