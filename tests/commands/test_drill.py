"""`dispatch drill` and `dispatch simulate` as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dispatch.__main__ import main
from dispatch.commands.drill import scenario_named, shortened
from dispatch.errors import BadInput


def test_a_drill_writes_its_figures_and_its_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures, report = tmp_path / "x.json", tmp_path / "x.html"
    hours = ["--hours", "3", "--json", str(figures), "--report", str(report)]
    assert main(["drill", "liuhe", "--seed", "2", *hours]) == 0
    found = json.loads(figures.read_text(encoding="utf-8"))
    assert (found["scenario"], found["seed"], found["status"]) == ("liuhe", 2, "Exercise")
    assert found["violations"] == []
    assert found["hash"] in capsys.readouterr().out
    assert found["hash"] in report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "wrong", [["--speed", "0.5"], ["--speed", "fast"], ["--policy", "luck"], ["--seed", "x"]]
)
def test_what_cannot_be_run_is_refused_at_once(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["drill", "liuhe", *wrong])
    assert ended.value.code == 2


def test_a_folder_that_is_not_there_is_said_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "no" / "x.html"
    assert main(["drill", "liuhe", "--report", str(out)]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_an_unknown_scenario_is_said() -> None:
    with pytest.raises(BadInput, match="neither shipped nor a folder"):
        scenario_named("atlantis")


def test_no_more_than_there_is_and_no_less_than_nothing() -> None:
    scenario = scenario_named("liuhe")
    assert shortened(scenario, 2.0).clock.length_s == 7_200
    assert shortened(scenario, 1e6).clock.length_s == scenario.clock.length_s
    with pytest.raises(BadInput, match="more than 0"):
        shortened(scenario, 0.0)


def test_a_seed_is_simulated_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seed", "5", "--hours", "0.5"]) == 0
    assert "seed 5:" in capsys.readouterr().out
