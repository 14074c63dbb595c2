"""A scenario that the desk would refuse is refused before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.drills.scenario.rehearsal import rehearse
from tests.drills.scenario.made import ROWS, YAML, load, problems

SURE = "fact: S, source: invented"


def test_a_sound_scenario_is_not_refused_anything(tmp_path: Path) -> None:
    assert rehearse(load(tmp_path)) == ()


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        (
            f"  - {{what: incident_closed, id: X, at: +60, incident: A-2, reason: done, {SURE}}}\n"
            f"  - {{what: hazard_raised, id: Y, at: +70, incident: A-2, hazard: H4, {SURE}}}\n",
            "Y: the desk refuses it at that moment:",
        ),
        (
            f"  - {{what: need_closed, id: X, at: +30, need: A-1/LOG, reason: done, {SURE}}}\n"
            f"  - {{what: need_closed, id: Y, at: +40, need: A-1/LOG, reason: again, {SURE}}}\n",
            "Y: the desk refuses it",
        ),
        (
            f"  - {{what: need_created, id: X, at: +30, incident: A-1, needs: 'LOG:1', "
            f"deadline_min: 43200, {SURE}}}\n",
            "X: the desk refuses it at that moment: TOO_FAR_AHEAD",
        ),
    ],
)
def test_what_the_rules_refuse_is_told_at_its_line(
    tmp_path: Path, lines: str, refusal: str
) -> None:
    (problem,) = problems(tmp_path, yaml=YAML + lines)
    assert problem.code == "REFUSED"
    assert refusal in problem.message
    last = len((YAML + lines).splitlines())
    assert str(problem.place) == f"{tmp_path / 'scenario.yaml'}:{last}:5"


def test_a_recall_closes_the_needs_of_its_area(tmp_path: Path) -> None:
    recall = (
        "  - {what: recall, id: R, at: +50, point: [113.5, 34.5], radius_m: 500, reason: out, "
        f"coord: S, {SURE}}}\n"
        f"  - {{what: need_closed, id: Y, at: +60, need: A-1/LOG, reason: done, {SURE}}}\n"
    )
    (problem,) = problems(tmp_path, yaml=YAML + recall, rows=ROWS)
    assert problem.message.startswith("Y: the desk refuses it")
