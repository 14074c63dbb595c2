from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.matching.acceptance import (
    DEFAULT_WEIGHTS,
    RATES,
    TERMS,
    AcceptanceModel,
    Features,
    History,
    daytime,
    model_of,
    most_likely,
    plain_model,
    preset,
    probability,
)

MID = preset("mid")

MEDIAN: dict[str, Any] = {
    "eta_s": 300.0,
    "night": False,
    "commute": False,
    "alerts_24h": 0.0,
    "alerts_7d": 0.0,
    "after_shift": False,
    "on_duty": False,
    "declared": False,
    "severity": 2.0,
    "hazard": 1.0,
    "skill_exact": True,
    "red_weather": False,
}


def features(history: History | None = None, **changed: Any) -> Features:
    """One median volunteer's alert, but for what is `changed`."""
    columns: dict[str, Any] = {n: np.array([v]) for n, v in (MEDIAN | changed).items()}
    return Features(**columns, history=history or History.none(1))


def log_odds(found: Features, model: AcceptanceModel = MID) -> float:
    p = float(probability(found, model)[0])
    return float(np.log(p / (1 - p)))


def test_the_median_volunteer_accepts_two_in_five() -> None:
    assert probability(features(), MID)[0] == pytest.approx(0.40)


@pytest.mark.parametrize("seed", range(20))
def test_nobody_who_is_as_usual_is_likelier_than_the_most_likely(seed: int) -> None:
    """Whatever the weights: off duty, nothing declared, nothing accepted yet."""
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], len(TERMS)) if seed else np.ones(len(TERMS))
    weights = {t: s * w for (t, w), s in zip(MID.weights.items(), signs, strict=True)}
    model = replace(MID, weights=weights)
    most = most_likely(model)
    for _ in range(200):
        alert = features(
            History(np.zeros(1), rng.uniform(0, 9, 1)),
            eta_s=float(rng.uniform(0, 9_000)),
            night=bool(rng.integers(2)),
            commute=bool(rng.integers(2)),
            alerts_24h=float(rng.integers(4)),
            alerts_7d=float(rng.integers(9)),
            after_shift=bool(rng.integers(2)),
            severity=float(rng.integers(4)),
            hazard=float(rng.integers(5)),
            skill_exact=bool(rng.integers(2)),
            red_weather=bool(rng.integers(2)),
        )
        assert probability(alert, model)[0] <= most


@pytest.mark.parametrize("name", RATES)
def test_a_preset_moves_everybody_by_its_log_odds(name: str) -> None:
    rate = RATES[name]
    moved = log_odds(features(), preset(name)) - log_odds(features())
    assert moved == pytest.approx(np.log(rate / (1 - rate)) - np.log(0.36 / 0.64))


# One change of the median volunteer per term, and what it does to the log-odds.
EFFECTS: dict[str, tuple[dict[str, Any], float]] = {
    "travel": ({"eta_s": 900.0}, -0.16),
    "night": ({"night": True}, -0.60),
    "commute": ({"commute": True}, -0.20),
    "alerts_24h": ({"alerts_24h": 2.0}, -0.50),
    "alerts_7d": ({"alerts_7d": 4.0}, -0.20),
    "after_shift": ({"after_shift": True}, -0.80),
    "on_duty": ({"on_duty": True}, 1.20),
    "declared": ({"declared": True}, 0.50),
    "severity": ({"severity": 3.0}, 0.15),
    "hazard": ({"hazard": 4.0}, -0.90),
    "skill_exact": ({"skill_exact": False}, -0.30),
    "red_weather": ({"red_weather": True}, -0.20),
    "history": (
        {"history": History(np.array([8.0]), np.array([10.0]))},
        float(np.log(11.6 / 8.4) - np.log(0.36 / 0.64)),
    ),
}


@pytest.mark.parametrize("term", TERMS)
def test_each_term_moves_the_log_odds(term: str) -> None:
    changed, by = EFFECTS[term]
    assert log_odds(features(**changed)) - log_odds(features()) == pytest.approx(by)


def test_beyond_an_hour_distance_no_longer_matters() -> None:
    assert log_odds(features(eta_s=3_600.0)) == pytest.approx(log_odds(features(eta_s=9e9)))


def test_the_safest_class_is_no_better_than_the_next() -> None:
    assert log_odds(features(hazard=0.0)) == pytest.approx(log_odds(features(hazard=1.0)))


def test_a_record_at_the_common_rate_says_nothing() -> None:
    history = History(np.array([3.6]), np.array([10.0]))
    assert log_odds(features(history=history)) == pytest.approx(log_odds(features()))


def test_each_preset_expects_its_own_rate_of_the_unknown() -> None:
    history = History(np.array([1.7]), np.array([10.0]))
    low = preset("low")
    assert log_odds(features(history=history), low) == pytest.approx(log_odds(features(), low))


def test_the_record_halves_in_a_half_life() -> None:
    aged = History(np.array([2.0]), np.array([4.0])).aged(90, 90)
    assert (aged.accepted.tolist(), aged.asked.tolist()) == ([1.0], [2.0])


@given(
    st.lists(st.tuples(st.floats(0, 400), st.integers(0, 2), st.booleans()), max_size=12),
)
def test_ageing_step_by_step_is_ageing_at_once(alerts: list[tuple[float, int, bool]]) -> None:
    alerts.sort()
    history, day = History.none(3), 0.0
    for at, row, yes in alerts:
        history = history.aged(at - day, 90).after(np.array([row]), np.array([yes]))
        day = at
    kept = [(row, yes, 0.5 ** ((day - at) / 90)) for at, row, yes in alerts]
    for row in range(3):
        assert history.asked[row] == pytest.approx(sum(w for r, _, w in kept if r == row))
        assert history.accepted[row] == pytest.approx(sum(w for r, y, w in kept if y and r == row))


def test_one_person_may_answer_twice_and_half_alerts_count_half() -> None:
    twice = History.none(2).after(np.array([1, 1]), np.array([True, False]))
    assert (twice.accepted.tolist(), twice.asked.tolist()) == ([0, 1], [0, 2])
    half = twice.after(np.array([0]), np.array([False]), weight=0.5)
    assert half.asked.tolist() == [0.5, 2]


@pytest.mark.parametrize(
    ("hour", "night", "commute"),
    [
        (0, True, False),
        (5.99, True, False),
        (6, False, False),
        (7, False, True),
        (9, False, False),
        (17, False, True),
        (18.99, False, True),
        (19, False, False),
        (22, True, False),
        (24, True, False),
    ],
)
def test_hours_of_night_and_commuting(hour: float, night: bool, commute: bool) -> None:
    found = daytime(np.array([hour]))
    assert (bool(found[0][0]), bool(found[1][0])) == (night, commute)


def test_a_choice_of_alerts_keeps_its_columns_together() -> None:
    two = Features(
        **{n: np.array([v, v]) for n, v in MEDIAN.items() if n != "eta_s"},
        eta_s=np.array([300.0, 900.0]),
        history=History(np.array([0.0, 8.0]), np.array([0.0, 10.0])),
    )
    both = probability(two, MID)
    assert probability(two.only(np.array([1])), MID)[0] == both[1] != both[0]


@pytest.mark.parametrize(
    ("column", "wrong", "said"),
    [
        ("eta_s", np.array([np.nan]), "eta_s must be finite"),
        ("alerts_7d", np.array([-1.0]), "alerts_7d must be finite"),
        ("night", np.array([True, False]), r"night must have shape \(1,\), got \(2,\)"),
    ],
)
def test_a_wrong_column_is_named(column: str, wrong: Any, said: str) -> None:
    columns = {n: np.array([v]) for n, v in MEDIAN.items()} | {column: wrong}
    with pytest.raises(ValueError, match=said):
        Features(**columns, history=History.none(1))


def test_a_record_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"history must have shape \(1,\)"):
        features(history=History.none(2))


@pytest.mark.parametrize(
    ("accepted", "asked"), [([2.0], [1.0]), ([-1.0], [1.0]), ([np.nan], [1.0]), ([1.0], [1.0, 2.0])]
)
def test_an_impossible_record_is_refused(accepted: list[float], asked: list[float]) -> None:
    with pytest.raises(ValueError, match="accepted"):
        History(np.array(accepted), np.array(asked))


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="days must be 0 or more"):
        History.none(1).aged(-1, 90)


def test_a_model_written_down_is_read_back() -> None:
    assert model_of(plain_model(MID)) == MID


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rate": 1.0}, "rate must be above 0 and below 1"),
        ({"show_up": 1.5}, "show_up must be above 0 and at most 1"),
        ({"prior_alerts": 0}, "prior_alerts must be positive"),
        ({"half_life_days": float("inf")}, "half_life_days must be positive and finite"),
        ({"weights": {"travel": 1.0}}, "weights must have one entry for each of travel, night"),
        ({"weights": dict(DEFAULT_WEIGHTS) | {"night": float("nan")}}, "weights must be finite"),
        ({"intercept": "high"}, r"\$.intercept"),
        ({"name": " "}, "a name"),
        ({"version": 0}, "a version from 1"),
        ({"age": 30}, "has no age"),
    ],
)
def test_a_wrong_value_of_a_model_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        model_of(plain_model(MID) | wrong)


def test_there_are_three_presets() -> None:
    with pytest.raises(ValueError, match="preset must be one of low, mid, high"):
        preset("medium")
