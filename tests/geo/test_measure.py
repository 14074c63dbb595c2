"""Distances against figures from outside, and the grid that hides people's homes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.geo.measure import (
    CELL_DEGREES,
    EARTH_RADIUS_M,
    chord_to_m,
    coarsen,
    crow_m,
    located,
    m_to_chord,
    unit_xyz,
)

lons = st.floats(-180, 180)
lats = st.floats(-90, 90)


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [
        ((0, 0), (1, 0), 111_195.08),  # a degree of the equator on this sphere
        ((0, 0), (0, 90), 10_007_557.2),  # a quarter of a meridian
        ((0, 0), (180, 0), 20_015_114.4),  # antipodes
        ((-0.1278, 51.5074), (2.3522, 48.8566), 343_556),  # London to Paris
        ((116.4074, 39.9042), (121.4737, 31.2304), 1_067_310),  # Beijing to Shanghai
        ((179.99, 0), (-179.99, 0), 2_223.90),  # over the antimeridian
        ((0, 89.99), (180, 89.99), 2_223.90),  # over the pole
    ],
)
def test_known_distances(a: tuple[float, float], b: tuple[float, float], metres: float) -> None:
    assert float(crow_m(*a, *b)) == pytest.approx(metres, rel=2e-5)


def test_a_centimetre_is_a_centimetre() -> None:
    degrees = 0.01 / (np.radians(1) * EARTH_RADIUS_M)
    assert float(crow_m(120, 45, 120, 45 + degrees)) == pytest.approx(0.01, rel=1e-6)


def test_arguments_broadcast() -> None:
    lon, lat = np.array([[0.0], [1.0]]), np.zeros((2, 1))
    assert crow_m(lon, lat, np.array([0.0, 1.0, 2.0]), np.zeros(3)).shape == (2, 3)


@given(lons, lats, lons, lats)
def test_chords_are_another_way_to_the_same_metres(
    lon_a: float, lat_a: float, lon_b: float, lat_b: float
) -> None:
    chord = np.linalg.norm(unit_xyz(lon_a, lat_a) - unit_xyz(lon_b, lat_b))
    crow = float(crow_m(lon_a, lat_a, lon_b, lat_b))
    # Near the antipodes a chord hardly grows any more: half a metre there, nanometres here.
    assert float(chord_to_m(chord)) == pytest.approx(crow, rel=1e-7, abs=1e-6)


@given(st.floats(0, 3e7))
def test_chord_and_metres_are_inverse(metres: float) -> None:
    limit = np.pi * EARTH_RADIUS_M
    assert float(chord_to_m(m_to_chord(metres))) == pytest.approx(min(metres, limit), rel=1e-7)


@given(lons, lats)
def test_coarse_positions_are_valid_stable_and_less_than_a_cell_away(
    lon: float, lat: float
) -> None:
    coarse_lon, coarse_lat = coarsen(lon, lat)
    assert abs(coarse_lon) < 180
    assert abs(coarse_lat) < 90
    assert abs(coarse_lon - lon) <= CELL_DEGREES
    assert abs(coarse_lat - lat) <= CELL_DEGREES
    assert coarsen(coarse_lon, coarse_lat) == (coarse_lon, coarse_lat)


def test_coarse_positions_hide_who_is_where_in_the_cell() -> None:
    lon, lat = coarsen(np.array([-71.2701, -71.2799]), np.array([-29.9401, -29.9499]))
    assert lon.tolist() == [-71.275, -71.275]
    assert lat.tolist() == [-29.945, -29.945]


def test_located_marks_unknown_positions() -> None:
    places, known = located([[1.0, 2.0], [np.nan, 2.0], [3.0, np.inf]])
    assert known.tolist() == [True, False, False]
    assert places.tolist() == [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]


def test_located_copies() -> None:
    points = np.array([[np.nan, np.nan]])
    located(points)
    assert np.isnan(points).all()


@pytest.mark.parametrize("points", [[1.0, 2.0], [[1.0, 2.0, 3.0]], [[181.0, 0.0]], [[0.0, 91.0]]])
def test_located_refuses_what_is_no_position(points: list[float]) -> None:
    with pytest.raises(ValueError, match="position"):
        located(points)
