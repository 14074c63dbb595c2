"""One-time links, cookies, roles and origins."""

from __future__ import annotations

import httpx
import pytest

from dispatch.model import Role
from tests.town import Client, Town


async def test_a_link_works_once(town: Town) -> None:
    token = town.token(Role.COMMANDER, "li")
    one, two = Client(town.base, "command"), Client(town.base, "command")
    first = await one.enter(token)
    assert first.headers["location"] == "/command"
    assert "httponly" in first.headers["set-cookie"].lower()
    second = await two.enter(token)
    assert second.headers["location"] == "/locked?reason=LINK_USED"
    unknown = await two.enter("nonsense")
    assert unknown.headers["location"] == "/locked?reason=LINK_UNKNOWN"
    await one.http.aclose()
    await two.http.aclose()


@pytest.mark.parametrize("page", ["/command", "/phone"])
async def test_no_page_without_a_session(town: Town, page: str) -> None:
    async with httpx.AsyncClient(base_url=town.base) as http:
        response = await http.get(page)
    assert response.headers["location"] == "/locked?reason=NO_SESSION"


@pytest.mark.parametrize(
    "path",
    [
        "/api/command/meta",
        "/api/command/session",
        "/api/command/people?ids=1",
        "/api/command/people/search?start=V0",
        "/api/command/alternatives?need_id=x",
        "/api/command/volunteers?west=0&south=0&east=1&north=1&zoom=3",
        "/api/command/explain?need_id=x&volunteer_id=1",
        "/api/phone/meta",
        "/api/phone/me",
        "/api/phone/session",
        "/api/phone/route?assignment_id=x",
        "/api/map/roads.geojson",
    ],
)
async def test_no_data_without_a_session(town: Town, path: str) -> None:
    async with httpx.AsyncClient(base_url=town.base) as http:
        response = await http.get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "NO_SESSION")


async def test_a_phone_is_not_a_commander(town: Town) -> None:
    phone = await town.phone(5)
    response = await phone.http.get("/api/command/meta")
    assert response.status_code == 401


async def test_pages_of_other_sites_cannot_act(town: Town) -> None:
    commander = await town.commander()
    for origin in ("https://evil.example", ""):
        headers = {"Origin": origin}
        response = await commander.http.post("/api/command/actions", headers=headers, json={})
        assert (response.status_code, response.json()["error"]["code"]) == (403, "BAD_ORIGIN")


async def test_leaving_ends_the_session(town: Town) -> None:
    commander = await town.commander()
    assert (await commander.get("/session"))["id"] == "li"
    cookies = dict(commander.http.cookies)
    assert (await commander.http.post("/api/command/session/leave")).status_code == 204
    async with httpx.AsyncClient(base_url=town.base, cookies=cookies) as http:
        assert (await http.get("/api/command/session")).status_code == 401


async def test_who_am_i(town: Town) -> None:
    phone = await town.phone(5)
    assert await phone.get("/session") == {"role": "volunteer", "id": "5", "agency": "coquimbo"}
