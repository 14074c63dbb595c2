"""The people of a drill come from its recipe or its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dispatch.drills.people import roster_of
from dispatch.drills.scenario.model import RosterFile
from dispatch.drills.simulation.town import PEOPLE, town
from dispatch.errors import BadInput

HEADER = (
    "number,name,phone,status,tier,birth_on,fit,guardian,consent,available,trained_until_on,"
    "region,team,mode,lon,lat,turnout_s,skills,policies"
)
LINE = "V9,李,13800000000,ACTIVE,TEMPORARY,1990-01-01,yes,no,yes,yes,,{},,car,125.7,42.2,60,LOG,"


def test_a_recipe_gives_the_same_people_every_time() -> None:
    one, other = roster_of(town(1)), roster_of(town(2))
    assert len(one) == PEOPLE
    assert one.lon.tolist() == other.lon.tolist()


def test_people_may_come_from_a_file(tmp_path: Path) -> None:
    scenario = town(1)
    file = tmp_path / "people.csv"
    file.write_text(f"{HEADER}\n{LINE.format('999901')}\n", encoding="utf-8")
    given = RosterFile(file=file, provenance=scenario.roster.provenance)
    assert len(roster_of(replace(scenario, roster=given))) == 1
    file.write_text(f"{HEADER}\n{LINE.format('0')}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"people\.csv"):
        roster_of(replace(scenario, roster=given))
