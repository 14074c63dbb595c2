"""Where planning runs: a process of its own by default, or this one.

Both follow the log by themselves, so a plan request carries nothing but a log position and an
instant.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import connection
from typing import Final, TypeVar

from dispatch.board import Board, apply
from dispatch.errors import DispatchError, PlannerUnavailable, SolverFailed
from dispatch.model import NeedId, Plan
from dispatch.planner.plan import Planner
from dispatch.ports import EventLog

A = TypeVar("A")

ANSWER_S: Final = 90.0
"""The planner may take so long; one that is frozen or caught in a loop is replaced after it."""

Question = Callable[[Planner, Board, datetime], A]
"""Something only the planner can answer, since only it holds the roster: a module-level function,
or a partial of one."""


@dataclass(slots=True, kw_only=True)
class FollowingPlanner:
    """A planner with a board of its own, folded from the log.

    `refreshed` returns the planner to use now: a new one when the roster changed.
    """

    log: EventLog
    board: Board
    refreshed: Callable[[], Planner]
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def plan(
        self, seq: int, now: datetime, only: tuple[NeedId, ...] | None = None
    ) -> Plan | None:
        """Return the best plan for the board at `seq` or later, for all open needs or `only` these;
        None when no head is open.

        Raises:
            SolverFailed: no plan that `verify` vouches for, for whatever reason.
        """
        return await self.ask(seq, now, functools.partial(planned, only=only))

    async def ask(self, seq: int, now: datetime, question: Question[A]) -> A:
        """Return the answer to a question about the board at `seq` or later.

        Raises:
            SolverFailed: there is none, for whatever reason.
        """
        async with self._lock:
            while batch := await self.log.read(self.board.agency, self.board.seq):
                for stored in batch:
                    apply(self.board, stored)
            if self.board.seq < seq:
                raise PlannerUnavailable(f"the planner is at {self.board.seq}, not at {seq}")
            try:
                return await asyncio.to_thread(lambda: question(self.refreshed(), self.board, now))
            except DispatchError:
                raise
            except Exception as exc:
                # Whatever went wrong, the desk keeps the last plan and tells the commander.
                logging.getLogger("dispatch").exception("planning failed")
                raise SolverFailed(f"planning failed: {exc!r}") from exc


def planned(
    planner: Planner, board: Board, now: datetime, *, only: tuple[NeedId, ...] | None
) -> Plan | None:
    return planner.plan(board, now, only)


class ProcessPlanner:
    """Runs a `FollowingPlanner` in a child process that dies with its parent.

    `build` makes it there, so it must be a module-level function with picklable arguments. A
    child that died is replaced; the request that met its death is tried once more. So is one that
    has not answered for `limit_s`, and what it was asked has no answer then.
    """

    def __init__(self, build: Callable[[], FollowingPlanner], limit_s: float = ANSWER_S) -> None:
        self._build, self._limit_s = build, limit_s
        self._child: _Child | None = None

    async def start(self) -> None:
        """Start the child and wait until it has folded the log and loaded the roster.

        Raises:
            PlannerUnavailable: it dies at once.
        """
        await self._run(_warm)

    async def plan(
        self, seq: int, now: datetime, only: tuple[NeedId, ...] | None = None
    ) -> Plan | None:
        """See `FollowingPlanner.plan`.

        Raises:
            PlannerUnavailable: the child died twice, or did not answer.
        """
        return await self.ask(seq, now, functools.partial(planned, only=only))

    async def ask(self, seq: int, now: datetime, question: Question[A]) -> A:
        """See `FollowingPlanner.ask`; the question and its answer travel, so both must pickle.

        Raises:
            PlannerUnavailable: the child died twice, or did not answer.
        """
        return await self._run(_answer, seq, now, question)

    def close(self) -> None:
        """End the child, whatever it is about: it owns nothing."""
        if self._child is not None:
            self._child.end(wait=True)

    async def _run(self, work: Callable[..., A], *args: object) -> A:
        loop = asyncio.get_running_loop()
        for last in (False, True):
            child = self._child = self._child or _Child(self._build)
            try:
                async with asyncio.timeout(self._limit_s):
                    return await loop.run_in_executor(child.pool, work, *args)
            except TimeoutError:
                self._drop(child)
                raise PlannerUnavailable("the planner does not answer; try again") from None
            except BrokenProcessPool as exc:
                self._drop(child)
                if last:
                    raise PlannerUnavailable("the planner process died; try again") from exc
        raise AssertionError("unreachable")

    def _drop(self, child: _Child) -> None:
        """Have another one from now on, unless somebody else has seen to that."""
        child.end(wait=False)
        if self._child is child:
            self._child = None


class _Child:
    """A process that plans, behind a pool of one."""

    def __init__(self, build: Callable[[], FollowingPlanner]) -> None:
        others = multiprocessing.active_children()
        self.pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(build,),
        )
        self.pool.submit(os.getpid)
        self.processes = [p for p in multiprocessing.active_children() if p not in others]

    def end(self, *, wait: bool) -> None:
        """Kill it: one that is frozen or caught in a loop would not listen."""
        for process in self.processes:
            process.kill()
        self.pool.shutdown(wait=wait, cancel_futures=True)


_here: Final[list[tuple[FollowingPlanner, asyncio.AbstractEventLoop]]] = []
"""The child's planner and event loop: one, set by `_start`."""


def _start(build: Callable[[], FollowingPlanner]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _here.append((build(), asyncio.new_event_loop()))


def _die_with_parent() -> None:
    """A killed parent cannot say goodbye, and the pool's pipe would keep this process forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _answer(seq: int, now: datetime, question: Question[A]) -> A:
    planner, loop = _here[0]
    return loop.run_until_complete(planner.ask(seq, now, question))


def _warm() -> None:
    planner, _ = _here[0]
    planner.refreshed()
