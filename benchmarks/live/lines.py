"""HTTP as cheap as a client can make it, so that what is measured is the server."""

from __future__ import annotations

import asyncio
import re
from typing import Final

_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.I)


class Line(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Settle the request once its whole answer is there."""
        self._read += data
        head, ended, body = self._read.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if not ended or length is None or len(body) < int(length[1]):
            return
        self._read = b""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits is told."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the server has closed"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; return its status and body.

        Raises:
            OSError: the connection broke.
        """
        if self._transport is None:
            raise ConnectionResetError("the server has closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    @property
    def alive(self) -> bool:
        """Whether the server has not hung up: it does when nothing is asked for a while."""
        return self._transport is not None

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()


async def line(port: int) -> Line:
    """Return a new connection.

    Raises:
        OSError: nobody listens.
    """
    loop = asyncio.get_running_loop()
    _, made = await loop.create_connection(Line, "127.0.0.1", port)
    return made


def request(port: int, path: str, cookie: str = "", body: bytes | None = None) -> bytes:
    """Return a GET, or a POST of a JSON body, as a page of that server would send it."""
    host = f"127.0.0.1:{port}"
    said = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", f"Host: {host}"]
    if cookie:
        said.append(f"Cookie: {cookie}")
    if body is not None:
        said += [f"Origin: http://{host}", "Content-Type: application/json"]
        said.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*said, "", ""]).encode() + (body or b"")
