"""The adapter's protocol as docs/reference/gateway.md has it, against the simulator and against
servers that answer anything."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from dispatch.alerts.channels.gateway import GatewayChannel
from dispatch.alerts.signing import is_signed
from dispatch.clock import SystemClock
from dispatch.errors import ChannelDown, Undeliverable
from dispatch.model import Medium, Urgency
from dispatch.ports import Message
from tests.carriers import SECRET, carrying, served

EXPIRES_AT = datetime(2026, 7, 20, 8, 0, tzinfo=UTC) + timedelta(hours=2)
MESSAGE = Message(
    template="test",
    params={"sign": "榆树应急", "name": "七月"},
    language="zh",
    urgency=Urgency.TEST,
    expires_at=EXPIRES_AT,
    exercise=True,
)
CALLBACK = "https://dispatch.example/api/hooks"


def channel_to(url: str, secret: bytes = SECRET, medium: Medium = Medium.SMS) -> GatewayChannel:
    return GatewayChannel(medium, url, secret, CALLBACK, SystemClock().now)


def answering(status: int, body: bytes) -> FastAPI:
    app = FastAPI()

    @app.post("/messages")
    async def take() -> Response:
        return Response(body, status_code=status)

    return app


async def test_the_request_is_the_one_in_the_reference() -> None:
    seen: list[tuple[dict[str, Any], bool]] = []
    app = FastAPI()

    @app.post("/v2/messages")
    async def take(request: Request) -> dict[str, str]:
        body = await request.body()
        good = is_signed(SECRET, request.headers, body, SystemClock().now())
        seen.append((json.loads(body), good))
        return {"reference": "carrier-7"}

    async with served(app) as url:
        channel = channel_to(f"{url}/v2/", medium=Medium.VOICE)
        receipt = await channel.send("+99900000001", MESSAGE, "t-a-7/VOICE")
        await channel.close()
    assert receipt.reference == "carrier-7"
    assert seen == [
        (
            {
                "id": "t-a-7/VOICE",
                "kind": "voice",
                "to": "+99900000001",
                "template": "test",
                "params": {"sign": "榆树应急", "name": "七月"},
                "language": "zh",
                "text": "【演练】榆树应急联络测试，没有任务。听到请按1。",
                "urgency": "TEST",
                "expires_at": "2026-07-20T10:00:00+00:00",
                "exercise": True,
                "callback": CALLBACK,
            },
            True,
        )
    ]


@pytest.mark.parametrize("status", [301, 401, 403, 404, 408, 429, 500, 502, 503])
async def test_what_may_be_mended_is_tried_again(status: int) -> None:
    async with served(answering(status, b"{}")) as url:
        channel = channel_to(url)
        with pytest.raises(ChannelDown):
            await channel.send("+99900000001", MESSAGE, "k")
        await channel.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"code": "NUMBER_BLOCKED"}', "NUMBER_BLOCKED"),
        (b'{"code": "call +99900000001 back"}', "REFUSED"),
        (b'{"code": 5}', "REFUSED"),
        (b"[]", "REFUSED"),
        (b"\xff", "REFUSED"),
        (b"[" * 100_000, "REFUSED"),
    ],
)
async def test_a_refusal_is_recorded_by_its_code_and_nothing_else(body: bytes, code: str) -> None:
    async with served(answering(422, body)) as url:
        channel = channel_to(url)
        with pytest.raises(Undeliverable) as caught:
            await channel.send("+99900000001", MESSAGE, "k")
        await channel.close()
    assert (caught.value.code, caught.value.gone) == (code, False)


async def test_an_adapter_that_is_not_there_is_down() -> None:
    channel = channel_to("http://127.0.0.1:9")
    with pytest.raises(ChannelDown, match="ConnectError"):
        await channel.send("+99900000001", MESSAGE, "k")
    await channel.close()


async def test_a_wrong_secret_is_no_reason_to_give_a_message_up() -> None:
    async with carrying() as (carrier, url):
        channel = channel_to(url, b"another")
        with pytest.raises(ChannelDown, match="401"):
            await channel.send("+99900000001", MESSAGE, "k")
        await channel.close()
        assert carrier.messages("+99900000001") == []
