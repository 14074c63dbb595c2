"""A socket in memory with a real websocket client at its far end."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side
from websockets.server import ServerProtocol

from dispatch.alerts.gateway import Gateway
from dispatch.alerts.peer import MAX_MESSAGE, Peer
from dispatch.model import Actor, Role


class Pipe(asyncio.Transport):
    """What is written arrives at once, unless the far end has stopped reading."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[bytes] = []
        self.waiting: list[bytes] = []
        self.reads = True
        self.closed = self.aborted = False
        self.peer: Peer
        self._high = 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = high or 0

    def write(self, data: Any) -> None:
        if self.reads:
            self.arrived.append(bytes(data))
            return
        self.waiting.append(bytes(data))
        if self.buffered > self._high and self.peer.behind_s is None:
            self.peer.pause_writing()

    def read_again(self) -> None:
        """The far end reads what waited."""
        self.reads = True
        self.arrived += self.waiting
        self.waiting.clear()
        if self.peer.behind_s is not None:
            self.peer.resume_writing()

    @property
    def buffered(self) -> int:
        return sum(map(len, self.waiting))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.peer.connection_lost(None)

    def abort(self) -> None:
        self.aborted = True
        self.close()


class Screen:
    """A browser's end of a socket: frames in, a map by kind and id."""

    def __init__(self, gateway: Gateway, account: Actor, session: str = "s") -> None:
        self.pipe = Pipe()
        self.pipe.peer = self.peer = Peer(
            account, session, ServerProtocol(state=OPEN, max_size=MAX_MESSAGE), gateway
        )
        self.peer.connection_made(self.pipe)
        self.protocol = Protocol(Side.CLIENT, state=OPEN, max_size=None)
        self.pings = 0
        self.seq: int | None = None
        self.log_id: str | None = None
        self.view: dict[str, dict[Any, Any]] = {}
        gateway.attach(self.peer)

    def hello(self, seq: int | None = None, log_id: str | None = None) -> Screen:
        self.say({"t": "hello", "last_seq": seq, "log_id": log_id})
        return self

    def say(self, frame: dict[str, Any]) -> None:
        self.send_text(json.dumps(frame).encode())

    def send_text(self, text: bytes) -> None:
        self.protocol.send_text(text)
        self.deliver()

    def deliver(self) -> None:
        """Carry what this end wants to say to the server's end."""
        for data in self.protocol.data_to_send():
            if data and not self.pipe.closed:
                self.peer.data_received(data)

    def frames(self) -> list[dict[str, Any]]:
        """Read what arrived, oldest first, and take it over."""
        arrived, self.pipe.arrived = b"".join(self.pipe.arrived), []
        self.protocol.receive_data(arrived)
        events = self.protocol.events_received()
        self.deliver()
        frames = []
        for event in events:
            assert isinstance(event, Frame)
            self.pings += event.opcode is Opcode.PING
            if event.opcode is Opcode.TEXT:
                frames.append(json.loads(bytes(event.data)))
                self._take(frames[-1])
        return frames

    @property
    def code(self) -> int | None:
        """The close code the server sent."""
        self.frames()
        return self.protocol.close_rcvd.code if self.protocol.close_rcvd else None

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "update":
            assert self.seq is not None
            assert frame["after_seq"] <= self.seq <= frame["seq"], "a gap"
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


def commander(name: str = "li") -> Actor:
    return Actor(role=Role.COMMANDER, id=name)
