"""Many thousand phones in one process: they ask in, say hello and note when they are told."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Final

KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
AT_ONCE: Final = 50
PING: Final = b"\x89\x00"
PONG: Final = b"\x8a\x80\x00\x00\x00\x00"


class Phone(asyncio.Protocol):
    """A socket that notes when bytes came last."""

    __slots__ = ("_opened", "heard_s", "transport")

    def __init__(self, opened: asyncio.Future[Phone]) -> None:
        self._opened: asyncio.Future[Phone] | None = opened
        self.heard_s = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self._opened is not None:
            assert data.startswith(b"HTTP/1.1 101"), data[:80]
            self._opened.set_result(self)
            self._opened = None
        if PING in data:
            self.transport.write(PONG)
        if data != PING:
            self.heard_s = time.monotonic()


def masked(text: bytes) -> bytes:
    """A client's text frame."""
    key = os.urandom(4)
    size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + size + key + bytes(b ^ key[n % 4] for n, b in enumerate(text))


async def phones(port: int, count: int, first: int = 1, kind: str = "phone") -> list[Phone]:
    """Open that many sockets, of the people with these numbers; each has said hello."""
    gate = asyncio.Semaphore(AT_ONCE)
    return list(await asyncio.gather(*(_phone(port, first + n, kind, gate) for n in range(count))))


async def _phone(port: int, number: int, kind: str, gate: asyncio.Semaphore) -> Phone:
    loop = asyncio.get_running_loop()
    async with gate:
        opened: asyncio.Future[Phone] = loop.create_future()
        transport, _ = await loop.create_connection(lambda: Phone(opened), "127.0.0.1", port)
        host = f"127.0.0.1:{port}"
        transport.write(
            f"GET /ws/{kind} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
            f"Cookie: dispatch_{kind}=token-{number}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
            "".encode()
        )
        phone = await opened
        transport.write(masked(b'{"t":"hello","last_seq":null,"log_id":null}'))
        return phone


async def told(everybody: list[Phone], after_s: float) -> list[float]:
    """Wait until each was told something after an instant; return how long each took, sorted."""
    async with asyncio.timeout(120):
        while any(p.heard_s <= after_s for p in everybody):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return sorted(p.heard_s - after_s for p in everybody)
