"""A bad network as a process of its own: `python -m tests.chaos.proxy LISTEN TARGET`.

It carries TCP from one port to another and obeys a JSON object a line on its standard input:
`{"delay_s", "jitter_s", "rate", "mode", "cut"}`. `rate` is bytes a second and connection, 0 any
number; `mode` is "pass", "blackhole" (nothing arrives any more and nobody is told: what goes
through a connection then is lost, and with it the connection for good) or "refuse"; `cut` resets
every connection, once. Each line is answered by a line.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

from dispatch.settings import ROOT
from tests.town import free_port

CHUNK = 16_384
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: closing sends a reset."""


class BadNetwork:
    """The proxy's process, seen from the test."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.proxy", str(self.port), str(target)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    async def be(self, **how: Any) -> None:
        """Change how the network is from now on; what is not named is as good as can be."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(how) + "\n")
        self._process.stdin.flush()
        await asyncio.to_thread(self._answer)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "the proxy ended"


@dataclass
class _Network:
    target: int
    delay_s: float = 0.0
    jitter_s: float = 0.0
    rate: int = 0
    mode: str = "pass"
    lost: bool = False
    links: set[_Link] = field(default_factory=set)

    def obey(self, line: str) -> None:
        order = {"delay_s": 0.0, "jitter_s": 0.0, "rate": 0, "mode": "pass"} | json.loads(line)
        if order.pop("cut", False):
            for link in list(self.links):
                link.reset()
        for name, value in order.items():
            setattr(self, name, value)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(self, writer)
        self.links.add(link)
        try:
            if self.mode == "refuse":
                return
            if self.mode == "blackhole":
                await link.swallow(reader)
            far = await asyncio.open_connection("127.0.0.1", self.target)
            link.ends.append(far[1])
            await asyncio.gather(link.pump(reader, far[1]), link.pump(far[0], writer))
        except OSError:
            pass
        finally:
            self.links.discard(link)
            link.reset()


@dataclass(eq=False)
class _Link:
    """One connection, both ways."""

    network: _Network
    near: asyncio.StreamWriter
    dead: bool = False

    def __post_init__(self) -> None:
        self.ends = [self.near]

    async def pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Carry one way, late but in order, until the source ends."""
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        sending = loop.create_task(self._deliver(under_way, sink))
        try:
            while data := await source.read(CHUNK):
                if self.dead or self.network.mode == "blackhole":
                    await self.swallow(source)
                late_s = self.network.delay_s + random.uniform(0, self.network.jitter_s)
                await under_way.put((loop.time() + late_s, data))
            await under_way.put((0.0, b""))
            await sending
        finally:
            sending.cancel()

    async def swallow(self, source: asyncio.StreamReader) -> None:
        """Nothing of what is said arrives anywhere, for as long as somebody speaks."""
        self.dead = True
        while await source.read(CHUNK):
            pass
        raise ConnectionResetError

    def reset(self) -> None:
        for writer in self.ends:
            with contextlib.suppress(OSError, AttributeError):
                near = writer.get_extra_info("socket")
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _deliver(
        self, under_way: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s, data = await under_way.get()
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            if not data:
                sink.write_eof()
                return
            if self.network.rate:
                await asyncio.sleep(len(data) / self.network.rate)
            if not self.dead:
                sink.write(data)
                await sink.drain()


async def _serve(port: int, target: int) -> None:
    network = _Network(target)
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(network.carry, "127.0.0.1", port, backlog=1_024)

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(obey, line)
        loop.call_soon_threadsafe(server.close)

    def obey(line: str) -> None:
        network.obey(line)
        _say()

    _say()
    threading.Thread(target=listen, daemon=True).start()
    await server.serve_forever()


def _say() -> None:
    sys.stdout.write("ok\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
