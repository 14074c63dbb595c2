"""Map layers: what may be configured, and which other hosts that opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dispatch.geo.crs import Crs
from dispatch.geo.layers import ROADS_ALONE, LayerKind, MapLayer, check_tiles, hosts
from dispatch.taxonomy import Names

NAMES = Names(zh="图", en="Map")
XYZ: dict[str, Any] = {
    "id": "other", "names": NAMES, "kind": LayerKind.XYZ, "attribution": "Somebody",
    "urls": ("https://t{s}.tiles.example/{z}/{x}/{y}.png?k=1", "http://10.0.0.7:8080/{z}/{y}/{x}"),
    "subdomains": "ab",
}  # fmt: skip


def test_without_configuration_no_other_host_is_named() -> None:
    tiles = MapLayer(id="county", names=NAMES, kind=LayerKind.PMTILES, file=Path("x.pmtiles"))
    assert hosts([ROADS_ALONE, tiles]) == ()


def test_exactly_the_hosts_of_the_addresses_are_named_once() -> None:
    assert hosts([MapLayer(**XYZ), MapLayer(**XYZ)]) == (
        "http://10.0.0.7:8080", "https://ta.tiles.example", "https://tb.tiles.example"
    )  # fmt: skip


def test_layers_lie_above_each_other_with_each_subdomain() -> None:
    assert MapLayer(**XYZ).tiles == (
        ("https://ta.tiles.example/{z}/{x}/{y}.png?k=1",
         "https://tb.tiles.example/{z}/{x}/{y}.png?k=1"),
        ("http://10.0.0.7:8080/{z}/{y}/{x}",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"id": "../etc"}, "id '../etc': expected"),
        ({"id": ""}, "id '': expected"),
        ({"names": Names(zh="", en="Map")}, "name_zh and name_en"),
        ({"min_zoom": 9, "max_zoom": 8}, "min_zoom, max_zoom"),
        ({"max_zoom": 23}, "min_zoom, max_zoom"),
        ({"file": Path("x")}, "file: needed for kind pmtiles, and for no other"),
        ({"urls": ()}, "urls: needed for kind xyz"),
        ({"kind": LayerKind.ROADS}, "urls: needed for kind xyz, and for no other"),
        ({"kind": LayerKind.PMTILES, "urls": ()}, "file: needed"),
        ({"crs": Crs.BD09}, "bd09 tiles have a grid of their own"),
        ({"attribution": ""}, "say whose map it is"),
        ({"urls": ("ftp://host/{z}/{x}/{y}",)}, "does not begin with http"),
        ({"urls": ("https://host",)}, "does not begin with http"),
        ({"urls": ("https://a;script-src *//{z}/{x}/{y}",)}, "does not begin with http"),
        ({"urls": ("https://{key}.host/{z}/{x}/{y}",)}, "does not begin with http"),
        ({"urls": ("https://host/{z}/{x}",)}, "needs {z}, {x}, {y}"),
        ({"urls": ("https://host/{z}/{x}/{y}/{q}",)}, "needs {z}, {x}, {y}"),
        ({"urls": ("https://host/{z}/{x}/{y}?k={key}",)}, "DISPATCH_MAP_KEYS gives none"),
        ({"subdomains": ""}, "subdomains: "),
        ({"subdomains": "a."}, "subdomains: "),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        MapLayer(**(XYZ | wrong))


def test_only_pictures_may_be_shifted() -> None:
    with pytest.raises(ValueError, match="kind roads is always wgs84"):
        MapLayer(id="r", names=NAMES, kind=LayerKind.ROADS, crs=Crs.GCJ02)
    assert MapLayer(**(XYZ | {"crs": Crs.GCJ02})).crs is Crs.GCJ02


def test_a_tile_file_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"PMTiles\x03rest")
    (tmp_path / "old").write_bytes(b"PMTiles\x02rest")
    (tmp_path / "empty").touch()
    check_tiles(tmp_path / "good")
    for name in ("old", "empty"):
        with pytest.raises(ValueError, match="no PMTiles file of version 3"):
            check_tiles(tmp_path / name)
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(ValueError, match="cannot read"):
            check_tiles(path)
