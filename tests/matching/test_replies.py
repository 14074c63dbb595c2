from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dispatch.matching.replies import APP, CALL_OUT, ReplyLaw


@pytest.mark.parametrize(("delay_s", "share"), [(40.3, 0.5), (74.2, 0.9), (115.2, 0.99), (15, 0)])
def test_app_answers_come_within_two_minutes(delay_s: float, share: float) -> None:
    assert APP.cdf(np.array([delay_s]))[0] == pytest.approx(share, abs=0.004)


def test_call_outs_are_answered_within_minutes() -> None:
    share = CALL_OUT.cdf(np.array([0.0, 240.0, 300.0, np.inf]))
    assert share.tolist() == pytest.approx([0, 0.5, 0.9, 1])


@pytest.mark.parametrize("law", [APP, CALL_OUT])
def test_samples_follow_the_law(law: ReplyLaw) -> None:
    delays = law.sample(np.random.default_rng(1), 20_000)
    at = np.quantile(delays, [0.05, 0.25, 0.5, 0.75, 0.95])
    assert law.cdf(at).tolist() == pytest.approx([0.05, 0.25, 0.5, 0.75, 0.95], abs=0.015)


@pytest.mark.parametrize("law", [APP, CALL_OUT, replace(APP, says_no=1.0)])
@pytest.mark.parametrize(("waited", "within"), [(0, 60), (30, 30), (50, 15), (80, 300)])
def test_the_posterior_is_the_share_of_those_still_silent(
    law: ReplyLaw, waited: float, within: float
) -> None:
    rng, n, p = np.random.default_rng(2), 400_000, 0.362
    luck = rng.random(n)
    answers = luck < p + (1 - p) * law.says_no
    delay_s = np.where(answers, law.sample(rng, n), np.inf)
    silent = delay_s > waited
    accepts = silent & (luck < p) & (delay_s <= waited + within)
    found = law.will_accept(np.array([p]), np.array([waited]), np.array([within]))[0]
    share = accepts.sum() / silent.sum()
    assert found == pytest.approx(share, abs=4 * np.sqrt(0.25 / silent.sum()))


def test_silence_is_a_weak_yes_that_fades() -> None:
    waited = np.array([0.0, 15, 30, 60, 90, 120, 200])
    left = APP.will_accept(np.full(7, 0.36), waited, np.full(7, np.inf))
    assert left[0] == pytest.approx(0.36)
    assert (np.diff(left) <= 0).all()
    assert left[-1] < 0.001


def test_who_would_come_too_late_does_not_count() -> None:
    late = APP.will_accept(np.array([0.9, 0.9]), np.zeros(2), np.array([-100.0, 14.0]))
    assert late.tolist() == [0, 0]
    waiting = APP.will_accept(np.array([0.9]), np.array([60.0]), np.array([-30.0]))
    assert waiting.tolist() == [0]


@pytest.mark.parametrize("law", [APP, CALL_OUT])
def test_quantiles_are_the_law_the_other_way_round(law: ReplyLaw) -> None:
    shares = np.array([0.01, 0.1, 0.5, 0.9, 0.99])
    assert law.cdf(law.quantile(shares)) == pytest.approx(shares)


def test_when_all_answers_are_in_nobody_is_waited_for() -> None:
    law = replace(APP, says_no=1.0)
    assert law.will_accept(np.array([0.4]), np.array([1e9]), np.array([np.inf])).tolist() == [0]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"family": "normal"}, "family"),
        ({"shape": 0.0}, "shape"),
        ({"scale_s": float("nan")}, "scale_s"),
        ({"least_s": -1.0}, "least_s"),
        ({"says_no": 1.1}, "says_no"),
        ({"version": 0}, "version"),
    ],
)
def test_a_wrong_figure_is_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named} must be"):
        replace(APP, **wrong)
