"""The roads on disc: read as written, and a broken file is refused by name."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.errors import BadInput
from dispatch.geo.roads import RoadGraph
from tests.geo.grids import grid
from tests.geo.test_roads import bent


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("area") / "roads"
    bent().save(folder)
    return folder


def test_saved_and_loaded_is_the_same(saved: Path) -> None:
    before, after = bent(), RoadGraph.load(saved)
    for field in fields(RoadGraph):
        np.testing.assert_array_equal(getattr(before, field.name), getattr(after, field.name))


def test_the_same_graph_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    bent().save(tmp_path / "again")
    for path in saved.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_loaded_arrays_stay_on_disc(saved: Path) -> None:
    roads = RoadGraph.load(saved)
    for array in (roads.vertices, roads.tail, roads.access, roads.bends):
        assert isinstance(array.base, np.memmap)
        assert not array.flags.writeable


def test_the_report_lies_beside_the_roads_and_goes_with_them(tmp_path: Path) -> None:
    bent().save(tmp_path / "roads", report="{}")
    assert (tmp_path / "roads" / "report.json").read_text() == "{}"
    bent().save(tmp_path / "roads")
    assert not (tmp_path / "roads" / "report.json").exists()


def test_roads_in_use_outlive_their_replacement(tmp_path: Path) -> None:
    bent().save(tmp_path / "roads")
    before = RoadGraph.load(tmp_path / "roads")
    grid(5, 5).save(tmp_path / "roads")
    np.testing.assert_array_equal(before.bends, bent().bends)
    assert len(RoadGraph.load(tmp_path / "roads").tail) == 40


def test_a_replacement_that_was_cut_off_leaves_the_old_roads(tmp_path: Path) -> None:
    bent().save(tmp_path / "roads")
    (tmp_path / "roads").rename(tmp_path / ".roads.former")
    assert len(RoadGraph.load(tmp_path / "roads").tail) == 4


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nowhere: no such folder of roads"):
        RoadGraph.load(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="file: no such folder of roads"):
        RoadGraph.load(tmp_path / "file")


def with_file(saved: Path, tmp_path: Path, name: str, content: bytes) -> Path:
    """Return a copy of the saved folder in which one file holds something else."""
    folder = tmp_path / "roads"
    shutil.copytree(saved, folder, dirs_exist_ok=True)
    (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("name", ["meta.json", "tail.npy", "bends.npy"])
@pytest.mark.parametrize("content", [b"", b"nothing", b"\x93NUMPY\x01\x00"])
def test_a_file_that_cannot_be_read_is_named(
    name: str, content: bytes, saved: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=rf"roads: {name} cannot be read"):
        RoadGraph.load(with_file(saved, tmp_path, name, content))


def test_an_array_that_was_cut_off_is_named(saved: Path, tmp_path: Path) -> None:
    content = (saved / "vertices.npy").read_bytes()[:-3]
    with pytest.raises(BadInput, match=r"vertices\.npy cannot be read"):
        RoadGraph.load(with_file(saved, tmp_path, "vertices.npy", content))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 1}, "format dispatch-roads version 1, this program reads dispatch-roads"),
        ({"format": "something"}, "format something version 2"),
        ({"speed_kmh": [[1, 2], [3]]}, r"meta\.json cannot be read"),
        ({"names": ["", 5]}, r"meta\.json cannot be read: .*names"),
        ({"about": {"name": "x"}}, r"meta\.json cannot be read: .*attribution"),
    ],
)
def test_another_version_or_content_is_refused(
    change: dict[str, Any], message: str, saved: Path, tmp_path: Path
) -> None:
    meta = json.loads((saved / "meta.json").read_bytes()) | change
    with pytest.raises(BadInput, match=message):
        RoadGraph.load(with_file(saved, tmp_path, "meta.json", json.dumps(meta).encode()))


@pytest.mark.parametrize("name", ["bends.npy", "structure.npy", "meta.json"])
def test_a_missing_file_is_named(name: str, saved: Path, tmp_path: Path) -> None:
    folder = with_file(saved, tmp_path, name, b"")
    (folder / name).unlink()
    with pytest.raises(BadInput, match=name):
        RoadGraph.load(folder)


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_broken_bytes_give_bad_input_or_a_sound_graph(
    saved: Path, tmp_path: Path, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(path.name for path in saved.iterdir())))
    content = bytearray((saved / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    kept = data.draw(st.integers(0, len(content))) or len(content)
    try:
        roads = RoadGraph.load(with_file(saved, tmp_path, name, bytes(content[:kept])))
    except BadInput:
        return
    assert len(roads.length_m) == len(roads.tail)
