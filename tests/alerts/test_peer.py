"""A socket that speaks RFC 6455: with a standard client, against junk, against who says much."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from dispatch.alerts import wire
from dispatch.alerts.gateway import Gateway
from dispatch.alerts.peer import BURST, MAX_MESSAGE, Peer
from dispatch.alerts.wire import MAX_CLIENT_FRAME
from dispatch.board import Board
from dispatch.clock import ManualClock
from dispatch.model import AgencyId
from tests.alerts.sockets import Screen, commander
from tests.play import T0, volunteer

HELLO = json.dumps({"t": "hello", "last_seq": None, "log_id": None})
PING = b'{"t":"ping"}'


def gateway() -> Gateway:
    return Gateway(Board(agency=AgencyId("test")), "log-1", ManualClock(T0))


class Door(asyncio.Protocol):
    """Upgrades whoever asks, as the edge does after its checks."""

    def __init__(self, served: Gateway) -> None:
        self._gateway = served
        self._protocol = ServerProtocol(max_size=MAX_MESSAGE)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            assert isinstance(event, Request)
            self._protocol.send_response(self._protocol.accept(event))
            self._transport.write(b"".join(self._protocol.data_to_send()))
            peer = Peer(commander(), "s", self._protocol, self._gateway)
            self._transport.set_protocol(peer)
            peer.connection_made(self._transport)
            self._gateway.attach(peer)


@contextlib.asynccontextmanager
async def serving(served: Gateway) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Door(served), "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def client() -> AsyncIterator[ClientConnection]:
    async with serving(gateway()) as url, connect(url) as socket:
        await socket.send(HELLO)
        assert json.loads(await socket.recv())["t"] == "snapshot"
        yield socket


async def code_of(client: ClientConnection) -> int | None:
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(5):
            while True:
                await client.recv()
    return client.close_code


async def test_a_message_in_fragments(client: ClientConnection) -> None:
    await client.send(['{"t":', '"pi', 'ng"}'])
    assert json.loads(await client.recv())["t"] == "pong"


async def test_a_ping_between_fragments_is_answered_at_once(client: ClientConnection) -> None:
    answered: asyncio.Future[float]

    async def parts() -> AsyncIterator[str]:
        nonlocal answered
        yield '{"t":'
        answered = await client.ping()
        yield '"ping"}'

    await client.send(parts())
    assert json.loads(await client.recv())["t"] == "pong"
    async with asyncio.timeout(5):
        await answered


async def test_ping_is_answered_with_its_own_payload(client: ClientConnection) -> None:
    async with asyncio.timeout(5):
        await (await client.ping(b"payload"))


async def test_the_client_closes(client: ClientConnection) -> None:
    await client.close(1001, "leaving")
    assert client.close_code == 1001


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("junk", 1008),
        (b"binary", 1003),
        ("x" * (MAX_CLIENT_FRAME + 1), 1009),
        ("x" * (MAX_MESSAGE + 1), 1009),
        (["x" * MAX_MESSAGE, "x"], 1009),
        (["{", "}"], 1008),
    ],
)
async def test_bad_messages(client: ClientConnection, message: Any, code: int) -> None:
    with contextlib.suppress(ConnectionClosed):
        await client.send(message)
    assert await code_of(client) == code


def raw(opcode: int, payload: bytes, *, fin: bool = True, mask: bool = True, rsv: int = 0) -> bytes:
    """A frame as it stands in RFC 6455, 5.2, however wrong."""
    head = bytes([fin << 7 | rsv << 4 | opcode])
    length = len(payload)
    if length < 126:
        head += bytes([mask << 7 | length])
    else:
        head += bytes([mask << 7 | 126]) + length.to_bytes(2, "big")
    key = b"\x01\x02\x03\x04" if mask else b""
    body = bytes(b ^ key[n % 4] for n, b in enumerate(payload)) if mask else payload
    return head + key + body


def said(*frames: bytes) -> Screen:
    """A screen that has said hello and then sends these bytes."""
    screen = Screen(gateway(), commander()).hello()
    for data in frames:
        if not screen.pipe.closed:
            screen.peer.data_received(data)
    return screen


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([raw(1, PING, mask=False)], 1002),
        ([raw(1, PING, rsv=4)], 1002),
        ([raw(3, b"")], 1002),
        ([raw(0, b"continues nothing")], 1002),
        ([raw(1, b"a", fin=False), raw(1, b"b")], 1002),
        ([raw(9, b"x" * 126)], 1002),
        ([raw(9, b"", fin=False)], 1002),
        ([raw(8, b"\x03")], 1002),
        ([raw(8, b"\x03\xe8\xff")], 1007),
        ([raw(1, b"\xc3\x28")], 1007),
        ([raw(1, b"\xe4\xb8", fin=False), raw(0, b"\xff")], 1007),
        ([raw(8, (1000).to_bytes(2, "big"))], 1000),
    ],
)
def test_what_the_protocol_forbids(frames: list[bytes], code: int) -> None:
    screen = said(*frames)
    assert screen.code == code
    assert screen.pipe.closed


def test_a_character_cut_between_fragments_is_whole_again() -> None:
    text = '{"t":"hello","last_seq":null,"log_id":"日志"}'.encode()
    cut = text.index("日".encode()) + 1
    screen = Screen(gateway(), commander())
    for part in (raw(1, text[:cut], fin=False), raw(0, text[cut:])):
        screen.peer.data_received(part)
    assert [f["t"] for f in screen.frames()] == ["snapshot"]


def test_byte_by_byte() -> None:
    screen = said(*(bytes([b]) for b in raw(1, PING)))
    assert [f["t"] for f in screen.frames()] == ["snapshot", "pong"]


@pytest.mark.parametrize("frame", [raw(1, PING), raw(9, b"ping"), raw(10, b"pong")])
def test_who_sends_too_much_is_closed(frame: bytes) -> None:
    enough = int(BURST) - 1
    assert said(*[frame] * enough).code is None
    assert said(frame * (enough + 5)).code == wire.CLOSE_BROKEN


def test_nothing_is_obeyed_after_goodbye() -> None:
    screen = said(raw(1, b"junk"), raw(1, PING) * 3)
    assert [f["t"] for f in screen.frames()] == ["snapshot"]


def test_the_far_end_vanishes() -> None:
    screen = Screen(gateway(), volunteer(1)).hello()
    screen.peer.eof_received()
    assert screen.pipe.closed


def test_a_long_reason_is_cut() -> None:
    screen = Screen(gateway(), commander()).hello()
    screen.peer.close(1008, "没" * 100)
    assert screen.code == 1008


frames_at_random = st.builds(
    raw,
    st.integers(0, 15),
    st.binary(max_size=200) | st.just(PING) | st.just(HELLO.encode()),
    fin=st.booleans(),
    mask=st.booleans() | st.just(True),
    rsv=st.sampled_from([0, 0, 0, 0, 1, 4]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=300) | frames_at_random, max_size=12), st.booleans())
def test_junk_only_ever_ends_in_a_close(chunks: list[bytes], greeted: bool) -> None:
    served = gateway()
    screen = Screen(served, commander())
    if greeted:
        screen.hello()
    for chunk in chunks:
        if not screen.pipe.closed:
            screen.peer.data_received(chunk)
    screen.peer.eof_received()
    assert screen.pipe.closed
    assert len(served) == 0
    screen.frames()
    assert screen.protocol.parser_exc is None, "what we say is always in order"


@settings(max_examples=20, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=200) | frames_at_random, min_size=1, max_size=4))
async def test_junk_over_a_real_socket_hurts_nobody_else(chunks: list[bytes]) -> None:
    async with serving(gateway()) as url, connect(url) as good:
        await good.send(HELLO)
        await good.recv()
        async with connect(url) as bad:
            raw_socket: socket.socket = bad.transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                for chunk in chunks:
                    bad.transport.write(chunk)
            assert raw_socket is not None
            bad.transport.write_eof()
            async with asyncio.timeout(5):
                await bad.wait_closed()
        await good.send(PING.decode())
        async with asyncio.timeout(5):
            assert json.loads(await good.recv())["t"] == "pong"


def test_ready_made_frames_are_what_the_protocol_would_send() -> None:
    protocol = ServerProtocol(state=OPEN)
    protocol.send_text(b'{"retry_after_s":15,"t":"restarting"}')
    assert b"".join(protocol.data_to_send()) == wire.restarting(15)
    assert Frame(Opcode.PING, b"").serialize(mask=False) == wire.PING
