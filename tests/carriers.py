"""What stands at the other end of channels, over real HTTP: a push service that is as strict as the
standards, a place where chats are said, and the carrier simulator."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import http_ece
import uvicorn
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, Request, Response

from dispatch.clock import SystemClock
from dispatch.drills.carrier import Carrier, serving

DEADLINE_S = 60
SECRET = b"between us and the carrier"


def bound() -> socket.socket:
    """A socket on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


def base_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


async def until(true: Callable[[], Any]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(DEADLINE_S):
        while not true():  # noqa: ASYNC110 - the other side of a socket sets no event
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve an app on a free port while the block lasts; yields its origin."""
    config = uvicorn.Config(
        app, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    with bound() as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await until(lambda: server.started)
        try:
            yield base_of(listener)
        finally:
            server.should_exit = True
            await task


@contextlib.asynccontextmanager
async def carrying(**more: Any) -> AsyncIterator[tuple[Carrier, str]]:
    """Run the carrier simulator; yields it and its address."""
    carrier = Carrier(secret=SECRET, clock=SystemClock(), **({"delay_s": 0.0} | more))
    with bound() as listener:
        async with serving(carrier, listener):
            yield carrier, base_of(listener)


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """A browser that has subscribed: what it gives away, and what it keeps."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)

    @property
    def subscription(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` has it."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": unpadded(point), "auth": unpadded(self.auth)}
        return {"endpoint": self.endpoint, "keys": keys}

    @property
    def address(self) -> str:
        return json.dumps(self.subscription)

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt what came (RFC 8188, 8291), as the browser does before it wakes the page."""
        plain = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        payload: dict[str, Any] = json.loads(plain)
        return payload


@dataclass
class PushService:
    """Takes what RFC 8030 and 8292 allow, refuses the rest. `answers` are given instead, one a
    request."""

    public_key: str = ""
    origin: str = ""
    browsers: dict[str, Browser] = field(default_factory=dict)
    waiting: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    clock: SystemClock = field(default_factory=SystemClock)

    def browser(self, name: str) -> Browser:
        self.browsers[name] = Browser(f"{self.origin}/push/{name}")
        return self.browsers[name]

    def shown(self) -> list[dict[str, Any]]:
        """What browsers will have shown once they woke: one for each topic."""
        return list(self.waiting.values())

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/push/{name}")
        async def push(name: str, request: Request) -> Response:
            body = await request.body()
            if self.answers:
                status, more = self.answers.pop(0)
                return Response(status_code=status, headers=more)
            if name not in self.browsers:
                return Response(status_code=410)
            given = dict(request.headers)
            self.headers.append(given)
            problem = self._problem(given)
            if problem:
                return Response(problem, status_code=403 if "vapid" in problem else 400)
            self.waiting[name, given["topic"]] = self.browsers[name].read(body)
            return Response(status_code=201, headers={"Location": f"{self.origin}/m/1"})

        return app

    def _problem(self, given: dict[str, str]) -> str:
        topic = given.get("topic", "")
        if not given.get("ttl", "").isdigit():
            return "no ttl"
        if not 0 < len(topic) <= 32 or not set(topic) <= set(unpadded(bytes(range(256))) + "-_"):
            return "bad topic"
        if given.get("urgency") not in ("very-low", "low", "normal", "high"):
            return "bad urgency"
        if given.get("content-encoding") != "aes128gcm":
            return "bad encoding"
        return self._vapid_problem(given.get("authorization", ""))

    def _vapid_problem(self, authorization: str) -> str:
        scheme, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        if scheme != "vapid" or parts.get("k") != self.public_key:
            return "vapid: not who subscribed"
        head, claims, signature = parts["t"].split(".")
        if json.loads(decoded(head))["alg"] != "ES256":
            return "vapid: alg"
        raw = decoded(signature)
        halves = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(parts["k"]))
        try:
            signed = f"{head}.{claims}".encode()
            key.verify(encode_dss_signature(*halves), signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return "vapid: signature"
        said, now = json.loads(decoded(claims)), self.clock.now()
        if said["aud"] != self.origin or not said["sub"].startswith(("mailto:", "https:")):
            return "vapid: aud or sub"
        if not now.timestamp() < said["exp"] <= (now + timedelta(hours=24)).timestamp():
            return "vapid: exp"
        return ""


@contextlib.asynccontextmanager
async def pushing(public_key: str) -> AsyncIterator[PushService]:
    """Run a push service whose browsers subscribed with this key."""
    service = PushService(public_key=public_key)
    async with served(service.app()) as service.origin:
        yield service


@dataclass
class ChatRoom:
    """Where an Apprise `json://` address leads. `answers` are given first, one a request."""

    origin: str = ""
    said: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def address(self) -> str:
        return self.origin.replace("http", "json") + "/room"

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/room")
        async def say(request: Request) -> Response:
            if self.answers:
                return Response(status_code=self.answers.pop(0))
            self.said.append(await request.json())
            return Response(status_code=200)

        return app


@contextlib.asynccontextmanager
async def chatting() -> AsyncIterator[ChatRoom]:
    """Run a chat."""
    room = ChatRoom()
    async with served(room.app()) as room.origin:
        yield room
