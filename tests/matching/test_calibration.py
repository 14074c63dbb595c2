from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dispatch.matching.acceptance import (
    DEFAULT_WEIGHTS,
    TERMS,
    Features,
    History,
    preset,
    probability,
)
from dispatch.matching.calibration import Bin, backtest, fit, judge
from dispatch.roster import Bools

MID = preset("mid")

# A population unlike the one assumed: keener, less put off by the night, more by distance.
TRUE = replace(
    MID,
    name="true",
    intercept=MID.intercept + 0.5,
    weights={**DEFAULT_WEIGHTS, "night": -0.1, "travel": -0.25, "on_duty": 2.0, "history": 0.6},
)


def alerts(n: int, seed: int = 0) -> Features:
    rng = np.random.default_rng(seed)

    def some(share: float) -> Bools:
        return rng.random(n) < share

    asked = rng.gamma(1.5, 4.0, n)
    return Features(
        eta_s=rng.gamma(2.0, 400.0, n),
        night=some(0.3),
        commute=some(0.15),
        alerts_24h=rng.poisson(0.5, n).astype(np.float64),
        alerts_7d=rng.poisson(2.0, n).astype(np.float64),
        after_shift=some(0.1),
        on_duty=some(0.2),
        declared=some(0.3),
        severity=rng.integers(0, 4, n).astype(np.float64),
        hazard=rng.integers(0, 5, n).astype(np.float64),
        skill_exact=some(0.8),
        red_weather=some(0.2),
        history=History(asked * rng.beta(3.6, 6.4, n), asked),
    )


def answers(features: Features, seed: int = 1) -> Bools:
    return np.random.default_rng(seed).random(len(features)) < probability(features, TRUE)


def test_the_coefficients_behind_the_answers_come_back() -> None:
    features = alerts(60_000)
    found = fit(features, answers(features), MID)
    # Four standard errors of the worst determined of them at 60,000 answers.
    assert found.intercept == pytest.approx(TRUE.intercept, abs=0.15)
    off = {term: found.weights[term] - TRUE.weights[term] for term in TERMS}
    assert max(abs(by) for by in off.values()) < 0.15
    assert abs(off["travel"]) < 0.02
    assert (found.version, found.name, found.rate) == (2, "mid", MID.rate)


def test_a_few_answers_move_the_coefficients_a_little() -> None:
    features = alerts(200)
    found = fit(features, answers(features), MID)
    moved = np.abs([found.weights[term] - MID.weights[term] for term in TERMS])
    assert 0 < moved.max() < 1.5


def test_what_the_data_do_not_speak_of_stays_as_it_was() -> None:
    features = replace(alerts(2_000), red_weather=np.zeros(2_000, np.bool_))
    found = fit(features, answers(features), MID)
    assert found.weights["red_weather"] == pytest.approx(MID.weights["red_weather"], abs=1e-9)
    assert found.weights["travel"] != pytest.approx(MID.weights["travel"], abs=1e-3)


def test_answers_that_separate_perfectly_still_give_finite_weights() -> None:
    features = alerts(400)
    found = fit(features, features.on_duty, MID)
    assert 3 < found.weights["on_duty"] < 20


@pytest.mark.parametrize("start", [MID.intercept, 6.0, -9.0])
def test_no_other_model_is_likelier(start: float) -> None:
    features = alerts(3_000)
    accepted = answers(features)
    prior = replace(MID, intercept=start)
    found = fit(features, accepted, prior)

    def loss(term: str, by: float) -> float:
        weights = {**found.weights, term: found.weights[term] + by}
        p = probability(features, replace(found, weights=weights))
        away = sum((weights[t] - MID.weights[t]) ** 2 for t in TERMS)
        away += (found.intercept - start) ** 2
        return float(-np.log(np.where(accepted, p, 1 - p)).sum() + away / 2)

    for term in TERMS:
        assert loss(term, 0.0) < min(loss(term, 0.01), loss(term, -0.01))


@pytest.mark.parametrize("times", [1e100, 1e200])
def test_features_beyond_arithmetic_are_an_error(times: float) -> None:
    features = alerts(400)
    absurd = replace(features, alerts_24h=features.alerts_24h * times)
    with pytest.raises(ArithmeticError):
        fit(absurd, answers(features), MID)


def test_on_later_alerts_the_fit_is_calibrated_and_beats_the_base_rate() -> None:
    features = alerts(8_000)
    found = backtest(features, answers(features), MID)
    assert found.count == 6_400
    assert found.skill > 0.1
    assert found.ece < 0.03
    assert sum(low <= b.predicted <= high for b in found.bins for low, high in [b.interval]) >= 8


def test_the_fit_beats_the_model_it_started_from() -> None:
    features = alerts(8_000)
    accepted = answers(features)
    base = np.full(8_000, accepted.mean())
    assumed = judge(probability(features, MID), accepted, base)
    assert backtest(features, accepted, MID).brier < assumed.brier - 0.005


def test_answers_that_follow_nothing_have_no_skill() -> None:
    luck = np.random.default_rng(5).random(4_000) < 0.36
    assert backtest(alerts(4_000), luck, MID).skill == pytest.approx(0, abs=0.03)


def test_only_earlier_answers_are_used() -> None:
    features, turn = alerts(4_000), 2_000
    accepted = answers(features)
    # From the turn on everybody does the opposite. Had the fit seen it, it would have no skill.
    accepted[turn:] = ~accepted[turn:]
    found = backtest(features, accepted, MID, blocks=2)
    assert found.skill < -0.2
    before, after = accepted[:turn].mean(), accepted[turn:]
    assert found.base_brier == pytest.approx(np.mean((before - after) ** 2))


def test_the_scores_are_those_of_their_definitions() -> None:
    p = np.array([0.1, 0.1, 0.95, 1.0])
    accepted = np.array([False, True, True, True])
    found = judge(p, accepted, np.full(4, 0.75))
    assert found.brier == pytest.approx((0.01 + 0.81 + 0.0025 + 0) / 4)
    assert found.base_brier == pytest.approx((0.5625 + 3 * 0.0625) / 4)
    assert found.skill == pytest.approx(1 - found.brier / found.base_brier)
    assert found.bins == (
        Bin(count=2, predicted=pytest.approx(0.1), observed=0.5),
        Bin(count=2, predicted=pytest.approx(0.975), observed=1.0),
    )
    assert found.ece == pytest.approx((2 * 0.4 + 2 * 0.025) / 4)


def test_the_interval_is_wilsons() -> None:
    low, high = Bin(count=10, predicted=0.5, observed=0.5).interval
    assert (low, high) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert Bin(count=3, predicted=0.9, observed=1.0).interval[1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("yes", "n", "has"), [(19, 400, "19 and 381"), (381, 400, "381 and 19"), (0, 0, "0 and 0")]
)
def test_too_few_answers_of_a_kind_are_refused(yes: int, n: int, has: str) -> None:
    with pytest.raises(ValueError, match=f"too few answers to fit: needs 20 .* has {has}"):
        fit(alerts(n), np.arange(n) < yes, MID)


def test_a_backtest_needs_answers_before_its_second_block() -> None:
    accepted = np.arange(200) >= 100
    with pytest.raises(ValueError, match="too few answers"):
        backtest(alerts(200), accepted, MID, blocks=2)
    with pytest.raises(ValueError, match="blocks must be 2 or more"):
        backtest(alerts(200), accepted, MID, blocks=1)


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="accepted must be 50 booleans"):
        fit(alerts(50), np.zeros(49, np.bool_), MID)
    with pytest.raises(ValueError, match="columns of one length above 0"):
        judge(np.zeros(0), np.zeros(0, np.bool_), np.zeros(0))
    with pytest.raises(ValueError, match="base rates must be above 0 and below 1"):
        judge(np.array([0.5]), np.array([True]), np.array([1.0]))
