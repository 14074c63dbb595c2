"""Files of a scenario: their limits, their lines, their two formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dispatch.drills.scenario import sources
from dispatch.drills.scenario.nodes import Fields, Scalar
from dispatch.drills.scenario.problems import Bad, Code, Problems
from dispatch.drills.scenario.sources import Folder, records, rows

COLUMNS = ("id", "lon", "lat", "title")


def read(folder: Path, name: str, text: str | bytes) -> tuple[list[dict[str, str]], Problems]:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(data)
    problems = Problems()
    found = list(rows(Folder(folder), folder / name, COLUMNS, problems))
    return [plain(row) for row in found], problems


def plain(row: Fields) -> dict[str, str]:
    said = {key.text: value.text for key, value in row.pairs if isinstance(value, Scalar)}
    return said | {"line": str(row.place.line)}


def feature(at: Any, **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": at}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def test_rows_know_the_line_they_begin_on(tmp_path: Path) -> None:
    text = '\ufeffid,title\nA,"two\nlines"\n\n,\nB,水\n'
    found, problems = read(tmp_path, "a.csv", text)
    assert found == [
        {"id": "A", "title": "two\nlines", "line": "2"},
        {"id": "B", "title": "水", "line": "6"},
    ]
    assert not problems


def test_columns_that_are_not_known_or_come_twice_are_told_once(tmp_path: Path) -> None:
    found, problems = read(tmp_path, "a.csv", "id,colour,id\nA,red,B\nC,blue,D\n")
    assert [(p.place.line, p.code) for p in problems] == [(1, Code.UNKNOWN_KEY), (1, Code.TWICE)]
    assert len(found) == 2


def test_a_row_with_more_cells_than_columns_is_told(tmp_path: Path) -> None:
    found, problems = read(tmp_path, "a.csv", "id,title\nA,x,y\nB,z\n")
    assert [(p.place.line, p.code) for p in problems] == [(2, Code.NOT_CSV)]
    assert [row["id"] for row in found] == ["B"]


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"id\nA\nB\xff\n", Code.NOT_UTF8, 3),
        ("id,title\n1,积水\n".encode("gb18030"), Code.NOT_UTF8, 2),
        (b'id\n"A\n', Code.NOT_CSV, 2),
        (b"", Code.NOT_CSV, 0),
    ],
)
def test_files_that_are_no_csv(tmp_path: Path, data: bytes, code: Code, line: int) -> None:
    with pytest.raises(Bad) as caught:
        read(tmp_path, "a.csv", data)
    assert caught.value.code is code
    assert caught.value.place is not None
    assert caught.value.place.line == line


def test_points_of_geojson_become_rows_with_their_lines(tmp_path: Path) -> None:
    text = json.dumps(
        collection(feature([113.5, 34.5], id="A", title="水 😀"), feature([1, 2, 3], id="B")),
        indent=1,
    )
    for changed in (text, text.replace("\n ", "\n\t"), json.dumps(json.loads(text))):
        found, problems = read(tmp_path, "a.geojson", changed)
        assert found[0] | {"line": ""} == {
            "id": "A",
            "title": "水 😀",
            "lon": "113.5",
            "lat": "34.5",
            "line": "",
        }
        assert found[1]["lat"] == "2"
        assert not problems
    assert [row["line"] for row in read(tmp_path, "a.geojson", text)[0]] == ["4", "18"]


def test_an_escaped_backslash_is_no_half_character(tmp_path: Path) -> None:
    text = json.dumps(collection(feature([1, 2], id="A", title="\\ud83d\\ude00")))
    assert read(tmp_path, "a.geojson", text)[0][0]["title"] == "\\ud83d\\ude00"


def test_the_id_of_a_feature_is_its_id(tmp_path: Path) -> None:
    one = feature([1, 2], title="x") | {"id": 7}
    assert read(tmp_path, "a.geojson", json.dumps(collection(one)))[0][0]["id"] == "7"


def test_what_is_no_point_has_no_coordinates(tmp_path: Path) -> None:
    line = {"type": "Feature", "properties": None, "geometry": {"type": "LineString"}}
    found, _ = read(tmp_path, "a.geojson", json.dumps(collection(line)))
    assert found == [{"line": "1"}]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", Code.NOT_GEOJSON),
        ("[]", Code.NOT_GEOJSON),
        ('{"type": "Feature"}', Code.NOT_GEOJSON),
        ('{"type": "FeatureCollection", "features": 3}', Code.NOT_GEOJSON),
        ("[" * 20_000 + "]" * 20_000, Code.TOO_DEEP),
        ('{"a": ' * 40 + "1" + "}" * 40, Code.TOO_DEEP),
    ],
)
def test_files_that_are_no_geojson(tmp_path: Path, text: str, code: Code) -> None:
    with pytest.raises(Bad) as caught:
        read(tmp_path, "a.geojson", text)
    assert caught.value.code is code


def test_other_formats_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(Bad) as caught:
        read(tmp_path, "a.xlsx", b"PK")
    assert caught.value.code is Code.UNKNOWN_FORMAT


def test_large_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 20)
    with pytest.raises(Bad) as caught:
        read(tmp_path, "a.csv", "id\n" + "x\n" * 20)
    assert caught.value.code is Code.FILE_TOO_LARGE
    monkeypatch.setattr(sources, "MAX_ROWS", 2)
    with pytest.raises(Bad, match="more than 2 rows"):
        records("a\nb\nc\nd\n", "f")


def test_only_files_by_a_relative_name_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n")
    folder = Folder(tmp_path)
    assert folder.file("a.csv") == tmp_path / "a.csv"
    for name in ("none.csv", str(tmp_path / "a.csv"), ".", "/dev/zero"):
        with pytest.raises(Bad, match="no file of the folder"):
            folder.file(name)


def test_the_digest_is_of_every_file_that_was_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    one, other = Folder(tmp_path), Folder(tmp_path)
    for name in ("a", "b"):
        one.text(tmp_path / name)
    for name in ("b", "a"):
        other.text(tmp_path / name)
    assert one.digest == other.digest
    (tmp_path / "b").write_text("3")
    other.text(tmp_path / "b")
    assert one.digest != other.digest
