"""Plain counts for whoever reads the metrics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.tallies import Histogram


def test_a_value_falls_into_the_first_bound_that_holds_it() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.0, 1.0, 1.5, 2.0, 2.1, 100.0):
        histogram.add(value)
    assert histogram.counts == [2, 2, 2]
    assert histogram.sum == pytest.approx(106.6)


@given(st.lists(st.floats(0, 10)))
def test_every_value_is_counted_once(values: list[float]) -> None:
    histogram = Histogram((0.5, 1.0, 5.0))
    for value in values:
        histogram.add(value)
    assert sum(histogram.counts) == len(values)
    assert sum(histogram.counts[:2]) == sum(v <= 1.0 for v in values)
