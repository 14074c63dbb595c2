"""One planner for several processes: its holder answers each of them over a socket pair.

A frame is its length in four bytes and a pickle. Both ends are this program, and nobody else can
reach the socket. Down go answers; up go questions, and a beat every second, so that the holder
notices a process that is stuck.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import pickle
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from dispatch.errors import PlannerUnavailable
from dispatch.model import NeedId, Plan
from dispatch.planner.process import ProcessPlanner, Question, planned

A = TypeVar("A")

BEAT_S: Final = 1.0
START_S: Final = 120.0
SILENCE_S: Final = 15.0

_BEAT: Final = None


async def answer(
    planner: ProcessPlanner,
    end: socket.socket,
    up: Callable[[], None] = lambda: None,
    silence_s: float = SILENCE_S,
) -> None:
    """Answer what the process at the other end asks, until it closes the socket; call `up` when it
    is first heard of.

    Raises:
        TimeoutError: nothing came for `silence_s`, or for START_S at first.
    """
    reader, writer = await asyncio.open_connection(sock=end)
    replies: set[asyncio.Task[None]] = set()
    patience_s = START_S
    try:
        while True:
            async with asyncio.timeout(patience_s):
                asked = await _read(reader)
            if patience_s == START_S:
                up()
            patience_s = silence_s
            if asked is not _BEAT:
                replies.add(task := asyncio.create_task(_reply(planner, writer, *asked)))
                task.add_done_callback(replies.discard)
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        for task in replies:
            task.cancel()
        writer.close()


async def _reply(
    planner: ProcessPlanner,
    writer: asyncio.StreamWriter,
    number: int,
    seq: int,
    now: datetime,
    question: Question[Any],
) -> None:
    try:
        found, good = await planner.ask(seq, now, question), True
    except Exception as exc:
        found, good = exc, False
    with contextlib.suppress(ConnectionError):
        writer.write(_frame((number, good, found)))
        await writer.drain()


class SharedPlanner:
    """Asks the planner that another process holds; `end` is this process's end of the pair."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}

    async def run(self) -> None:
        """Beat, and pass answers on; forever.

        Raises:
            ConnectionError: who holds the planner has gone, and with it the reason to live.
        """
        reader, self._writer = await asyncio.open_connection(sock=self._end)
        beating = asyncio.create_task(self._beat(self._writer))
        try:
            while True:
                number, good, found = await _read(reader)
                asked = self._asked.pop(number, None)
                if asked is not None and not asked.done():
                    asked.set_result(found) if good else asked.set_exception(found)
        except asyncio.IncompleteReadError:
            raise ConnectionResetError("the supervisor has gone") from None
        finally:
            beating.cancel()
            self._writer.close()
            self._writer = None
            for asked in self._asked.values():
                if not asked.done():
                    asked.set_exception(PlannerUnavailable("the supervisor has gone"))

    async def plan(
        self, seq: int, now: datetime, only: tuple[NeedId, ...] | None = None
    ) -> Plan | None:
        """See `FollowingPlanner.plan`."""
        return await self.ask(seq, now, functools.partial(planned, only=only))

    async def ask(self, seq: int, now: datetime, question: Question[A]) -> A:
        """See `FollowingPlanner.ask`; the question and its answer travel, so both must pickle.

        Raises:
            PlannerUnavailable: the planner's process died twice, or the socket is not open.
        """
        if self._writer is None:
            raise PlannerUnavailable("there is no way to the planner")
        number = next(self._numbers)
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        self._writer.write(_frame((number, seq, now, question)))
        try:
            return await future
        finally:
            self._asked.pop(number, None)

    async def _beat(self, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(_frame(_BEAT))
            await asyncio.sleep(BEAT_S)


async def _read(reader: asyncio.StreamReader) -> Any:
    length = int.from_bytes(await reader.readexactly(4), "big")
    return pickle.loads(await reader.readexactly(length))


def _frame(content: object) -> bytes:
    body = pickle.dumps(content)
    return len(body).to_bytes(4, "big") + body
