"""What a way is by its tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.geo.osm.country import load_country
from dispatch.geo.osm.rules import TELLING, Rule, ferry_speeds, rule_of
from dispatch.geo.roads import BRIDGE, FORD, MAX_SPEED_KMH, ROUNDABOUT, TUNNEL
from dispatch.roster import MODES

COUNTRY = load_country("default")


def rule(**tags: str) -> Rule:
    return rule_of({key.replace("__", ":"): value for key, value in tags.items()}, COUNTRY)


def who(found: Rule) -> str:
    """Return the modes with signs for their directions: car> goes with the drawing only."""
    signs = ("", ">", "<", "")
    return " ".join(
        mode + signs[found.access >> (2 * number) & 3]
        for number, mode in enumerate(MODES)
        if found.access >> (2 * number) & 3
    )


@pytest.mark.parametrize(
    ("tags", "road_class", "modes"),
    [
        ({"highway": "residential"}, "residential", "car motorcycle foot"),
        ({"highway": "motorway"}, "motorway", "car> motorcycle>"),
        ({"highway": "motorway", "oneway": "no"}, "motorway", "car motorcycle"),
        ({"highway": "motorway_link"}, "motorway_link", "car motorcycle"),
        ({"highway": "trunk", "motorroad": "yes"}, "trunk", "car motorcycle"),
        ({"highway": "primary", "oneway": "yes"}, "primary", "car> motorcycle> foot"),
        ({"highway": "tertiary", "junction": "roundabout"}, "tertiary", "car> motorcycle> foot"),
        ({"highway": "steps"}, "steps", "foot"),
        ({"highway": "footway", "access": "yes"}, "footway", "foot"),
        ({"highway": "steps", "motor_vehicle": "yes"}, "steps", "foot"),
        (
            {"highway": "pedestrian", "motor_vehicle": "destination"},
            "pedestrian",
            "car motorcycle foot",
        ),
        ({"highway": "path", "motorcycle": "yes"}, "path", "motorcycle foot"),
        ({"highway": "service", "access": "private"}, "service", ""),
        ({"highway": "service", "area": "yes"}, "service", "foot"),
        ({"highway": "track", "motor_vehicle": "agricultural"}, "track", "foot"),
        ({"highway": "residential", "impassable": "yes"}, "residential", ""),
        ({"highway": "unclassified;tertiary"}, "unclassified", "car motorcycle foot"),
        ({"highway": "construction"}, "", ""),
        ({"highway": "proposed"}, "", ""),
        ({"highway": "canyoning"}, "", ""),
        ({"route": "ferry"}, "ferry", "foot"),
        ({"route": "ferry", "motor_vehicle": "yes"}, "ferry", "car motorcycle foot"),
        ({"route": "ferry", "foot": "no", "motorcar": "yes"}, "ferry", "car"),
        ({"waterway": "river"}, "waterway", "boat"),
        ({"waterway": "river", "boat": "no"}, "", ""),
        ({"waterway": "river", "motorboat": "no"}, "", ""),
        ({"waterway": "river", "intermittent": "yes"}, "waterway", ""),
        ({"waterway": "canal", "tunnel": "culvert"}, "waterway", ""),
        ({"waterway": "canal", "tunnel": "yes", "boat": "yes"}, "waterway", "boat"),
        ({"waterway": "stream"}, "", ""),
        ({"waterway": "stream", "boat": "yes"}, "waterway", "boat"),
        ({"waterway": "dam"}, "", ""),
        ({"seamark:type": "fairway"}, "waterway", "boat"),
        ({"seamark:type": "buoy_lateral"}, "", ""),
        ({"building": "yes"}, "", ""),
    ],
)
def test_classes_and_modes(tags: dict[str, str], road_class: str, modes: str) -> None:
    found = rule_of(tags, COUNTRY)
    assert who(found) == modes
    if modes:
        assert found.road_class == road_class


@pytest.mark.parametrize(
    ("tags", "car", "foot"),
    [
        ({"highway": "primary"}, 65, 4.8),
        ({"highway": "primary", "maxspeed": "50"}, 40, 4.8),
        ({"highway": "residential", "maxspeed": "70"}, 56, 4.8),
        ({"highway": "primary", "maxspeed": "none"}, 65, 4.8),
        ({"highway": "primary", "maxspeed": "rubbish"}, 65, 4.8),
        ({"highway": "primary", "surface": "gravel"}, 40, 4.8),
        ({"highway": "residential", "surface": "gravel"}, 25, 4.8),
        ({"highway": "track", "tracktype": "grade5"}, 15, 4.8),
        ({"highway": "unclassified", "surface": "mud", "tracktype": "grade5"}, 10, 4.8),
        ({"highway": "steps"}, 0, 2.4),
        ({"highway": "pedestrian", "motor_vehicle": "yes"}, 10, 4.8),
        ({"highway": "motorway", "maxspeed": "120", "foot": "yes"}, 96, 4.8),
    ],
)
def test_speeds(tags: dict[str, str], car: float, foot: float) -> None:
    found = rule_of(tags, COUNTRY)
    assert (found.speed_kmh[0], found.speed_kmh[2]) == (car, foot)


@pytest.mark.parametrize(
    ("tags", "bits"),
    [
        ({}, 0),
        ({"bridge": "yes"}, BRIDGE),
        ({"bridge": "viaduct"}, BRIDGE),
        ({"bridge": "no", "tunnel": "no"}, 0),
        ({"tunnel": "yes"}, TUNNEL),
        ({"tunnel": "building_passage"}, 0),
        ({"ford": "yes"}, FORD),
        ({"bridge": "yes", "junction": "roundabout"}, BRIDGE | ROUNDABOUT),
    ],
)
def test_structures(tags: dict[str, str], bits: int) -> None:
    assert rule_of({"highway": "primary"} | tags, COUNTRY).structure == bits


@pytest.mark.parametrize(
    ("text", "layer"), [("1", 1), ("-1", -1), ("+2", 2), ("²", 0), ("ground", 0), ("99", 0)]
)
def test_layers(text: str, layer: int) -> None:
    assert rule(highway="primary", layer=text).layer == layer


def test_what_is_ignored_is_told() -> None:
    assert rule(highway="canyoning").remarks == (("unknown class", "canyoning"),)
    assert rule(highway="construction").remarks == ()
    assert rule(highway="primary", maxspeed="fast", foot="hm").remarks == (
        ("unknown access", "foot=hm"),
        ("maxspeed ignored", "fast"),
    )


def test_a_ferry_takes_as_long_as_it_says_for_everybody_aboard() -> None:
    ferry = rule(route="ferry", motor_vehicle="yes", duration="0:30")
    assert ferry_speeds(ferry, 6_000) == (12, 12, 12, 0)
    assert ferry_speeds(ferry, 1) == (1, 1, 1, 0)
    assert ferry_speeds(rule(route="ferry"), 6_000) == (0, 0, 5, 0)


@given(
    st.dictionaries(
        st.sampled_from(sorted(TELLING)),
        st.sampled_from(("yes", "no", "-1", "private", "50", "primary", "ferry", "river", "0:10")),
    )
)
def test_whoever_may_go_has_a_speed(tags: dict[str, str]) -> None:
    found = rule_of(tags, COUNTRY)
    for number in range(len(MODES)):
        may = found.access >> (2 * number) & 3 > 0
        assert may == (0 < found.speed_kmh[number] <= MAX_SPEED_KMH)
