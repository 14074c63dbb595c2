from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dispatch.matching.alerting import Call, Promised, Ranked, Silent, fill
from dispatch.matching.alerting.call import chance_in_time, chance_late, fill_late
from dispatch.matching.replies import APP
from tests.matching.alerting.calls import call, ranked


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("now_s", [20.0, 45.0, 70.0])
def test_fill_is_the_share_of_such_calls_that_are_filled(now_s: float, heads: int) -> None:
    """Ten people asked at once; told only who answered what by `now_s`, it must foretell rightly.

    Averaged over runs in bins of the prediction, the prediction is the share that came true.
    """
    runs, n, p, deadline_s, show_up = 1_500, 10, 0.4, 300.0, 0.9
    rng = np.random.default_rng(heads)
    travel_s = np.linspace(120.0, 290.0, n)
    luck, delay_s = rng.random((runs, n)), APP.sample(rng, runs * n).reshape(runs, n)
    yes = luck < p
    delay_s = np.where(luck < p + (1 - p) * APP.says_no, delay_s, np.inf)
    comes = yes & (rng.random((runs, n)) < show_up)
    filled = (comes & (delay_s + travel_s <= deadline_s)).sum(axis=1) >= heads

    def foretold(run: int) -> float:
        silent, promised = delay_s[run] > now_s, yes[run] & (delay_s[run] <= now_s)
        now = Call(
            heads=heads,
            left_s=deadline_s - now_s,
            law=APP,
            silent=Silent(*(np.full(n, v)[silent] for v in (p, travel_s, now_s))),
            promised=Promised(
                (delay_s[run] + travel_s - now_s)[promised], np.full(promised.sum(), show_up)
            ),
            show_up=show_up,
        )
        return fill(now, rho=0.0)

    q = np.array([foretold(run) for run in range(runs)])
    for low, high in ((0, 0.5), (0.5, 0.8), (0.8, 1.01)):
        these = (q >= low) & (q < high)
        error = np.sqrt((q[these] * (1 - q[these])).sum())
        assert abs((filled[these] - q[these]).sum()) <= 4 * error + 1e-9
    assert np.corrcoef(q, filled)[0, 1] > now_s / 400  # the more is known, the sharper


def test_a_promise_counts_as_far_as_people_show_up() -> None:
    assert fill(call(promised=[(100, 0.9)]), rho=0.0) == pytest.approx(0.9)
    assert fill(call(promised=[(100, 0.9), (100, 0.9)]), rho=0.05) == pytest.approx(0.99)
    assert fill(call(promised=[(0, 1.0)], left_s=-5), rho=0.0) == 0


def test_a_promise_that_comes_too_late_counts_only_late() -> None:
    late = call(promised=[(601, 0.9)])
    assert fill(late, rho=0.0) == 0
    assert fill_late(late, rho=0.0) == pytest.approx(0.9)


def test_a_fresh_question_counts_as_accepting_answering_and_coming() -> None:
    found = chance_in_time(call(left_s=100), Ranked(np.array([0.4]), np.array([60.0])))
    in_time = APP.cdf(np.array([40.0]))[0]
    assert found[0] == pytest.approx(0.4 * 0.9 * in_time)
    assert chance_late(call(left_s=100), ranked(1))[0] == pytest.approx(0.36)


def test_correlation_makes_several_heads_harder() -> None:
    asked = call(heads=4, silent=[(0.4, 60, 0)] * 18)
    assert fill(asked, rho=0.1) < fill(asked, rho=0.0) - 0.03


def test_it_knows_what_is_open_and_who_was_asked() -> None:
    found = call(heads=3, silent=[(0.4, 60, 5)], promised=[(60, 0.9)], declined=4, expired=2)
    assert (found.open_heads, found.asked) == (2, 8)
    assert call(heads=1, promised=[(60, 0.9)] * 3).open_heads == 0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: call(heads=-1), "heads must be 0 or more"),
        (lambda: call(declined=-1), "declined must be 0 or more"),
        (lambda: call(since_wave_s=float("nan")), "since_wave_s must be 0 or more"),
        (lambda: call(left_s=float("nan")), "left_s must be finite"),
        (lambda: call(show_up=0.0), "show_up must be above 0"),
        (lambda: call(silent=[(1.1, 60, 0)]), "^p must be in 0"),
        (lambda: call(silent=[(0.4, -1, 0)]), "travel_s must be in 0"),
        (lambda: call(silent=[(0.4, 60, np.nan)]), "waited_s must be in 0"),
        (lambda: call(promised=[(60, 2.0)]), "show_up must be in 0"),
        (lambda: Ranked(np.zeros(2), np.zeros(3)), r"travel_s must have shape \(2,\), got \(3,\)"),
    ],
)
def test_what_cannot_be_is_named(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()
