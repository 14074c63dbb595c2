"""Where the people of a drill live."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.agency import Agency, load_agency
from dispatch.drills.scenario.problems import BadScenario, Code
from dispatch.drills.scenario.settlements import read_settlements
from tests.town import AGENCY_FILE

SHIPPED = AGENCY_FILE.parent / "settlements.csv"


@pytest.fixture(scope="module")
def agency() -> Agency:
    return load_agency(AGENCY_FILE)


def test_a_region_may_be_said_by_its_name(agency: Agency) -> None:
    found = read_settlements(SHIPPED, agency)
    assert len(found) == 133
    assert sum(one.population for one in found) == 451_899
    assert {one.region for one in found} == {"04101", "04102"}
    assert found[0].name == "Las Tepas"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Coquimbo,Las Tepas", "Atlantis,Las Tepas", (2, Code.UNKNOWN_REGION)),
        ("1377,3938", "1377,many", (2, Code.NOT_A_NUMBER)),
        ("-71.268946", "nan", (2, Code.NOT_A_NUMBER)),
        ("-71.268946", "-571", (2, Code.OUT_OF_RANGE)),
        ("1377,3938,Coquimbo", "1377,3938,", (2, Code.MISSING)),
        ("radius_m", "radius", (1, Code.UNKNOWN_KEY)),
    ],
)
def test_lines_that_cannot_be_read_are_told(
    tmp_path: Path, agency: Agency, old: str, new: str, told: tuple[int, Code]
) -> None:
    path = tmp_path / "settlements.csv"
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadScenario) as caught:
        read_settlements(path, agency)
    assert (caught.value.problems[0].place.line, caught.value.problems[0].code) == told


def test_a_file_that_is_not_there(tmp_path: Path, agency: Agency) -> None:
    with pytest.raises(BadScenario, match=r"none\.csv: NOT_READABLE cannot be read"):
        read_settlements(tmp_path / "none.csv", agency)
