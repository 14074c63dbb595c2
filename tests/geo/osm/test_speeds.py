"""Limits and durations as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.geo.osm.country import load_country
from dispatch.geo.osm.speeds import LIMITS, duration_s, signed_kmh

CHINA, PLAIN = load_country("cn"), load_country("default")


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("CN:urban", 50),
        ("CN:rural", 70),
        ("rural", 70),
        ("walk", 6),
        ("DE:living_street", 10),
        ("50; 40", 40),
        ("120|100|80", 80),
        ("none", None),
        ("50;none", 50),
        ("signals", None),
    ],
)
def test_limits(text: str, kmh: float | None) -> None:
    assert signed_kmh({"maxspeed": text}, CHINA) == (kmh and pytest.approx(kmh))


def test_words_mean_what_the_country_says() -> None:
    assert signed_kmh({"maxspeed": "rural"}, PLAIN) == 90
    assert signed_kmh({"maxspeed": "rural"}, CHINA) == 70


@pytest.mark.parametrize(
    "text", ["", ";", "fast", "50 furlongs", "3", "400", "-50", "XX:moon", "²"]
)
def test_nonsense_is_told(text: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (it says just the text)
        signed_kmh({"maxspeed": text}, PLAIN)
    assert str(raised.value) in text.lower()


def test_of_two_directions_the_lower_counts() -> None:
    tags = {"maxspeed:forward": "70", "maxspeed:backward": "50"}
    assert signed_kmh(tags, PLAIN) == 50
    assert signed_kmh(tags | {"maxspeed": "60"}, PLAIN) == 60
    assert signed_kmh({}, PLAIN) is None


@given(st.text(max_size=12))
def test_any_text_is_a_limit_nonsense_or_no_limit(text: str) -> None:
    try:
        limit = signed_kmh({"maxspeed": text}, PLAIN)
    except ValueError:
        return
    assert limit is None or LIMITS[0] <= limit <= LIMITS[1]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20", 1200),
        ("0:20", 1200),
        ("1:30", 5400),
        ("01:30:30", 5430),
        ("PT20M", 1200),
        ("PT1H30M", 5400),
        ("P1DT1S", 86_401),
        ("0", None),
        ("0:00", None),
        ("", None),
        ("P", None),
        ("about an hour", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert duration_s(text) == seconds
