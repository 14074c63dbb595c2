"""A plain table of incidents, made into a scenario that can be checked and drilled."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.drills.scenario import model as it
from dispatch.drills.scenario.convert import Converted, convert
from dispatch.drills.scenario.draft import Given
from dispatch.drills.scenario.model import Fact, Placed
from dispatch.drills.scenario.problems import BadScenario, Code
from dispatch.drills.scenario.read import load_scenario
from dispatch.geo.crs import Crs
from dispatch.model import Severity

CHINESE = """\
编号,发生时间,经度,纬度,事件类型,级别,地点,区划代码,需求,备注
1,2021/7/20 8:11,113.648,34.72,洪涝,橙色,京广隧道,410103000000,TRAF:6,交通广播
2,2021年7月20日16时30分,113.69,34.79,漏电,,花园路,410105,志愿者若干,
"""
ENGLISH = """\
name,time,lng,lat,colour
Water at the bridge,2021-07-20 09:00,113.5,34.5,blue
"""
PLAIN = Given(name="made")


def made(tmp_path: Path, converted: Converted) -> it.Scenario:
    for name, text in converted.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return load_scenario(tmp_path)


def opened(scenario: it.Scenario) -> list[it.IncidentOpened]:
    return [one for one in scenario.timeline if isinstance(one, it.IncidentOpened)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_headings_words_and_times_may_be_chinese(tmp_path: Path, encoding: str) -> None:
    converted = convert(CHINESE.encode(encoding), "t.csv", PLAIN)
    scenario = made(tmp_path, converted)
    first, second = opened(scenario)
    assert (first.id, first.kind, first.severity, first.region) == (
        "1",
        "flood",
        Severity.II,
        "410103",
    )
    assert (first.site.name, first.titles.zh) == ("京广隧道", "交通广播")
    assert second.at_s - first.at_s == 8 * 3_600 + 19 * 60
    needs = [one for one in scenario.timeline if isinstance(one, it.NeedCreated)]
    assert [one.id for one in needs] == ["1/TRAF"]
    assert ("its encoding is GB18030" in converted.guesses) == (encoding == "gb18030")


def test_what_was_guessed_is_told_and_marked_in_its_row(tmp_path: Path) -> None:
    converted = convert(CHINESE.encode(), "t.csv", PLAIN)
    _, second = opened(made(tmp_path, converted))
    assert second.provenance.fact is Fact.SYNTHESIS
    assert second.provenance.placed is Placed.SYNTHESIS
    assert "t.csv, line 3; guessed: kind, severity" in second.provenance.source
    assert "needs (not understood, left out): guessed in 1 of 2 rows" in converted.guesses
    assert "coordinates are WGS-84" in converted.guesses


def test_a_table_may_say_little(tmp_path: Path) -> None:
    converted = convert(ENGLISH.encode(), "t.csv", PLAIN)
    scenario = made(tmp_path, converted)
    (one,) = opened(scenario)
    assert (one.id, one.kind, one.titles.en) == ("R001", "other", "Water at the bridge")
    assert "columns that are not read: colour" in converted.guesses
    assert scenario.area.holds(113.5, 34.5)


def test_coordinates_in_a_declared_system_are_converted(tmp_path: Path) -> None:
    plain = convert(ENGLISH.encode(), "t.csv", PLAIN)
    shifted = convert(ENGLISH.encode(), "t.csv", Given(name="made", crs=Crs.GCJ02))
    (one,), (other,) = opened(made(tmp_path, plain)), opened(made(tmp_path, shifted))
    assert "coordinates are WGS-84" not in shifted.guesses
    assert 0.003 < abs(one.site.lon - other.site.lon) < 0.01


def test_a_time_without_a_year_needs_one() -> None:
    text = ENGLISH.replace("2021-07-20", "07-20").encode()
    with pytest.raises(BadScenario, match=r"t\.csv:2: BAD_TIME .*--year"):
        convert(text, "t.csv", PLAIN)
    assert (
        "2021-07-20 09:00"
        in convert(text, "t.csv", Given(name="made", year=2021)).files["scenario.yaml"]
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("113.5,34.5", "34.5,113.5", 2, Code.SWAPPED),
        ("113.5,34.5", ",34.5", 2, Code.MISSING),
        ("113.5,34.5", "east,34.5", 2, Code.NOT_A_NUMBER),
        ("113.5,34.5", "0,0", 2, Code.OUT_OF_RANGE),
        ("2021-07-20 09:00", "2021-02-30 09:00", 2, Code.BAD_TIME),
        ("2021-07-20 09:00", "morning", 2, Code.BAD_TIME),
        ("time,lng", "clock,lng", 1, Code.MISSING),
        ("Water at", '"Water at', 2, Code.NOT_CSV),
    ],
)
def test_lines_that_cannot_be_used_are_told(old: str, new: str, line: int, code: Code) -> None:
    with pytest.raises(BadScenario) as caught:
        convert(ENGLISH.replace(old, new).encode(), "t.csv", PLAIN)
    (problem,) = caught.value.problems
    assert (problem.place.line, problem.code) == (line, code)


def test_ids_that_come_twice_are_told() -> None:
    text = CHINESE.replace("\n2,", "\n1,").encode()
    with pytest.raises(BadScenario, match=r"t\.csv:3: TWICE id '1' comes twice, see line 2"):
        convert(text, "t.csv", PLAIN)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"time,lon,lat\n", b"\xff\xff\xff"])
def test_an_empty_table_is_no_scenario(data: bytes) -> None:
    with pytest.raises(BadScenario):
        convert(data, "t.csv", PLAIN)


def test_names_with_quotes_survive(tmp_path: Path) -> None:
    text = ENGLISH.replace("Water at the bridge", '"a ""b"": c # d"').replace("blue", "x")
    (one,) = opened(made(tmp_path, convert(text.encode(), "t.csv", PLAIN)))
    assert one.titles.en == 'a "b": c # d'


def test_the_new_agency_is_an_exercise() -> None:
    files = convert(CHINESE.encode(), "t.csv", PLAIN).files
    agency = tomllib.loads(files["agency.toml"])
    assert agency["exercise"] is True
    assert [one["code"] for one in agency["regions"]] == ["410103", "410105"]


@settings(max_examples=100, deadline=None)
@given(at=st.floats(0, 1), cut=st.integers(0, 30), put=st.binary(max_size=12))
def test_a_torn_table_makes_problems_or_a_sound_scenario(
    tmp_path_factory: pytest.TempPathFactory, at: float, cut: int, put: bytes
) -> None:
    data = CHINESE.encode()
    here = int(at * len(data))
    problems = None
    try:
        converted = convert(data[:here] + put + data[here + cut :], "t.csv", PLAIN)
    except BadScenario as bad:
        problems = bad.problems
    if problems is None:
        assert opened(made(tmp_path_factory.mktemp("made"), converted))
    else:
        assert problems
