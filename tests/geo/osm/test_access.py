"""Who may go where: the precedence of tags, directions, barriers."""

from __future__ import annotations

import pytest

from dispatch.geo.osm.access import (
    BACKWARD,
    BOTH,
    FORWARD,
    allowed,
    directions,
    passes,
    unknown_access,
)
from dispatch.model import TravelMode
from dispatch.roster import MODES

CAR, MOTORCYCLE, FOOT, BOAT = MODES


@pytest.mark.parametrize(
    ("tags", "mode", "verdict"),
    [
        ({}, CAR, None),
        ({"access": "private"}, CAR, False),
        ({"access": "private"}, FOOT, False),
        ({"access": "no", "foot": "yes"}, FOOT, True),
        ({"access": "no", "foot": "yes"}, CAR, False),
        ({"access": "yes", "vehicle": "no"}, CAR, False),
        ({"vehicle": "no", "motor_vehicle": "yes"}, CAR, True),
        ({"motor_vehicle": "no", "motorcycle": "yes"}, MOTORCYCLE, True),
        ({"motor_vehicle": "no", "motorcycle": "yes"}, CAR, False),
        ({"motorcar": "no"}, MOTORCYCLE, None),
        ({"access": "destination"}, CAR, True),
        ({"motor_vehicle": "agricultural;forestry"}, CAR, False),
        ({"motor_vehicle": "agricultural;destination"}, CAR, True),
        ({"motor_vehicle": "perhaps", "access": "no"}, CAR, False),
        ({"motorboat": "no", "boat": "yes"}, BOAT, False),
    ],
)
def test_the_most_special_tag_wins(
    tags: dict[str, str], mode: TravelMode, verdict: bool | None
) -> None:
    assert allowed(tags, mode) is verdict


def test_unknown_words_are_told() -> None:
    assert unknown_access({"access": "yes", "foot": "perhaps", "name": "x"}) == ["foot=perhaps"]


@pytest.mark.parametrize(
    ("tags", "car", "motorcycle", "foot"),
    [
        ({}, BOTH, BOTH, BOTH),
        ({"oneway": "yes"}, FORWARD, FORWARD, BOTH),
        ({"oneway": "1"}, FORWARD, FORWARD, BOTH),
        ({"oneway": "-1"}, BACKWARD, BACKWARD, BOTH),
        ({"oneway": "no"}, BOTH, BOTH, BOTH),
        ({"oneway": "reversible"}, 0, 0, BOTH),
        ({"oneway": "alternating"}, BOTH, BOTH, BOTH),
        ({"oneway": "sometimes"}, BOTH, BOTH, BOTH),
        ({"oneway": "yes", "oneway:motorcycle": "no"}, FORWARD, BOTH, BOTH),
        ({"oneway": "yes", "oneway:foot": "-1"}, FORWARD, FORWARD, BACKWARD),
    ],
)
def test_one_way_streets(tags: dict[str, str], car: int, motorcycle: int, foot: int) -> None:
    got = [directions(tags, mode, BOTH) for mode in (CAR, MOTORCYCLE, FOOT)]
    assert got == [car, motorcycle, foot]


def test_what_is_implied_holds_until_a_tag_speaks() -> None:
    assert directions({}, CAR, FORWARD) == FORWARD
    assert directions({"oneway": "no"}, CAR, FORWARD) == BOTH
    assert directions({}, FOOT, FORWARD) == BOTH


@pytest.mark.parametrize(
    ("tags", "who"),
    [
        ({"barrier": "gate"}, "car motorcycle foot boat"),
        ({"barrier": "gate", "locked": "yes"}, "boat"),
        ({"barrier": "gate", "access": "private"}, ""),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, "foot"),
        ({"barrier": "bollard"}, "foot boat"),
        ({"barrier": "bollard", "motorcycle": "yes"}, "motorcycle foot boat"),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, "car motorcycle foot boat"),
        ({"barrier": "something"}, "foot boat"),
        ({"barrier": "wall"}, "boat"),
        ({"waterway": "weir"}, "car motorcycle foot"),
        ({"waterway": "weir", "boat": "yes"}, "car motorcycle foot boat"),
        ({"waterway": "lock_gate"}, "car motorcycle foot boat"),
    ],
)
def test_barriers(tags: dict[str, str], who: str) -> None:
    bits = passes(tags)
    through = [mode for number, mode in enumerate(MODES) if bits >> (2 * number) & BOTH]
    assert through == who.split()
