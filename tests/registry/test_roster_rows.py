from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.model import PolicyId, RegionCode
from dispatch.registry.roster_rows import (
    COLUMNS,
    OPTIONAL,
    Claim,
    Problem,
    References,
    Row,
    read_row,
)
from dispatch.taxonomy import LANGUAGES, SKILLS

KNOWN = References(
    regions=frozenset({RegionCode("9901")}),
    teams={"Ropes": 2},
    policies={"BASE": PolicyId(1), "1": PolicyId(1), "HIGH": PolicyId(2), "2": PolicyId(2)},
    today=date(2026, 11, 22),
)
CELLS = {
    "number": "V000001",
    "name": "王甲子",
    "phone": "+999 0000-0001",
    "status": "ACTIVE",
    "tier": "PROFESSIONAL",
    "birth_on": "1990-05-01",
    "fit": "yes",
    "guardian": "no",
    "consent": "1",
    "available": "是",
    "trained_until_on": "2027-06-01",
    "region": "9901",
    "team": "Ropes",
    "mode": "car",
    "lon": "-71.25",
    "lat": "-29.9",
    "turnout_s": "105",
    "skills": "BOAT:2:2027-05-01;LOG",
    "policies": "BASE",
}


def a_row(**cells: str) -> Row:
    row = read_row(7, CELLS | cells, KNOWN)
    assert isinstance(row, Row)
    return row


def _problems(**cells: str) -> list[Problem]:
    problems = read_row(7, CELLS | cells, KNOWN)
    assert isinstance(problems, list)
    return problems


def test_the_example_has_every_column() -> None:
    assert tuple(CELLS) == COLUMNS


def test_a_row_reads_as_it_is_documented() -> None:
    row = a_row()
    assert row.number == "V000001"
    assert row.person == {
        "number": "V000001",
        "name": "王甲子",
        "phone": "+99900000001",
        "status": "ACTIVE",
        "tier": "PROFESSIONAL",
        "birth_on": date(1990, 5, 1),
        "fit": True,
        "guardian": False,
        "consent_dispatch": True,
        "available": True,
        "trained_until_on": date(2027, 6, 1),
        "region": "9901",
        "team_id": 2,
        "mode": "car",
        "home_lon": -71.25,
        "home_lat": -29.9,
        "turnout_s": 105,
    }
    assert row.skills == {
        "BOAT": Claim(level=2, expires_on=date(2027, 5, 1), trained_until_on=None),
        "LOG": Claim(level=1, expires_on=None, trained_until_on=None),
    }
    assert row.policies == {1: None}
    assert row.verified_by is None


@pytest.mark.parametrize(
    ("cell", "claim"),
    [
        ("LOG:3", Claim(level=3, expires_on=None, trained_until_on=None)),
        ("LOG::2027-01-01", Claim(level=1, expires_on=date(2027, 1, 1), trained_until_on=None)),
        ("LOG:::2027-01-01", Claim(level=1, expires_on=None, trained_until_on=date(2027, 1, 1))),
        (" LOG : 2 ", Claim(level=2, expires_on=None, trained_until_on=None)),
    ],
)
def test_parts_of_a_skill_may_be_left_out(cell: str, claim: Claim) -> None:
    assert a_row(skills=cell).skills == {"LOG": claim}


def test_optional_cells_may_be_empty() -> None:
    row = a_row(team="", trained_until_on="", skills="", policies="", verified_by="")
    assert row.person["team_id"] is None
    assert row.person["trained_until_on"] is None
    assert (row.skills, row.policies, row.verified_by) == ({}, {}, None)


def test_what_a_file_does_not_speak_of_is_not_said() -> None:
    assert not {"served_h", "languages", "seats"} & set(a_row().person)


def test_hours_languages_and_seats() -> None:
    person = a_row(served_h="120", languages="zh; en", seats="3").person
    assert (person["served_h"], person["languages"], person["seats"]) == (120, ("en", "zh"), 3)
    person = a_row(served_h="", languages="", seats="").person
    assert (person["served_h"], person["languages"], person["seats"]) == (0, (), 0)


@pytest.mark.parametrize("mode", ["foot", "motorcycle"])
def test_only_a_car_has_seats(mode: str) -> None:
    (problem,) = _problems(mode=mode, seats="1")
    assert (problem.line, problem.column, problem.value) == (7, "seats", "1")
    assert mode in problem.reason
    assert a_row(mode=mode, seats="0").person["seats"] == 0
    assert a_row(mode=mode).person["seats"] == 0


def test_an_unknown_language_is_told_with_those_that_are_known() -> None:
    (problem,) = _problems(languages="zh;Mandarin")
    assert (problem.column, problem.value) == ("languages", "zh;Mandarin")
    assert problem.reason.startswith("Mandarin is not one of zh, ")
    assert all(code in problem.reason for code in LANGUAGES)


def test_policies_by_clause_or_id_with_the_day_of_activation() -> None:
    assert a_row(policies="HIGH:2026-05-01; 1").policies == {
        2: datetime(2026, 5, 1, tzinfo=UTC),
        1: None,
    }


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("number", ""),
        ("number", "V 1"),
        ("number", "张1"),
        ("number", "V" * 33),
        ("name", ""),
        ("name", "a\x07"),
        ("name", "\u202egnaw"),
        ("name", "n" * 81),
        ("phone", ""),
        ("phone", "1.38E+10"),
        ("phone", "none"),
        ("phone", "1234"),
        ("status", "active"),
        ("status", ""),
        ("tier", "VOLUNTEER"),
        ("birth_on", ""),
        ("birth_on", "01/05/1990"),
        ("birth_on", "1990-02-30"),
        ("birth_on", "19900501"),
        ("birth_on", "1990-W18-2"),
        ("birth_on", "1899-12-31"),
        ("birth_on", "2026-11-23"),
        ("fit", ""),
        ("fit", "maybe"),
        ("guardian", "2"),
        ("consent", ""),
        ("available", "y"),
        ("trained_until_on", "never"),
        ("region", "9999"),
        ("team", "Unknown"),
        ("mode", "balloon"),
        ("mode", "CAR"),
        ("lon", ""),
        ("lon", "180.01"),
        ("lon", "nan"),
        ("lon", "1e2"),
        ("lon", "７１"),
        ("lat", "-90.5"),
        ("lat", "inf"),
        ("lat", "29,9"),
        ("turnout_s", ""),
        ("turnout_s", "-1"),
        ("turnout_s", "1.5"),
        ("turnout_s", "86401"),
        ("skills", "FLY"),
        ("skills", "log"),
        ("skills", "BOAT"),
        ("skills", "BOAT:2"),
        ("skills", "BOAT:6:2027-05-01"),
        ("skills", "BOAT:0:2027-05-01"),
        ("skills", "BOAT:x:2027-05-01"),
        ("skills", "BOAT:2:2027-13-01"),
        ("skills", "BOAT:2:2027-05-01:soon"),
        ("skills", "BOAT:2:2027-05-01:2027-05-01:1"),
        ("skills", "LOG;LOG"),
        ("skills", "LOG;;COMM"),
        ("skills", "LOG;"),
        ("skills", "LOG,COMM"),
        ("policies", "NONE"),
        ("policies", "BASE;1"),
        ("policies", "BASE:yesterday"),
        ("policies", "BASE:2026-11-23"),
        ("policies", ";"),
        ("verified_by", "x" * 81),
        ("served_h", "-1"),
        ("served_h", "12.5"),
        ("served_h", "many"),
        ("served_h", "1000000"),
        ("languages", "tlh"),
        ("languages", "ZH"),
        ("languages", "zh,en"),
        ("languages", "zh;zh"),
        ("languages", "zh;"),
        ("seats", "-1"),
        ("seats", "61"),
        ("seats", "two"),
    ],
)
def test_what_is_not_clear_is_a_problem(column: str, cell: str) -> None:
    (problem,) = _problems(**{column: cell})
    assert (problem.line, problem.column) == (7, column)
    assert problem.reason
    assert "\n" not in problem.reason


def test_a_problem_shows_the_value_short_and_printable() -> None:
    (problem,) = _problems(name="\x1b[2J" + "x" * 200)
    assert problem.value == "\ufffd[2J" + "x" * 76


def test_all_problems_of_a_row_are_told_at_once() -> None:
    problems = _problems(fit="?", lon="east", region="?")
    assert [problem.column for problem in problems] == ["fit", "region", "lon"]


def test_null_island_is_nobodys_home() -> None:
    (problem,) = _problems(lon="0", lat="0.0")
    assert problem.column == "lon"
    assert a_row(lon="0", lat="51.5").person["home_lon"] == 0


@pytest.mark.parametrize("skill", sorted(code for code, one in SKILLS.items() if one.validity_days))
def test_a_skill_whose_proof_expires_needs_its_last_day(skill: str) -> None:
    (problem,) = _problems(skills=skill)
    assert f"{skill} expires" in problem.reason


_junk: st.SearchStrategy[Mapping[str, str]] = st.fixed_dictionaries(
    {}, optional={column: st.text(max_size=40) for column in (*COLUMNS, *OPTIONAL)}
)


@given(cells=_junk)
def test_junk_is_a_row_or_problems_never_an_error(cells: Mapping[str, str]) -> None:
    found = read_row(2, CELLS | cells, KNOWN)
    assert isinstance(found, Row) or (found and all(one.reason for one in found))


@pytest.mark.parametrize(
    ("crs", "lon", "lat"),
    [
        ("", "113.656079", "34.758866"),
        ("gcj02", "113.66216745", "34.757742117"),
        ("BD09", "113.668610555", "34.763873387"),
    ],
)
def test_a_home_is_stored_in_wgs84_whatever_the_file_declares(crs: str, lon: str, lat: str) -> None:
    home = a_row(crs=crs, lon=lon, lat=lat).person
    assert "crs" not in home
    assert (home["home_lon"], home["home_lat"]) == pytest.approx((113.656079, 34.758866), abs=1e-8)


def test_an_unknown_system_is_told_with_those_that_are_known() -> None:
    (problem,) = _problems(crs="utm")
    assert (problem.column, problem.reason) == ("crs", "is not one of bd09, gcj02, wgs84")
