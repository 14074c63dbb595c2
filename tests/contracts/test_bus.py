"""What every bus promises: what is published while one listens arrives, in order."""

from __future__ import annotations

import asyncio

import pytest

from dispatch.alerts.bus import MemoryBus
from dispatch.ports import Bus


@pytest.fixture(params=["memory"])
def bus(request: pytest.FixtureRequest) -> Bus:
    return MemoryBus()


async def listen(bus: Bus, topic: str, count: int) -> list[bytes]:
    got = []
    async for message in bus.subscribe(topic):
        got.append(message)
        if len(got) == count:
            break
    return got


async def test_listeners_get_what_is_published(bus: Bus) -> None:
    tasks = [asyncio.create_task(listen(bus, "a", 2)) for _ in range(2)]
    other = asyncio.create_task(listen(bus, "b", 1))
    await asyncio.sleep(0.01)
    for message in (b"1", b"2"):
        await bus.publish("a", message)
    assert await asyncio.gather(*tasks) == [[b"1", b"2"], [b"1", b"2"]]
    assert not other.done()
    other.cancel()


async def test_nobody_listens_is_no_error(bus: Bus) -> None:
    await bus.publish("a", b"1")


async def test_a_full_listener_loses_messages_and_blocks_nobody(bus: Bus) -> None:
    subscription = bus.subscribe("a")
    first = asyncio.ensure_future(anext(subscription))
    await asyncio.sleep(0.01)
    for n in range(10_000):
        await asyncio.wait_for(bus.publish("a", str(n).encode()), 1)
    assert await first == b"0"
    await subscription.aclose()  # type: ignore[attr-defined]
