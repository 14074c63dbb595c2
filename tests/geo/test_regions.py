from __future__ import annotations

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo.regions import NOWHERE, RegionIndex
from dispatch.model import RegionCode


def index(*regions: tuple[str, shapely.Geometry, int]) -> RegionIndex:
    return RegionIndex(
        tuple(RegionCode(code) for code, _, _ in regions),
        [shape for _, shape, _ in regions],
        [depth for _, _, depth in regions],
    )


COUNTY = ("2205", shapely.box(0, 0, 10, 10), 1)
WEST = ("220501", shapely.box(0, 0, 5, 10), 2)
EAST = ("220502", shapely.box(5, 0, 9, 10), 2)


def test_the_deepest_region_wins_whatever_the_order() -> None:
    for regions in ((COUNTY, WEST, EAST), (EAST, COUNTY, WEST)):
        found = index(*regions)
        assert found.at(1, 1) == "220501"
        assert found.at(6, 1) == "220502"
        assert found.at(9.5, 1) == "2205"
        assert found.at(11, 1) is None


def test_a_common_border_belongs_to_the_lowest_code() -> None:
    for regions in ((WEST, EAST), (EAST, WEST)):
        assert index(*regions).at(5, 5) == "220501"
    assert index(COUNTY).at(10, 10) == "2205"


def test_a_place_in_a_hole_lies_outside() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    assert index(("A", ring, 1)).at(5, 5) is None
    assert index(("A", ring, 1), ("B", shapely.box(4, 4, 6, 6), 1)).at(5, 5) == "B"


def test_nowhere() -> None:
    nan = float("nan")
    assert RegionIndex().at(1, 1) is None
    assert index(COUNTY).rows(np.array([]), np.array([])).tolist() == []
    rows = index(COUNTY).rows(np.array([nan, 1.0, 1.0, nan]), np.array([1.0, nan, 1.0, nan]))
    assert rows.tolist() == [NOWHERE, NOWHERE, 0, NOWHERE]
    assert index(COUNTY).codes_at(np.array([1.0, 99.0]), np.array([1.0, 1.0])) == ["2205", None]


def test_columns_must_agree() -> None:
    with pytest.raises(ValueError, match="differ in number"):
        RegionIndex((RegionCode("A"),), [], [])


GRID = st.integers(0, 8)


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Geometry:
    x, y = draw(GRID), draw(GRID)
    shape = shapely.box(x, y, x + draw(st.integers(1, 4)), y + draw(st.integers(1, 4)))
    return shapely.affinity.skew(shape, draw(st.sampled_from([0, 20])))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(polygons(), st.integers(1, 3)), max_size=8),
    st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), min_size=1, max_size=30),
)
def test_as_shapely_says_one_by_one(
    shapes: list[tuple[shapely.Geometry, int]], places: list[tuple[int, int]]
) -> None:
    regions = [(f"{n:02}", shape, depth) for n, (shape, depth) in enumerate(shapes)]
    lon, lat = np.array(places, float).T / 2
    found = index(*regions).codes_at(lon, lat)
    for x, y, code in zip(lon.tolist(), lat.tolist(), found, strict=True):
        holding = [
            (-depth, name)
            for name, shape, depth in regions
            if shape.intersects(shapely.Point(x, y))
        ]
        assert code == (min(holding)[1] if holding else None)


def test_borders_are_simplified_alike_on_both_sides() -> None:
    wave = [(5 + 0.0001 * (n % 2), n / 10) for n in range(101)]
    west = shapely.Polygon([(0, 0), *wave, (0, 10)])
    east = shapely.Polygon([(9, 0), *wave, (9, 10)])
    drawn = index(("W", west, 1), ("E", east, 1), COUNTY).simplified(0.01)
    assert set(drawn) == {"W", "E", "2205"}
    w, e = drawn[RegionCode("W")], drawn[RegionCode("E")]
    assert shapely.get_num_coordinates(w) < 20
    assert w.intersection(e).area == 0
    assert w.union(e).area == pytest.approx(90, abs=0.01)
