"""Reading a scenario: all of it, or everything that is wrong with it and nothing started."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.drills.scenario import model as it
from dispatch.drills.scenario.problems import BadScenario, Problem
from dispatch.drills.scenario.read import load_scenario, rain_of, scenarios_in
from dispatch.model import HazardClass, Rain, Severity
from tests.drills.scenario.made import AGENCY, FILES, ROWS, SETTLEMENTS, YAML, load, said, write

SOURCES = {"yaml": YAML, "rows": ROWS, "settlements": SETTLEMENTS, "agency": AGENCY}


def test_a_scenario_is_what_its_files_say(tmp_path: Path) -> None:
    scenario = load(tmp_path)
    assert scenario.id == "small"
    assert scenario.names.zh == "小演练"
    assert scenario.clock.starts_at == datetime(2021, 7, 19, 22, tzinfo=UTC)
    assert scenario.clock.length_s == 86_400
    assert scenario.agency.id == "small"
    assert scenario.roads is None
    assert scenario.area.bounds == (113.0, 34.0, 114.0, 35.0)
    kinds = Counter(type(one).__name__ for one in scenario.timeline)
    assert kinds == {
        "IncidentOpened": 2,
        "NeedCreated": 4,
        "NeedVerified": 2,
        "ZoneDrawn": 1,
        "ZoneCleared": 1,
    }
    times = [one.at_s for one in scenario.timeline]
    assert times == sorted(times)


def test_weather_people_and_scoring_are_read(tmp_path: Path) -> None:
    scenario = load(tmp_path)
    assert [(w.at_s, w.rain, w.temperature_c) for w in scenario.weather] == [
        (0, Rain.RAIN, None),
        (3_600, Rain.HEAVY, 24.0),
    ]
    roster = scenario.roster
    assert isinstance(roster, it.RosterRecipe)
    assert (roster.people, roster.registered, roster.teams, roster.seed) == (50, 50, 2, 7)
    assert roster.cover[HazardClass.H4] == 0.04
    assert scenario.scoring.severity[Severity.I] == 8
    assert scenario.scoring.recall_s == 1_800


def test_the_digest_changes_with_any_file(tmp_path: Path) -> None:
    first = load(tmp_path / "a").digest
    assert first == load(tmp_path / "b").digest
    for name, text in SOURCES.items():
        changed = (
            text.replace("Small", "Smaller").replace("press", "papers").replace("3000", "3001")
        )
        assert load(tmp_path / "c", **{name: changed}).digest != first, name


def test_a_roster_file_stands_in_for_a_recipe(tmp_path: Path) -> None:
    recipe = YAML[YAML.index("  people: 50") : YAML.index("  fact: S\n  source: invented\nneeds")]
    yaml = YAML.replace(recipe, "  file: people.csv\n")
    write(tmp_path, yaml=yaml)
    (tmp_path / "people.csv").write_text("number\n", encoding="utf-8")
    roster = load_scenario(tmp_path).roster
    assert isinstance(roster, it.RosterFile)
    assert roster.file == tmp_path / "people.csv"


def test_incidents_may_be_geojson(tmp_path: Path) -> None:
    properties = {
        "id": "A-1", "at": "+5", "coord": "G", "region": "410103", "kind": "flood",
        "severity": "II", "hazard": "H3", "title_zh": "积水", "title_en": "Water",
        "needs": "LOG:10 BOAT:2@H3", "fact": "F", "source": "press", "place": None,
    }  # fmt: skip
    geometry = {"type": "Point", "coordinates": [113.5, 34.5]}
    one = {"type": "Feature", "geometry": geometry, "properties": properties}
    other = one | {"properties": properties | {"id": "A-2", "needs": "-"}}
    collection = {"type": "FeatureCollection", "features": [one, other]}
    write(tmp_path, yaml=YAML.replace("incidents.csv", "incidents.geojson"))
    (tmp_path / "incidents.geojson").write_text(json.dumps(collection), encoding="utf-8")
    opened = [o for o in load_scenario(tmp_path).timeline if isinstance(o, it.IncidentOpened)]
    assert [one.id for one in opened] == ["A-1", "A-2"]
    assert opened[0].titles.zh == "积水"


def test_coordinates_in_a_shifted_system_are_converted(tmp_path: Path) -> None:
    plain = load(tmp_path / "a").timeline[0]
    shifted = load(tmp_path / "b", yaml=YAML.replace("format: 1", "format: 1\ncrs: gcj02")).timeline
    (moved,) = [one for one in shifted if one.id == plain.id]
    assert isinstance(plain, it.IncidentOpened)
    assert isinstance(moved, it.IncidentOpened)
    assert 0.003 < abs(plain.site.lon - moved.site.lon) < 0.01


# What is wrong is told with its file and line. The first five are those of the issue.

NEED_ENDS = "scenario.yaml:33:82"
POINT = "point: [113.5, 34.5]"
BOUNDS = "[113.0, 34.0, 114.0, 35.0]"
BAD = [
    ("rows", "LOG:10", "LOGG:10", "incidents.csv:2 UNKNOWN_SKILL"),
    ("rows", "113.5,34.5,G", "115.5,34.5,G", "incidents.csv:2 OUTSIDE_AREA"),
    ("yaml", "at: +20", "at: +2", "scenario.yaml:33:52 TOO_EARLY"),
    ("rows", "A-2,+15", "A-1,+15", "incidents.csv:3 TWICE"),
    ("rows", "113.5,34.5,G", "34.5,113.5,G", "incidents.csv:2 SWAPPED"),
    ("yaml", "id: small", "idd: small", "scenario.yaml:2:1 UNKNOWN_KEY"),
    ("yaml", "format: 1", "format: 2", "scenario.yaml:1:9 OUT_OF_RANGE"),
    ("yaml", "id: N1", "id: A-1", "scenario.yaml:33:30 TWICE"),
    ("yaml", "id: N1", "id: A-1/LOG", "scenario.yaml:33:30 TWICE"),
    ("yaml", "at: +10", "at: -10", "scenario.yaml:30:36 BEFORE_START"),
    ("rows", "2021-07-20 06:05", "2021-07-20 05:59", "incidents.csv:2 BEFORE_START"),
    ("rows", "2021-07-20 06:05", "2021-07-21 06:01", "incidents.csv:2 AFTER_END"),
    ("rows", "2021-07-20 06:05", "dawn", "incidents.csv:2 BAD_TIME"),
    ("yaml", "verified: false", "ends: +20", f"{NEED_ENDS} ENDS_BEFORE_START"),
    ("yaml", "verified: false", "ends: +30, deadline_min: 20", f"{NEED_ENDS} ENDS_BEFORE_START"),
    ("yaml", "radius_m: 300,", "radius_m: 300, ends: +5,", "scenario.yaml:31:27 ENDS_BEFORE_START"),
    ("rows", "410103,flood", "999,flood", "incidents.csv:2 UNKNOWN_REGION"),
    ("rows", "410103,flood", "410103,dragon", "incidents.csv:2 UNKNOWN_KIND"),
    ("rows", "F,press", "X,press", "incidents.csv:2 BAD_PROVENANCE"),
    ("rows", ",34.5,G", ",34.5,Q", "incidents.csv:2 BAD_PROVENANCE"),
    ("rows", ",34.5,G", ",34.5,", "incidents.csv:2 BAD_PROVENANCE"),
    ("rows", "F,press", "F,", "incidents.csv:2 MISSING"),
    ("rows", "hazard", "danger", "incidents.csv:1 UNKNOWN_KEY"),
    ("rows", "BOAT:2@H3", "BOAT:2@H4", "incidents.csv:2 SKILL_BELOW_HAZARD"),
    ("rows", "113.5,", "nan,", "incidents.csv:2 NOT_A_NUMBER"),
    ("rows", "113.5,34.5", "113.5,94.5", "incidents.csv:2 OUT_OF_RANGE"),
    ("rows", "MED-2:1,10", "MED-2:1,60", "incidents.csv:3 TOO_LATE"),
    ("yaml", "id: V1, at: +30", "id: V1, at: +80", "scenario.yaml:32:39 TOO_LATE"),
    ("yaml", "need: N1", "need: N7", "scenario.yaml:32:50 UNKNOWN_NAME"),
    ("yaml", "need: N1", "need: A-1/LOG", "scenario.yaml:32:50 BAD_VALUE"),
    ("yaml", "zone: Z1,", "zone: A-1,", "scenario.yaml:35:53 UNKNOWN_NAME"),
    ("yaml", "what: zone_drawn", "what: zone_drown", "scenario.yaml:30:12 UNKNOWN_KIND"),
    ("yaml", "what: zone_drawn, ", "", "scenario.yaml:30:5 MISSING"),
    ("yaml", "kind: flood", "kind: lava", "scenario.yaml:30:47 UNKNOWN_KIND"),
    ("yaml", POINT, "point: [34.5, 113.5]", "scenario.yaml:30:74 SWAPPED"),
    ("yaml", POINT, "line: [[113.5, 34.5], [113.5, 34.5]]", "scenario.yaml:30:73 BAD_SHAPE"),
    ("yaml", POINT, f"{POINT}, ring: []", "scenario.yaml:30:95 OUT_OF_RANGE"),
    ("yaml", POINT, f"{POINT}, line: [[113.1, 34], [113, 34]]", "scenario.yaml:30:12 BAD_SHAPE"),
    ("yaml", ": incidents.csv", ": none.csv", "scenario.yaml:11:12 NOT_READABLE"),
    ("yaml", ": incidents.csv", ": agency.toml", "scenario.yaml:11:12 UNKNOWN_FORMAT"),
    ("yaml", "format: 1", "format: 1\nagency: none.toml", "scenario.yaml:2:9 NOT_READABLE"),
    ("yaml", ": settlements.csv", ": ../none.csv", "scenario.yaml:16:16 NOT_READABLE"),
    ("yaml", "people: 50", "people: 99999999999999999999", "scenario.yaml:13:11 OUT_OF_RANGE"),
    ("yaml", "people: 50", "people: 50\n  registered: 10", "scenario.yaml:14:15 OUT_OF_RANGE"),
    ("yaml", "people: 50", "people: 50\n  cover: {H4: 0.9}", "scenario.yaml:14:10 OUT_OF_RANGE"),
    ("yaml", "people: 50", "people: 50\n  cover: {H5: 0.9}", "scenario.yaml:14:11 UNKNOWN_KEY"),
    ("yaml", "  people: 50\n", "", "scenario.yaml:13:3 MISSING"),
    ("yaml", "rain_mm: 20", "rain_mm: .nan", "scenario.yaml:28:24 NOT_A_NUMBER"),
    ("yaml", "rain_mm: 20", "rain_mm: 1e999", "scenario.yaml:28:24 OUT_OF_RANGE"),
    ("yaml", "Asia/Shanghai", "Asia/Atlantis", "scenario.yaml:8:13 BAD_VALUE"),
    ("yaml", "hours: 24", "hours: 24\n  hours: 25", "scenario.yaml:8:3 TWICE"),
    ("yaml", BOUNDS, "[114.0, 34.0, 113.0, 35.0]", "scenario.yaml:10:11 BAD_SHAPE"),
    ("yaml", BOUNDS, "[113.0, 34.0, 514.0, 35.0]", "scenario.yaml:10:11 OUT_OF_RANGE"),
    ("yaml", f"  bounds: {BOUNDS}", "  {}", "scenario.yaml:10:3 BAD_SHAPE"),
    ("yaml", "reach_min: 60", "reach_min: 0", "scenario.yaml:22:14 OUT_OF_RANGE"),
    ("yaml", "name_en: Small drill", "name_en: &a Small\nx: *a", "scenario.yaml:5:4 NO_ALIASES"),
    ("yaml", "name_en: Small", "name_en: !!str Small", "scenario.yaml:4:10 NO_TAGS"),
    ("settlements", "34.5,2000", "34.5,wide", "settlements.csv:2 NOT_A_NUMBER"),
    ("settlements", "410105", "410199", "settlements.csv:3 UNKNOWN_REGION"),
    ("agency", "exercise = true", "exercise = false", "scenario.yaml:1:1 NO_EXERCISE"),
    ("agency", "level = 1", 'level = "one"', "scenario.yaml:1:1 BAD_AGENCY"),
    ("agency", 'id = "small"', 'id = "small"\nroads = "none"', "scenario.yaml:1:1 BAD_AGENCY"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "told"), BAD)
def test_what_is_wrong_is_told_with_file_and_line(
    tmp_path: Path, name: str, old: str, new: str, told: str
) -> None:
    assert old in SOURCES[name]
    assert told in said(tmp_path, **{name: SOURCES[name].replace(old, new, 1)})


def test_all_problems_are_told_at_once_and_none_that_only_follows(tmp_path: Path) -> None:
    yaml = YAML.replace("hours: 24", "hours: soon").replace("need: N1", "need: N9")
    rows = ROWS.replace("LOG:10", "LOGG:10").replace("34.6,S", "34.6,Z")
    assert said(tmp_path, yaml=yaml, rows=rows) == [
        "incidents.csv:2 UNKNOWN_SKILL",
        "incidents.csv:3 BAD_PROVENANCE",
        "scenario.yaml:7:10 NOT_A_NUMBER",
    ]


@pytest.mark.parametrize("name", list(SOURCES))
def test_files_in_another_encoding_are_told(tmp_path: Path, name: str) -> None:
    data = SOURCES[name].replace("二七区", "郑州").encode("gb18030")
    assert any("NOT_UTF8" in line for line in said(tmp_path, **{name: data}))


def test_a_folder_without_a_scenario(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match=r"scenario\.yaml: NOT_READABLE"):
        load_scenario(tmp_path / "none")


def test_folders_are_found_by_their_scenario(tmp_path: Path) -> None:
    write(tmp_path / "b")
    write(tmp_path / "a")
    (tmp_path / "c").mkdir()
    assert [path.name for path in scenarios_in(tmp_path)] == ["a", "b"]


def test_rain_by_the_hour() -> None:
    assert [rain_of(mm) for mm in (0, 0.05, 0.1, 7.5, 7.6, 201.9)] == [
        Rain.NONE,
        Rain.NONE,
        Rain.RAIN,
        Rain.RAIN,
        Rain.HEAVY,
        Rain.HEAVY,
    ]


# Whatever is in the files: a scenario, or coded problems


fuzzed = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def try_to_load(folder: Path) -> None:
    """Load it, or be told with codes why not; anything else fails the test."""
    problems: tuple[Problem, ...] = ()
    try:
        scenario = load_scenario(folder)
    except BadScenario as bad:
        problems = bad.problems
        scenario = None
    assert (scenario is None) == bool(problems)
    assert all(problem.message for problem in problems)


@fuzzed
@given(
    name=st.sampled_from(list(FILES)),
    at=st.floats(0, 1),
    cut=st.integers(0, 40),
    put=st.text(max_size=20)
    | st.sampled_from(["[", "{", "&a ", "*a", "!!", "\x00", "\ud800", '"']),
)
def test_a_torn_file_makes_problems_and_never_a_crash(
    tmp_path: Path, name: str, at: float, cut: int, put: str
) -> None:
    write(tmp_path)
    text = FILES[name]
    here = int(at * len(text))
    torn = text[:here] + put + text[here + cut :]
    (tmp_path / name).write_bytes(torn.encode("utf-8", "surrogatepass"))
    try_to_load(tmp_path)


@fuzzed
@given(name=st.sampled_from(list(FILES)), data=st.binary(max_size=300))
def test_any_bytes_make_problems_and_never_a_crash(tmp_path: Path, name: str, data: bytes) -> None:
    write(tmp_path)
    (tmp_path / name).write_bytes(data)
    try_to_load(tmp_path)


VALUES = st.sampled_from(
    ["", "-", "nan", "1e308", "-1", "0", "9" * 30, "水", "[1, 2]", "{a: 1}", "+5", "H9", "~", "A-1"]
)


@fuzzed
@given(line=st.integers(0, 60), value=VALUES)
def test_any_value_makes_problems_and_never_a_crash(tmp_path: Path, line: int, value: str) -> None:
    lines = YAML.splitlines()
    at = line % len(lines)
    key, colon, _ = lines[at].partition(": ")
    lines[at] = f"{key}{colon}{value}"
    try_to_load(write(tmp_path, yaml="\n".join(lines)))


@fuzzed
@given(row=st.integers(0, 2), column=st.integers(0, 15), value=VALUES)
def test_any_cell_makes_problems_and_never_a_crash(
    tmp_path: Path, row: int, column: int, value: str
) -> None:
    table = [line.split(",") for line in ROWS.splitlines()]
    table[row][column % len(table[row])] = value
    try_to_load(write(tmp_path, rows="\n".join(",".join(cells) for cells in table)))
