"""Lines of the incident file and of the timeline, and what they are read against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dispatch.drills.scenario.lines import TIMELINE_TABLES
from dispatch.drills.scenario.model import Fact, Placed
from dispatch.drills.scenario.world import circle
from dispatch.geo.measure import crow_m
from dispatch.model import HazardClass, TravelMode, ZoneForm, ZoneKind
from tests.drills.scenario.made import YAML, load, said

SURE = "fact: S, source: invented"
MORE = [
    "{what: incident_opened, id: T1, at: +12, lon: 113.4, lat: 34.4, coord: S, region: '410105', "
    "kind: flood, severity: II, hazard: H3, title_zh: 水, title_en: Water, "
    f"needs: 'LOG:3 SAFE:1', {SURE}}}",
    f"{{what: need_created, id: D1, at: +25, incident: T1, needs: 'LOG:3', verified: false, "
    f"duplicate_of: T1/LOG, lon: 113.41, lat: 34.41, coord: S, place: 桥头, {SURE}}}",
    f"{{what: duplicate_found, id: D1/found, at: +40, need: D1, {SURE}}}",
    f"{{what: hazard_raised, id: H, at: +45, incident: T1, hazard: H4, {SURE}}}",
    "{what: recall, id: R, at: +50, point: [113.4, 34.4], radius_m: 500, within_min: 20, "
    f"reason: out, coord: S, {SURE}}}",
    "{what: cell_lost, id: C, at: +5, coord: S, "
    f"ring: [[113.1, 34.1], [113.2, 34.1], [113.2, 34.2]], {SURE}}}",
    f"{{what: cell_restored, id: C/back, at: +95, lost: C, {SURE}}}",
    f"{{what: cover_lapsed, id: L, at: +7, skill: BOAT, share: 0.1, {SURE}}}",
    f"{{what: red_warning, id: W, at: +1, text_zh: 红, text_en: Red, duty_share: 0.2, {SURE}}}",
    f"{{what: message, id: M, at: +61, text_zh: 雨, text_en: Rain, incident: T1, {SURE}}}",
    f"{{what: need_closed, id: A-1/done, at: +70, need: A-1/LOG, reason: done, {SURE}}}",
    f"{{what: incident_closed, id: A-2/done, at: +80, incident: A-2, reason: done, {SURE}}}",
    "{what: zone_drawn, id: Z2, at: +10, kind: closed, name: road, blocks: [car], pace: 0.5, "
    f"line: [[113.1, 34.1], [113.2, 34.2]], ends: +100, coord: S, {SURE}}}",
]
FULL = YAML + "".join(f"  - {line}\n" for line in MORE)


@pytest.fixture
def timeline(tmp_path: Path) -> dict[str, Any]:
    return {inject.id: inject for inject in load(tmp_path, yaml=FULL).timeline}


def test_every_kind_of_line_can_be_read(timeline: dict[str, Any]) -> None:
    snake = {
        "".join(f"_{c.lower()}" if c.isupper() else c for c in type(one).__name__).strip("_")
        for one in timeline.values()
    }
    assert snake == set(TIMELINE_TABLES)


def test_a_row_is_an_incident_with_its_needs(timeline: dict[str, Any]) -> None:
    opened, log, boat = timeline["A-1"], timeline["A-1/LOG"], timeline["A-1/BOAT"]
    assert (opened.at_s, opened.region, opened.site.name) == (300, "410103", "河边")
    assert (log.incident, log.site, log.at_s) == ("A-1", opened.site, 300)
    assert (log.hazard, boat.hazard) == (HazardClass.H2, HazardClass.H3)
    assert (log.deadline_s, log.ends_s, log.reach_s) == (300 + 3_600, 300 + 10_800, 3_600)
    assert log.safety_plan.owner == "Li (exercise)"


def test_needs_are_a_synthesis_unless_the_row_says_otherwise(timeline: dict[str, Any]) -> None:
    assert timeline["A-1"].provenance.fact is Fact.FACT
    assert timeline["A-1/LOG"].provenance.fact is Fact.SYNTHESIS
    assert timeline["A-1/LOG"].provenance.placed is Placed.GAZETTEER


def test_a_need_may_be_verified_later(timeline: dict[str, Any]) -> None:
    assert not timeline["A-2/MED-2"].verified
    assert timeline["A-2/MED-2/verified"].at_s == timeline["A-2"].at_s + 600
    assert timeline["A-1/LOG"].verified


def test_a_duplicate_stands_where_it_was_told(timeline: dict[str, Any]) -> None:
    duplicate, found = timeline["D1"], timeline["D1/found"]
    assert (duplicate.duplicate_of, duplicate.verified) == ("T1/LOG", False)
    assert (duplicate.site.lon, duplicate.site.name) == (113.41, "桥头")
    assert (found.need, found.of) == ("D1", "T1/LOG")


def test_zones_and_areas_have_their_shapes(timeline: dict[str, Any]) -> None:
    point, line = timeline["Z1"], timeline["Z2"]
    assert (point.form, point.radius_m) == (ZoneForm.POINT, 300)
    assert point.parts == ((((113.5, 34.5),),),)
    assert (line.form, line.zone_kind, line.blocks) == (
        ZoneForm.LINE,
        ZoneKind.CLOSED,
        (TravelMode.CAR,),
    )
    assert (line.pace, line.ends_s) == (0.5, 6_000)
    assert timeline["C"].area.holds(113.19, 34.12)
    assert timeline["R"].area.holds(113.4, 34.404)
    assert not timeline["R"].area.holds(113.4, 34.406)
    assert timeline["R"].within_s == 1_200


def test_a_circle_is_as_wide_as_it_says() -> None:
    away = [float(crow_m(113.4, 34.4, lon, lat)) for lon, lat in circle(113.4, 34.4, 500.0)]
    assert min(away) == pytest.approx(500, rel=0.001)
    assert max(away) == pytest.approx(500, rel=0.001)


def test_injects_say_where_they_stand(timeline: dict[str, Any], tmp_path: Path) -> None:
    assert timeline["A-2"].place == f"{tmp_path / 'incidents.csv'}:3"
    assert timeline["Z1"].place == f"{tmp_path / 'scenario.yaml'}:30:5"


CORNERS = "[[113.1, 34.1], [113.2, 34.1], [113.2, 34.2]]"
BAD = [
    ("need: D1,", "need: T1/LOG,", "MISSING"),
    ("need: D1,", "need: D1, of: D1,", "MISSING"),
    ("need: D1,", "need: D1, of: A-9,", "UNKNOWN_NAME"),
    ("duplicate_of: T1/LOG", "duplicate_of: T9/LOG", "UNKNOWN_NAME"),
    ("T1, hazard: H4", "T1, hazard: H3", "BAD_VALUE"),
    ("T1, hazard: H4", "C, hazard: H4", "UNKNOWN_NAME"),
    ("radius_m: 500", "radius_m: 0", "BAD_SHAPE"),
    ("ring: [[113.1", "radius_m: 10, ring: [[113.1", "BAD_SHAPE"),
    (CORNERS, "[[1, 34], [2, 34], [2, 35]]", "OUTSIDE_AREA"),
    (CORNERS, "[[113.1, 34.1], [113.1, 34.1], [113.1, 34.1]]", "BAD_SHAPE"),
    ("lost: C,", "lost: W,", "UNKNOWN_NAME"),
    ("lost: C,", "lost: A-1,", "UNKNOWN_NAME"),
    ("C/back, at: +95", "C/back, at: +3", "TOO_EARLY"),
    ("skill: BOAT", "skill: SWIM", "UNKNOWN_SKILL"),
    ("share: 0.1", "share: 1.1", "OUT_OF_RANGE"),
    ("lon: 113.41, lat: 34.41, coord: S,", "lon: 113.41, lat: 34.41,", "BAD_PROVENANCE"),
    ("reason: out, coord: S,", "reason: out,", "BAD_PROVENANCE"),
    ("incident: A-2, reason", "incident: A-3, reason", "UNKNOWN_NAME"),
    ("A-1/done, at: +70", "A-1/done, at: +70000", "AFTER_END"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code"), BAD)
def test_lines_that_cannot_be(tmp_path: Path, old: str, new: str, code: str) -> None:
    assert old in FULL
    assert code in [line.rpartition(" ")[2] for line in said(tmp_path, yaml=FULL.replace(old, new))]


def test_what_is_about_an_unreadable_row_is_not_told_too(tmp_path: Path) -> None:
    yaml = FULL.replace("needs: 'LOG:3 SAFE:1'", "needs: 'LOGG:3'")
    assert [line.rpartition(" ")[2] for line in said(tmp_path, yaml=yaml)] == ["UNKNOWN_SKILL"]
