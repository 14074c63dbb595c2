from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from dispatch.errors import BadInput
from dispatch.exchange import sources
from dispatch.exchange.layer import Format
from dispatch.exchange.sources import kind_of, opened

from .made import POINT, foreign

KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>'


def _file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    gpkg = foreign(tmp_path / "a.gpkg", [POINT], name=["x"])
    assert kind_of(_file(tmp_path, "a.kml", gpkg.read_bytes())) is Format.GPKG
    assert kind_of(_file(tmp_path, "b.gpkg", KML)) is Format.KML
    empty = '\ufeff {"type": "FeatureCollection", "features": []}'
    assert kind_of(_file(tmp_path, "c.txt", empty)) is Format.GEOJSON


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "x.kml is empty"),
        ("   \n", "x.kml is empty"),
        ("hello", "no GeoPackage, GeoJSON, KML or zipped shapefile"),
        (b"\x89PNG\r\n", "no GeoPackage"),
        ("{", "x.kml:1: is not sound JSON"),
        ('{"type": "Topology"}', "is not a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": 1}', "is not a GeoJSON FeatureCollection"),
        ("[" * 100_000, "no GeoPackage"),
        ('{"a":' * 100_000, "is not sound JSON"),
        ("<kml><Document>", "is not sound XML"),
        ("<gpx/>", "outermost element is gpx, not kml"),
    ],
)
def test_what_is_none_of_them(tmp_path: Path, content: str | bytes, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        kind_of(_file(tmp_path, "x.kml", content))


@pytest.mark.parametrize(
    "xml",
    [
        # GDAL would read the other file that this one names.
        '<OGRVRTDataSource><OGRVRTLayer name="p"><SrcDataSource>/etc/passwd</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>",
        "<!-- <kml> --><OGRVRTDataSource/>",
        '<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/passwd">]><kml>&a;</kml>',
        '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><kml>&b;</kml>',
    ],
)
def test_xml_that_leads_elsewhere_is_refused(tmp_path: Path, xml: str) -> None:
    with pytest.raises(BadInput, match=r"not kml|DOCTYPE"):
        kind_of(_file(tmp_path, "x.kml", xml))


def test_limits_and_missing_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match=r"cannot read .*none\.gpkg"):
        kind_of(tmp_path / "none.gpkg")
    with pytest.raises(BadInput, match="is not a file"):
        kind_of(tmp_path)
    monkeypatch.setattr(sources, "MAX_BYTES", 10)
    with pytest.raises(BadInput, match="at most 10 are read"):
        kind_of(_file(tmp_path, "x.kml", KML))


def _zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return path


def _open(path: Path) -> list[str]:
    with opened(path, Format.SHAPEFILE) as found:
        return [one.name for one in found]


def test_a_zip_bomb_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 1_000_000)
    bomb = _zip(tmp_path / "z.zip", a__shp=bytes(2_000_000), a__shx=b"", a__dbf=b"")
    assert bomb.stat().st_size < 10_000
    with pytest.raises(BadInput, match="unpacks to more than 1,000,000 bytes"):
        _open(bomb)
    many = _zip(tmp_path / "m.zip", **{f"a{n}__shp": b"" for n in range(101)})
    with pytest.raises(BadInput, match="more than 100 files"):
        _open(many)


def test_names_in_a_zip_lead_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for end in ("shp", "shx", "dbf"):
            archive.writestr(f"../../évil.{end}", b"x")
    assert _open(path) == ["0.shp"]
    assert not list(tmp_path.parent.glob("*vil*"))


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"a__txt": b"x"}, r"without a shapefile \(.shp\)"),
        ({"a__shp": b"x", "a__dbf": b"x"}, "lacks its .shx file"),
        ({"a__shp": b"x", "b__shx": b"x", "b__dbf": b"x"}, "lacks its .shx file"),
    ],
)
def test_zips_without_a_whole_shapefile(
    tmp_path: Path, members: dict[str, bytes], told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        _open(_zip(tmp_path / "z.zip", **members))


def test_a_damaged_zip(tmp_path: Path) -> None:
    data = _zip(tmp_path / "z.zip", a__shp=bytes(range(256)) * 99).read_bytes()
    for broken in (data[:60], data[:45] + b"\xff\xff\xff" + data[48:]):
        with pytest.raises(BadInput, match=r"damaged zip file|lacks"):
            _open(_file(tmp_path, "y.zip", broken))
