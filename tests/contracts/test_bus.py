"""What every bus promises: once one listens, what is published arrives, in order; nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable

import pytest

from dispatch.alerts.bus import MemoryBus
from dispatch.alerts.redis_bus import RedisBus
from dispatch.errors import BadInput
from dispatch.ports import Bus
from tests.chaos.proxy import BadNetwork
from tests.servers import RedisServer

DEADLINE_S = 20


@contextlib.asynccontextmanager
async def running(server: RedisServer, port: int | None = None) -> AsyncIterator[RedisBus]:
    bus = RedisBus(f"redis://127.0.0.1:{port or server.port}/0")
    task = asyncio.create_task(bus.run())
    try:
        yield bus
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(params=["memory", "redis"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "memory":
        yield MemoryBus()
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    async with running(server) as opened:
        yield opened


class Listener:
    """Somebody who listens, and what they heard."""

    def __init__(self, bus: Bus, topic: str) -> None:
        self.heard: list[bytes] = []
        self._bus, self._topic = bus, topic
        self._task = asyncio.create_task(self._listen())

    async def awake(self) -> Listener:
        """Wait until they hear: a new listener may miss what is published at first."""
        await until(lambda: bool(self.heard), lambda: self._bus.publish(self._topic, b"awake"))
        return self

    def close(self) -> None:
        self._task.cancel()

    async def _listen(self) -> None:
        async for message in self._bus.subscribe(self._topic):
            self.heard.append(message)


async def until(true: Callable[[], bool], meanwhile: Callable[[], object] | None = None) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not true():
            if meanwhile is not None:
                await meanwhile()  # type: ignore[misc]
            await asyncio.sleep(0.02)


async def test_listeners_get_what_is_published_in_order(bus: Bus) -> None:
    two = [await Listener(bus, "a").awake() for _ in range(2)]
    other = await Listener(bus, "b").awake()
    for message in (b"1", b"2"):
        await bus.publish("a", message)
    await until(lambda: all(b"2" in one.heard for one in two))
    assert all([m for m in one.heard if m != b"awake"] == [b"1", b"2"] for one in two)
    assert set(other.heard) == {b"awake"}
    for one in (*two, other):
        one.close()


async def test_nobody_listens_is_no_error(bus: Bus) -> None:
    await bus.publish("a", b"1")


async def test_a_full_listener_loses_messages_and_blocks_nobody(bus: Bus) -> None:
    subscription = bus.subscribe("a")
    first = asyncio.ensure_future(anext(subscription))
    await until(first.done, lambda: bus.publish("a", b"first"))
    for n in range(10_000):
        await asyncio.wait_for(bus.publish("a", str(n).encode()), 1)
    assert await first == b"first"
    await subscription.aclose()  # type: ignore[attr-defined]


async def test_it_is_up(bus: Bus) -> None:
    await until(lambda: bus.up)


class TestRedis:
    async def test_messages_pass_between_processes(self, redis_server: RedisServer) -> None:
        async with running(redis_server) as one, running(redis_server) as two:
            listener = await Listener(one, "a").awake()
            await until(lambda: b"2" in listener.heard, lambda: two.publish("a", b"2"))
            listener.close()

    async def test_killed_and_back_again(self, redis_server: RedisServer) -> None:
        async with running(redis_server) as bus:
            listener = await Listener(bus, "a").awake()
            await until(lambda: bus.up)
            redis_server.kill()
            await until(lambda: not bus.up)
            for n in range(5_000):
                await asyncio.wait_for(bus.publish("a", f"lost {n}".encode()), 1)
            redis_server.start()
            await until(lambda: b"back" in listener.heard, lambda: bus.publish("a", b"back"))
            await until(lambda: bus.up)
            listener.close()

    async def test_frozen_is_not_up(self, redis_server: RedisServer) -> None:
        async with running(redis_server) as bus:
            await until(lambda: bus.up)
            redis_server.send(signal.SIGSTOP)
            await until(lambda: not bus.up)
            redis_server.send(signal.SIGCONT)
            await until(lambda: bus.up)

    async def test_a_connection_that_went_dead_unnoticed_is_replaced(
        self, redis_server: RedisServer
    ) -> None:
        network = BadNetwork(redis_server.port)
        try:
            through = running(redis_server, network.port)
            async with through as bus, running(redis_server) as other:
                listener = await Listener(bus, "a").awake()
                await network.be(mode="blackhole")
                await until(lambda: not bus.up)
                await network.be()
                listener.heard.clear()
                await until(
                    lambda: b"again" in listener.heard, lambda: other.publish("a", b"again")
                )
                listener.close()
        finally:
            network.close()

    async def test_away_from_the_beginning(self, redis_server: RedisServer) -> None:
        redis_server.kill()
        async with running(redis_server) as bus:
            listener = Listener(bus, "a")
            await bus.publish("a", b"lost")
            assert not bus.up
            redis_server.start()
            await listener.awake()
            listener.close()

    @pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:1", "redis://h:many"])
    def test_an_address_that_cannot_be_used(self, url: str) -> None:
        with pytest.raises(BadInput, match="DISPATCH_REDIS_URL"):
            RedisBus(url)
