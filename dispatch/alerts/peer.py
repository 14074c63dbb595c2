"""One live screen: a socket that speaks the websocket protocol, without a task of its own.

The protocol is `websockets`' sans-I/O one (RFC 6455): bytes in, frames out, bytes out. What the
gateway says arrives here ready-made and goes straight to the transport, whose buffer is the only
queue: while it is full nothing is added, and when it has drained the gateway brings the screen up
to date. An idle phone costs a few KiB.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final, Protocol

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from dispatch.alerts import wire
from dispatch.alerts.wire import ClientFrame, Look
from dispatch.errors import BadFrame
from dispatch.model import Actor
from dispatch.views import Audience

MAX_MESSAGE: Final = 65_536
"""Bytes a client may send in one message, whatever its fragments, before it is closed with 1009."""
BUFFER_BYTES: Final = 65_536
"""What may wait for a slow screen besides one snapshot."""
MAX_REASON: Final = 100
"""Bytes of a close frame's text; the protocol allows 123."""
BURST: Final = 40.0
PER_SECOND: Final = 5.0
"""Frames a client may send: so many at once, then so many a second."""


class Listener(Protocol):
    """Whom a peer tells what happens on its socket."""

    def heard(self, peer: Peer, frame: ClientFrame) -> None:
        """Take a frame of the client; raises BadFrame when it may not say that now."""
        ...

    def drained(self, peer: Peer) -> None:
        """Bring a screen that was behind up to date."""
        ...

    def gone(self, peer: Peer) -> None:
        """Forget a screen."""
        ...


class Peer(asyncio.Protocol):
    """A socket after its upgrade. `account` is who signed in with the session of that digest.

    `seq` is where the screen stands; None before its hello. Instants ending in `_s` are monotonic.
    """

    __slots__ = (
        "_credit",
        "_listener",
        "_parts",
        "_protocol",
        "_transport",
        "account",
        "audience",
        "behind_s",
        "box",
        "closing_s",
        "fresh_box",
        "heard_s",
        "opened_s",
        "pinged_s",
        "seq",
        "session",
    )

    def __init__(
        self, account: Actor, session: str, protocol: ServerProtocol, listener: Listener
    ) -> None:
        self.account = account
        self.audience = Audience(volunteer_id=account.volunteer_id)
        self.session = session
        self.seq: int | None = None
        self.box: Look | None = None
        self.fresh_box = False
        self.opened_s = self.heard_s = self.pinged_s = time.monotonic()
        self.behind_s: float | None = None
        self.closing_s: float | None = None
        self._credit = BURST
        self._listener = listener
        self._parts: bytearray | None = None
        self._protocol = protocol
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket over."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(BUFFER_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed, by whomever."""
        self._listener.gone(self)

    def data_received(self, data: bytes) -> None:
        """Feed the protocol; act on what came out of it."""
        now_s = time.monotonic()
        self._credit = min(BURST, self._credit + (now_s - self.heard_s) * PER_SECOND)
        self.heard_s = now_s
        self._protocol.receive_data(data)
        self._obey()
        for event in self._protocol.events_received():
            if self.closing_s is not None:
                return
            assert isinstance(event, Frame)
            self._received(event)
        self._give()

    def eof_received(self) -> None:
        """The other side closed without saying so."""
        self._protocol.receive_eof()
        self._obey()

    def pause_writing(self) -> None:
        """The buffer is full: the screen falls behind from here on."""
        self.behind_s = time.monotonic()

    def resume_writing(self) -> None:
        """The buffer has drained."""
        self.behind_s = None
        if self.closing_s is None:
            self._listener.drained(self)

    @property
    def ready(self) -> bool:
        """Whether it may be sent to now."""
        return self.closing_s is None and self.behind_s is None

    def write(self, frame: bytes) -> None:
        """Send a ready-made frame."""
        self._transport.write(frame)

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye with a code; `abort` follows if the other side does not answer."""
        if self.closing_s is not None:
            return
        self.closing_s = time.monotonic()
        if self._protocol.state is OPEN:
            said = reason.encode()[:MAX_REASON].decode(errors="ignore")
            self._protocol.send_close(code, said)
            self._give()

    def abort(self) -> None:
        """Drop the socket, with whatever still waits to be sent."""
        self._transport.abort()

    def _received(self, frame: Frame) -> None:
        try:
            self._credit -= 1
            if self._credit < 0:
                raise BadFrame("too many frames")
            text = self._text(frame)
            if text is not None:
                self._listener.heard(self, wire.parse(text))
        except BadFrame as exc:
            self.close(exc.code, exc.reason)

    def _text(self, frame: Frame) -> str | None:
        """Put fragments together; the protocol sees to their order and total length."""
        if frame.opcode is Opcode.BINARY:
            raise BadFrame("binary frame", wire.CLOSE_BINARY)
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            return None
        whole = frame.data
        if self._parts is not None or not frame.fin:
            self._parts = (self._parts or bytearray()) + whole
            whole = self._parts
        if not frame.fin:
            return None
        self._parts = None
        try:
            return bytes(whole).decode()
        except UnicodeDecodeError:
            raise BadFrame("not UTF-8", wire.CLOSE_NOT_TEXT) from None

    def _obey(self) -> None:
        """Note when the protocol has begun to close by itself: goodbye received, or bad frame."""
        if self._protocol.state is not OPEN and self.closing_s is None:
            self.closing_s = time.monotonic()
        self._give()

    def _give(self) -> None:
        """Write what the protocol wants to say; the empty string ends the connection."""
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()
