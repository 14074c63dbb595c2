"""Rain slows, never speeds up, and does not make a way out of none."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.geo.weather import SPEED_LEFT, slowed
from dispatch.model import UNREACHABLE, Rain, TravelMode

DRY = np.array([0, 1, 90, 900, UNREACHABLE], np.int32)


@pytest.mark.parametrize("mode", TravelMode)
def test_heavier_rain_is_slower(mode: TravelMode) -> None:
    dry, wet, pouring = (slowed(DRY, mode, rain) for rain in Rain)
    assert dry.tolist() == DRY.tolist()
    assert (wet[1:-1] > dry[1:-1]).all()
    assert (pouring[2:-1] > wet[2:-1]).all()
    assert wet.dtype == pouring.dtype == np.int32
    assert wet[-1] == pouring[-1] == UNREACHABLE


def test_times_follow_from_the_speed_that_is_left_and_are_rounded_up() -> None:
    assert slowed(DRY, TravelMode.CAR, Rain.RAIN).tolist() == [0, 2, 100, 1_000, UNREACHABLE]
    assert slowed(DRY, TravelMode.CAR, Rain.HEAVY).tolist() == [0, 2, 120, 1_200, UNREACHABLE]


def test_every_rain_has_its_figures() -> None:
    assert set(SPEED_LEFT) == set(Rain)
