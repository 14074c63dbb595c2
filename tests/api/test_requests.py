"""A line in the log for each request, and nothing in it that a person would mind."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute, iter_route_contexts
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from dispatch.logs import LogFormat, LogLevel, Pipe, configure
from dispatch.model import Role
from tests.api.calls import INCIDENT
from tests.town import Town

NAME, PHONE, TOKEN = "王小明", "13912345678", "q3mCJ9vYV8hF1yq0o2x4bT6uW7zK5nR_sD-aGePlXcE"
PLACE = {"lon": -71.253414, "lat": -29.904567}
SECRETS = (NAME, PHONE, TOKEN, "71.253414", "29.904567")


class Log:
    """What was said since."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.pipe: Pipe = configure(LogFormat.JSON, LogLevel.DEBUG, stream=self.stream)

    @property
    def text(self) -> str:
        self.pipe.flush()
        return self.stream.getvalue()

    def lines(self, event: str) -> list[dict[str, Any]]:
        found = (json.loads(line) for line in self.text.splitlines())
        return [line for line in found if line["event"] == event]


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Log()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture
async def talkative(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a session of each kind."""
    headers = {"Origin": town.base}
    async with httpx.AsyncClient(base_url=town.base, headers=headers, timeout=30) as http:
        await http.get(f"/enter/{town.token(Role.COMMANDER, 'li')}")
        await http.get(f"/enter/{town.token(Role.VOLUNTEER, '5')}")
        yield http


async def test_an_action_is_told_by_kind_and_position(town: Town, log: Log) -> None:
    commander = await town.commander()
    answer = await commander.act("incident.open", **INCIDENT)
    refused = await commander.act("need.publish", need_id="none", seen_seq=1)
    done, not_done = (x for x in log.lines("request") if x["method"] == "POST")
    assert done["route"] == "/api/command/actions"
    assert done["action"] == "incident.open"
    assert done["seq"] == answer.json()["seq"]
    assert done["request_id"] == answer.headers["X-Request-ID"]
    assert (not_done["action"], not_done["code"]) == ("need.publish", "NOT_FOUND")
    assert not_done["request_id"] == refused.headers["X-Request-ID"] != done["request_id"]


async def test_an_error_nobody_foresaw_is_told_with_its_place(
    town: Town, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"no such person: {NAME}")

    monkeypatch.setattr("dispatch.registry.people.search", broken)
    commander = await town.commander()
    answer = await commander.http.get("/api/command/people/search", params={"start": NAME})
    assert answer.status_code == 500
    (line,) = (x for x in log.lines("request") if x["status"] == 500)
    assert line["level"] == "error"
    assert line["error"] == "ValueError"
    assert any("broken" in frame for frame in line["frames"])
    assert NAME not in log.text


def routes(town: Town) -> list[tuple[str, str]]:
    """Every method and path the server answers."""
    return [
        (method, route.path)
        for route in iter_route_contexts(town.app.api.routes)
        if isinstance(route.original_route, APIRoute)
        for method in sorted(route.original_route.methods)
    ]


async def test_nothing_of_people_is_ever_said(
    town: Town, log: Log, talkative: httpx.AsyncClient
) -> None:
    """Everything a person would mind goes to every route in every place it may stand."""
    personal: dict[str, Any] = {
        "name": NAME, "phone": PHONE, "token": TOKEN, "text": f"{NAME} {PHONE}", **PLACE
    }  # fmt: skip
    acting = {
        "action_id": "test-000001",
        "action": {
            **INCIDENT,
            "kind": "incident.open",
            "title": NAME,
            "site": {**PLACE, "name": NAME, "address": PHONE},
        },
    }
    query = {"start": NAME, "ids": PHONE, "q": PHONE, "id": TOKEN, "lat": "29.904567", **personal}
    seen = routes(town)
    assert len(seen) > 30
    for (method, path), body in itertools.product(seen, (personal, acting, NAME)):
        for secret in (TOKEN, PHONE, NAME):
            filled = "/".join(secret if "{" in part else part for part in path.split("/"))
            if path.endswith("/leave"):
                continue  # would end the session for all that follow
            await talkative.request(method, filled, params=query, json=body)
    await talkative.get(f"/no/such/{TOKEN}/{PHONE}", params=query)
    for path in ("/ws/command", "/ws/phone", f"/ws/{TOKEN}"):
        with contextlib.suppress(WebSocketException, OSError):
            async with connect(f"{town.base.replace('http', 'ws')}{path}?t={TOKEN}") as socket:
                await socket.send(json.dumps({"t": "hello", **personal}))
                await socket.recv()
    assert len(log.lines("request")) > len(seen)
    for secret in SECRETS:
        assert secret not in log.text


async def test_nothing_of_people_is_said_when_the_store_breaks(
    town: Town, log: Log, talkative: httpx.AsyncClient
) -> None:
    with town.app.engine.begin() as connection:
        for table in ("volunteer", "access_link", "tracker", "event"):
            connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO gone_{table}"))
    note = {"kind": "note.add", "text": f"{NAME} {PHONE}"}
    answers = [
        await talkative.get("/api/command/people/search", params={"start": NAME}),
        await talkative.get(f"/enter/{TOKEN}"),
        await talkative.post(
            "/api/command/actions", json={"action_id": "test-000001", "action": note}
        ),
    ]
    assert {a.status_code for a in answers} <= {500, 503}
    assert log.lines("request")
    for secret in SECRETS:
        assert secret not in log.text
