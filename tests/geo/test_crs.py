"""Coordinate systems: published pairs, exact return, and no shift where there is none."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.geo.crs import Crs, Points, from_wgs84, in_mainland, to_wgs84
from dispatch.geo.measure import crow_m
from dispatch.settings import ROOT

SHIFTED = (Crs.GCJ02, Crs.BD09)
MM_DEG = 0.9e-8
"""A millimetre of latitude; of longitude it is even less."""

ELSEWHERE = {
    "Tokyo": (139.6917, 35.6895),
    "Seoul": (126.9780, 37.5665),
    "Ulaanbaatar": (106.9057, 47.8864),
    "Hong Kong": (114.1694, 22.3193),
    "Sheung Shui, 3 km from Shenzhen": (114.128, 22.501),
    "Macau": (113.5439, 22.1987),
    "Taipei": (121.5654, 25.0330),
    "Kinmen, 10 km from Xiamen": (118.32, 24.43),
    "Hanoi": (105.8342, 21.0278),
    "Porto": (-8.61, 41.15),
    "La Serena": (-71.25, -29.9),
}  # fmt: skip
MAINLAND = {
    "Beijing": (116.3913, 39.9075),
    "Shenzhen, Futian": (114.06, 22.53),
    "Zhuhai, Gongbei": (113.549, 22.225),
    "Xiamen": (118.09, 24.48),
    "Sanya on Hainan": (109.5, 18.25),
    "Zhoushan": (122.2, 30.0),
    "Tianjin port": (117.79, 38.98),
    "Dandong": (124.38, 40.13),
    "Heihe": (127.5, 50.25),
    "Urumqi": (87.6, 43.8),
    "Liuhe": (125.74, 42.28),
}  # fmt: skip


def gcoord_table() -> dict[str, Points]:
    found: dict[str, Any] = json.loads((ROOT / "tests/data/gcoord.json").read_text())
    rows = np.array(found["rows"])
    return {name: rows[:, i] for i, name in enumerate(found["columns"])}


@pytest.mark.parametrize("crs", SHIFTED)
def test_it_agrees_with_gcoord(crs: Crs) -> None:
    table = gcoord_table()
    assert np.abs(from_wgs84(table["wgs84"], crs) - table[crs]).max() < 2e-9
    assert np.abs(to_wgs84(table[crs], crs) - table["wgs84"]).max() < 2e-9


def test_the_shift_at_zhengzhou_is_the_measured_one() -> None:
    at = np.array([[113.656079, 34.758866]])
    moved = from_wgs84(at, Crs.GCJ02)
    away = crow_m(at[:, 0], at[:, 1], moved[:, 0], moved[:, 1])
    assert away[0] == pytest.approx(569, abs=2)


@given(
    st.lists(st.tuples(st.floats(73, 135), st.floats(18, 54)), min_size=1, max_size=50),
    st.sampled_from(SHIFTED),
)
def test_what_is_shifted_comes_back_to_a_millimetre(
    found: list[tuple[float, float]], crs: Crs
) -> None:
    points = np.array(found)
    shifted = from_wgs84(points, crs)
    # On the outline itself the shift begins; a step to either side decides.
    sure = in_mainland(points) & in_mainland(points + 1e-6) & in_mainland(points - 1e-6)
    assert np.abs(to_wgs84(shifted, crs) - points)[sure].max(initial=0) < MM_DEG


@pytest.mark.parametrize("crs", SHIFTED)
@pytest.mark.parametrize("place", ELSEWHERE)
def test_nothing_is_shifted_outside_the_mainland(place: str, crs: Crs) -> None:
    at = np.array([ELSEWHERE[place]])
    assert np.array_equal(from_wgs84(at, crs), at)
    assert np.array_equal(to_wgs84(at, crs), at)


@pytest.mark.parametrize("place", MAINLAND)
def test_the_mainland_is_shifted_up_to_its_coasts_and_borders(place: str) -> None:
    at = np.array([MAINLAND[place]])
    assert np.abs(from_wgs84(at, Crs.GCJ02) - at).max() > 0.001


def test_the_shift_begins_at_the_outline_and_nowhere_else() -> None:
    # Eastwards over the sea off Zhejiang: one step from shifted to not, and never back.
    line = np.column_stack([np.linspace(119, 126, 20_001), np.full(20_001, 28.0)])
    moved = np.abs(from_wgs84(line, Crs.GCJ02) - line).max(axis=1) > 0
    steps = np.flatnonzero(np.diff(moved.astype(int)))
    assert moved[0]
    assert not moved[-1]
    assert len(steps) == 1
    assert line[steps[0], 0] < 122.5


@pytest.mark.parametrize("crs", list(Crs))
def test_nan_and_far_values_pass_through(crs: Crs) -> None:
    points = np.array([[np.nan, np.nan], [180.0, 90.0], [-180.0, -90.0], [116.4, np.nan]])
    assert np.array_equal(to_wgs84(points, crs), points, equal_nan=True)
    assert np.array_equal(from_wgs84(points, crs), points, equal_nan=True)


def test_no_points_give_no_points_and_the_input_stays() -> None:
    assert to_wgs84(np.empty((0, 2)), Crs.BD09).shape == (0, 2)
    points = np.array([[116.4, 39.9]])
    from_wgs84(points, Crs.GCJ02)
    assert points.tolist() == [[116.4, 39.9]]
