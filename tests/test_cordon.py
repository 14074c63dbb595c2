"""People inside a zone are told, once, by the position that planning goes by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dispatch import actions as act
from dispatch.cordon import AGAIN_S, AT_ONCE, Cordon
from dispatch.model import Fix, VolunteerStatus, ZoneId, ZoneKind
from tests.builders import person
from tests.office import COMMANDER, Office, volunteer

LON, LAT = 125.74, 42.28


@pytest.fixture
def office() -> Office:
    """Three people in a row from west to east, a kilometre apart, and one who has left."""
    people = [person(n, lon=LON + n / 80, lat=LAT) for n in (1, 2, 3)]
    return Office([*people, person(4, lon=LON, lat=LAT, status=VolunteerStatus.EXITED)])


def around(west: float, east: float, **over: object) -> act.DrawZone:
    ring = ((west, LAT - 0.01), (east, LAT - 0.01), (east, LAT + 0.01), (west, LAT + 0.01))
    given = {"zone_kind": ZoneKind.FLOOD, "name": "Flood", "parts": ((ring,),)}
    return act.DrawZone(**given | over)  # type: ignore[arg-type]


async def warned(office: Office, zone_id: ZoneId) -> set[int]:
    return set(office.desk.board.warned.get(zone_id, ()))


async def test_who_is_inside_is_told_once(office: Office) -> None:
    cordon = Cordon(desk=office.desk)
    assert await cordon.beat() == 0
    drawn = await office.act(COMMANDER, around(LON - 0.01, LON + 2.5 / 80))
    assert await cordon.beat() == 2
    assert await warned(office, drawn.ids["zone"]) == {1, 2}
    head = office.desk.board.seq
    office.clock._now += timedelta(seconds=2 * AGAIN_S)
    assert await cordon.beat() == 0
    assert office.desk.board.seq == head


async def test_another_desk_on_the_same_log_tells_nobody_again(office: Office) -> None:
    await office.act(COMMANDER, around(LON - 0.01, LON + 1))
    assert await Cordon(desk=office.desk).beat() == 3
    other = Office(list(office.people.values()), office.log)
    await other.desk.start()
    assert await Cordon(desk=other.desk).beat() == 0


async def test_who_moves_in_is_told_later(office: Office) -> None:
    cordon = Cordon(desk=office.desk)
    drawn = await office.act(COMMANDER, around(LON + 2.5 / 80, LON + 1))
    assert await cordon.beat() == 1
    fix = Fix(lon=LON + 0.1, lat=LAT, accuracy_m=10, taken_at=office.clock.now())
    await office.act(volunteer(1), act.CheckIn(fix=fix))
    assert await cordon.beat() == 0, "only every minute"
    office.clock._now += timedelta(seconds=AGAIN_S)
    assert await cordon.beat() == 1
    assert await warned(office, drawn.ids["zone"]) == {1, 3}


@pytest.mark.parametrize("kind", [ZoneKind.CLOSED, ZoneKind.BRIDGE, ZoneKind.TUNNEL])
async def test_nobody_flees_from_a_closed_road(office: Office, kind: ZoneKind) -> None:
    await office.act(COMMANDER, around(LON - 0.01, LON + 1, zone_kind=kind))
    assert await Cordon(desk=office.desk).beat() == 0


async def test_a_zone_that_begins_later_warns_then(office: Office) -> None:
    cordon = Cordon(desk=office.desk)
    later = office.clock.now() + timedelta(hours=1)
    await office.act(COMMANDER, around(LON - 0.01, LON + 1, starts_at=later))
    assert await cordon.beat() == 0
    office.clock._now = later
    assert await cordon.beat() == 3


async def test_many_people_make_several_events(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.cordon.AT_ONCE", 2)
    assert AT_ONCE > 2
    drawn = await office.act(COMMANDER, around(LON - 0.01, LON + 1))
    head = office.desk.board.seq
    assert await Cordon(desk=office.desk).beat() == 3
    assert office.desk.board.seq == head + 2
    assert await warned(office, drawn.ids["zone"]) == {1, 2, 3}


async def test_it_is_idle_until_a_zone_begins_or_people_are_looked_up_again(office: Office) -> None:
    cordon = Cordon(desk=office.desk)
    now = office.clock.now()
    until = now + timedelta(hours=2)
    await cordon.beat()
    assert cordon.idle_until(now, until) == until
    begins = now + timedelta(hours=1)
    await office.act(COMMANDER, around(LON - 0.01, LON + 1, starts_at=begins))
    assert cordon.idle_until(now, until) == begins
    await office.act(COMMANDER, around(LON - 0.01, LON + 1))
    assert cordon.idle_until(now, until) == now
    assert await cordon.beat() == 3
    assert cordon.idle_until(now, until) == now + timedelta(seconds=AGAIN_S)
