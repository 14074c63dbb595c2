"""Tracking apps over real HTTP: what they send is shown, and only of who may be followed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from dispatch.model import VolunteerId
from tests.api.calls import dispatched, open_need
from tests.town import Client, Town

HERE = {"lat": -29.9, "lon": -71.25}


async def on_task(town: Town) -> tuple[Client, VolunteerId, str]:
    """Somebody who has accepted a task and has a tracker: their phone, id and token."""
    commander = await town.commander()
    await open_need(commander)
    _, offers = await dispatched(commander)
    who = town.app.desk.board.offers[offers[0]].volunteer_id
    phone = await town.phone(who)
    await phone.done("offer.accept", offer_id=offers[0])
    return phone, who, (await phone.http.post("/api/phone/tracker")).json()["token"]


def shown(town: Town, who: VolunteerId) -> Any:
    """Where the gateway would show somebody."""
    return dict(town.app.gateway._positions.known()._fixes).get(who)


def report(form: str, token: str, **over: Any) -> httpx.Request:
    """The same report in each form that apps send."""
    at = time.time()
    given = {**HERE, "accuracy": 12, "timestamp": int(at), **over}
    match form:
        case "GET":
            return httpx.Request(
                "GET", "http://t/api/positions/osmand", params={"id": token, **given}
            )
        case "POST":
            query = {"deviceid": token, **given}
            return httpx.Request("POST", "http://t/api/positions/osmand", params=query, content=b"")
        case "form":
            data = {"id": token, **given}
            return httpx.Request("POST", "http://t/api/positions/osmand", data=data)
        case "traccar":
            coords = {"latitude": given["lat"], "longitude": given["lon"], "accuracy": 12}
            stamp = datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
            body = {"location": {"timestamp": stamp, "coords": coords}, "device_id": token}
            return httpx.Request("POST", "http://t/api/positions/osmand", json=body)
        case _:
            body = {"_type": "location", "tst": int(at), "acc": 12, "tid": "me", **HERE, **over}
            request = httpx.Request("POST", "http://t/api/positions/owntracks", json=body)
            auth = httpx.BasicAuth("anyone", token)
            return next(auth.sync_auth_flow(request))


async def send(town: Town, request: httpx.Request) -> httpx.Response:
    request.url = request.url.copy_with(host="127.0.0.1", port=town.app.settings.port)
    async with httpx.AsyncClient() as http:
        return await http.send(request)


FORMS = ["GET", "POST", "form", "traccar", "owntracks"]


async def test_every_app_is_understood(town: Town) -> None:
    phone, who, token = await on_task(town)
    for form in FORMS:
        town.app.gateway._positions.forget(who)
        response = await send(town, report(form, token))
        assert response.status_code == 200, (form, response.text)
        fix = shown(town, who)
        assert (fix.lon, fix.lat, fix.accuracy_m) == (-71.25, -29.9, 12.0), form
    assert (await send(town, report("owntracks", token))).json() == []
    await phone.http.request("DELETE", "/api/phone/tracker")
    for form in FORMS:
        assert (await send(town, report(form, token))).status_code == 401


async def test_strangers_and_sessions_report_nothing(town: Town) -> None:
    phone, who, _ = await on_task(town)
    session = phone.http.cookies["dispatch_phone"]
    for form in FORMS:
        for token in ("", "stranger", session):
            assert (await send(town, report(form, token))).status_code == 401
    assert shown(town, who) is None


async def test_who_is_not_on_duty_is_not_followed_and_their_app_is_content(town: Town) -> None:
    phone = await town.phone(5)
    token = (await phone.http.post("/api/phone/tracker")).json()["token"]
    assert (await send(town, report("GET", token))).status_code == 200
    assert shown(town, VolunteerId(5)) is None
    await phone.done("duty.check_in")
    assert (await send(town, report("GET", token))).status_code == 200
    assert shown(town, VolunteerId(5)).accuracy_m == 1_000.0, "on duty is coarse"


@pytest.mark.parametrize(
    "stamp",
    [
        lambda at: at * 1_000,
        lambda at: datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        lambda at: datetime.fromtimestamp(at, UTC).isoformat(),
    ],
)
async def test_time_stamps(town: Town, stamp: Any) -> None:
    _, who, token = await on_task(town)
    at = int(time.time()) - 60
    await send(town, report("GET", token, timestamp=stamp(at)))
    assert shown(town, who).taken_at.timestamp() == at


@pytest.mark.parametrize(
    "over",
    [
        {"lat": "x"},
        {"lat": 91},
        {"lat": "nan"},
        {"accuracy": -1},
        {"timestamp": "yesterday"},
        {"timestamp": 1e300},
        {"location": "1;2"},
    ],
)
async def test_nonsense_is_refused_with_a_reason(town: Town, over: dict[str, Any]) -> None:
    _, who, token = await on_task(town)
    response = await send(town, report("GET", token, **over))
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "BAD_REQUEST"
    assert shown(town, who) is None


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"location": 1}', b'{"location": {}}'])
async def test_bodies_that_are_no_reports(town: Town, content: bytes) -> None:
    for path in ("osmand", "owntracks"):
        url = f"http://t/api/positions/{path}"
        response = await send(town, httpx.Request("POST", url, content=content))
        assert response.status_code in (401, 422)


async def test_other_messages_of_owntracks_are_dropped(town: Town) -> None:
    _, who, token = await on_task(town)
    request = report("owntracks", token, _type="waypoint")
    assert (await send(town, request)).status_code == 200
    assert shown(town, who) is None
