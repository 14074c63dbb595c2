"""The index gives what looking at everybody gives, everywhere on Earth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.geo.measure import crow_m
from dispatch.geo.nearest import NearestIndex
from dispatch.model import Site

# Whole and half degrees make many people share a place, at the poles and across the antimeridian.
degrees = st.integers(-4, 4).map(lambda n: n / 2)
people = st.lists(st.tuples(degrees, degrees), max_size=30)
corners = st.sampled_from([(0.0, 0.0), (180.0, 0.0), (-178.0, 30.0), (90.0, 88.0), (10.0, -88.0)])


def around(corner: tuple[float, float], places: list[tuple[float, float]]) -> np.ndarray:
    points = np.array(places).reshape(-1, 2) + corner
    points[:, 0] = (points[:, 0] + 180) % 360 - 180
    return points


def brute_m(points: np.ndarray, site: Site) -> np.ndarray:
    return crow_m(points[:, 0], points[:, 1], site.lon, site.lat)


@given(corners, people, st.tuples(degrees, degrees), st.integers(0, 40))
def test_nearest_equals_brute_force(
    corner: tuple[float, float],
    places: list[tuple[float, float]],
    where: tuple[float, float],
    k: int,
) -> None:
    points, (lon, lat) = around(corner, places), around(corner, [where])[0]
    site = Site(lon=lon, lat=lat)
    rows, distance_m = NearestIndex(points[:, 0], points[:, 1]).nearest(site, k)
    everybody = brute_m(points, site)
    np.testing.assert_allclose(distance_m, np.sort(everybody)[:k], atol=1e-6)
    np.testing.assert_allclose(distance_m, everybody[rows], atol=1e-6)
    assert len(set(rows.tolist())) == min(k, len(points))


@given(corners, people, st.tuples(degrees, degrees), st.floats(0, 500_000))
def test_within_equals_brute_force(
    corner: tuple[float, float],
    places: list[tuple[float, float]],
    where: tuple[float, float],
    radius_m: float,
) -> None:
    points, (lon, lat) = around(corner, places), around(corner, [where])[0]
    site = Site(lon=lon, lat=lat)
    index = NearestIndex(points[:, 0], points[:, 1])
    rows, distance_m = index.within(site, radius_m)
    (found,) = index.around(np.array([lon]), np.array([lat]), np.array([radius_m]))
    assert sorted(found) == sorted(rows)
    everybody = brute_m(points, site)
    assert set(np.flatnonzero(everybody < radius_m - 1e-3)) <= set(rows.tolist())
    assert set(rows.tolist()) <= set(np.flatnonzero(everybody < radius_m + 1e-3))
    assert (np.diff(distance_m) >= 0).all()


def test_people_at_one_place_come_in_row_order() -> None:
    index = NearestIndex(np.full(9, 116.0), np.full(9, 40.0))
    rows, distance_m = index.nearest(Site(lon=116.0, lat=40.0), 4)
    assert rows.tolist() == [0, 1, 2, 3]
    assert distance_m.tolist() == [0, 0, 0, 0]


def test_within_reaches_half_around_the_world() -> None:
    index = NearestIndex(np.array([0.0, 179.0]), np.array([0.0, 0.0]))
    rows, _ = index.within(Site(lon=0, lat=0), 1e9)
    assert rows.tolist() == [0, 1]


def test_closest_answers_many_at_once() -> None:
    index = NearestIndex(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    rows, distance_m = index.closest(np.array([0.9, 0.2]), np.zeros(2), k=3)
    assert rows[:, :2].tolist() == [[1, 0], [0, 1]]
    assert np.isinf(distance_m[:, 2]).all()
    assert distance_m[0, 0] == pytest.approx(11_119.5, rel=1e-4)


@pytest.mark.parametrize(("people", "questions"), [(0, 3), (3, 0)])
def test_nobody_is_an_answer(people: int, questions: int) -> None:
    index = NearestIndex(np.zeros(people), np.zeros(people))
    rows, distance_m = index.closest(np.zeros(questions), np.zeros(questions), k=2)
    assert rows.shape == distance_m.shape == (questions, 2)
    assert np.isinf(distance_m).all()
    assert len(index.nearest(Site(lon=0, lat=0), 3)[0]) == people
