"""Rosters and what they refer to, out of files."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dispatch.errors import BadInput
from dispatch.model import HazardClass
from dispatch.settings import ROOT
from dispatch.standalone.registry import RegistryFile, read_registry, read_roster

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)
EXAMPLE = ROOT / "docs" / "examples" / "match"


def registry(folder: Path, text: str) -> RegistryFile:
    path = folder / "registry.toml"
    path.write_text(text, encoding="utf-8")
    return read_registry(path)


def test_the_example() -> None:
    found = read_registry(EXAMPLE / "registry.toml")
    base, field, boats = found.contracts()
    assert (base.id, base.clause, base.territory) == (1, "EX-BASE", ())
    assert (base.sudden_illness, base.exercises, base.third_party_sum) == (False, False, 0)
    assert field.territory == ("041",)
    assert boats.hazards == {HazardClass.H1, HazardClass.H2, HazardClass.H3}
    (team,) = found.teams()
    assert (team.id, team.name, team.level) == (1, "River Rescue", 2)
    roster = read_roster(EXAMPLE / "roster.csv", found, NOW)
    assert sorted(roster.numbers.values()) == [f"V{n:02}" for n in range(1, 11)]
    assert roster.people.regions == ("04101", "04102")
    assert roster.report.problems == ()
    by_number = {number: row for row, number in enumerate(roster.numbers.values())}
    assert roster.people.team_level[by_number["V01"]] == 2
    assert roster.people.cover[by_number["V01"]].tolist() == [0b100]


POLICY = (EXAMPLE / "registry.toml").read_text(encoding="utf-8").split("\n\n")[1] + "\n"
TEAM = '[[team]]\nname = "A"\nregion = "04"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (POLICY.replace('clause = "EX-BASE"', ""), r"registry.toml: .*`clause` - at `\$.policy\[0"),
        (POLICY.replace("travel", "travell"), "unknown field `travell`"),
        (POLICY.replace("100_000", "-1"), r"`int` >= 0 - at `\$.policy\[0\].accident_sum`"),
        (POLICY.replace("100_000", "nan"), r"accident_sum"),
        (POLICY.replace("2027-01-01", "2026-01-01"), "valid_from_at must lie before"),
        (POLICY.replace("00Z", "00"), "timezone"),
        (POLICY.replace('["H1"]', '["H9"]'), "H9"),
        (POLICY * 2, "policy clause EX-BASE is there twice"),
        (TEAM * 2, "team name A is there twice"),
        (TEAM + "level = 4\n", "`int` <= 3"),
        ("[[police]]", "unknown field `police`"),
        ("[[policy", "registry.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        registry(tmp_path, text)


def test_a_clause_no_roster_could_name(tmp_path: Path) -> None:
    found = registry(tmp_path, POLICY.replace("EX-BASE", "12"))
    with pytest.raises(BadInput, match="12"):
        read_roster(EXAMPLE / "roster.csv", found, NOW)


def test_rows_that_name_what_is_not_there(tmp_path: Path) -> None:
    roster = read_roster(EXAMPLE / "roster.csv", RegistryFile(), NOW)
    assert sorted(roster.numbers.values()) == ["V09", "V10"]
    assert {(p.line, p.column) for p in roster.report.problems} >= {(2, "team"), (4, "policies")}
    text = (EXAMPLE / "roster.csv").read_text(encoding="utf-8").replace(",04102,,foot", ",,,foot")
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    roster = read_roster(path, read_registry(EXAMPLE / "registry.toml"), NOW)
    assert [(p.line, p.column) for p in roster.report.problems] == [(10, "region")]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    read_roster(EXAMPLE / "roster.csv", RegistryFile(), NOW)
    with pytest.raises(BadInput):
        read_roster(tmp_path / "none.csv", RegistryFile(), NOW)
    assert list(tmp_path.iterdir()) == []
