"""The same key is sent once, also when it is sent again while it is still under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from dispatch.ports import Receipt

REMEMBERED: Final = 20_000
"""Keys that are known to have been sent; the oldest go first."""


class Once:
    """Receipts by key, for channels whose other side knows no keys.

    It is forgotten with the process: what was recorded as sent is not sent again anyway.
    """

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._sent: dict[str, asyncio.Future[Receipt]] = {}

    async def send(self, key: str, send: Callable[[], Awaitable[Receipt]]) -> Receipt:
        """Return what `send` returns, from the first time that it worked for this key.

        Raises:
            whatever `send` raises; the key may then be tried again.
        """
        sending = self._sent.get(key)
        if sending is None:
            sending = self._sent[key] = asyncio.ensure_future(send())
            sending.add_done_callback(lambda done: self._done(key, done))
        # Who gives up waiting does not stop the message: it may have left already.
        return await asyncio.shield(sending)

    def _done(self, key: str, done: asyncio.Future[Receipt]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._sent.pop(key, None)
        while len(self._sent) > self._most:
            del self._sent[next(iter(self._sent))]
