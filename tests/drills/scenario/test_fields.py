"""Reading sections by their tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dispatch.drills.scenario import fields as read
from dispatch.drills.scenario.fields import Field, Incomplete, Section
from dispatch.drills.scenario.nodes import Node, Scalar, tree
from dispatch.drills.scenario.problems import Bad, Code, Place, Problems

NAME = Field("name", read.name, "a name")
COUNT = Field("count", read.whole(1, 9), "how many", 3)


def section(text: str) -> tuple[Section, Problems]:
    problems = Problems()
    return Section(tree(text, "f"), (NAME, COUNT), problems, "part"), problems


def scalar(text: str) -> Scalar:
    return Scalar(place=Place(file="f"), text=text)


def test_what_is_left_out_has_its_default() -> None:
    found, problems = section("name: A-1")
    assert (found[NAME], found[COUNT]) == ("A-1", 3)
    assert (found.said(NAME), found.said(COUNT)) == (True, False)
    assert not problems


def test_everything_wrong_with_a_section_is_noted_at_once() -> None:
    found, problems = section("naem: x\ncount: many\ncount: 4")
    told = [(p.place.line, p.code, p.field) for p in problems]
    assert told == [
        (1, Code.UNKNOWN_KEY, "part.naem"),
        (3, Code.TWICE, "part.count"),
        (1, Code.MISSING, "part.name"),
        (2, Code.NOT_A_NUMBER, "part.count"),
    ]
    assert "do you mean 'name'" in problems[0].message
    with pytest.raises(Incomplete):
        found[NAME]


def test_a_section_that_is_no_mapping_is_told_and_has_nothing() -> None:
    found, problems = section("[1, 2]")
    assert [p.code for p in problems] == [Code.BAD_VALUE]
    assert not found.has(COUNT)


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (read.number(0, 1), "0.25", 0.25),
        (read.number(-9, 9), "-.5", -0.5),
        (read.number(0, 1e6), "1e3", 1000.0),
        (read.whole(0, 10), "+7", 7),
        (read.yes_or_no, "True", True),
        (read.text(5), "水\u3000位\n", "水\u3000位\n"),
        (read.choice(("a", "b")), "b", "b"),
    ],
)
def test_values_that_can_be_read(reader: Callable[[Node], Any], text: str, value: Any) -> None:
    assert reader(scalar(text)) == value


@pytest.mark.parametrize(
    ("reader", "text", "code"),
    [
        (read.number(0, 1), "nan", Code.NOT_A_NUMBER),
        (read.number(0, 1), ".inf", Code.NOT_A_NUMBER),
        (read.number(0, 1), "0x10", Code.NOT_A_NUMBER),
        (read.number(0, 1), "１", Code.NOT_A_NUMBER),
        (read.number(0, 1), "1e999", Code.OUT_OF_RANGE),
        (read.number(0, 1), "9" * 400, Code.NOT_A_NUMBER),
        (read.whole(0, 9), "1.0", Code.NOT_A_NUMBER),
        (read.whole(0, 9), "9" * 5_000, Code.OUT_OF_RANGE),
        (read.whole(0, 9), "-1", Code.OUT_OF_RANGE),
        (read.yes_or_no, "yes", Code.BAD_VALUE),
        (read.text(5), "longer", Code.BAD_VALUE),
        (read.text(5), "", Code.MISSING),
        (read.text(9), "a\x07b", Code.BAD_VALUE),
        (read.name, "no blanks", Code.BAD_VALUE),
        (read.name, "x" * 65, Code.BAD_VALUE),
        (read.choice(("a", "b")), "c", Code.BAD_VALUE),
    ],
)
def test_values_that_cannot(reader: Callable[[Node], Any], text: str, code: Code) -> None:
    with pytest.raises(Bad) as caught:
        reader(scalar(text))
    assert caught.value.code is code
    assert len(caught.value.message) < 400


def test_a_bad_item_of_a_list_is_told_where_it_stands() -> None:
    reader = read.list_of(read.whole(0, 9), 1, 3)
    assert reader(tree("[1, 2]", "f")) == (1, 2)
    with pytest.raises(Bad) as caught:
        reader(tree("- 1\n- x", "f"))
    assert caught.value.place == Place(file="f", line=2, column=3)
    with pytest.raises(Bad, match="expected 1 to 3"):
        reader(tree("[1, 2, 3, 4]", "f"))
    with pytest.raises(Bad, match="expected a list"):
        reader(scalar("1"))


def test_a_table_has_known_keys_once() -> None:
    reader = read.table_of(("H1", "H2"), read.number(0, 1))
    assert reader(tree("{H1: 0.5}", "f")) == {"H1": 0.5}
    for text, code in (("{H9: 1}", Code.UNKNOWN_KEY), ("{H1: 1, H1: 1}", Code.TWICE)):
        with pytest.raises(Bad) as caught:
            reader(tree(text, "f"))
        assert caught.value.code is code
    with pytest.raises(Bad, match="expected keys"):
        reader(scalar("1"))


def test_a_single_value_is_no_list() -> None:
    with pytest.raises(Bad, match="single value"):
        read.text()(tree("[1]", "f"))
