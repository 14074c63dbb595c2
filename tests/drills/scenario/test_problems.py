"""What is told of a scenario that cannot be used."""

from __future__ import annotations

import pytest

from dispatch.drills.scenario.problems import TEXTS, BadScenario, Code, Place, Problem
from dispatch.errors import BadInput


def problem(line: int, column: int = 0) -> Problem:
    place = Place(file="scenario.yaml", line=line, column=column)
    return Problem(place=place, code=Code.MISSING, field="id", message="id: is missing")


def test_a_problem_says_file_line_column_code_and_what_was_expected() -> None:
    assert str(problem(7, 3)) == "scenario.yaml:7:3: MISSING id: is missing"
    assert str(problem(7)) == "scenario.yaml:7: MISSING id: is missing"


def test_problems_are_told_in_the_order_of_the_file() -> None:
    bad = BadScenario([problem(12), problem(3), problem(3, 9)])
    assert [str(one.place) for one in bad.problems] == [
        "scenario.yaml:3",
        "scenario.yaml:3:9",
        "scenario.yaml:12",
    ]
    assert isinstance(bad, BadInput)
    assert str(bad).count("\n") == 2


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_text_in_both_languages(code: Code) -> None:
    assert TEXTS[code].zh.strip()
    assert TEXTS[code].en.strip()
