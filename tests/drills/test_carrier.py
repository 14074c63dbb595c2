"""The carrier simulator over real HTTP: it takes, reports, answers and fails as a carrier would."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from dispatch.alerts.channels.gateway import GatewayChannel
from dispatch.alerts.signing import is_signed, signed
from dispatch.clock import SystemClock
from dispatch.drills.carrier import Carrier, Fault
from dispatch.errors import Undeliverable
from dispatch.model import Medium
from tests.carriers import SECRET, carrying, served, until
from tests.contracts.test_channel import MESSAGE

PHONE, OTHER = "+99900000001", "+99900000002"


@dataclass
class Server:
    """The server's side of the hooks; refuses the first `down` requests."""

    heard: dict[str, list[Any]] = field(default_factory=lambda: {"reports": [], "replies": []})
    down: int = 0

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/api/hooks/{what}")
        async def hook(what: str, request: Request) -> Response:
            body = await request.body()
            assert is_signed(SECRET, request.headers, body, SystemClock().now())
            if self.down:
                self.down -= 1
                return Response(status_code=503)
            self.heard[what].append(await request.json())
            return Response(status_code=204)

        return app

    @property
    def reports(self) -> list[dict[str, Any]]:
        return [report for batch in self.heard["reports"] for report in batch]


@dataclass
class Line:
    """A server, a carrier and the channels between them."""

    server: Server
    carrier: Carrier
    http: httpx.AsyncClient
    sms: GatewayChannel
    voice: GatewayChannel


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    server = Server()
    async with contextlib.AsyncExitStack() as stack:
        base = await stack.enter_async_context(served(server.app()))
        carrier, url = await stack.enter_async_context(carrying(names={OTHER: "DEMO-1"}))
        callback, now = f"{base}/api/hooks", SystemClock().now
        sms = GatewayChannel(Medium.SMS, url, SECRET, callback, now, real=False)
        voice = GatewayChannel(Medium.VOICE, url, SECRET, callback, now, real=False)
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url))
        for channel in (sms, voice):
            stack.push_async_callback(channel.close)
        yield Line(server=server, carrier=carrier, http=http, sms=sms, voice=voice)


async def test_a_message_is_read_in_the_inbox_and_reported(line: Line) -> None:
    await line.sms.send(PHONE, MESSAGE, "r-a/SMS")
    (shown,) = (await line.http.get(f"/phones/{PHONE}")).json()
    assert "North dike is called off" in shown["text"]
    await until(lambda: line.server.reports)
    (report,) = line.server.reports
    assert (report["id"], report["status"]) == ("r-a/SMS", "DELIVERED")


async def test_the_phones_of_people_stand_first_then_those_last_written_to(line: Line) -> None:
    for n, phone in enumerate(["+99900000008", PHONE, "+99900000008"]):
        await line.sms.send(phone, MESSAGE, f"r-{n}/SMS")
    phones = (await line.http.get("/phones")).json()
    assert [(one["phone"], one["name"], one["messages"]) for one in phones] == [
        (OTHER, "DEMO-1", 0), ("+99900000008", "", 2), (PHONE, "", 1),
    ]  # fmt: skip


async def test_what_a_person_writes_comes_to_the_server(line: Line) -> None:
    await line.sms.send(PHONE, MESSAGE, "r-a/SMS")
    for text in ("1", "带船"):
        answer = await line.http.post(f"/phones/{PHONE}/reply", json={"text": text})
        assert answer.status_code == 204
    await until(lambda: len(line.server.heard["replies"]) == 2)
    replies = line.server.heard["replies"]
    assert {(one["from"], one["text"]) for one in replies} == {(PHONE, "1"), (PHONE, "带船")}
    assert len({one["id"] for one in replies}) == 2
    shown = (await line.http.get(f"/phones/{PHONE}")).json()
    assert [one["mine"] for one in shown] == [False, True, True]


async def test_keys_pressed_in_a_call_are_reported(line: Line) -> None:
    await line.voice.send(PHONE, MESSAGE, "r-a/VOICE")
    pressed = {"id": "r-a/VOICE", "digits": "1"}
    assert (await line.http.post(f"/phones/{PHONE}/keys", json=pressed)).status_code == 204
    await until(lambda: any("digits" in one for one in line.server.reports))
    assert (await line.http.post(f"/phones/{OTHER}/keys", json=pressed)).status_code == 404


async def test_a_server_that_is_down_is_told_when_it_is_back(line: Line) -> None:
    line.server.down = 2
    await line.sms.send(PHONE, MESSAGE, "r-a/SMS")
    await line.http.post(f"/phones/{PHONE}/reply", json={"text": "1"})
    await until(lambda: line.server.reports and line.server.heard["replies"])


@pytest.mark.parametrize(("fault", "status"), [("FAILED", "FAILED"), ("NONE", "DELIVERED")])
async def test_faults_are_scripted_by_phone(line: Line, fault: str, status: str) -> None:
    await line.http.put("/faults/*", json={"fault": "REFUSED"})
    await line.http.put(f"/faults/{PHONE}", json={"fault": fault})
    with pytest.raises(Undeliverable, match="NUMBER_REFUSED"):
        await line.sms.send(OTHER, MESSAGE, "r-a/SMS")
    await line.sms.send(PHONE, MESSAGE, "r-b/SMS")
    await until(lambda: line.server.reports)
    assert [(one["id"], one["status"]) for one in line.server.reports] == [("r-b/SMS", status)]


async def test_a_message_that_is_lost_is_never_heard_of_again(line: Line) -> None:
    line.carrier.faults[PHONE] = Fault.LOST
    await line.sms.send(PHONE, MESSAGE, "r-a/SMS")
    await line.sms.send(OTHER, MESSAGE, "r-b/SMS")
    await until(lambda: line.server.reports)
    assert [one["id"] for one in line.server.reports] == ["r-b/SMS"]


async def test_nobody_without_the_secret_can_send(line: Line) -> None:
    unsigned = await line.http.post("/messages", json={})
    body = b'{"id": "x"}'
    headers = signed(SECRET, body, SystemClock().now())
    nonsense = await line.http.post("/messages", content=body, headers=headers)
    assert (unsigned.status_code, nonsense.status_code) == (401, 422)
    assert line.carrier.messages(PHONE) == []


async def test_a_phone_nobody_wrote_to_writes_to_nobody(line: Line) -> None:
    answer = await line.http.post(f"/phones/{PHONE}/reply", json={"text": "1"})
    assert answer.status_code == 404


async def test_the_inbox_is_a_page(line: Line) -> None:
    page = await line.http.get("/")
    assert "短信与电话模拟器" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
