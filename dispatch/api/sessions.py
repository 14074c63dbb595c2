"""Who holds a session: one query for all who wait to know.

Every request and every new screen has to be asked who it is, by the thousand when phones come back.
Nothing is kept: what ended before somebody asked does not stand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final

import sqlalchemy as sa

from dispatch.model import Actor
from dispatch.ports import Clock
from dispatch.registry import access

MOST: Final = 500
"""Sessions asked for in one query."""


class Sessions:
    """Asks the registry, one query after the other; who comes meanwhile is in the next one."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._waiting: list[tuple[str, asyncio.Future[Actor | None]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def holder(self, digest: str) -> Actor | None:
        """Return who holds the session of this digest, None when it is unknown, over or ended.

        Raises:
            StoreUnavailable: nobody knows now.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Actor | None] = loop.create_future()
        self._waiting.append((digest, answer))
        if self._asking is None:
            self._asking = loop.create_task(self._ask_on())
        return await answer

    async def holders(self, digests: Collection[str]) -> dict[str, Actor]:
        """Return who holds those of these sessions that stand.

        Raises:
            StoreUnavailable: nobody knows now.
        """
        return await asyncio.to_thread(access.holders, self._engine, digests, self._clock.now())

    async def _ask_on(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._ask(asked)
        finally:
            self._asking = None

    async def _ask(self, asked: list[tuple[str, asyncio.Future[Actor | None]]]) -> None:
        still = [(digest, answer) for digest, answer in asked if not answer.done()]
        try:
            found = await self.holders({digest for digest, _ in still})
        except Exception as exc:
            for _, answer in still:
                if not answer.done():
                    answer.set_exception(exc)
            return
        for digest, answer in still:
            if not answer.done():
                answer.set_result(found.get(digest))
