"""What the person who imports is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dispatch.geo.osm.area import area_of_boundary
from tests.geo.osm.drawn import STREET, imported, place

ISLAND = ([70, 71, 72, 73], STREET)


def test_lengths_by_class_and_mode(tmp_path: Path) -> None:
    town = [([0, 1, 2], STREET | {"name": "A"}), ([2, 3, 4, 5, 6], {"highway": "path"})]
    _, report = imported(tmp_path, [*town, ([8, 9], {"waterway": "river"})])
    assert report.classes == {
        "residential": (1, pytest.approx(0.2, abs=0.05)),
        "path": (1, pytest.approx(0.3, abs=0.05)),
        "waterway": (1, pytest.approx(0.1, abs=0.05)),
    }
    assert [report.modes[mode].links for mode in ("car", "foot", "boat")] == [1, 2, 1]
    assert report.named_share == pytest.approx(2 / 7, abs=0.01)
    assert (report.nodes, report.vertices, report.links) == (9, 5, 3)


def test_the_share_that_hangs_together(tmp_path: Path) -> None:
    _, report = imported(tmp_path, [([0, 1, 2, 3], STREET), ([3, 4], STREET | {"oneway": "yes"})])
    assert report.modes["car"].main_share == pytest.approx(0.75, abs=0.01)
    assert report.modes["foot"].main_share == 1
    assert any("75% of the way by car hang together" in text for text in report.warnings)


def test_structures_and_oddities(tmp_path: Path) -> None:
    odd = STREET | {"maxspeed": "quick", "foot": "perhaps"}
    _, report = imported(
        tmp_path,
        [
            ([0, 1], odd | {"bridge": "yes"}),
            ([1, 2], odd | {"tunnel": "yes"}),
            ([2, 3], {"highway": "canyoning"}),
        ],
    )
    assert report.structures == {"bridges": 1, "tunnels": 1, "fords": 0}
    assert report.oddities == {
        "maxspeed ignored": {"quick": 2},
        "unknown access": {"foot=perhaps": 2},
        "unknown class": {"canyoning": 1},
    }
    assert "maxspeed ignored: quick (2)" in report.text()


def test_of_many_oddities_the_most_frequent_are_named(tmp_path: Path) -> None:
    streets = [([n, n + 1], STREET | {"maxspeed": f"x{n:02}"}) for n in range(20)]
    _, report = imported(tmp_path, [*streets, ([30, 31], STREET | {"maxspeed": "x19"})])
    assert "maxspeed ignored: x19 (2), x00 (1)" in report.text()
    assert "and 8 more" in report.text()


def test_warnings(tmp_path: Path) -> None:
    path = tmp_path / "bow.geojson"
    (west, south), (east, north) = place(0), place(99)
    corners = [[west, south], [east, north], [east, south], [west, north], [west, south]]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [corners]}))
    _, report = imported(
        tmp_path, [([10, 20, 30, 31], STREET), ISLAND], area=area_of_boundary(path), missing=[31]
    )
    assert report.warnings[0] == "the boundary crossed itself and was repaired"
    assert report.warnings[1].startswith("1 nodes of ways are not in the file")
    assert "no waterways: nobody goes by boat" in report.warnings
    assert "no road has a name" in report.warnings
    assert all(text in report.text() for text in report.warnings)


def test_what_it_cost_is_said(tmp_path: Path) -> None:
    _, report = imported(tmp_path, [ISLAND])
    assert report.peak_mib > 10
    assert f"{report.peak_mib:,.0f} MiB at most" in report.text()
