"""The values a scenario is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dispatch.drills.scenario.model import Area, DrillClock, Fact, Message, Provenance
from dispatch.taxonomy import Names

TRIANGLE = Area(ring=((113.0, 34.0), (114.0, 34.0), (113.0, 35.0)))


def test_an_area_holds_its_inside_and_its_border() -> None:
    assert TRIANGLE.holds(113.2, 34.2)
    assert TRIANGLE.holds(113.5, 34.0)
    assert not TRIANGLE.holds(113.9, 34.9)
    assert TRIANGLE.bounds == (113.0, 34.0, 114.0, 35.0)


def test_the_clock_counts_from_its_start() -> None:
    start = datetime(2021, 7, 19, 22, tzinfo=UTC)
    clock = DrillClock(starts_at=start, length_s=86_400, timezone=ZoneInfo("Asia/Shanghai"))
    assert clock.at(3_600) == datetime(2021, 7, 19, 23, tzinfo=UTC)
    assert clock.ends_at == datetime(2021, 7, 20, 22, tzinfo=UTC)


def test_where_an_inject_stands_in_its_file_is_no_part_of_what_it_says() -> None:
    sure = Provenance(fact=Fact.FACT, placed=None, source="press")
    one, other = (
        Message(
            id="M", at_s=0, provenance=sure, place=place, text=Names("水", "Water"), incident=None
        )
        for place in ("scenario.yaml:7", "scenario.yaml:8")
    )
    assert one == other
