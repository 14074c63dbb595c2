"""Many thousand phones in one process: they ask in, say hello and note when they are told.

`python -m benchmarks.live.phones PORT COUNT FIRST SOURCE` opens the phones of the people with these
numbers from that address of ours and prints a line; each line it reads is a text to wait for, and
is answered by when each phone was sent it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from typing import Final

KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
AT_ONCE: Final = 50
PING: Final = b"\x89\x00"
PONG: Final = b"\x8a\x80\x00\x00\x00\x00"
HELLO: Final = b'{"t":"hello","last_seq":null,"log_id":null}'
PATIENCE_S: Final = 60.0


class Phone(asyncio.Protocol):
    """A socket that notes when bytes came last, and when a text it waits for came first."""

    __slots__ = ("_opened", "_wanted", "heard_s", "told_s", "transport")

    def __init__(self, opened: asyncio.Future[Phone]) -> None:
        self._opened: asyncio.Future[Phone] | None = opened
        self._wanted = b""
        self.heard_s = 0.0
        self.told_s: float | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Note the time; frames are not taken apart."""
        if self._opened is not None:
            assert data.startswith(b"HTTP/1.1 101"), data[:80]
            self._opened.set_result(self)
            self._opened = None
        if PING in data:
            self.transport.write(PONG)
        if data != PING:
            self.heard_s = time.monotonic()
            if self._wanted and self._wanted in data:
                self.told_s, self._wanted = self.heard_s, b""

    def await_text(self, wanted: bytes) -> None:
        """Note when this comes first."""
        self.told_s, self._wanted = None, wanted


def masked(text: bytes) -> bytes:
    """A client's text frame."""
    key = os.urandom(4)
    size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + size + key + bytes(b ^ key[n % 4] for n, b in enumerate(text))


def upgrade(port: int, number: int, kind: str) -> bytes:
    """The request of the person with this number to have a live screen."""
    host = f"127.0.0.1:{port}"
    return (
        f"GET /ws/{kind} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        f"Cookie: {cookie(number, kind)}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    ).encode()


def cookie(number: int, kind: str) -> str:
    """The session of the person with this number."""
    return f"dispatch_{kind}=token-{number}"


async def phones(
    port: int, count: int, first: int = 1, kind: str = "phone", source: str = "127.0.0.1"
) -> list[Phone]:
    """Open that many sockets, of the people with these numbers; each has said hello."""
    gate = asyncio.Semaphore(AT_ONCE)
    return list(
        await asyncio.gather(*(_phone(port, first + n, kind, source, gate) for n in range(count)))
    )


async def _phone(port: int, number: int, kind: str, source: str, gate: asyncio.Semaphore) -> Phone:
    loop = asyncio.get_running_loop()
    async with gate:
        opened: asyncio.Future[Phone] = loop.create_future()
        transport, _ = await loop.create_connection(
            lambda: Phone(opened), "127.0.0.1", port, local_addr=(source, 0)
        )
        transport.write(upgrade(port, number, kind))
        phone = await opened
        transport.write(masked(HELLO))
        return phone


async def told(everybody: list[Phone], after_s: float) -> list[float]:
    """Wait until each was told something after an instant; return how long each took, sorted."""
    async with asyncio.timeout(120):
        while any(p.heard_s <= after_s for p in everybody):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return sorted(p.heard_s - after_s for p in everybody)


async def main(port: int, count: int, first: int, source: str) -> None:
    """Be the phones of some people until the input ends."""
    began_s = time.monotonic()
    everybody = await phones(port, count, first, source=source)
    print(json.dumps({"took_s": time.monotonic() - began_s}), flush=True)
    loop = asyncio.get_running_loop()
    while wanted := await loop.run_in_executor(None, sys.stdin.readline):
        for phone in everybody:
            phone.await_text(wanted.strip().encode())
        print(json.dumps({}), flush=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while any(p.told_s is None for p in everybody):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        print(json.dumps({"told_s": [p.told_s for p in everybody]}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
