"""The report of a drill that was run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.drills.report.drill import about, report, write_report
from dispatch.errors import BadInput
from tests.drills.town import drilled


def test_it_says_what_was_run_and_what_it_came_to() -> None:
    result = drilled()
    said = about(result)
    facts = {name.en: value for name, value in said.facts}
    assert facts["Seed"] == str(result.setting.seed)
    assert facts["SHA-256 of the log"] == result.hash
    assert "rho" in facts["How people behave"]
    broken = next(f for f in said.figures if f.name.en == "Rules broken")
    assert broken.value == "0"


def test_every_incident_says_how_sure_it_is() -> None:
    result = drilled()
    assert set(about(result).provenance) == set(result.board.incidents)


def test_it_is_marked_as_an_exercise_in_both_languages() -> None:
    text = report(drilled())
    assert "EXERCISE" in text
    assert "演练" in text


def test_it_is_written_whole(tmp_path: Path) -> None:
    write_report(drilled(), tmp_path / "report.html")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_where_it_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot write"):
        write_report(drilled(), tmp_path / "no" / "report.html")
