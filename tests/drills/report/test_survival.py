"""Kaplan-Meier against figures worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.drills.report.survival import Wait, kaplan_meier


def waits(*seconds: float) -> list[Wait]:
    """Negative ones are censored."""
    return [Wait(seconds=abs(s), censored=s < 0) for s in seconds]


def test_the_textbook_leukaemia_arm() -> None:
    """6-mercaptopurine, Freireich 1963: the usual example, remission in weeks."""
    arm = waits(
        6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35
    )  # fmt: skip
    curve = kaplan_meier(arm)
    left = {s: 1 - share for s, share in curve.steps}
    assert left == pytest.approx(
        {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}, abs=5e-4
    )
    assert (curve.waits, curve.happened) == (21, 9)
    assert curve.when(0.5) == 23


def test_without_censoring_it_is_the_share_that_has_happened() -> None:
    curve = kaplan_meier(waits(1, 2, 2, 4))
    assert dict(curve.steps) == pytest.approx({1: 0.25, 2: 0.75, 4: 1.0})


def test_what_never_happened_has_no_median() -> None:
    assert kaplan_meier(waits(-5, -6)).when(0.5) is None
    assert kaplan_meier([]).steps == ()


@given(st.lists(st.tuples(st.floats(0, 1e6), st.booleans()), max_size=60))
def test_the_share_only_grows_and_stays_below_one(found: list[tuple[float, bool]]) -> None:
    curve = kaplan_meier(Wait(seconds=s, censored=c) for s, c in found)
    shares = [share for _, share in curve.steps]
    assert shares == sorted(shares)
    assert all(0 < share <= 1 for share in shares)
