"""The websocket edge: session and origin at the upgrade, then frames between socket and gateway."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from dispatch.alerts import wire
from dispatch.alerts.gateway import Connection, Gateway
from dispatch.api.services import services
from dispatch.api.session import same_origin, session_of
from dispatch.errors import BadFrame
from dispatch.model import Role
from dispatch.views import Audience

router = APIRouter()

HELLO_S: Final = 10.0
SILENCE_S: Final = 75.0
"""Two and a half missed pings: the phone is gone."""
SEND_S: Final = 20.0
RECHECK_S: Final = 60.0


@router.websocket("/ws/command")
async def command(socket: WebSocket) -> None:
    """Live updates of all operations, for a commander."""
    await _serve(socket, Role.COMMANDER)


@router.websocket("/ws/phone")
async def phone(socket: WebSocket) -> None:
    """Live updates of one's own offers and assignments, for a volunteer."""
    await _serve(socket, Role.VOLUNTEER)


async def _serve(socket: WebSocket, role: Role) -> None:
    await socket.accept()
    actor = await session_of(socket, role) if same_origin(socket) else None
    if actor is None:
        await socket.close(wire.CLOSE_NO_SESSION)
        return
    gateway = services(socket).gateway
    try:
        hello = await _hello(socket)
        connection = gateway.attach(Audience(volunteer_id=actor.volunteer_id), hello)
        try:
            await _converse(socket, role, gateway, connection)
        finally:
            gateway.detach(connection)
    except BadFrame as exc:
        await _close(socket, exc.code)
    except TimeoutError:
        await _close(socket, wire.CLOSE_SLOW)
    except WebSocketDisconnect:
        pass


async def _hello(socket: WebSocket) -> wire.Hello:
    frame = wire.parse(await asyncio.wait_for(_text(socket), HELLO_S))
    if not isinstance(frame, wire.Hello):
        raise BadFrame("the first frame must be hello")
    return frame


async def _converse(
    socket: WebSocket, role: Role, gateway: Gateway, connection: Connection
) -> None:
    """Run until either side ends; the first error wins and the other direction is stopped."""
    tasks = [
        asyncio.create_task(_receive(socket, role, gateway, connection)),
        asyncio.create_task(_send(socket, gateway, connection)),
    ]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


async def _receive(socket: WebSocket, role: Role, gateway: Gateway, connection: Connection) -> None:
    loop = asyncio.get_running_loop()
    checked = loop.time()
    while True:
        frame = wire.parse(await asyncio.wait_for(_text(socket), SILENCE_S))
        if isinstance(frame, wire.Hello):
            raise BadFrame("hello is said once")
        if loop.time() - checked > RECHECK_S:
            checked = loop.time()
            if await session_of(socket, role) is None:
                raise BadFrame("session ended", wire.CLOSE_NO_SESSION)
        connection.push(gateway.pong())


async def _send(socket: WebSocket, gateway: Gateway, connection: Connection) -> None:
    while True:
        frame = await connection.next_frame(gateway.fresh_snapshot)
        await asyncio.wait_for(socket.send_text(frame), SEND_S)


async def _text(socket: WebSocket) -> str:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    text = message.get("text")
    if text is None:
        raise BadFrame("binary frame", 1003)
    return str(text)


async def _close(socket: WebSocket, code: int) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code)
