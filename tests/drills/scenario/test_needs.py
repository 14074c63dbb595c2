"""Needs in one line."""

from __future__ import annotations

import pytest

from dispatch.drills.scenario.needs import NeedWords, needs, one_need
from dispatch.drills.scenario.nodes import Scalar
from dispatch.drills.scenario.problems import Bad, Code, Place
from dispatch.model import HazardClass, Heads, Skill


def scalar(text: str) -> Scalar:
    return Scalar(place=Place(file="f"), text=text)


def test_one_figure_is_desired_and_most_and_half_of_it_the_least() -> None:
    (one,) = needs(scalar("BOAT:3"))
    assert one == NeedWords(
        skill=Skill("BOAT"), level=1, heads=Heads(minimum=2, desired=3, maximum=3), hazard=None
    )
    assert one_need(scalar("LOG:1")).heads == Heads(minimum=1, desired=1, maximum=1)


def test_level_heads_and_hazard_may_be_said() -> None:
    found = needs(scalar("SAR-W.2:2/3/4@H4  LOG:10"))
    assert [(n.skill, n.level, n.hazard) for n in found] == [
        ("SAR-W", 2, HazardClass.H4),
        ("LOG", 1, None),
    ]
    assert found[0].heads == Heads(minimum=2, desired=3, maximum=4)
    assert needs(scalar("-")) == ()


def test_a_need_is_never_more_dangerous_than_its_skill_may_serve() -> None:
    assert one_need(scalar("MED-1:4")).hazard_in(HazardClass.H4) is HazardClass.H2
    assert one_need(scalar("SAR-W:4")).hazard_in(HazardClass.H4) is HazardClass.H4
    assert one_need(scalar("SAR-W:4@H3")).hazard_in(HazardClass.H4) is HazardClass.H3
    assert one_need(scalar("LOG:4")).hazard_in(HazardClass.H0) is HazardClass.H0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SWIM:3", Code.UNKNOWN_SKILL),
        ("boat:3", Code.UNKNOWN_SKILL),
        ("BOAT", Code.BAD_NEED),
        ("BOAT:0", Code.BAD_NEED),
        ("BOAT:3/2/1", Code.BAD_NEED),
        ("BOAT:1/2", Code.BAD_NEED),
        ("BOAT:99999999", Code.BAD_NEED),
        ("BOAT:20000", Code.BAD_NEED),
        ("BOAT.4:3", Code.BAD_NEED),
        ("BOAT:3@H9", Code.BAD_NEED),
        ("BOAT:3@H4", Code.SKILL_BELOW_HAZARD),
        ("BOAT:3 BOAT:2", Code.TWICE),
        ("LOG:1 " * 31, Code.BAD_NEED),
    ],
)
def test_what_is_no_need(text: str, code: Code) -> None:
    with pytest.raises(Bad) as caught:
        needs(scalar(text))
    assert caught.value.code is code


def test_a_skill_that_is_nearly_one_is_guessed_at() -> None:
    with pytest.raises(Bad, match="do you mean BOAT"):
        needs(scalar("BOATS:3"))


def test_one_need_is_one() -> None:
    for text in ("-", "LOG:1 BOAT:1"):
        with pytest.raises(Bad, match="expected one need"):
            one_need(scalar(text))
