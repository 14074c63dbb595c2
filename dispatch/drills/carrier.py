"""A carrier's adapter that reaches nobody: it keeps every message where a person can read it and
answer, and reports delivery as a carrier would. For the demo, drills and tests, over real HTTP.

It speaks the protocol of docs/reference/gateway.md, so what works with it works with an adapter
that follows that page.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import msgspec
import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from dispatch.alerts.signing import is_signed, signed
from dispatch.ports import Clock

PAGE: Final = Path(__file__).parent / "carrier.html"
KEPT_MOST: Final = 20_000
PHONES_SHOWN: Final = 100
MESSAGES_SHOWN: Final = 100
AT_ONCE: Final = 100
"""Reports in one request."""
LOOK_EVERY_S: Final = 0.1
AGAIN_S: Final = 1.0
TRIES: Final = 60
TIMEOUT_S: Final = 5.0
POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Fault(StrEnum):
    """What goes wrong for a phone. DOWN: not now; REFUSED: the message will not do; FAILED: taken,
    then reported as failed; LOST: taken, and never heard of again."""

    NONE = "NONE"
    DOWN = "DOWN"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    LOST = "LOST"


class Incoming(BaseModel):
    """A message as the server hands it over."""

    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Annotated[str, Field(pattern="^(sms|voice)$")]
    to: Annotated[str, Field(pattern=r"^\+?[0-9]{5,15}$")]
    template: str
    params: dict[str, str]
    language: str
    text: Annotated[str, Field(min_length=1, max_length=2_000)]
    urgency: str
    expires_at: datetime | None
    exercise: bool
    callback: str


class Written(BaseModel):
    """What a person writes back."""

    text: Annotated[str, Field(max_length=1_000)]


class Pressed(BaseModel):
    """What a person presses during a call."""

    id: str
    digits: Annotated[str, Field(pattern="^[0-9*#]{1,8}$")]


class Broken(BaseModel):
    """What is to go wrong for a phone."""

    fault: Fault


@dataclass(slots=True, kw_only=True, eq=False)
class Kept:
    """One message, or with `mine` a reply of the phone's owner."""

    id: str
    kind: str
    text: str
    at: datetime
    status: str = "SENT"
    mine: bool = False


@dataclass(slots=True, kw_only=True)
class Posting:
    """Something to tell the server, not before `due_at`."""

    url: str
    item: dict[str, Any]
    due_at: datetime
    tries: int = 0


@dataclass(slots=True, kw_only=True)
class Carrier:
    """The simulator. `delay_s` passes until a message is reported as delivered; `names` of phones
    stand first in the inbox; `faults` by phone, and under `*` for all others."""

    secret: bytes
    clock: Clock
    delay_s: float = 1.0
    names: Mapping[str, str] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    _inbox: dict[str, list[Kept]] = field(default_factory=dict)
    _taken: dict[str, tuple[str, Kept]] = field(default_factory=dict)
    _callbacks: dict[str, str] = field(default_factory=dict)
    _postings: list[Posting] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _began: str = ""

    def __post_init__(self) -> None:
        # Replies of an earlier run had other ids.
        self._began = f"{self.clock.now().timestamp():.6f}"

    def app(self) -> FastAPI:
        """Return its HTTP side."""
        app = FastAPI(title="Carrier", docs_url=None, redoc_url=None, openapi_url=None)
        app.state.carrier = self
        app.include_router(router)
        return app

    async def run(self) -> None:
        """Report and pass replies on as they fall due; forever."""
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            while True:
                await self.post(client)
                await self.clock.sleep(LOOK_EVERY_S)

    def take(self, message: Incoming) -> tuple[int, str]:
        """Take a message once; return the HTTP status and our reference, or why it is refused."""
        if message.id in self._taken:
            return 200, _reference(message.id)
        fault = self._fault(message.to)
        if fault is Fault.DOWN:
            return 503, "DOWN"
        if fault is Fault.REFUSED:
            return 422, "NUMBER_REFUSED"
        now = self.clock.now()
        kept = Kept(id=message.id, kind=message.kind, text=message.text, at=now)
        self._keep(message.to, kept)
        self._taken[message.id] = message.to, kept
        self._callbacks[message.to] = message.callback
        if fault is not Fault.LOST:
            status = "FAILED" if fault is Fault.FAILED else "DELIVERED"
            self._report(message.to, kept, status, now + timedelta(seconds=self.delay_s))
        return 202, _reference(message.id)

    def write(self, phone: str, text: str) -> bool:
        """The owner of a phone writes back; False when nobody ever wrote to it."""
        if phone not in self._callbacks:
            return False
        now = self.clock.now()
        reply_id = f"reply-{self._began}-{next(self._numbers)}"
        self._keep(phone, Kept(id=reply_id, kind="sms", text=text, at=now, mine=True))
        item = {"id": reply_id, "from": phone, "text": text, "at": _instant(now)}
        self._post(phone, "replies", item, now)
        return True

    def press(self, phone: str, call_id: str, digits: str) -> bool:
        """The owner of a phone presses keys during a call; False when there was no such call."""
        to, kept = self._taken.get(call_id, ("", None))
        if to != phone or kept is None or kept.kind != "voice":
            return False
        self._report(phone, kept, "DELIVERED", self.clock.now(), digits=digits)
        kept.text += f"  [{digits}]"
        return True

    def phones(self) -> list[dict[str, Any]]:
        """Return the phones of the inbox, the named ones first, then those last written to."""
        named = list(self.names)
        others = [phone for phone in reversed(self._inbox) if phone not in self.names]
        return [self._phone(phone) for phone in [*named, *others][:PHONES_SHOWN]]

    def messages(self, phone: str) -> list[dict[str, Any]]:
        """Return what a phone shows, the oldest first."""
        shown = self._inbox.get(phone, [])[-MESSAGES_SHOWN:]
        return [
            {
                "id": one.id,
                "kind": one.kind,
                "text": one.text,
                "at": _instant(one.at),
                "status": one.status,
                "mine": one.mine,
            }
            for one in shown
        ]

    async def post(self, client: httpx.AsyncClient) -> None:
        """Tell the server what is due: reports together, each reply alone."""
        now = self.clock.now()
        due = [p for p in self._postings if p.due_at <= now]
        self._postings = [p for p in self._postings if p.due_at > now]
        for url, batch in _batches(due):
            items = [p.item for p in batch]
            body: Any = items if url.endswith("/reports") else items[0]
            if not await self._told(client, url, msgspec.json.encode(body)):
                self._again(batch)

    def _again(self, batch: Iterable[Posting]) -> None:
        later = self.clock.now() + timedelta(seconds=AGAIN_S)
        for posting in batch:
            posting.tries, posting.due_at = posting.tries + 1, later
            if posting.tries < TRIES:
                self._postings.append(posting)

    async def _told(self, client: httpx.AsyncClient, url: str, body: bytes) -> bool:
        headers = signed(self.secret, body, self.clock.now())
        headers["Content-Type"] = "application/json"
        try:
            response = await client.post(url, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        return response.status_code < 500

    def _fault(self, phone: str) -> Fault:
        return self.faults.get(phone, self.faults.get("*", Fault.NONE))

    def _keep(self, phone: str, kept: Kept) -> None:
        # To the end: the inbox stands in the order of the last message.
        self._inbox[phone] = [*self._inbox.pop(phone, []), kept][-MESSAGES_SHOWN:]
        while len(self._taken) >= KEPT_MOST:
            del self._taken[next(iter(self._taken))]
        while len(self._inbox) > KEPT_MOST:
            del self._inbox[next(iter(self._inbox))]

    def _report(self, phone: str, kept: Kept, status: str, due_at: datetime, **more: str) -> None:
        kept.status = status
        item = {"id": kept.id, "status": status, "at": _instant(due_at), **more}
        if status == "FAILED":
            item["because"] = "UNREACHABLE"
        self._post(phone, "reports", item, due_at)

    def _post(self, phone: str, what: str, item: dict[str, Any], due_at: datetime) -> None:
        url = f"{self._callbacks[phone].rstrip('/')}/{what}"
        self._postings.append(Posting(url=url, item=item, due_at=due_at))

    def _phone(self, phone: str) -> dict[str, Any]:
        kept = self._inbox.get(phone, [])
        return {
            "phone": phone,
            "name": self.names.get(phone, ""),
            "messages": len(kept),
            "last": kept[-1].text if kept else "",
        }


router = APIRouter()


@router.post("/messages")
async def take(request: Request) -> Response:
    """A message of the server."""
    carrier, body = _carrier(request), await request.body()
    if not is_signed(carrier.secret, request.headers, body, carrier.clock.now()):
        return JSONResponse({"code": "BAD_SIGNATURE"}, status_code=401)
    try:
        message = Incoming.model_validate_json(body)
    except ValueError:
        return JSONResponse({"code": "BAD_REQUEST"}, status_code=422)
    status, word = carrier.take(message)
    name = "reference" if status in (200, 202) else "code"
    return JSONResponse({name: word}, status_code=status)


@router.get("/")
async def page() -> Response:
    """The inbox, for people."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return FileResponse(PAGE, media_type="text/html", headers=headers)


@router.get("/phones")
async def phones(request: Request) -> list[dict[str, Any]]:
    """The phones that somebody wrote to."""
    return _carrier(request).phones()


@router.get("/phones/{phone}")
async def messages(request: Request, phone: str) -> list[dict[str, Any]]:
    """What a phone shows."""
    return _carrier(request).messages(phone)


@router.post("/phones/{phone}/reply")
async def reply(request: Request, phone: str, body: Written) -> Response:
    """The owner writes back."""
    return _done(_carrier(request).write(phone, body.text))


@router.post("/phones/{phone}/keys")
async def keys(request: Request, phone: str, body: Pressed) -> Response:
    """The owner presses keys during a call."""
    return _done(_carrier(request).press(phone, body.id, body.digits))


@router.put("/faults/{phone}")
async def fault(request: Request, phone: str, body: Broken) -> Response:
    """Something goes wrong for a phone from now on, under `*` for all others."""
    _carrier(request).faults[phone] = body.fault
    return _done(True)


@contextlib.asynccontextmanager
async def serving(carrier: Carrier, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the simulator on a socket while the block lasts."""
    config = uvicorn.Config(
        carrier.app(),
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    tasks = [
        asyncio.create_task(server.serve(sockets=[listener])),
        asyncio.create_task(carrier.run()),
    ]
    try:
        yield
    finally:
        server.should_exit = True
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def serve(carrier: Carrier, listener: socket.socket) -> None:
    """Serve the simulator on a socket; forever."""
    async with serving(carrier, listener):
        await asyncio.Event().wait()


class _Server(uvicorn.Server):
    """Leaves the signals to the server it stands beside."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _batches(due: list[Posting]) -> Iterator[tuple[str, list[Posting]]]:
    by_url: dict[str, list[Posting]] = {}
    for posting in due:
        by_url.setdefault(posting.url, []).append(posting)
    for url, postings in by_url.items():
        size = AT_ONCE if url.endswith("/reports") else 1
        for start in range(0, len(postings), size):
            yield url, postings[start : start + size]


def _carrier(request: Request) -> Carrier:
    found: Carrier = request.app.state.carrier
    return found


def _done(done: bool) -> Response:
    return Response(status_code=204 if done else 404)


def _reference(message_id: str) -> str:
    return f"sim-{message_id}"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
