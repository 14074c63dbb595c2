from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import shapely

from dispatch.errors import BadInput
from dispatch.exchange.layer import Format, Layer
from dispatch.exchange.reading import read_layer
from dispatch.exchange.writing import write_layer

from .made import HOLED, LINE, POINT, TWO, shapes

COLUMNS = {
    "name": ["柳河县", "", None, 'a "b", <c> & d\n二'],
    "count": [1, 2, -3, 2**40],
    "share": [0.5, -1e-9, 1e9, 0.1],
    "exercise": [True, False, True, True],
}


@pytest.mark.parametrize("kind", list(Format))
def test_what_is_written_reads_back(tmp_path: Path, kind: Format) -> None:
    path = tmp_path / f"zones.{kind}"
    write_layer(path, Layer("zones", COLUMNS, shapes(POINT, LINE, HOLED, TWO)), kind)
    found = read_layer(path, most=9)
    given = [int(count) for count in found.columns["count"]]
    order = [given.index(count) for count in COLUMNS["count"]]  # a shapefile's are by sort of shape
    columns = {name.casefold(): [of[at] for at in order] for name, of in found.columns.items()}
    for shape, wanted in zip(found.shapes[order], (POINT, LINE, HOLED, TWO), strict=True):
        assert shape.normalize().equals_exact(wanted.normalize(), 1e-7), shape
    assert [text or "" for text in columns["name"]] == [text or "" for text in COLUMNS["name"]]
    assert [float(share) for share in columns["share"]] == pytest.approx(COLUMNS["share"])
    assert [str(flag).casefold() in ("true", "1") for flag in columns["exercise"]] == [
        True, False, True, True,
    ]  # fmt: skip
    assert found.notes == ()


def test_a_shapefile_zip_holds_one_for_each_sort_of_shape(tmp_path: Path) -> None:
    path = tmp_path / "zones.shp.zip"
    write_layer(path, Layer("zones", COLUMNS, shapes(POINT, LINE, HOLED, TWO)), Format.SHAPEFILE)
    with zipfile.ZipFile(path) as archive:
        names = {name for name in archive.namelist() if name.endswith(".shp")}
        assert archive.read("zones_area.cpg").strip() == b"UTF-8"
    assert names == {"zones_point.shp", "zones_line.shp", "zones_area.shp"}


def test_long_texts_in_a_shapefile_are_cut_between_letters(tmp_path: Path) -> None:
    path = tmp_path / "zones.shp.zip"
    write_layer(
        path, Layer("zones", {"description": ["洪" * 200]}, shapes(POINT)), Format.SHAPEFILE
    )
    assert read_layer(path, most=9).columns == {"descriptio": ["洪" * 84]}


@pytest.mark.parametrize("kind", list(Format))
def test_nothing_is_a_sound_file_too(tmp_path: Path, kind: Format) -> None:
    path = tmp_path / f"zones.{kind}"
    write_layer(path, Layer("zones", {"name": []}, shapes()), kind)
    with pytest.raises(BadInput, match="holds no features"):
        read_layer(path, most=9)


def test_a_file_is_replaced_whole_or_stays(tmp_path: Path) -> None:
    path = tmp_path / "zones.kml"
    for shape in (POINT, LINE):
        write_layer(path, Layer("zones", {"name": ["x"]}, shapes(shape)), Format.KML)
    assert shapely.equals(read_layer(path, most=9).shapes[0], LINE)
    assert [one.name for one in tmp_path.iterdir()] == ["zones.kml"]
    with pytest.raises(BadInput, match="cannot write"):
        write_layer(tmp_path / "no" / "zones.kml", read_layer(path, most=9), Format.KML)
    (tmp_path / "folder.kml").mkdir()
    with pytest.raises(BadInput, match=r"cannot write .*folder\.kml"):
        write_layer(tmp_path / "folder.kml", read_layer(path, most=9), Format.KML)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder.kml", "zones.kml"]
