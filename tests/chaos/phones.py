"""Phones that never give up: they follow the wire, answer under one action id, and watch closely
whether what they are told can be true."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

RETRY_S = 0.2
RETRY_MOST_S = 5.0
PING_S = 5.0
"""A screen asks after so long a silence; pages ask every 25 s."""
PONG_S = 10.0
ANSWER_S = 15.0
"""Then a page takes its request for lost, and sends it again."""

Frame = dict[str, Any]


@dataclass
class Screen:
    """What any client does: a map by kind and id, and where it stopped. `broken` is what the
    server said that cannot be, by the contract of the wire."""

    seq: int | None = None
    log_id: str | None = None
    view: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    frames: int = 0
    snapshots: int = 0

    def hello(self) -> str:
        return json.dumps({"t": "hello", "last_seq": self.seq, "log_id": self.log_id})

    def take(self, text: str | bytes) -> Frame:
        """Apply a frame."""
        frame: Frame = json.loads(text)
        self.frames += 1
        match frame["t"]:
            case "snapshot":
                self.snapshots += 1
                if self.log_id == frame["log_id"] and frame["seq"] < (self.seq or 0):
                    self._breaks(frame, "a snapshot of what was before")
                self.view = {k: {str(e["id"]): e for e in es} for k, es in frame["view"].items()}
                self.log_id, self.seq = frame["log_id"], frame["seq"]
            case "replay":
                if frame["log_id"] != self.log_id:
                    self._breaks(frame, "a replay of another log")
                self._apply(frame)
            case "update":
                self._follows(frame)
                self._apply(frame)
            case "pong":
                self._follows(frame)
                self.seq = max(self.seq or 0, frame["seq"])
        return frame

    def _follows(self, frame: Frame) -> None:
        if self.seq is None or frame["after_seq"] > self.seq:
            self._breaks(frame, "one is missing before it")

    def _apply(self, frame: Frame) -> None:
        if self.seq is None or frame["seq"] < self.seq:
            self._breaks(frame, "the log went back")
            return
        for kind, entities in frame["upserts"].items():
            self.view.setdefault(kind, {}).update({str(e["id"]): e for e in entities})
        for kind, ids in frame["removed"].items():
            for ident in ids:
                self.view.get(kind, {}).pop(str(ident), None)
        self.seq = frame["seq"]

    def _breaks(self, frame: Frame, why: str) -> None:
        lead = {k: v for k, v in frame.items() if k in ("t", "seq", "after_seq", "log_id")}
        self.broken.append(f"{why}: {lead} at {self.seq}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """An action that the server acknowledged, and when that was (monotonic)."""

    action_id: str
    action: dict[str, Any]
    ids: dict[str, Any]
    seq: int
    at_s: float


@dataclass
class Phone:
    """A person with a screen: watches, acts, keeps trying under one action id until answered."""

    base: str
    kind: str
    ident: str
    cookie: str
    http: httpx.AsyncClient
    luck: random.Random
    twice: float = 0.0
    """How often an action is sent twice at once."""
    acks: list[Ack] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    """Answers that no client should ever get."""
    store_downs: int = 0
    unanswered: int = 0
    screen: Screen = field(default_factory=Screen)
    done: bool = False
    _socket: ClientConnection | None = None
    _count: int = 0

    def __post_init__(self) -> None:
        role = {"command": "commander", "phone": "volunteer"}[self.kind]
        self.key = f"{role}:{self.ident}/"

    async def watch(self) -> None:
        """Follow the wire, reconnecting and resuming, until `done`."""
        while not self.done:
            wait_s = RETRY_S + self.luck.uniform(0, RETRY_S)
            try:
                async with self._connect() as socket:
                    await socket.send(self.screen.hello())
                    wait_s = await self._follow(socket)
            except (OSError, WebSocketException, TimeoutError):
                pass
            finally:
                self._socket = None
            await asyncio.sleep(wait_s)

    async def ping(self) -> None:
        """Ask how far the log is, when connected."""
        if self._socket is not None:
            with contextlib.suppress(OSError, WebSocketException):
                await self._socket.send('{"t":"ping"}')

    def cut(self) -> None:
        """Lose the connection without a word."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def fresh(self) -> Screen:
        """A new screen's first view."""
        screen = Screen()
        async with self._connect() as socket:
            await socket.send(screen.hello())
            async with asyncio.timeout(PONG_S):
                screen.take(await socket.recv())
        return screen

    async def act(self, kind: str, **fields: Any) -> dict[str, Any] | None:
        """Act until answered; return the ids, or None when refused."""
        self._count += 1
        action_id = f"{self.kind}-{self.ident}-{self._count:04}"
        action = {"kind": kind, **fields}
        sends = 2 if self.luck.random() < self.twice else 1
        answers = await asyncio.gather(*(self._settled(action_id, action) for _ in range(sends)))
        if any(a != answers[0] for a in answers):
            self.strange.append(f"{action_id} sent twice was answered {answers}")
        if answers[0] is None:
            return None
        seq, ids = answers[0]
        self.acks.append(
            Ack(action_id=action_id, action=action, ids=ids, seq=seq, at_s=time.monotonic())
        )
        return ids

    async def resend(self, ack: Ack) -> None:
        """Send an old action again: late, and after others that came later. It is known."""
        again = await self._settled(ack.action_id, ack.action)
        if again != (ack.seq, ack.ids):
            self.strange.append(f"{ack} sent again was answered {again}")

    async def read(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(
            f"{self.base}/api/{self.kind}{path}", params=query, headers={"Cookie": self.cookie}
        )

    async def _settled(
        self, action_id: str, action: dict[str, Any]
    ) -> tuple[int, dict[str, Any]] | None:
        wait_s = RETRY_S
        while True:
            try:
                response = await self._post(action_id, action)
            except httpx.HTTPError:
                self.unanswered += 1
            else:
                if response.status_code == 200:
                    answer = response.json()
                    return answer["seq"], answer["ids"]
                error = response.json()["error"]
                code = error["code"]
                if code == "STORE_DOWN":
                    self.store_downs += 1
                elif code != "PLANNER_DOWN":
                    if response.status_code not in (404, 409):
                        self.strange.append(f"{action}: {response.status_code} {code}")
                    self.refusals.append(error)
                    return None
            await asyncio.sleep(self.luck.uniform(RETRY_S, wait_s))
            wait_s = min(2 * wait_s, RETRY_MOST_S)

    async def _post(self, action_id: str, action: dict[str, Any]) -> httpx.Response:
        response = await self.http.post(
            f"{self.base}/api/{self.kind}/actions",
            json={"action_id": action_id, "action": action},
            headers={"Cookie": self.cookie, "Origin": self.base},
        )
        if response.status_code == 500:
            self.strange.append(f"{action_id} {action}: 500 {response.text[:200]}")
            raise httpx.RemoteProtocolError("an inner error")
        return response

    async def _follow(self, socket: ClientConnection) -> float:
        """Take frames until the connection is lost; return when to come back."""
        asked = False
        while not self.done:
            try:
                async with asyncio.timeout(PONG_S if asked or self._socket is None else PING_S):
                    frame = self.screen.take(await socket.recv())
            except TimeoutError:
                if asked or self._socket is None:
                    socket.transport.abort()
                    raise
                asked = True
                await self.ping()
                continue
            asked = False
            if frame["t"] in ("snapshot", "replay"):
                self._socket = socket
            if frame["t"] == "restarting":
                return RETRY_S + self.luck.uniform(0, frame["retry_after_s"])
        return 0.0

    def _connect(self) -> connect:
        return connect(
            f"{self.base.replace('http', 'ws')}/ws/{self.kind}",
            origin=self.base,  # type: ignore[arg-type]
            additional_headers={"Cookie": self.cookie},
            max_size=2**24,
            open_timeout=10,
            close_timeout=1,
            ping_interval=None,
            compression=None,
        )
