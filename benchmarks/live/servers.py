"""One process that serves phones and is told what to send: ours, and the usual ways beside it.

`python -m benchmarks.live.servers KIND PHONES` prints a JSON line when it listens and one for each
command it reads: `memory`, `cpu`, `lag`, `same`, `own` and, ours only, `tasks`, `fixes`.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, Final, cast

import numpy as np
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.frames import Frame, Opcode

from benchmarks.live.children import pss_kib
from benchmarks.live.stack import open_sessions
from benchmarks.town import COMMANDER, Played, busy, need
from dispatch import actions as act
from dispatch.alerts.gateway import Gateway
from dispatch.api.live import Upgrade
from dispatch.api.sessions import Sessions
from dispatch.app import open_store
from dispatch.clock import SystemClock
from dispatch.model import Actor, Heads, Role, VolunteerId
from dispatch.settings import Settings

ALERT: Final = json.dumps({"t": "alert", "text": "x" * 275}).encode()
"""298 bytes, the same for everybody."""
Commands = dict[str, Callable[[], Awaitable[dict[str, Any]]]]


def main() -> None:
    """Serve until the commands end."""
    kind, phones = sys.argv[1], int(sys.argv[2])
    asyncio.run({"ours": ours, "broadcast": bare, "FastAPI": fastapi}[kind](phones))


async def ours(phones: int) -> None:
    """The gateway with its session checks, on a board where everybody may be asked."""
    played = busy(1)
    gateway = Gateway(played.board, "bench", SystemClock())
    ready_made = Frame(Opcode.TEXT, ALERT).serialize(mask=False)
    with TemporaryDirectory() as folder:
        engine = open_store(Settings(data_dir=Path(folder)))
        open_sessions(engine, range(1, phones + 1))
        services = SimpleNamespace(gateway=gateway, sessions=Sessions(engine, SystemClock()))
        app = FastAPI()
        app.get("/empty")(_empty)
        port, _ = await _uvicorn(app, ws=functools.partial(Upgrade, cast(Any, services)))
        running = asyncio.create_task(gateway.run())

        async def same() -> dict[str, Any]:
            return await _timed(lambda: gateway.say(ready_made))

        async def own() -> dict[str, Any]:
            return await _timed(lambda: _offer_to_all(played, gateway, phones))

        async def everybody_on_task() -> dict[str, Any]:
            played.act(COMMANDER, _large_need(played), datetime.now(UTC))
            await _offer_to_all(played, gateway, phones)
            for offer in list(played.board.offers.values()):
                person = Actor(role=Role.VOLUNTEER, id=str(offer.volunteer_id))
                played.act(person, act.AcceptOffer(offer_id=offer.id), datetime.now(UTC))
            return {"active": len(played.board.active)}

        async def fixes() -> dict[str, Any]:
            return {"fixes": gateway.counters.fixes, "cpu_s": time.process_time()}

        await _obey(port, {"same": same, "own": own, "tasks": everybody_on_task, "fixes": fixes})
        running.cancel()
        engine.dispose()


async def bare(phones: int) -> None:
    """The `websockets` server's own `broadcast()`; whoever comes is let in."""
    connected: set[ServerConnection] = set()

    async def handler(connection: ServerConnection) -> None:
        connected.add(connection)
        try:
            async for _ in connection:
                pass
        finally:
            connected.discard(connection)

    async def same() -> dict[str, Any]:
        async def send() -> None:
            broadcast(connected, ALERT.decode())

        return await _timed(send)

    async def own() -> dict[str, Any]:
        async def send() -> None:
            for n, connection in enumerate(connected):
                await connection.send(json.dumps(_own_alert(n)))

        return await _timed(send)

    async with serve(handler, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        await _obey(port, {"same": same, "own": own})


async def fastapi(phones: int) -> None:
    """FastAPI's websocket route with the usual list of connections; whoever comes is let in."""
    connected: list[WebSocket] = []
    app = FastAPI()
    app.get("/empty")(_empty)

    @app.websocket("/ws/phone")
    async def phone(socket: WebSocket) -> None:
        await socket.accept()
        connected.append(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            connected.remove(socket)

    async def same() -> dict[str, Any]:
        async def send() -> None:
            for socket in connected:
                await socket.send_text(ALERT.decode())

        return await _timed(send)

    async def own() -> dict[str, Any]:
        async def send() -> None:
            for n, socket in enumerate(connected):
                await socket.send_text(json.dumps(_own_alert(n)))

        return await _timed(send)

    port, _ = await _uvicorn(app, ws="websockets-sansio", ws_per_message_deflate=False)
    await _obey(port, {"same": same, "own": own})


def _large_need(played: Played) -> act.AddNeed:
    """Room for everybody."""
    incident = next(iter(played.board.incidents))
    asked = need(incident, "LOG", np.random.default_rng(1), datetime.now(UTC))
    return replace(asked, heads=Heads(minimum=1, desired=10_000, maximum=10_000))


async def _empty() -> dict[str, str]:
    return {}


def _own_alert(number: int) -> dict[str, Any]:
    """An alert that differs from person to person, the size of an offer."""
    return {"t": "update", "seq": number, "offer": "x" * 1_200}


async def _offer_to_all(played: Played, gateway: Gateway, phones: int) -> None:
    """Ask everybody for a fresh need; return when all have been told."""
    now = datetime.now(UTC)
    for offer in [*played.board.open_offers]:
        played.act(COMMANDER, act.WithdrawOffer(offer_id=offer, reason="again"), now)
    asked = tuple(VolunteerId(n) for n in range(1, phones + 1))
    wanted = list(played.board.needs)[-1]
    played.touched.clear()
    played.act(COMMANDER, act.MakeOffer(need_id=wanted, volunteer_ids=asked), now)
    await asyncio.sleep(0.1)
    _lags.clear()
    _started["at"], _started["cpu"] = time.monotonic(), time.process_time()
    gateway.applied(played.board.seq, played.touched)
    while not gateway.settled:  # noqa: ASYNC110 - that is what is waited for
        await asyncio.sleep(0.005)


_started: dict[str, float] = {}
_lags: list[float] = []


async def _timed(send: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    """What sending took, from when it was known what to send until the last was written."""
    _started["at"], _started["cpu"] = time.monotonic(), time.process_time()
    _lags.clear()
    await send()
    cpu_s = time.process_time() - _started["cpu"]
    return {"began_s": _started["at"], "cpu_s": cpu_s, "lag_s": max(_lags, default=0.0)}


async def _uvicorn(app: FastAPI, **options: Any) -> tuple[int, uvicorn.Server]:
    config = uvicorn.Config(
        app, port=0, log_level="error", access_log=False, ws_ping_interval=None, **options
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    _keep.append(serving)
    return server.servers[0].sockets[0].getsockname()[1], server


_keep: list[Any] = []


async def _obey(port: int, commands: Commands) -> None:
    _keep.append(asyncio.create_task(_watch()))

    async def memory() -> dict[str, Any]:
        gc.collect()
        return {"pss_kib": pss_kib()}

    async def lag() -> dict[str, Any]:
        found = sorted(_lags)
        _lags.clear()
        return {"lag_p99_s": found[int(0.99 * len(found))], "lag_most_s": found[-1]}

    async def cpu() -> dict[str, Any]:
        return {"cpu_s": time.process_time()}

    known = {"memory": memory, "lag": lag, "cpu": cpu, **commands}
    print(json.dumps({"port": port}), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await known[line.strip()]()), flush=True)


async def _watch() -> None:
    """How much later than asked the loop comes back."""
    while True:
        asked = time.monotonic()
        await asyncio.sleep(0.005)
        _lags.append(time.monotonic() - asked - 0.005)


if __name__ == "__main__":
    main()
