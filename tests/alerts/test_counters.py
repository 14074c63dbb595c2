"""What the gateway counts about itself."""

from __future__ import annotations

from dispatch.alerts.counters import LAG_BOUNDS_S, Counters


def test_waits_fall_into_the_first_bound_that_holds_them() -> None:
    counters = Counters()
    for seconds in (0.0, 0.01, 0.011, 100.0):
        counters.waited(seconds)
    assert counters.lags[:2] == [2, 1]
    assert counters.lags[len(LAG_BOUNDS_S)] == 1
    assert counters.lag_sum_s == 100.021
