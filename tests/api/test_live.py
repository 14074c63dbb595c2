"""The wire over real sockets: resume, one bad client hurts nobody, positions, goodbye."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

import pytest
import sqlalchemy as sa
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from dispatch.api import live as live_module
from dispatch.api.live import recheck
from dispatch.settings import Settings
from tests.api.calls import dispatched, instant, open_need
from tests.town import Client, Town, next_frame, running_town

HELLO = json.dumps({"t": "hello", "last_seq": None, "log_id": None})


async def test_accept_reaches_the_commander(town: Town) -> None:
    commander = await town.commander()
    await open_need(commander)
    _, offers = await dispatched(commander)
    phone = await town.phone(town.app.desk.board.offers[offers[0]].volunteer_id)
    async with commander.live() as screen:
        await screen.send(HELLO)
        snapshot = await next_frame(screen, "snapshot")
        assert len(snapshot["view"]["offer"]) == len(offers)
        accepted = await phone.done("offer.accept", offer_id=offers[0])
        update = await next_frame(screen, "update")
        (assignment,) = update["upserts"]["assignment"]
        assert assignment["id"] == accepted["assignment"]


async def test_an_offer_reaches_the_phone(town: Town) -> None:
    phone = await town.phone(5)
    async with phone.live() as screen:
        await screen.send(HELLO)
        assert (await next_frame(screen, "snapshot"))["view"]["offer"] == []
        commander = await town.commander()
        await open_need(commander)
        await dispatched(commander)
        await phone.done("availability.set", available=False, until_at=instant(1))
        update = await next_frame(screen, "update")
        assert update["upserts"]["me"][0]["available"] is False


async def test_resume(town: Town) -> None:
    commander = await town.commander()
    async with commander.live() as screen:
        await screen.send(HELLO)
        first = await next_frame(screen, "snapshot")
    await open_need(commander)
    hello = {"t": "hello", "last_seq": first["seq"], "log_id": first["log_id"]}
    async with commander.live() as screen:
        await screen.send(json.dumps(hello))
        replay = await next_frame(screen, "replay")
    assert {k: len(v) for k, v in replay["upserts"].items()} == {
        "incident": 1,
        "need": 1,
        "entry": 3,
    }


async def test_resume_after_a_restart_of_the_server(settings: Settings) -> None:
    async with running_town(settings) as town:
        commander = await town.commander()
        await open_need(commander)
        async with commander.live() as screen:
            await screen.send(HELLO)
            first = await next_frame(screen, "snapshot")
        await commander.done("note.add", text="meanwhile")
    hello = json.dumps({"t": "hello", "last_seq": first["seq"], "log_id": first["log_id"]})
    async with running_town(settings) as town:
        commander = await town.commander()
        async with commander.live() as screen:
            await screen.send(hello)
            replay = await next_frame(screen, "replay")
    assert replay["upserts"]["entry"][-1]["text"] == "meanwhile"


@pytest.mark.parametrize("origin", [None, "https://evil.example"])
async def test_no_live_data_from_elsewhere(town: Town, origin: str | None) -> None:
    commander = await town.commander()
    await _refused(town, {"origin": origin, "additional_headers": _cookies(commander)})


async def test_no_live_data_without_a_session(town: Town) -> None:
    await _refused(town, {"origin": town.base})


async def _refused(town: Town, options: dict[str, Any]) -> None:
    async with connect(f"{town.base.replace('http', 'ws')}/ws/command", **options) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


async def test_a_session_that_has_ended_closes_its_screens_and_no_others(town: Town) -> None:
    leaving, staying = await town.phone(5), await town.phone(6)
    async with leaving.live() as gone, staying.live() as kept:
        for screen in (gone, kept):
            await screen.send(HELLO)
            await next_frame(screen, "snapshot")
        await leaving.http.post("/api/phone/session/leave")
        await recheck(town.app.api.state.services)
        async with asyncio.timeout(5):
            await gone.wait_closed()
        assert gone.close_code == 4401
        await kept.send('{"t":"ping"}')
        await next_frame(kept, "pong")


async def test_nobody_is_sent_away_while_the_store_is_away(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = town.app.api.state.services
    monkeypatch.setattr(live_module, "RECHECK_S", 0.01)
    phone = await town.phone(6)
    async with phone.live() as screen:
        await screen.send(HELLO)
        await next_frame(screen, "snapshot")
        away = dataclasses.replace(services, engine=sa.create_engine("sqlite:////nowhere/x.db"))
        checking = asyncio.create_task(live_module.recheck_forever(away))
        await asyncio.wait([checking], timeout=0.5)
        assert not checking.done()
        checking.cancel()
        await screen.send('{"t":"ping"}')
        await next_frame(screen, "pong")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /ws/elsewhere HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade", 404),
        ("GET /ws/command HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade", 400),
        ("POST /ws/command HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade", 405),
        ("GET /ws/command HTTP/1.1\r\nConnection: close", 404),
    ],
)
async def test_what_is_no_upgrade_is_refused(town: Town, head: str, status: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", town.app.settings.port)
    key = "" if status == 400 else "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    asked = f"{head}\r\nHost: x{key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    writer.write(asked.encode())
    async with asyncio.timeout(5):
        line = await reader.readline()
    writer.close()
    assert f" {status} " in line.decode()


async def test_a_client_that_leaves_during_the_upgrade_is_forgotten(town: Town) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", town.app.settings.port)
        writer.write(
            b"GET /ws/command HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        writer.transport.abort()
    commander = await town.commander()
    async with commander.live() as screen:
        await screen.send(HELLO)
        await next_frame(screen, "snapshot")
        assert len(town.app.gateway) == 1


async def test_every_note_arrives_once_and_in_order(town: Town) -> None:
    commander = await town.commander()
    async with commander.live() as screen:
        await screen.send(HELLO)
        await next_frame(screen, "snapshot")
        for n in range(30):
            await commander.done("note.add", text=f"note {n}")
        texts: list[str] = []
        async with asyncio.timeout(10):
            while len(texts) < 30:
                update = await next_frame(screen, "update")
                texts += [e["text"] for e in update["upserts"]["entry"]]
        assert texts == [f"note {n}" for n in range(30)]


def _cookies(client: Client) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{n}={v}" for n, v in client.http.cookies.items())}


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (["junk"], 1008),
        (['{"t":"ping"}'], 1008),
        ([HELLO, HELLO], 1008),
        ([HELLO, "x" * 5_000], 1009),
        ([b"\x00\x01"], 1003),
    ],
)
async def test_a_broken_client_closes_only_itself(
    town: Town, frames: list[str | bytes], code: int
) -> None:
    commander = await town.commander()
    async with commander.live() as good, commander.live() as bad:
        await good.send(HELLO)
        await next_frame(good, "snapshot")
        for frame in frames:
            await bad.send(frame)
        async with asyncio.timeout(5):
            await bad.wait_closed()
        assert bad.close_code == code
        await commander.done("note.add", text="still here")
        assert (await next_frame(good, "update"))["upserts"]["entry"][0]["text"] == "still here"


async def test_ping(town: Town) -> None:
    phone = await town.phone(5)
    async with phone.live() as screen:
        await screen.send(HELLO)
        await screen.send('{"t":"ping"}')
        assert (await next_frame(screen, "pong"))["seq"] == 0


async def test_positions_only_while_on_a_task(town: Town) -> None:
    commander = await town.commander()
    await open_need(commander)
    _, offers = await dispatched(commander)
    phone = await town.phone(town.app.desk.board.offers[offers[0]].volunteer_id)
    fix = {"lon": -71.25, "lat": -29.9, "accuracy_m": 8, "taken_at": instant(0)}
    async with commander.live() as screen, phone.live() as hand:
        await screen.send(HELLO)
        await next_frame(screen, "snapshot")
        await screen.send('{"t":"look","west":-72,"south":-30,"east":-71,"north":-29}')
        await hand.send(HELLO)
        await hand.send(json.dumps({"t": "fix", "fix": fix}))
        await hand.send('{"t":"ping"}')
        await next_frame(hand, "pong")
        assert not town.app.gateway.counters.fixes
        await phone.done("offer.accept", offer_id=offers[0])
        await hand.send(json.dumps({"t": "fix", "fix": fix}))
        (shown,) = (await next_frame(screen, "positions"))["fixes"]
        assert (shown["lon"], shown["lat"]) == (-71.25, -29.9)


async def test_goodbye_before_the_server_stops(settings: Settings) -> None:
    async with running_town(settings) as town:
        commander = await town.commander()
        screen = await commander.live()
        await screen.send(HELLO)
        await next_frame(screen, "snapshot")
        waiting = asyncio.create_task(next_frame(screen, "restarting"))
        await asyncio.sleep(0)
    assert (await waiting)["retry_after_s"] == 15
    await screen.close()
