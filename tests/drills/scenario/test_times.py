"""When something happens."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dispatch.drills.scenario.model import DrillClock
from dispatch.drills.scenario.nodes import Scalar
from dispatch.drills.scenario.problems import Bad, Code, Place
from dispatch.drills.scenario.times import instant, local, moment, zone

SHANGHAI = ZoneInfo("Asia/Shanghai")
SANTIAGO = ZoneInfo("America/Santiago")
CLOCK = DrillClock(
    starts_at=datetime(2021, 7, 19, 22, tzinfo=UTC), length_s=86_400, timezone=SHANGHAI
)


def scalar(text: str) -> Scalar:
    return Scalar(place=Place(file="f"), text=text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("+0", 0),
        ("+90", 5_400),
        ("-10", -600),
        ("2021-07-20 06:00", 0),
        ("2021-07-20T06:01:30", 90),
        ("2021-07-19T22:10Z", 600),
        ("2021-07-20 07:00+09:00", 0),
    ],
)
def test_moments_count_from_the_start(text: str, seconds: int) -> None:
    assert moment(scalar(text)).seconds(CLOCK) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "noon", "90", "2021-13-01 00:00", "2021-07-20", "+1h", "20210720T0600", "+" + "9" * 9],
)
def test_other_words_are_no_times(text: str) -> None:
    with pytest.raises(Bad) as caught:
        moment(scalar(text))
    assert caught.value.code is Code.BAD_TIME


def test_local_times_that_clocks_jumped_over_are_told() -> None:
    skipped = local(scalar("2015-04-26 00:30"))
    assert instant(skipped, SANTIAGO) == datetime(2015, 4, 26, 3, 30, tzinfo=UTC)
    with pytest.raises(Bad, match="jump"):
        instant(local(scalar("2019-09-08 00:30")), SANTIAGO)


def test_the_end_of_the_calendar_is_no_place_for_a_drill() -> None:
    with pytest.raises(Bad, match="outside the calendar"):
        instant(local(scalar("0001-01-01 00:00")), SHANGHAI)


def test_zones_by_name() -> None:
    assert zone(scalar("Asia/Shanghai")) == SHANGHAI
    for name in ("Mars/Base", "../../etc/passwd", "", "/etc/localtime"):
        with pytest.raises(Bad, match="not a time zone"):
            zone(scalar(name))
