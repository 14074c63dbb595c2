"""The agency file: read whole, or refused naming what and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.agency import load_agency
from dispatch.errors import BadInput
from dispatch.settings import ROOT

COQUIMBO = ROOT / "scenarios" / "coquimbo" / "agency.toml"


def test_the_demo_agency() -> None:
    agency = load_agency(COQUIMBO)
    assert agency.roads == COQUIMBO.parent / "roads.npz"
    assert [r.code for r in agency.regions] == ["04", "041", "04101", "04102"]
    assert not agency.exercise


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("zoom = 11.6", 'zoom = "far"'), "zoom"),
        (('id = "coquimbo"', ""), "id"),
        (('parent = "041"', 'parent = "05"'), "04101 does not begin with its parent 05"),
        (("[map]", "[map"), "agency.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    path = tmp_path / "agency.toml"
    path.write_text(COQUIMBO.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    with pytest.raises(BadInput, match=says):
        load_agency(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot read the agency file"):
        load_agency(tmp_path / "none.toml")


def test_no_regions(tmp_path: Path) -> None:
    path = tmp_path / "agency.toml"
    text = COQUIMBO.read_text(encoding="utf-8").split("# Hierarchical")[0]
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(BadInput, match="regions"):
        load_agency(path)
