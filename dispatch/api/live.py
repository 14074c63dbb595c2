"""The upgrade: session and origin are checked once here, then the socket is the gateway's.

uvicorn hands a request to become a websocket to a protocol class of ours (`Config.ws`), on the same
port and loop as everything else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Final

from starlette.requests import cookie_parser
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol

from dispatch.alerts import wire
from dispatch.alerts.peer import MAX_MESSAGE, Peer
from dispatch.api.services import Services
from dispatch.api.session import COOKIES, actor_of, from_our_page
from dispatch.api.sessions import MOST
from dispatch.errors import StoreUnavailable
from dispatch.model import Actor, Role
from dispatch.registry import access

PATHS: Final = {"/ws/command": Role.COMMANDER, "/ws/phone": Role.VOLUNTEER}
_LOG: Final = logging.getLogger("dispatch.live")
RECHECK_S: Final = 60.0


class Upgrade(asyncio.Protocol):
    """Answers one request to become a websocket."""

    def __init__(self, services: Services, config: Any, server_state: Any, app_state: Any) -> None:
        self._services = services
        self._state = server_state
        self._protocol = ServerProtocol(max_size=MAX_MESSAGE, logger=_LOG)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket, where a server that stops finds it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._state.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side gave up before it was answered."""
        self._state.connections.discard(self)

    def shutdown(self) -> None:
        """The server stops."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take the whole request, which uvicorn has read."""
        self._transport.pause_reading()
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            assert isinstance(event, Request)
            response = self._protocol.accept(event)
            role = PATHS.get(event.path.partition("?")[0])
            if role is None:
                response = self._protocol.reject(404, "no such socket\n")
            self._protocol.send_response(response)
            if response.status_code == 101 and role is not None:
                task = asyncio.get_running_loop().create_task(self._admit(event.headers, role))
                self._state.tasks.add(task)
                task.add_done_callback(self._state.tasks.discard)
                return
        self._say()
        self._transport.close()

    async def _admit(self, headers: Headers, role: Role) -> None:
        """Hand over to a peer; one that may not come in gets 4401, which its page can read."""
        token = _cookie(headers, COOKIES[role])
        try:
            actor = await self._who(headers, token, role)
        except StoreUnavailable:
            # Nobody knows who this is: it comes back by itself, like one that was too slow.
            self._protocol.send_close(wire.CLOSE_SLOW, "try again")
            self._say()
            self._transport.close()
            return
        self._state.connections.discard(self)
        if self._transport.is_closing():
            return
        if actor is None:
            self._protocol.send_close(wire.CLOSE_NO_SESSION, "no session")
            self._say()
            self._transport.close()
            return
        self._say()
        gateway = self._services.gateway
        peer = Peer(actor, access.digest(token), self._protocol, gateway)
        peer.connection_made(self._transport)
        self._transport.set_protocol(peer)
        gateway.attach(peer)
        self._transport.resume_reading()

    async def _who(self, headers: Headers, token: str, role: Role) -> Actor | None:
        if not from_our_page(_only(headers, "Origin"), _only(headers, "Host")):
            return None
        return await actor_of(self._services, token, role)

    def _say(self) -> None:
        self._transport.write(b"".join(self._protocol.data_to_send()))


def _only(headers: Headers, name: str) -> str | None:
    """The header's value; said twice it says nothing."""
    values = headers.get_all(name)
    return values[0] if len(values) == 1 else None


def _cookie(headers: Headers, name: str) -> str:
    return cookie_parser("; ".join(headers.get_all("Cookie"))).get(name, "")


async def recheck_forever(services: Services) -> None:
    """Close the screens whose session has ended or run out meanwhile, once a minute.

    While the store is away nobody knows, and nobody is sent away.
    """
    while True:
        await services.clock.sleep(RECHECK_S)
        with contextlib.suppress(StoreUnavailable):
            await recheck(services)


async def recheck(services: Services) -> None:
    """Close the screens whose session does not stand any more."""
    held = services.gateway.sessions()
    digests = sorted(held)
    for start in range(0, len(digests), MOST):
        asked = digests[start : start + MOST]
        stand = await services.sessions.holders(asked)
        for digest in asked:
            for peer in held[digest] if digest not in stand else ():
                services.gateway.close(peer, wire.CLOSE_NO_SESSION, "session ended")
