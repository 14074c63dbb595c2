"""Whether the store takes what is written: asked by whoever probes, at most once a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from dispatch.errors import BadInput, StoreUnavailable
from dispatch.eventlog import log_head
from dispatch.model import AgencyId
from dispatch.ports import EventLog
from dispatch.registry.engine import HEAD, stored_revision, writing

ANSWER_S: Final = 2.0
BEAT_S: Final = 10.0
FULL_BYTES: Final = 4_000_000
"""With less room than this the next answers may not fit."""
KEPT_S: Final = 1.0
"""How long an answer stands: a probe costs a wait for the disk, and anybody may ask."""


_log = logging.getLogger("dispatch.store")


class StoreProbe:
    """Reads and writes one row, on a thread of its own: others may be stuck."""

    def __init__(self, engine: sa.Engine, log: EventLog, agency: AgencyId) -> None:
        self._engine, self._log, self._agency = engine, log, agency
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probe")
        self._asking: asyncio.Task[None] | None = None
        self._asked_s = 0.0
        self.up, self.took_s = True, 0.0
        self.free_bytes: int | None = None

    async def check(self) -> None:
        """Return when the log can be read, the store written, and its schema is ours.

        Raises:
            StoreUnavailable: not so, or not in time.
        """
        over = self._asking is None or (
            self._asking.done() and time.monotonic() - self._asked_s > KEPT_S
        )
        if over:
            self._asked_s = time.monotonic()
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(_seen)
        assert self._asking is not None
        try:
            async with asyncio.timeout(ANSWER_S):
                await asyncio.shield(self._asking)
        except TimeoutError:
            self.up = False
            raise StoreUnavailable("the database does not answer in time") from None

    async def run(self) -> None:
        """Look every ten seconds, so that a full disk is found before somebody's answer finds it;
        forever."""
        while True:
            await asyncio.sleep(BEAT_S)
            with contextlib.suppress(StoreUnavailable):
                await self.check()

    def close(self) -> None:
        """End the thread; a statement that is stuck ends by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _ask(self) -> None:
        began_s = time.monotonic()
        try:
            await self._log.head(self._agency)
            await asyncio.get_running_loop().run_in_executor(self._thread, self._write)
        except StoreUnavailable as exc:
            if self.up:
                _log.error("the store cannot be written: %s", exc)
            self.up = False
            raise
        if not self.up:
            _log.warning("the store can be written again")
        self.up, self.took_s = True, time.monotonic() - began_s

    def _write(self) -> None:
        same = log_head.update().where(log_head.c.agency == self._agency)
        try:
            self._look_for_room()
            if (revision := stored_revision(self._engine)) != HEAD:
                raise StoreUnavailable(f"the schema is {revision}, not {HEAD}")
            with writing(self._engine) as connection:
                connection.execute(same.values(seq=log_head.c.seq))
        except (BadInput, DBAPIError, OSError) as exc:
            raise StoreUnavailable(str(getattr(exc, "orig", exc))) from exc

    def _look_for_room(self) -> None:
        """SQLite may find room for one row in a file it has, and none for an answer."""
        if self._engine.dialect.name != "sqlite":
            return
        folder = Path(str(self._engine.url.database)).parent
        self.free_bytes = shutil.disk_usage(folder).free
        if self.free_bytes < FULL_BYTES:
            raise StoreUnavailable(f"the disk is full ({self.free_bytes / 1e6:.1f} MB left)")


def _seen(task: asyncio.Task[None]) -> None:
    """Whoever asked may have left before the answer came."""
    if not task.cancelled():
        task.exception()
