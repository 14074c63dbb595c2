"""Web push against a push service as strict as RFC 8030, 8291 and 8292 allow."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.alerts.channels.webpush import (
    WebPushChannel,
    are_keys,
    is_served,
    make_key,
    public_key,
)
from dispatch.clock import SystemClock
from dispatch.errors import ChannelDown, Undeliverable
from dispatch.model import Urgency
from dispatch.ports import Message
from tests.carriers import Browser, PushService, pushing, unpadded

KEY = make_key()
MESSAGE = Message(
    template="offer",
    params={
        "sign": "Rescue", "place": "North dike", "what": "Sandbags", "by": "14:30",
        "minutes": "12", "link": "https://x.example/a/t",
    },
    language="en",
    urgency=Urgency.URGENT,
    expires_at=None,
    exercise=False,
)  # fmt: skip


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with pushing(public_key(KEY)) as found:
        yield found


@pytest.fixture
async def channel(service: PushService) -> AsyncIterator[WebPushChannel]:
    made = WebPushChannel(KEY, "mailto:desk@x.example", [service.origin], SystemClock().now)
    yield made
    await made.close()


async def test_the_browser_reads_what_its_service_worker_needs(
    service: PushService, channel: WebPushChannel
) -> None:
    await channel.send(service.browser("a").address, MESSAGE, "o-abc/PUSH/7")
    assert service.shown() == [
        {
            "title": "Please go to North dike",
            "body": "Sandbags, by 14:30, about 12 minutes away. Rescue",
            "notice_id": "o-abc",
            "url": "/phone",
            "urgency": "URGENT",
            "language": "en",
        }
    ]


@pytest.mark.parametrize(
    ("urgency", "header"),
    [("LIFE", "high"), ("URGENT", "high"), ("NORMAL", "normal"), ("INFO", "low"), ("TEST", "high")],
)
async def test_the_push_service_is_told_how_urgent_it_is_and_how_long_it_is_of_use(
    service: PushService, urgency: str, header: str
) -> None:
    now = datetime.now(UTC)
    channel = WebPushChannel(KEY, "mailto:desk@x.example", [service.origin], lambda: now)
    expires_at = now + timedelta(minutes=10)
    message = replace(MESSAGE, urgency=Urgency(urgency), expires_at=expires_at)
    await channel.send(service.browser("a").address, message, "o-abc/PUSH/7")
    await channel.close()
    (headers,) = service.headers
    assert (headers["urgency"], headers["ttl"]) == (header, "600")


async def test_what_is_of_no_use_any_more_is_not_sent(
    service: PushService, channel: WebPushChannel
) -> None:
    late = replace(MESSAGE, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(Undeliverable, match="EXPIRED"):
        await channel.send(service.browser("a").address, late, "o-abc/PUSH/7")
    assert service.headers == []


@pytest.mark.parametrize(
    ("status", "gone"), [(404, True), (410, True), (400, False), (403, False), (413, False)]
)
async def test_a_browser_that_is_gone_is_told_from_a_message_that_is_refused(
    service: PushService, channel: WebPushChannel, status: int, gone: bool
) -> None:
    service.answers.append((status, {}))
    with pytest.raises(Undeliverable) as caught:
        await channel.send(service.browser("a").address, MESSAGE, "o-abc/PUSH/7")
    assert caught.value.gone is gone


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_push_service_that_is_busy_is_asked_again(
    service: PushService, channel: WebPushChannel, status: int
) -> None:
    service.answers.append((status, {"Retry-After": "1"}))
    address = service.browser("a").address
    with pytest.raises(ChannelDown):
        await channel.send(address, MESSAGE, "o-abc/PUSH/7")
    await channel.send(address, MESSAGE, "o-abc/PUSH/7")
    assert len(service.shown()) == 1


async def test_a_push_service_that_is_not_there_is_down() -> None:
    channel = WebPushChannel(
        KEY, "mailto:desk@x.example", ["http://127.0.0.1:9"], SystemClock().now
    )
    with pytest.raises(ChannelDown):
        await channel.send(Browser("http://127.0.0.1:9/push/a").address, MESSAGE, "o-abc/PUSH/7")
    await channel.close()


async def test_it_never_goes_where_an_answer_leads(
    service: PushService, channel: WebPushChannel
) -> None:
    other = service.browser("other")
    service.answers.append((307, {"Location": other.endpoint}))
    with pytest.raises(Undeliverable, match="REFUSED_307"):
        await channel.send(service.browser("a").address, MESSAGE, "o-abc/PUSH/7")
    assert service.headers == []


async def test_no_other_server_than_a_known_push_service_is_spoken_to(
    service: PushService, channel: WebPushChannel
) -> None:
    elsewhere = Browser(service.browser("a").endpoint.replace("127.0.0.1", "localhost"))
    with pytest.raises(Undeliverable, match="UNKNOWN_SERVICE"):
        await channel.send(elsewhere.address, MESSAGE, "o-abc/PUSH/7")
    assert service.headers == []


@pytest.mark.parametrize("address", ["", "{}", "[]", "null", '{"endpoint": 5}', "x"])
async def test_an_address_that_is_none_is_gone(channel: WebPushChannel, address: str) -> None:
    with pytest.raises(Undeliverable, match="BAD_ADDRESS") as caught:
        await channel.send(address, MESSAGE, "o-abc/PUSH/7")
    assert caught.value.gone


async def test_keys_that_are_none_are_gone(service: PushService, channel: WebPushChannel) -> None:
    broken = service.browser("a").subscription
    for keys in ({}, {"p256dh": "AAAA", "auth": "AAAA"}, {"p256dh": 5, "auth": 5}):
        with pytest.raises(Undeliverable, match="BAD_ADDRESS"):
            await channel.send(json.dumps(broken | {"keys": keys}), MESSAGE, "o-abc/PUSH/7")


async def test_one_signature_serves_for_many_messages_and_is_renewed_in_time(
    service: PushService,
) -> None:
    now = [datetime.now(UTC)]
    channel = WebPushChannel(KEY, "mailto:desk@x.example", [service.origin], lambda: now[0])
    address = service.browser("a").address
    for hours in (0, 5, 7):
        now[0] = datetime.now(UTC) + timedelta(hours=hours)
        message = replace(MESSAGE, expires_at=now[0] + timedelta(minutes=5))
        await channel.send(address, message, "o-abc/PUSH/7")
    await channel.close()
    first, second, third = (headers["authorization"] for headers in service.headers)
    assert first == second != third


@pytest.mark.parametrize(
    ("endpoint", "served"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://fcm.googleapis.com:443/fcm/send/abc", True),
        ("https://a.notify.windows.com/w/?token=x", True),
        ("http://127.0.0.1:9000/push/a", True),
        ("http://127.0.0.1:9001/push/a", False),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com:8443/", False),
        ("https://user@fcm.googleapis.com/", False),
        ("https://evilfcm.googleapis.com/", False),
        ("https://fcm.googleapis.com.evil.example/", False),
        ("https://notify.windows.com.evil.example/", False),
        ("https://169.254.169.254/latest", False),
        ("https://fcm.googleapis.com:x/", False),
        ("file:///etc/passwd", False),
        ("https://[/", False),
        ("https://fcm.googleapis.com/" + "x" * 1_000, False),
        ("https://fcm.googleapis.com/é", False),
        ("", False),
    ],
)
def test_which_addresses_are_push_services(endpoint: str, served: bool) -> None:
    services = ["fcm.googleapis.com", "notify.windows.com", "http://127.0.0.1:9000"]
    assert is_served(endpoint, services) is served


def test_keys_of_a_browser_are_a_point_and_16_bytes() -> None:
    keys = Browser("https://x.example").subscription["keys"]
    assert are_keys(**keys)
    assert not are_keys(keys["p256dh"], unpadded(b"short"))
    for bad in ("", "!", "AAAA", unpadded(b"\x04" + b"\x01" * 64), "é"):
        assert not are_keys(bad, keys["auth"])


def test_a_key_made_once_subscribes_browsers_for_ever() -> None:
    assert public_key(KEY) == public_key(KEY) != public_key(make_key())
    assert len(public_key(KEY)) == 87
