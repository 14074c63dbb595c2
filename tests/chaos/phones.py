"""A real server process to kill, and phones that never give up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from dispatch.settings import ROOT, Settings

RETRY_S = 0.2


class ServerProcess:
    """`dispatch serve` as an operator runs it, on a data folder and port of our own."""

    def __init__(self, settings: Settings) -> None:
        self.base = f"http://127.0.0.1:{settings.port}"
        self._env = os.environ | {
            "DISPATCH_DATA_DIR": str(settings.data_dir),
            "DISPATCH_PORT": str(settings.port),
            "DISPATCH_DATABASE_URL": settings.database_url,
            "DISPATCH_REDIS_URL": settings.redis_url,
            "DISPATCH_WORKERS": str(settings.workers),
            "DISPATCH_METRICS_PORT": str(settings.metrics_port),
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dispatch", "serve"],
            cwd=ROOT,
            env=self._env,
            stdout=subprocess.DEVNULL,
        )
        async with asyncio.timeout(60), httpx.AsyncClient() as http:
            while True:
                assert self._process.poll() is None, "the server ended by itself"
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.get(f"{self.base}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def workers(self) -> list[int]:
        """The ids of the workers that listen now."""
        listening = _listening()
        return [pid for pid in self.children() if _sockets(pid) & listening]

    def children(self) -> list[int]:
        """The ids of the processes under the server, in the order of their start."""
        assert self._process is not None
        pid = self._process.pid
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)


def _listening() -> set[str]:
    """The inodes of TCP sockets that listen."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {row[9] for row in rows if row[3] == "0A"}


def _sockets(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(os.readlink(path).removeprefix("socket:[").removesuffix("]"))
    return found


@dataclass
class Screen:
    """What any client does: a map by kind and id, and where it stopped."""

    seq: int | None = None
    log_id: str | None = None
    view: dict[str, dict[Any, Any]] = field(default_factory=dict)

    def hello(self) -> str:
        return json.dumps({"t": "hello", "last_seq": self.seq, "log_id": self.log_id})

    def take(self, text: str | bytes) -> None:
        frame = json.loads(text)
        if frame["t"] == "snapshot":
            self.view = {k: {e["id"]: e for e in es} for k, es in frame["view"].items()}
        elif frame["t"] in ("replay", "update"):
            for kind, entities in frame["upserts"].items():
                self.view.setdefault(kind, {}).update({e["id"]: e for e in entities})
            for kind, ids in frame["removed"].items():
                for ident in ids:
                    self.view.get(kind, {}).pop(ident, None)
        self.seq = frame.get("seq", self.seq)
        self.log_id = frame.get("log_id", self.log_id)


@dataclass
class Ack:
    """An answer the server acknowledged."""

    volunteer: str
    action_id: str
    kind: str
    ids: dict[str, Any]
    seq: int


@dataclass
class Phone:
    """A person with a phone: watches, answers, keeps trying under one action id until answered."""

    base: str
    kind: str
    ident: str
    cookie: str
    http: httpx.AsyncClient
    acks: list[Ack] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    screen: Screen = field(default_factory=Screen)
    _count: int = 0

    async def watch(self, over: Callable[[], bool]) -> None:
        """Follow the wire, reconnecting and resuming, until `over`."""
        while not over():
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with self._connect() as socket:
                    await socket.send(self.screen.hello())
                    while not over():
                        with contextlib.suppress(TimeoutError):
                            self.screen.take(await asyncio.wait_for(socket.recv(), 0.5))
            await asyncio.sleep(RETRY_S * random.random())

    async def fresh(self) -> Screen:
        """A new screen's first view."""
        screen = Screen()
        async with self._connect() as socket:
            await socket.send(screen.hello())
            screen.take(await socket.recv())
        return screen

    async def act(self, kind: str, **fields: Any) -> dict[str, Any] | None:
        """Act until answered; return the ids, or None when refused."""
        self._count += 1
        action_id = f"{self.kind}-{self.ident}-{self._count:04}"
        body = {"action_id": action_id, "action": {"kind": kind, **fields}}
        while True:
            with contextlib.suppress(httpx.HTTPError):
                response = await self.http.post(
                    f"{self.base}/api/{self.kind}/actions",
                    json=body,
                    headers={"Cookie": self.cookie, "Origin": self.base},
                )
                if response.status_code == 200:
                    answer = response.json()
                    ack = Ack(self.ident, action_id, kind, answer["ids"], answer["seq"])
                    self.acks.append(ack)
                    return ack.ids
                if response.status_code != 503:
                    self.refusals.append(response.json()["error"]["code"])
                    return None
            await asyncio.sleep(RETRY_S)

    def _connect(self) -> connect:
        return connect(
            f"{self.base.replace('http', 'ws')}/ws/{self.kind}",
            origin=self.base,  # type: ignore[arg-type]
            additional_headers={"Cookie": self.cookie},
            max_size=2**24,
            open_timeout=5,
        )
