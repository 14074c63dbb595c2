"""What comes out of a file, and which files are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import pytest
from osmium.osm.mutable import Node, Way

from dispatch.errors import BadInput
from dispatch.geo.osm.area import Area, area_of_box
from dispatch.geo.osm.country import load_country
from dispatch.geo.osm.read import Ways, read_ways
from tests.geo.osm.drawn import STREET, draw, place

VADUZ = Path(__file__).parents[2] / "data" / "vaduz.osm.pbf"
COUNTRY = load_country("default")


def read(path: Path, area: Area | None = None, country: str = "default") -> Ways:
    return read_ways(path, area or Area(), load_country(country), lambda text: None)


def test_ways_come_with_points_kinds_and_names(tmp_path: Path) -> None:
    ways = read(
        draw(
            tmp_path / "a.osm.pbf",
            [([0, 1, 2], STREET | {"name": "Long"}), ([2, 3], STREET), ([5, 6], {"building": "y"})],
            {1: {"barrier": "bollard"}, 7: {"highway": "crossing"}},
        )
    )
    assert ways.osm_id.tolist() == [100, 101]
    assert ways.start.tolist() == [0, 3, 5]
    assert ways.ref.tolist() == [1, 2, 3, 3, 4]
    np.testing.assert_allclose(ways.place / 1e6, [place(node) for node in (0, 1, 2, 2, 3)])
    assert [ways.names[number] for number in ways.name] == ["Long", ""]
    assert [ways.kinds[number][0] for number in ways.kind] == ["residential"] * 2
    assert list(ways.passing) == [2]
    assert ways.date == "2026-05-01T00:00:00Z"
    assert ways.missing == 0


@pytest.mark.parametrize("suffix", [".osm.pbf", ".osm", ".osm.gz", ".osm.bz2"])
def test_every_form_of_the_data_is_read_alike(suffix: str, tmp_path: Path) -> None:
    ways = read(draw(tmp_path / f"a{suffix}", [([0, 1, 2], STREET)]))
    assert ways.ref.tolist() == [1, 2, 3]


def test_the_country_says_which_name_is_shown(tmp_path: Path) -> None:
    street = STREET | {"name": "Changjiang Lu", "name:zh": "长江路", "ref": "G1"}
    path = draw(tmp_path / "a.osm.pbf", [([0, 1], street), ([1, 2], STREET | {"ref": "G2"})])
    assert read(path).names == ("", "Changjiang Lu", "G2")
    assert read(path, country="cn").names == ("", "长江路", "G2")


def test_places_are_rounded_to_the_microdegree(tmp_path: Path) -> None:
    path = tmp_path / "a.osm.pbf"
    with osmium.SimpleWriter(path) as writer:
        writer.add_node(Node(id=1, location=(116.0000004, -8.0000006)))
        writer.add_node(Node(id=2, location=(116.0000006, -8.0000004)))
        writer.add_way(Way(id=1, nodes=[1, 2], tags=STREET))
    assert read(path).place.tolist() == [[116_000_000, -8_000_001], [116_000_001, -8_000_000]]


def test_missing_nodes_are_counted(tmp_path: Path) -> None:
    path = draw(tmp_path / "a.osm.pbf", [([0, 1, 2, 3], STREET), ([8, 9], STREET)], missing=[2, 8])
    ways = read(path)
    assert ways.missing == 2
    assert ways.osm_id.tolist() == [100]


def test_ways_far_from_the_area_are_left_out_but_seen(tmp_path: Path) -> None:
    path = draw(tmp_path / "a.osm.pbf", [([0, 1], STREET), ([77, 78], STREET)])
    near = ",".join(map(str, (*place(0), *place(11))))
    ways = read(path, area_of_box(near))
    assert ways.osm_id.tolist() == [100]
    assert ways.seen == pytest.approx((*place(0), *place(78)))


def test_what_was_ignored_is_counted(tmp_path: Path) -> None:
    odd = STREET | {"maxspeed": "fast"}
    path = draw(tmp_path / "a.osm.pbf", [([0, 1], odd), ([1, 2], odd), ([2, 3], {"highway": "x"})])
    assert read(path).remarks == {("maxspeed ignored", "fast"): 2, ("unknown class", "x"): 1}


def test_a_ferry_knows_its_length(tmp_path: Path) -> None:
    ferry = {"route": "ferry", "duration": "0:10"}
    ways = read(draw(tmp_path / "a.osm.pbf", [([0, 50], ferry), ([1, 91], ferry)]))
    speeds = [ways.kinds[number][2][2] for number in ways.kind]
    assert speeds == pytest.approx([0.556 * 6, 1.001 * 6], abs=0.06)


def test_a_real_extract() -> None:
    ways = read(VADUZ)
    assert len(ways.osm_id) == 1_073
    assert "Städtle" in ways.names
    assert ways.date == "2015-07-27T21:14:01Z"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_a_file_that_was_cut_off_is_refused(share: float, tmp_path: Path) -> None:
    whole = VADUZ.read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadInput, match=r"cut\.osm\.pbf: not readable .* or cut off after"):
        read(path)


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.osm", "a.osm.gz", "a.txt"])
def test_a_file_of_another_kind_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("# Not a map\n" * 100)
    with pytest.raises(BadInput, match="not readable as OpenStreetMap data"):
        read(path)


def test_a_file_that_is_empty_or_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.osm.pbf").touch()
    with pytest.raises(BadInput, match="is empty"):
        read(tmp_path / "a.osm.pbf")
    with pytest.raises(BadInput, match=r"b\.osm\.pbf: No such file"):
        read(tmp_path / "b.osm.pbf")
    with pytest.raises(BadInput, match="is not a file"):
        read(tmp_path)
