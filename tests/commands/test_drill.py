"""`dispatch drill` and `dispatch simulate`: what they print, write and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dispatch.__main__ import main
from dispatch.commands.drill import scenario_named, shortened
from dispatch.errors import BadInput


def test_a_drill_prints_its_figures_and_writes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    assert main(["drill", "liuhe", "--hours", "0.5", "--seed", "5", "--json", str(out)]) == 0
    shown = capsys.readouterr()
    found = json.loads(out.read_text("utf-8"))
    assert f"log {found['hash']}" in shown.out
    assert "EXERCISE liuhe  seed 5  policy own" in shown.out
    assert found["status"] == "Exercise"
    assert found["measures"]["needs"] >= 1
    assert "asked" in shown.err


def test_a_drill_that_cannot_be_run_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", "atlantis"]) == 2
    assert "there is no scenario 'atlantis'" in capsys.readouterr().err
    assert main(["drill", "liuhe", "--hours", "0"]) == 2
    assert main(["drill", "liuhe", "--json", str(tmp_path / "none" / "x.json")]) == 2
    with pytest.raises(SystemExit):
        main(["drill", "liuhe", "--speed", "9999"])


def test_a_scenario_is_shortened_and_never_longer() -> None:
    scenario = scenario_named("liuhe")
    assert shortened(scenario, 2.0).clock.length_s == 7_200
    assert shortened(scenario, 10_000.0).clock == scenario.clock
    assert shortened(scenario, None) is scenario
    with pytest.raises(BadInput, match="more than 0"):
        shortened(scenario, -1.0)


def test_simulate_says_the_hash_and_counts_failures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seed", "4", "--hours", "0.2"]) == 0
    out = capsys.readouterr().out
    assert "seed 4:" in out
    assert "1 seeds, 0 failed" in out
