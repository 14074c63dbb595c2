"""The bus within one process. A doorbell: full queues drop, nobody relies on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


class MemoryBus:
    """Publish and subscribe among the tasks of one event loop."""

    up = True

    def __init__(self) -> None:
        self._queues: dict[str, set[asyncio.Queue[bytes]]] = {}

    async def publish(self, topic: str, message: bytes) -> None:
        """Hand the message to whoever listens now; a listener with a full queue misses it."""
        for queue in self._queues.get(topic, ()):
            if not queue.full():
                queue.put_nowait(message)

    async def subscribe(self, topic: str) -> AsyncIterator[bytes]:
        """Yield messages published from the first `anext` on, until closed."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=64)
        listeners = self._queues.setdefault(topic, set())
        listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            listeners.discard(queue)
