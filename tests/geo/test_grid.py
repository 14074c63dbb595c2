"""Cells over a part of the map, where they are measured, and the areas they make."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dispatch.geo.grid import CELLS_MOST, SIDE_LEAST_M, Grid
from dispatch.geo.measure import crow_m
from dispatch.ports import Roads

TEN = Grid(west=10.0, south=50.0, lon_step=0.01, lat_step=0.01, columns=10, rows=10)


def roads(*points: tuple[float, float]) -> Roads:
    """Return roads at places given in steps of TEN; each stands for 7 metres."""
    places = np.array(points, np.float64).reshape(-1, 2) * 0.01 + (10.0, 50.0)
    return Roads(places, np.full(len(points), 7.0))


def shape(areas: list) -> shapely.Geometry:
    geometry = shapely.geometry.shape({"type": "MultiPolygon", "coordinates": areas})
    assert geometry.is_valid
    return geometry


@given(
    west=st.floats(-180, 179), south=st.floats(-89, 88), width=st.floats(1e-4, 60),
    height=st.floats(1e-4, 60),
)  # fmt: skip
def test_a_grid_covers_its_box_in_squares(
    west: float, south: float, width: float, height: float
) -> None:
    east, north = min(west + width, 180.0), min(south + height, 90.0)
    grid = Grid.over(west, south, east, north)
    assert len(grid) <= CELLS_MOST
    assert grid.side_m >= SIDE_LEAST_M * 0.999
    assert grid.west + grid.columns * grid.lon_step >= east - 1e-9
    assert grid.south + grid.rows * grid.lat_step >= north - 1e-9
    middle = (south + north) / 2
    across_m = crow_m(west, middle, west + grid.lon_step, middle)
    if grid.lon_step < 1:
        assert across_m == pytest.approx(grid.side_m, rel=0.001)


@pytest.mark.parametrize(
    "box",
    [(10, 50, 10, 51), (10, 51, 11, 50), (170, 0, 190, 1), (0, 0, 1, 95), (np.nan, 0, 1, 1),
     (179, 0, -179, 1)],
)  # fmt: skip
def test_a_box_without_an_inside_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="west < east"):
        Grid.over(*box)


def test_a_centre_lies_in_its_own_cell_and_what_is_outside_in_none() -> None:
    grid = Grid.over(-71.4, -30.1, -71.1, -29.8)
    assert grid.cells_of(grid.centres()).tolist() == list(range(len(grid)))
    outside = np.array([(-71.41, -30.0), (-71.2, -30.11), (-71.2, -29.7), (-71.0, -30.0)])
    assert grid.cells_of(outside).tolist() == [-1] * 4


def test_cells_with_a_road_or_beside_one_are_measured_on_it() -> None:
    stops = TEN.stops(roads((5.5, 5.5), (5.9, 5.9), (20, 20)))
    # The cell and the eight around it; of two points in a cell the one nearer to its middle.
    assert stops.cell.tolist() == [44, 45, 46, 54, 55, 56, 64, 65, 66]
    np.testing.assert_allclose(stops.sites[stops.site], [(10.055, 50.055)] * 9)
    assert stops.road_m.tolist() == [0, 0, 0, 0, 14, 0, 0, 0, 0]


def test_a_cell_between_two_roads_is_measured_on_the_nearer() -> None:
    stops = TEN.stops(roads((2.5, 5.5), (4.2, 5.5)))
    between = stops.site[stops.cell.tolist().index(53)]
    np.testing.assert_allclose(stops.sites[between], (10.042, 50.055))


def test_where_there_are_no_roads_nothing_is_measured() -> None:
    stops = TEN.stops(roads((20, 20)))
    assert (len(stops.sites), len(stops.cell)) == (0, 0)


def test_without_a_map_every_cell_is_measured_at_its_middle() -> None:
    stops = TEN.stops(None)
    np.testing.assert_array_equal(stops.sites[stops.site], TEN.centres())
    assert stops.cell.tolist() == list(range(100))


def test_areas_are_the_cells_merged() -> None:
    block = np.array([y * 10 + x for y in range(2, 5) for x in range(3, 7)])
    areas = TEN.areas(block)
    ((ring,),) = areas
    drawn, exact = shape(areas), shapely.box(10.03, 50.02, 10.07, 50.05)
    assert drawn.symmetric_difference(exact).area < 1e-6 * exact.area
    assert drawn.hausdorff_distance(exact) < 1e-6
    assert all(round(degrees, 5) == degrees for corner in ring for degrees in corner)
    assert TEN.areas(block[:0]) == []


def test_areas_keep_holes_and_islands() -> None:
    ring = [y * 10 + x for y in range(5) for x in range(5) if not (1 <= x <= 3 and 1 <= y <= 3)]
    areas = TEN.areas(np.array([*ring, 99]))
    assert sorted(len(polygon) for polygon in areas) == [1, 2]
    assert not shape(areas).intersects(shapely.Point(10.025, 50.025))


def test_a_block_of_houses_is_no_hole() -> None:
    def ring(wide: int, high: int) -> np.ndarray:
        """Return the cells around a hole."""
        every = [(x, y) for x in range(wide + 2) for y in range(high + 2)]
        return np.array([y * 10 + x for x, y in every if not (1 <= x <= wide and 1 <= y <= high)])

    assert [len(polygon) for polygon in TEN.areas(ring(3, 1))] == [1]
    assert [len(polygon) for polygon in TEN.areas(ring(2, 2))] == [2]


@given(st.lists(st.integers(0, 99), min_size=1, max_size=60))
def test_smoothing_moves_no_edge_by_more_than_a_cell(cells: list[int]) -> None:
    chosen = np.array(cells)
    drawn = shape(TEN.areas(chosen))
    inside = shapely.contains_xy(drawn.buffer(0.0061), *TEN.centres()[chosen].T)
    assert inside.all()
    y, x = np.divmod(np.unique(chosen), 10)
    exact = shapely.union_all(shapely.box(x, y, x + 1, y + 1))
    exact = shapely.transform(exact, lambda steps: steps * 0.01 + (10.0, 50.0))
    assert drawn.difference(exact.buffer(0.0111)).is_empty


def test_around_is_one_cell_more_on_each_side() -> None:
    np.testing.assert_allclose(TEN.around(np.array([22, 47])), (10.01, 50.01, 10.09, 50.06))
    edge = Grid(west=-180.0, south=-90.0, lon_step=1, lat_step=1, columns=5, rows=5)
    assert edge.around(np.array([0]))[:2] == (-180.0, -90.0)
