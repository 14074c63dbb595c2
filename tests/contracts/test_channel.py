"""What every channel promises, against the other end over real HTTP: it arrives, once a key; what
may work later is ChannelDown and the same key may be tried again; what never will is Undeliverable.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest

from dispatch.alerts.channels.chat import ChatChannel
from dispatch.alerts.channels.gateway import GatewayChannel
from dispatch.alerts.channels.recording import RecordingChannel
from dispatch.alerts.channels.webpush import WebPushChannel, make_key, public_key
from dispatch.clock import SystemClock
from dispatch.drills.carrier import Fault
from dispatch.errors import ChannelDown, Undeliverable
from dispatch.model import Medium, Urgency
from dispatch.ports import Channel, Message
from tests.carriers import SECRET, carrying, chatting, pushing

MESSAGE = Message(
    template="recall",
    params={"sign": "Rescue", "place": "North dike"},
    language="en",
    urgency=Urgency.LIFE,
    expires_at=None,
    exercise=False,
)
PHONE = "+99900000001"


@dataclass
class End:
    """A channel, an address it can send to, and what has arrived there; how to break the other side
    for one message, for the time being or for good."""

    channel: Channel
    to: str
    arrived: Callable[[], list[str]]
    go_down: Callable[[], object]
    come_up: Callable[[], object]
    refuse: Callable[[], object]


async def recording(medium: Medium, stack: AsyncExitStack) -> End:
    channel = RecordingChannel(medium)
    return End(
        channel=channel,
        to=PHONE,
        arrived=lambda: [one.text.title + one.text.body for one in channel.sent],
        go_down=lambda: channel.refusals.append(ChannelDown("down")),
        come_up=lambda: None,
        refuse=lambda: channel.refusals.append(Undeliverable("REFUSED")),
    )


async def gateway(medium: Medium, stack: AsyncExitStack) -> End:
    carrier, url = await stack.enter_async_context(carrying())
    callback = "http://127.0.0.1:9/none"
    channel = GatewayChannel(medium, url, SECRET, callback, SystemClock().now, real=False)
    stack.push_async_callback(channel.close)
    return End(
        channel=channel,
        to=PHONE,
        arrived=lambda: [one["text"] for one in carrier.messages(PHONE)],
        go_down=lambda: carrier.faults.update({PHONE: Fault.DOWN}),
        come_up=lambda: carrier.faults.clear(),
        refuse=lambda: carrier.faults.update({PHONE: Fault.REFUSED}),
    )


async def webpush(medium: Medium, stack: AsyncExitStack) -> End:
    key = make_key()
    service = await stack.enter_async_context(pushing(public_key(key)))
    origins = [service.origin]
    channel = WebPushChannel(key, "mailto:desk@dispatch.example", origins, SystemClock().now)
    stack.push_async_callback(channel.close)
    browser = service.browser("one")
    return End(
        channel=channel,
        to=browser.address,
        arrived=lambda: [one["title"] + one["body"] for one in service.shown()],
        go_down=lambda: service.answers.append((503, {})),
        come_up=lambda: None,
        refuse=lambda: service.browsers.clear(),
    )


async def chat(medium: Medium, stack: AsyncExitStack) -> End:
    room = await stack.enter_async_context(chatting())
    return End(
        channel=ChatChannel(),
        to=room.address,
        arrived=lambda: [one["title"] + one["message"] for one in room.said],
        go_down=lambda: room.answers.append(503),
        come_up=lambda: None,
        refuse=lambda: room.answers.extend([403] * 3),
    )


ENDS = {
    "recording-sms": (recording, Medium.SMS),
    "recording-push": (recording, Medium.PUSH),
    "gateway-sms": (gateway, Medium.SMS),
    "gateway-voice": (gateway, Medium.VOICE),
    "webpush": (webpush, Medium.PUSH),
    "chat": (chat, Medium.CHAT),
}


@pytest.fixture(params=ENDS)
async def end(request: pytest.FixtureRequest) -> AsyncIterator[End]:
    make, medium = ENDS[request.param]
    async with AsyncExitStack() as stack:
        yield await make(medium, stack)


async def test_a_message_arrives(end: End) -> None:
    receipt = await end.channel.send(end.to, MESSAGE, "r-a/1")
    (text,) = end.arrived()
    assert "North dike" in text
    assert len(receipt.reference) <= 80


async def test_it_says_which_medium_it_is_and_whether_people_hear_of_it(end: End) -> None:
    assert end.channel.medium in Medium
    assert end.channel.real == isinstance(end.channel, WebPushChannel | ChatChannel)


async def test_the_same_key_is_sent_once(end: End) -> None:
    receipts = [await end.channel.send(end.to, MESSAGE, "r-a/1") for _ in range(2)]
    together = [end.channel.send(end.to, MESSAGE, "r-a/1") for _ in range(3)]
    receipts += await asyncio.gather(*together)
    assert len(end.arrived()) == 1
    assert len({receipt.reference for receipt in receipts}) == 1
    await end.channel.send(end.to, MESSAGE, "r-b/1")
    assert len(end.arrived()) == 2


async def test_what_is_down_may_be_tried_again_under_the_same_key(end: End) -> None:
    end.go_down()
    with pytest.raises(ChannelDown):
        await end.channel.send(end.to, MESSAGE, "r-a/1")
    assert end.arrived() == []
    end.come_up()
    await end.channel.send(end.to, MESSAGE, "r-a/1")
    assert len(end.arrived()) == 1


async def insisted(end: End) -> None:
    """Send until it is no longer said to work later."""
    while True:
        with contextlib.suppress(ChannelDown):
            await end.channel.send(end.to, MESSAGE, "r-a/1")
            return


async def test_what_will_never_arrive_says_so(end: End) -> None:
    end.refuse()
    with pytest.raises(Undeliverable) as caught:
        await insisted(end)
    assert caught.value.code.replace("_", "").isalnum()
    assert end.arrived() == []


async def test_an_exercise_is_marked_on_the_way_out(end: End) -> None:
    await end.channel.send(end.to, replace(MESSAGE, exercise=True), "r-a/1")
    assert end.arrived()[0].startswith("[EXERCISE]")


async def test_nothing_but_a_template_can_be_sent(end: End) -> None:
    for bad in (replace(MESSAGE, template="free"), replace(MESSAGE, params={"text": "free"})):
        with pytest.raises(ValueError, match=r"no template|missing or unknown"):
            await end.channel.send(end.to, bad, "r-a/1")
    assert end.arrived() == []
