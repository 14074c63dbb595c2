"""`dispatch roads import` on the command line: what it prints, where the roads go."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.__main__ import main
from dispatch.geo.roads import RoadGraph

VADUZ = Path(__file__).parents[1] / "data" / "vaduz.osm.pbf"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of one's own, by the environment."""
    monkeypatch.setenv("DISPATCH_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_roads_go_to_the_data_folder_under_their_name(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["roads", "import", str(VADUZ)]) == 0
    said = capsys.readouterr()
    assert "reading" in said.err
    assert f'roads = "{data / "roads" / "vaduz"}"' in said.out
    assert "vaduz.osm.pbf of 2015-07-27" in said.out
    assert len(RoadGraph.load(data / "roads" / "vaduz").tail) > 1_000


def test_a_box_a_name_a_country_and_a_folder(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "here"
    arguments = ["--bbox", "9.51,47.13,9.53,47.15", "--name", "中心", "--country", "cn"]
    assert main(["roads", "import", str(VADUZ), "--out", str(out), *arguments]) == 0
    roads = RoadGraph.load(out)
    assert (roads.about.name, roads.about.country) == ("中心", "cn")
    assert roads.bounds[0] > 9.5
    assert not data.exists()


def test_a_boundary(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.geojson"
    path.write_text(
        '{"type": "Polygon", "coordinates": '
        "[[[9.51, 47.13], [9.53, 47.13], [9.53, 47.15], [9.51, 47.13]]]}"
    )
    assert main(["roads", "import", str(VADUZ), "--boundary", str(path)]) == 0
    assert RoadGraph.load(data / "roads" / "vaduz").bounds[2] < 9.54


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.osm.pbf"], "nowhere.osm.pbf: No such file"),
        ([str(VADUZ), "--bbox", "47.13,9.51,47.15,9.53"], "seem swapped"),
        ([str(VADUZ), "--bbox=-8.7,41.1"], "expected WEST,SOUTH,EAST,NORTH"),
        ([str(VADUZ), "--name", "../x"], "--name"),
        ([str(VADUZ), "--boundary", "none.geojson"], "none.geojson: No such file"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_changes_nothing(
    arguments: list[str], message: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["roads", "import", *arguments]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "dispatch:" in line]
    assert message in line
    assert not data.exists()
