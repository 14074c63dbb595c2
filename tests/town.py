"""The real application on a real port with a small Coquimbo, for API, crash and browser tests."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from dispatch.agency import load_agency
from dispatch.app import Application, Server, build, expose, open_store, server_of
from dispatch.clock import SystemClock
from dispatch.drills import demo
from dispatch.model import Role
from dispatch.ports import Channel
from dispatch.registry import access
from dispatch.settings import ROOT, Settings
from tests.servers import free_port

AGENCY_FILE = ROOT / "scenarios" / "coquimbo" / "agency.toml"
VOLUNTEERS = 2_000


def make_town(folder: Path, volunteers: int = VOLUNTEERS, **more: Any) -> Settings:
    """Fill a data folder with a small county; return its settings, `more` among them, on a free
    port."""
    settings = Settings(
        data_dir=folder,
        port=free_port(),
        planner_process=False,
        demo_volunteers=volunteers,
        **({"metrics_port": 0} | more),
    )
    engine = open_store(settings)
    agency = load_agency(AGENCY_FILE)
    demo.make_roster(engine, agency, AGENCY_FILE.parent, volunteers, SystemClock(), lambda *_: None)
    engine.dispose()
    return settings


class Client:
    """A browser's worth of HTTP: a cookie, an origin, actions with their own ids."""

    _ids = itertools.count(1)

    def __init__(self, base: str, kind: str) -> None:
        self.base, self.kind = base, kind
        self.http = httpx.AsyncClient(base_url=base, headers={"Origin": base}, timeout=30)

    async def enter(self, token: str) -> httpx.Response:
        return await self.http.get(f"/enter/{token}")

    async def act(self, kind: str, action_id: str | None = None, **fields: Any) -> httpx.Response:
        body = {
            "action_id": action_id or f"test-{next(self._ids):08}",
            "action": {"kind": kind, **fields},
        }
        return await self.http.post(f"/api/{self.kind}/actions", json=body)

    async def done(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Act and insist that it worked; return the ids."""
        response = await self.act(kind, **fields)
        assert response.status_code == 200, response.text
        ids: dict[str, Any] = response.json()["ids"]
        return ids

    async def get(self, path: str, **query: Any) -> Any:
        response = await self.http.get(f"/api/{self.kind}{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def live(self) -> connect:
        """A websocket with this client's session; use as an async context manager."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        return connect(
            f"{self.base.replace('http', 'ws')}/ws/{self.kind}",
            origin=self.base,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookies},
            max_size=2**24,
        )


class Town:
    """A running application and the people who use it."""

    def __init__(self, app: Application, server: Server) -> None:
        self.app, self.server = app, server
        self.base = f"http://127.0.0.1:{app.settings.port}"
        self._clients: list[Client] = []

    async def commander(self) -> Client:
        return await self._client("command", Role.COMMANDER, "li")

    async def phone(self, volunteer_id: int) -> Client:
        return await self._client("phone", Role.VOLUNTEER, str(volunteer_id))

    def token(self, role: Role, subject: str) -> str:
        app = self.app
        return access.make_link(app.engine, role, subject, app.clock.now(), timedelta(hours=1))

    async def close(self) -> None:
        for client in self._clients:
            await client.http.aclose()

    async def _client(self, kind: str, role: Role, subject: str) -> Client:
        client = Client(self.base, kind)
        self._clients.append(client)
        response = await client.enter(self.token(role, subject))
        assert response.status_code == 303, response.text
        return client


@contextlib.asynccontextmanager
async def running_town(
    settings: Settings, channels: tuple[Channel, ...] | None = None, *, with_metrics: bool = False
) -> AsyncIterator[Town]:
    """Serve the town on its port while the block lasts; it tells people by these channels,
    by those of the settings when none are given."""
    agency = load_agency(settings.agency_file, settings.map_keys)
    app = await build(settings, agency, channels=channels)
    if with_metrics:
        expose(app, settings.metrics_port)
    up = asyncio.Event()
    server = server_of(app, up.set)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", settings.port))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.wait_for(up.wait(), 30)
    town = Town(app, server)
    try:
        yield town
    finally:
        await town.close()
        server.should_exit = True
        await serving
        listener.close()


async def next_frame(socket: ClientConnection, kind: str, seconds: float = 10) -> dict[str, Any]:
    """Return the next frame of that kind, passing over others."""
    async with asyncio.timeout(seconds):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["t"] == kind:
                return frame
