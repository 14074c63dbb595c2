"""A store and a planner that fail, and desks that die over them."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from dispatch.desk import PlannerPort
from dispatch.drills.simulation.plan import FaultPlan, within
from dispatch.errors import PlannerUnavailable, StoreUnavailable
from dispatch.events import Entry, Stored
from dispatch.model import ActionId, AgencyId, NeedId, Plan
from dispatch.planner.process import Question
from dispatch.ports import NO_DIGESTS, ActionRecord, EventLog

A = TypeVar("A")


class DeskDied(BaseException):
    """The desk's process is gone. Nothing catches it that would not catch a power cut."""


@dataclass(slots=True, kw_only=True)
class BrokenLog:
    """The log as one desk reaches it. Once the desk died, nothing of it does anything any more."""

    inner: EventLog
    plan: FaultPlan
    luck: random.Random
    elapsed_s: Callable[[], float]
    dead: bool = False

    async def append(
        self,
        agency: AgencyId,
        entries: Sequence[Entry],
        expected_seq: int,
        digests: Mapping[ActionId, str] = NO_DIGESTS,
    ) -> int:
        """See `ports.EventLog.append`."""
        await self._reached()
        self._dies(self.plan.dies_before)
        if self.luck.random() < self.plan.lost:
            raise StoreUnavailable("simulated: not stored")
        head = await self.inner.append(agency, entries, expected_seq, digests)
        self._dies(self.plan.dies_after)
        if self.luck.random() < self.plan.unknown:
            raise StoreUnavailable("simulated: gone during the commit")
        await self._turns()
        return head

    @contextlib.asynccontextmanager
    async def turn(self, agency: AgencyId) -> AsyncIterator[None]:
        """See `ports.EventLog.turn`."""
        await self._reached()
        yield

    async def read(self, agency: AgencyId, after_seq: int, limit: int = 1_000) -> list[Stored]:
        """See `ports.EventLog.read`."""
        await self._reached()
        return await self.inner.read(agency, after_seq, limit)

    async def head(self, agency: AgencyId) -> int:
        """See `ports.EventLog.head`."""
        await self._reached()
        return await self.inner.head(agency)

    async def log_id(self, agency: AgencyId) -> str:
        """See `ports.EventLog.log_id`."""
        return await self.inner.log_id(agency)

    async def find(
        self, agency: AgencyId, action_ids: Collection[ActionId]
    ) -> dict[ActionId, ActionRecord]:
        """See `ports.EventLog.find`."""
        await self._reached()
        return await self.inner.find(agency, action_ids)

    def _dies(self, share: float) -> None:
        if self.luck.random() < share:
            self.dead = True
            raise DeskDied

    async def _reached(self) -> None:
        await self._turns()
        if self.dead:
            raise DeskDied
        if within(self.plan.store_down, self.elapsed_s()):
            raise StoreUnavailable("simulated: down")

    async def _turns(self) -> None:
        """Let others in between, as waiting for a disk would."""
        for _ in range(self.luck.randint(0, self.plan.turns)):
            await asyncio.sleep(0)


@dataclass(slots=True, kw_only=True)
class BrokenPlanner:
    """A planner that does not always answer."""

    inner: PlannerPort
    plan_of_faults: FaultPlan
    elapsed_s: Callable[[], float]

    async def plan(
        self, seq: int, now: datetime, only: tuple[NeedId, ...] | None = None
    ) -> Plan | None:
        """See `desk.PlannerPort.plan`."""
        self._reached()
        return await self.inner.plan(seq, now, only)

    async def ask(self, seq: int, now: datetime, question: Question[A]) -> A:
        """See `desk.PlannerPort.ask`."""
        self._reached()
        return await self.inner.ask(seq, now, question)

    def _reached(self) -> None:
        if within(self.plan_of_faults.planner_down, self.elapsed_s()):
            raise PlannerUnavailable("simulated: down")
