"""What the screens read beside the wire."""

from __future__ import annotations

import asyncio
import signal

import pytest
import sqlalchemy as sa

from dispatch.errors import LogCorrupt
from dispatch.events import Stored
from dispatch.registry.tables import look
from dispatch.settings import Settings
from tests.api.calls import dispatched, instant, open_need
from tests.town import Client, Town, running_town

BOX = {"west": -71.4, "south": -30.1, "east": -71.1, "north": -29.8}


async def test_meta_has_both_languages_for_everything(town: Town) -> None:
    for client in (await town.commander(), await town.phone(5)):
        meta = await client.get("/meta")
        for table in ("skills", "hazards", "incident_kinds", "regions"):
            assert meta[table]
            for row in meta[table]:
                assert row["names"]["zh"]
                assert row["names"]["en"]
        assert "OpenStreetMap" in meta["map"]["attribution"]


async def test_cells_count_everybody_who_may_be_asked(town: Town) -> None:
    commander = await town.commander()
    wide = await commander.get("/volunteers", zoom=9, **BOX)
    near = await commander.get("/volunteers", zoom=11.5, **BOX)
    assert wide["people"] == []
    assert len(near["cells"]) > len(wide["cells"]) > 0
    count = {level: sum(c["count"] for c in found["cells"]) for level, found in
             (("wide", wide), ("near", near))}  # fmt: skip
    assert count["wide"] == count["near"] > 1_500


async def test_single_people_are_shown_coarsely(town: Town) -> None:
    commander = await town.commander()
    found = await commander.get("/volunteers", zoom=13, **BOX)
    assert found["cells"] == []
    people = found["people"]
    assert 1_500 < len(people) <= 2_000
    rows = town.app.desk.rows([p["id"] for p in people[:200]])
    exact = dict(zip(rows.ids.tolist(), zip(rows.lon, rows.lat, strict=True), strict=True))
    for person in people[:200]:
        lon, lat = exact[person["id"]]
        assert (person["lon"], person["lat"]) != (lon, lat)
        assert abs(person["lon"] - lon) <= 0.0101
        assert abs(person["lat"] - lat) <= 0.0101


async def test_relief_says_who_takes_over(town: Town) -> None:
    commander = await town.commander()
    assert (await commander.get("/relief"))["plan"] is None
    need = await open_need(commander, ends_at=instant(20))
    plan = (await commander.get("/relief"))["plan"]
    assert plan["gap"] == 0
    # Nobody may stay for more than twelve hours, so there is a second shift.
    assert {s["need_id"] for s in plan["shifts"]} == {need}
    assert all(len(s["reliefs"]) == s["heads"] for s in plan["shifts"])


async def test_statuses_on_the_map(town: Town) -> None:
    commander = await town.commander()
    await open_need(commander)
    _, offers = await dispatched(commander)
    asked = town.app.desk.board.offers[offers[0]].volunteer_id
    people = (await commander.get("/volunteers", zoom=13, **BOX))["people"]
    status = {p["id"]: p["status"] for p in people}
    assert status[asked] == "OFFERED"
    assert {"AVAILABLE", "UNAVAILABLE"} <= set(status.values())


async def test_names_are_looked_up_and_the_look_is_recorded(town: Town) -> None:
    commander = await town.commander()
    people = (await commander.get("/people", ids="3,5,99999"))["people"]
    assert [p["id"] for p in people] == [3, 5]
    assert people[0]["name"]
    with town.app.engine.connect() as connection:
        seen = connection.execute(sa.select(look.c.actor_id, look.c.volunteer_id)).all()
    assert sorted(seen) == [("li", 3), ("li", 5)]


async def test_people_are_found_by_the_start_of_their_number(town: Town) -> None:
    commander = await town.commander()
    (person,) = (await commander.get("/people", ids="3"))["people"]
    found = (await commander.get("/people/search", start=person["number"]))["people"]
    assert found == [person]
    assert (await commander.get("/people/search", start="no such number"))["people"] == []
    short = await commander.http.get("/api/command/people/search", params={"start": "V"})
    assert short.json()["error"]["code"] == "BAD_REQUEST"
    with town.app.engine.connect() as connection:
        seen = connection.execute(sa.select(look.c.actor_id, look.c.volunteer_id)).all()
    assert seen == [("li", 3), ("li", 3)]


async def test_bad_and_too_many_ids(town: Town) -> None:
    commander = await town.commander()
    bad = await commander.http.get("/api/command/people", params={"ids": "1,x"})
    assert bad.status_code == 404
    many = ",".join(str(n) for n in range(1, 502))
    response = await commander.http.get("/api/command/people", params={"ids": many})
    assert response.json()["error"]["code"] == "TOO_MANY"


@pytest.mark.parametrize("ident", ["0", "2147483648", "100000000000000000000"])
async def test_numbers_no_volunteer_can_have(town: Town, ident: str) -> None:
    commander = await town.commander()
    people = await commander.http.get("/api/command/people", params={"ids": ident})
    assert people.status_code == 404
    query = {"need_id": "x", "volunteer_id": ident}
    explain = await commander.http.get("/api/command/explain", params=query)
    assert explain.json()["error"]["code"] == "BAD_REQUEST"


async def test_no_such_path_has_the_same_error_form(town: Town) -> None:
    commander = await town.commander()
    response = await commander.http.get("/api/nothing")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_explain(town: Town) -> None:
    commander = await town.commander()
    need = await open_need(commander)
    _, offers = await dispatched(commander)
    asked = town.app.desk.board.offers[offers[0]].volunteer_id
    found = await commander.get("/explain", need_id=need, volunteer_id=asked)
    assert (found["eligible"], found["outcome"]) == (False, "STOPPED")
    assert found["verdict"]["reasons"] == ["OFFERED"]
    assert found["verdict"]["cover"]["insurer"]
    rules = {f["rule"]: f["holds"] for f in found["findings"]}
    assert [rule for rule, holds in rules.items() if not holds] == ["OFFERED"]
    nobody = await commander.get("/explain", need_id=need, volunteer_id=2_000_000)
    assert (nobody["outcome"], nobody["findings"]) == ("UNKNOWN", [])
    missing = await commander.http.get(
        "/api/command/explain", params={"need_id": "x", "volunteer_id": 1}
    )
    assert missing.status_code == 404


async def test_alternatives_come_ranked_in_pages(town: Town) -> None:
    commander = await town.commander()
    need = await open_need(commander)
    first = await commander.get("/alternatives", need_id=need, limit=5)
    second = await commander.get("/alternatives", need_id=need, after=5, limit=5)
    people = first["people"] + second["people"]
    assert len({p["volunteer_id"] for p in people}) == 10
    assert [p["loss_s"] for p in people] == sorted(p["loss_s"] for p in people)
    assert first["of"] == second["of"] > 10
    assert all(p["cost_s"] == sum(p["terms_s"].values()) for p in people)
    assert first["people"][0]["plan_need_id"] == need
    beyond = await commander.get("/alternatives", need_id=need, after=10**6)
    assert beyond["people"] == []
    for bad, status in (({"need_id": "x"}, 404), ({"need_id": need, "limit": 0}, 422)):
        answer = await commander.http.get("/api/command/alternatives", params=bad)
        assert answer.status_code == status


async def test_me(town: Town) -> None:
    phone = await town.phone(5)
    me = await phone.get("/me")
    assert me["volunteer_id"] == 5
    assert {"name", "number", "skills", "covers", "missing"} <= me.keys()


async def accepted(town: Town) -> tuple[Client, str]:
    commander = await town.commander()
    await open_need(commander)
    _, offers = await dispatched(commander)
    phone = await town.phone(town.app.desk.board.offers[offers[0]].volunteer_id)
    return phone, (await phone.done("offer.accept", offer_id=offers[0]))["assignment"]


async def test_route_to_the_site(town: Town) -> None:
    phone, assignment = await accepted(town)
    route = await phone.get("/route", assignment_id=assignment)
    assert route["source"] == "road"
    assert route["line"][-1] == [-71.2468, -29.8935]
    assert route["steps"][-1]["instruction"] == "ARRIVE"
    assert sum(step["eta_s"] for step in route["steps"]) == route["eta_s"]
    assert route["eta_s"] == town.app.desk.board.assignments[assignment].travel.eta_s
    stranger = await town.phone(1)
    for ident, status in ((assignment, 403), ("x", 404)):
        response = await stranger.http.get("/api/phone/route", params={"assignment_id": ident})
        assert response.status_code == status


async def test_roads_are_gzipped_and_cached(town: Town) -> None:
    commander = await town.commander()
    first = await commander.http.get("/api/map/roads.geojson")
    assert first.headers["content-encoding"] == "gzip"
    assert first.json()["type"] == "FeatureCollection"
    again = await commander.http.get(
        "/api/map/roads.geojson", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304


async def test_a_server_whose_clockwork_fails_ends_itself(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with running_town(settings) as town:
        loop.add_signal_handler(signal.SIGTERM, ended.set)
        town.app.desk.log.read = broken  # type: ignore[method-assign]
        await asyncio.wait_for(ended.wait(), 5)
        loop.remove_signal_handler(signal.SIGTERM)
    assert "clockwork failed" in caplog.text


async def broken(*_: object) -> list[Stored]:
    raise LogCorrupt("event 7 is unreadable")
