from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.policy import MatchPolicy
from dispatch.model import (
    CLEAR,
    Conditions,
    HazardClass,
    Need,
    NeedId,
    Rain,
    RegionCode,
    Site,
    TravelMode,
)
from dispatch.planner.memory import FORGET_AFTER, Explored, Memory
from dispatch.ports import EtaMatrix, Points
from dispatch.roster import Roster
from tests.builders import COUNTY, NOW, need, person, roster

SITE = Site(lon=125.75, lat=42.28)


class Counting(StraightLineRouter):
    """A straight-line router that remembers how many people it was asked about."""

    asked = 0

    def eta_matrix(
        self, origins: Points, sites: Points, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> EtaMatrix:
        self.asked += len(origins)
        return super().eta_matrix(origins, sites, mode, conditions)


def people(count: int = 40, **over: Any) -> Roster:
    """People east of the site, one every hundred metres or so; every fourth from elsewhere."""
    regions = [COUNTY, COUNTY, COUNTY, RegionCode("999999")]
    return roster(
        person(n, lon=SITE.lon + n * 0.00125, lat=SITE.lat, region=regions[n % 4], **over)
        for n in range(1, count + 1)
    )


def memory_of(folk: Roster) -> tuple[Memory, Counting]:
    router = Counting()
    memory = Memory(roster=folk, router=router, policy=MatchPolicy())
    memory.begin(folk.lon, folk.lat, NOW, False, CLEAR)
    return memory, router


@pytest.fixture(autouse=True)
def nobody_is_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the nearest looked up, as on a big roster."""
    monkeypatch.setattr("dispatch.planner.memory.WHOLE", 0)


def explored(memory: Memory, count: int, *needs: Need, also: Sequence[int] = ()) -> Explored:
    wanted = needs or (need(),)
    rows = {n.id: np.array(also, np.intp) for n in wanted}
    found = memory.explored(wanted, {n.id: count for n in wanted}, rows)
    return found[wanted[0].id]


def test_the_nearest_eligible_are_looked_up_and_nobody_else() -> None:
    memory, router = memory_of(people())
    found = explored(memory, 6)
    near = [n - 1 for n in range(1, 41) if n % 4 != 3][:6]
    assert found.rows.tolist() == near
    assert (np.diff(found.trip.eta_s) > 0).all()
    assert router.asked == 6


def test_where_the_holders_are_few_everybody_eligible_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dispatch.planner.memory.WHOLE", 40)
    memory, router = memory_of(people())
    found = explored(memory, 1)
    monkeypatch.setattr("dispatch.planner.memory.WHOLE", 0)
    near = explored(memory_of(people())[0], 40)
    assert found.rows.tolist() == near.rows.tolist() == [r for r in range(40) if r % 4 != 2]
    assert found.trip.eta_s.tolist() == near.trip.eta_s.tolist()
    asked = router.asked
    memory.widen({need().id: found}, {need().id: 4_000}, [need()])
    assert router.asked == asked


def test_what_was_looked_up_is_not_looked_up_again() -> None:
    memory, router = memory_of(people())
    explored(memory, 6)
    memory.begin(memory.roster.lon, memory.roster.lat, NOW, False, CLEAR)
    assert len(explored(memory, 6).rows) == 6
    assert router.asked == 6
    assert len(explored(memory, 10).rows) == 10
    assert router.asked == 10


@pytest.mark.parametrize("until_s", [200, 400, 4_000])
def test_widening_finds_everybody_who_may_be_that_quick(until_s: int) -> None:
    folk = people()
    memory, router = memory_of(folk)
    found = {need().id: explored(memory, 2)}
    memory.widen(found, {need().id: until_s}, [need()])
    known = found[need().id]
    eta_s = router.eta_matrix(
        np.column_stack([folk.lon, folk.lat]), np.array([[SITE.lon, SITE.lat]]), TravelMode.CAR
    ).eta_s[:, 0]
    quick = {r for r in range(40) if (r + 1) % 4 != 3 and eta_s[r] + 60 < until_s}
    assert quick <= set(known.rows.tolist())
    assert not set(known.rows.tolist()) & {r for r in range(40) if (r + 1) % 4 == 3}
    asked = router.asked
    memory.widen(found, {need().id: until_s}, [need()])
    assert router.asked == asked


@pytest.mark.parametrize("most", [0.0, 0.5])
def test_who_moved_is_looked_up_where_they_are_now(
    most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.planner.memory.ROAMERS_MOST", most)
    folk = people()
    memory, _ = memory_of(folk)
    before = explored(memory, 4)
    assert 39 not in before.rows
    lon = folk.lon.copy()
    lon[39], lon[0] = SITE.lon, SITE.lon + 0.1
    memory.begin(lon, folk.lat, NOW, False, CLEAR)
    after = explored(memory, 4)
    at = {int(r): int(s) for r, s in zip(after.rows, after.trip.eta_s, strict=True)}
    assert at[39] == min(at.values())
    assert at.get(0, 10_000) >= max(at.values())


@pytest.mark.parametrize("whole", [0, 40])
def test_people_apart_are_looked_up_wherever_they_are(
    whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their cost may lie below what the straight way says, so no radius can leave them out."""
    monkeypatch.setattr("dispatch.planner.memory.WHOLE", whole)
    memory, router = memory_of(people())
    explored(memory, 2)
    memory.begin(memory.roster.lon, memory.roster.lat, NOW, False, CLEAR, np.array([38, 39]))
    assert 39 in explored(memory, 2).rows
    asked = router.asked
    memory.begin(memory.roster.lon, memory.roster.lat, NOW, False, CLEAR, np.array([39]))
    explored(memory, 2)
    assert router.asked == asked


def test_people_named_are_looked_up_wherever_they_are() -> None:
    memory, _ = memory_of(people())
    found = explored(memory, 2, also=[38, 39])
    assert {38, 39} & set(found.rows.tolist()) == {39}  # 38 is from elsewhere


def test_a_need_that_changes_is_another_question() -> None:
    memory, _ = memory_of(people())
    assert 2 not in explored(memory, 6).rows
    assert 2 in explored(memory, 6, replace(need(), widened=True)).rows
    graver = replace(need(), hazard=HazardClass.H4)
    assert explored(memory, 6, graver).rows.size == 0  # LOG serves up to H2
    soon = replace(need(), ends_at=NOW + timedelta(days=300))
    assert explored(memory, 6, soon).rows.size == 0  # no contract lasts that long


def test_what_no_need_asks_for_is_forgotten() -> None:
    memory, router = memory_of(people())
    explored(memory, 6)
    other = replace(need(), id=NeedId("other"))
    for _ in range(FORGET_AFTER):
        memory.begin(memory.roster.lon, memory.roster.lat, NOW, False, CLEAR)
        explored(memory, 6, other)
    asked = router.asked
    explored(memory, 6)
    assert router.asked == asked + 6


def test_other_conditions_ask_for_times_anew_and_for_nobody_else() -> None:
    memory, router = memory_of(people())
    dry = explored(memory, 6)
    rows, eta_s = dry.rows.tolist(), dry.trip.eta_s.copy()
    pouring = Conditions(rain=Rain.HEAVY)
    memory.begin(memory.roster.lon, memory.roster.lat, NOW, False, pouring)
    wet = explored(memory, 6)
    assert wet.rows.tolist() == rows
    assert (wet.trip.eta_s > eta_s).all()
    assert router.asked == 12
    memory.begin(memory.roster.lon, memory.roster.lat, NOW, False, pouring)
    explored(memory, 6)
    assert router.asked == 12
    memory.begin(memory.roster.lon, memory.roster.lat, NOW, False, CLEAR)
    assert explored(memory, 6).trip.eta_s.tolist() == eta_s.tolist()


def test_a_need_nobody_asked_about_in_between_is_brought_up_to_date_later() -> None:
    memory, _ = memory_of(people())
    eta_s = explored(memory, 6).trip.eta_s.copy()
    memory.begin(memory.roster.lon, memory.roster.lat, NOW, False, Conditions(rain=Rain.RAIN))
    explored(memory, 6, replace(need(), id=NeedId("other")))
    memory.begin(memory.roster.lon, memory.roster.lat, NOW, False, Conditions(rain=Rain.RAIN))
    assert (explored(memory, 6).trip.eta_s > eta_s).all()
