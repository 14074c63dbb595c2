"""The bus between processes: Redis publish and subscribe, one connection for each direction.

A doorbell needs no more. While Redis is away messages are dropped, `up` says so, and both
connections are tried again every RETRY_S; followers poll meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from dispatch.alerts.bus import MemoryBus
from dispatch.errors import BadInput

RETRY_S: Final = 0.5
LOOK_S: Final = 0.5
"""How long a new topic may wait to be subscribed to."""
BEAT_S: Final = 2.0
"""When nothing is published or heard for so long, Redis is asked whether it is there."""
ANSWER_S: Final = 2.0
QUEUE: Final = 1_024


class RedisBus:
    """Publish and subscribe among all who share a Redis. Does nothing until it runs.

    Raises:
        BadInput: the address is not of the form `redis://host:port/number`.
    """

    def __init__(self, url: str) -> None:
        try:
            self._client = Redis.from_url(
                url,
                socket_timeout=ANSWER_S,
                socket_connect_timeout=ANSWER_S,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as exc:
            raise BadInput(f"setting DISPATCH_REDIS_URL: {exc}") from None
        self._here = MemoryBus()
        self._topics: set[str] = set()
        self._outgoing: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(maxsize=QUEUE)
        self._hears = self._speaks = False

    @property
    def up(self) -> bool:
        """Whether both connections work, as far as is known."""
        return self._hears and self._speaks

    async def publish(self, topic: str, message: bytes) -> None:
        """Hand the message over to be sent; dropped when too many wait."""
        if not self._outgoing.full():
            self._outgoing.put_nowait((topic, message))

    async def subscribe(self, topic: str) -> AsyncIterator[bytes]:
        """Yield messages on the topic, one's own too, from shortly after the first `anext` on."""
        self._topics.add(topic)
        async for message in self._here.subscribe(topic):
            yield message

    async def run(self) -> None:
        """Listen and send, forever."""
        try:
            await asyncio.gather(_again(self._listen), _again(self._send))
        finally:
            await self._client.aclose()

    async def _listen(self) -> None:
        asked: set[str] = set()
        loop = asyncio.get_running_loop()
        async with self._client.pubsub(ignore_subscribe_messages=True) as pubsub:
            try:
                await pubsub.connect()
                heard_s, pinged = loop.time(), False
                while True:
                    self._hears = True
                    if new := self._topics - asked:
                        await pubsub.subscribe(*new)
                        asked |= new
                    message = await pubsub.get_message(timeout=LOOK_S)
                    silent_s = loop.time() - heard_s
                    if message is not None:
                        heard_s, pinged = loop.time(), False
                    elif silent_s > BEAT_S + ANSWER_S:
                        raise TimeoutError("a connection that carries nothing looks like silence")
                    elif silent_s > BEAT_S and not pinged:
                        pinged = True
                        await pubsub.ping()
                    if message is not None and message["type"] == "message":
                        await self._here.publish(message["channel"].decode(), message["data"])
            finally:
                self._hears = False

    async def _send(self) -> None:
        try:
            while True:
                try:
                    async with asyncio.timeout(BEAT_S):
                        topic, message = await self._outgoing.get()
                except TimeoutError:
                    await self._client.ping()
                else:
                    await self._client.publish(topic, message)
                self._speaks = True
        finally:
            self._speaks = False
            while not self._outgoing.empty():
                self._outgoing.get_nowait()


async def _again(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except (RedisError, OSError):
            await asyncio.sleep(RETRY_S)
