from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.model import RegionCode
from dispatch.regions import RegionTree, levels_up, parent_by_prefix, plain_code


@pytest.mark.parametrize(
    ("stated", "plain"),
    [
        ("220000", "22"),
        ("220500", "2205"),
        ("220524", "220524"),
        ("156220524", "220524"),  # the national map service
        ("156220000", "22"),
        ("150100000", "1501"),  # Inner Mongolia: 15 is a province here
        ("220524100", "220524100"),
        ("220524100000", "220524100"),
        ("220524100201", "220524100201"),
        ("220524000000", "220524"),
        (" 2205 ", "2205"),
    ],
)
def test_chinese_codes_lose_what_says_nothing(stated: str, plain: str) -> None:
    assert plain_code(stated) == plain


@pytest.mark.parametrize(
    "code", ["04101", "CL-CO", "990000", "2205241000", "09162000", "E12000007", "22050", ""]
)
def test_other_codes_stay_as_they_are(code: str) -> None:
    assert plain_code(code) == code


def test_the_parent_by_prefix_is_the_longest_known() -> None:
    assert parent_by_prefix("220524", {"22", "2205", "220524", "220"}) == "2205"
    assert parent_by_prefix("22", {"22", "1"}) is None


def tree(**parents: str | None) -> RegionTree:
    return RegionTree.of(
        {RegionCode(c): None if p is None else RegionCode(p) for c, p in parents.items()}
    )


def lies_in(found: RegionTree, code: str, outer: str) -> bool:
    return found.lies_in(RegionCode(code), RegionCode(outer))


def test_without_a_tree_codes_say_what_lies_in_what() -> None:
    assert lies_in(RegionTree(), "220524", "2205")
    assert lies_in(RegionTree(), "220524", "220524")
    assert not lies_in(RegionTree(), "2205", "220524")


def test_stated_parents_need_no_prefix() -> None:
    found = tree(England=None, E12=("England"), E09="E12")
    assert lies_in(found, "E09", "England")
    assert not lies_in(found, "England", "E09")
    assert found.path(RegionCode("E09")) == ("E09", "E12", "England")
    assert [found.depth(RegionCode(c)) for c in ("England", "E12", "E09")] == [1, 2, 3]


def test_where_the_tree_knows_both_a_common_beginning_means_nothing() -> None:
    found = tree(IN=None, A1="IN", A10="IN")
    assert not lies_in(found, "A10", "A1")
    assert lies_in(RegionTree(), "A10", "A1")


def test_a_unit_no_list_names_is_known_by_its_code() -> None:
    found = tree(**{"2205": None, "220524": "2205"})
    assert lies_in(found, "220524100", "220524")
    assert lies_in(found, "220524", "22"), "a contract's territory may be any prefix"
    assert lies_in(found, "220524", "22052"), "also one between two known units"
    stated = tree(**{"X": None, "220524": "X"})
    assert lies_in(stated, "220524100", "X")
    assert not lies_in(found, "220524100", "2206")


def test_a_circle_ends() -> None:
    found = RegionTree({RegionCode("a"): RegionCode("b"), RegionCode("b"): RegionCode("a")})
    assert found.path(RegionCode("a")) == ("a", "b")


CODES = st.text("12", min_size=1, max_size=5)


@settings(max_examples=500)
@given(st.sets(CODES, min_size=1, max_size=12), CODES, CODES)
def test_a_tree_made_of_codes_alone_agrees_with_their_prefixes(
    known: set[str], code: str, outer: str
) -> None:
    found = RegionTree.of({RegionCode(c): None for c in known})
    assert lies_in(found, code, outer) == code.startswith(outer)


CHINA = {"22": None, "2205": "22", "220523": "2205", "220524": "2205", "2206": "22", "21": None}
ENGLAND = {"E92": None, "E12": "E92", "E09": "E12", "E10": "E12", "E07": "E92", "W": None}


def climbed(found: RegionTree, region: str, *homes: str) -> list[int]:
    return levels_up(RegionCode(region), [RegionCode(home) for home in homes], found)


def test_waves_climb_the_tree_level_by_level() -> None:
    homes = ("220524", "220523", "2205", "2206", "21")
    assert climbed(tree(**CHINA), "220524", *homes) == [0, 1, 1, 2, 3, 3]
    british = ("E09", "E10", "E12", "E07", "W")
    assert climbed(tree(**ENGLAND), "E09", *british) == [0, 1, 1, 2, 3, 3]


def test_without_boundaries_the_codes_of_homes_are_the_levels() -> None:
    homes = ("220524", "220523", "2205", "22", "21")
    assert climbed(RegionTree(), "220524", *homes) == [0, 1, 1, 2, 3, 3]
    assert climbed(RegionTree(), "220524", "220524", "220523") == [0, 1, 1]


def test_a_need_in_a_village_finds_the_people_of_its_county_first() -> None:
    found = tree(**CHINA, **{"220524100": "220524", "220524100201": "220524100"})
    assert climbed(found, "220524100201", "220524", "220523") == [0, 1, 3]
    assert climbed(RegionTree(), "220524100201", "220524", "220523") == [0, 1, 1]


def test_nobody_anywhere() -> None:
    assert climbed(tree(**CHINA), "220524") == [0]
