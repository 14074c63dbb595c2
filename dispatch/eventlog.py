"""The event log: one append-only list per agency, in SQL or in memory.

An action's id is unique per agency, so it can be stored once only, whoever retries it; `digest`
tells a repeat from a different body under the same id. Actions that are appended together share
one transaction, and so one wait for the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from dispatch.errors import Conflict, StoreUnavailable
from dispatch.events import Entry, Stored, decode, encode, placed
from dispatch.model import ActionId, Actor, AgencyId, Role
from dispatch.ports import NO_DIGESTS, ActionRecord

T = TypeVar("T")

TURN_S: Final = 2.0
"""How long a writer waits for its turn before it writes without."""
ANSWER_S: Final = 10.0
"""A store that has not answered by then is taken for gone: it may be frozen and never say so."""
_LOCK_TIMED_OUT: Final = "55P03"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

metadata = sa.MetaData()

log_head = sa.Table(
    "log_head",
    metadata,
    sa.Column("agency", sa.Text, primary_key=True),
    sa.Column("log_id", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
)
event = sa.Table(
    "event",
    metadata,
    sa.Column("agency", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("actor_role", sa.Text, nullable=False),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("action_id", sa.Text, nullable=False),
    sa.Column("exercise", sa.Boolean, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
action = sa.Table(
    "action",
    metadata,
    sa.Column("agency", sa.Text, primary_key=True),
    sa.Column("action_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("first_seq", sa.BigInteger, nullable=False),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
)


class MemoryEventLog:
    """The log's in-memory twin: same promises, gone with the process."""

    def __init__(self) -> None:
        self._logs: dict[AgencyId, list[Stored]] = {}
        self._actions: dict[tuple[AgencyId, ActionId], ActionRecord] = {}
        self._ids: dict[AgencyId, str] = {}

    async def append(
        self,
        agency: AgencyId,
        entries: Sequence[Entry],
        expected_seq: int,
        digests: Mapping[ActionId, str] = NO_DIGESTS,
    ) -> int:
        """See `ports.EventLog.append`."""
        log = self._logs.setdefault(agency, [])
        records = _records(entries, expected_seq, digests)
        if len(log) != expected_seq or any((agency, a) in self._actions for a in records):
            raise Conflict(expected_seq, len(log))
        log += [placed(e, expected_seq + n) for n, e in enumerate(entries, start=1)]
        self._actions |= {(agency, a): record for a, record in records.items()}
        return len(log)

    @contextlib.asynccontextmanager
    async def turn(self, agency: AgencyId) -> AsyncIterator[None]:
        """See `ports.EventLog.turn`: whoever is not awaiting has it."""
        yield

    async def read(self, agency: AgencyId, after_seq: int, limit: int = 1_000) -> list[Stored]:
        """See `ports.EventLog.read`."""
        return self._logs.get(agency, [])[after_seq : after_seq + limit]

    async def head(self, agency: AgencyId) -> int:
        """See `ports.EventLog.head`."""
        return len(self._logs.get(agency, ()))

    async def log_id(self, agency: AgencyId) -> str:
        """See `ports.EventLog.log_id`."""
        return self._ids.setdefault(agency, secrets.token_hex(8))

    async def find(
        self, agency: AgencyId, action_ids: Collection[ActionId]
    ) -> dict[ActionId, ActionRecord]:
        """See `ports.EventLog.find`."""
        known = (a for a in action_ids if (agency, a) in self._actions)
        return {a: self._actions[agency, a] for a in known}


class SqlEventLog:
    """The log in SQL. Statements run on one thread of their own, so the event loop never waits
    for a disk; a transaction is one short round of statements."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="eventlog")
        self._ids: dict[AgencyId, str] = {}

    async def append(
        self,
        agency: AgencyId,
        entries: Sequence[Entry],
        expected_seq: int,
        digests: Mapping[ActionId, str] = NO_DIGESTS,
    ) -> int:
        """See `ports.EventLog.append`."""
        records = _records(entries, expected_seq, digests)
        acted = [{"agency": agency, "action_id": a} | asdict(r) for a, r in records.items()]
        rows = [_row(agency, e, expected_seq + n) for n, e in enumerate(entries, start=1)]
        await self.log_id(agency)
        await self._run(lambda: self._append(agency, rows, acted, expected_seq))
        return expected_seq + len(rows)

    @contextlib.asynccontextmanager
    async def turn(self, agency: AgencyId) -> AsyncIterator[None]:
        """See `ports.EventLog.turn`. SQLite has one writing process, and so nothing to wait for."""
        if self._engine.dialect.name != "postgresql":
            yield
            return
        turn = _Turn(self._engine, agency)
        try:
            await self._run(turn.take)
            yield
        finally:
            # On the same thread, and so after `take` even when that was not waited for. Nobody
            # waits for this either: a store that is frozen must not keep who gave up on it.
            self._thread.submit(turn.give_back)

    async def read(self, agency: AgencyId, after_seq: int, limit: int = 1_000) -> list[Stored]:
        """See `ports.EventLog.read`."""
        query = (
            sa.select(event)
            .where(event.c.agency == agency, event.c.seq > after_seq)
            .order_by(event.c.seq)
            .limit(limit)
        )
        rows = await self._run(lambda: self._all(query))
        return [stored_of(row) for row in rows]

    async def head(self, agency: AgencyId) -> int:
        """See `ports.EventLog.head`."""
        query = sa.select(log_head.c.seq).where(log_head.c.agency == agency)
        rows = await self._run(lambda: self._all(query))
        return int(rows[0].seq) if rows else 0

    async def log_id(self, agency: AgencyId) -> str:
        """See `ports.EventLog.log_id`."""
        if agency not in self._ids:
            self._ids[agency] = await self._run(lambda: self._log_id(agency))
        return self._ids[agency]

    async def find(
        self, agency: AgencyId, action_ids: Collection[ActionId]
    ) -> dict[ActionId, ActionRecord]:
        """See `ports.EventLog.find`."""
        query = sa.select(action).where(
            action.c.agency == agency, action.c.action_id.in_(action_ids)
        )
        rows = await self._run(lambda: self._all(query))
        return {
            row.action_id: ActionRecord(
                digest=row.digest, first_seq=row.first_seq, last_seq=row.last_seq
            )
            for row in rows
        }

    def close(self) -> None:
        """Wait for the running statement and end the thread. The engine stays open."""
        self._thread.shutdown(wait=True)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(ANSWER_S):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except TimeoutError:
            # Statements keep their order on their one thread: what is under way there is over, one
            # way or the other, before anything that is asked from now on.
            raise StoreUnavailable("the database does not answer in time") from None
        except (DBAPIError, NoConnectionLeft) as exc:
            raise StoreUnavailable(str(getattr(exc, "orig", exc))) from exc

    def _all(self, query: sa.Select[tuple[object, ...]]) -> Sequence[sa.Row[tuple[object, ...]]]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def _append(
        self,
        agency: AgencyId,
        rows: list[dict[str, object]],
        acted: list[dict[str, object]],
        expected_seq: int,
    ) -> None:
        moved = (
            sa.update(log_head)
            .where(log_head.c.agency == agency, log_head.c.seq == expected_seq)
            .values(seq=expected_seq + len(rows))
            .returning(log_head.c.seq)
        )
        try:
            with self._engine.begin() as connection:
                if connection.execute(moved).first() is None:
                    raise Conflict(expected_seq, -1)
                connection.execute(sa.insert(action), acted)
                connection.execute(sa.insert(event), rows)
        except IntegrityError as exc:
            raise Conflict(expected_seq, -1) from exc

    def _log_id(self, agency: AgencyId) -> str:
        row = {"agency": agency, "log_id": secrets.token_hex(8), "seq": 0}
        found = self._read_log_id(agency)
        if found is None:
            # Two workers may both find nothing: one of them wins, both read the winner's.
            with contextlib.suppress(IntegrityError), self._engine.begin() as connection:
                connection.execute(sa.insert(log_head), [row])
            found = self._read_log_id(agency)
        return str(found)

    def _read_log_id(self, agency: AgencyId) -> str | None:
        query = sa.select(log_head.c.log_id).where(log_head.c.agency == agency)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()


class _Turn:
    """An advisory lock of PostgreSQL in a transaction of its own: it goes with the connection."""

    def __init__(self, engine: sa.Engine, agency: AgencyId) -> None:
        self._engine = engine
        self._lock = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"log/{agency}")))
        self._connection: sa.Connection | None = None

    def take(self) -> None:
        self._connection = self._engine.connect()
        self._connection.exec_driver_sql(f"SET LOCAL lock_timeout = {TURN_S * 1_000:.0f}")
        try:
            self._connection.execute(self._lock)
        except DBAPIError as exc:
            if getattr(exc.orig, "sqlstate", None) != _LOCK_TIMED_OUT:
                raise

    def give_back(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _records(
    entries: Sequence[Entry], expected_seq: int, digests: Mapping[ActionId, str]
) -> dict[ActionId, ActionRecord]:
    """What each action will have done, in order."""
    records: dict[ActionId, ActionRecord] = {}
    seq = expected_seq
    for action_id, part in itertools.groupby(entries, key=lambda e: e.action_id):
        first, seq = seq + 1, seq + sum(1 for _ in part)
        if action_id in records:
            raise ValueError(f"the entries of action {action_id} do not stand together")
        digest = digests.get(action_id, "")
        records[action_id] = ActionRecord(digest=digest, first_seq=first, last_seq=seq)
    if not records:
        raise ValueError("nothing to append")
    return records


def _row(agency: AgencyId, entry: Entry, seq: int) -> dict[str, object]:
    kind, version, body = encode(entry.event)
    return {
        "agency": agency,
        "seq": seq,
        "at_us": (entry.at - _EPOCH) // _MICROSECOND,
        "kind": kind,
        "version": version,
        "actor_role": entry.actor.role.value,
        "actor_id": entry.actor.id,
        "action_id": entry.action_id,
        "exercise": entry.exercise,
        "body": body,
    }


def stored_of(row: sa.Row[tuple[object, ...]]) -> Stored:
    """Return the entry in a row of `event`.

    Raises:
        LogCorrupt: it cannot be decoded.
    """
    return Stored(
        seq=row.seq,
        at=_EPOCH + row.at_us * _MICROSECOND,
        actor=Actor(role=Role(row.actor_role), id=row.actor_id),
        action_id=row.action_id,
        exercise=row.exercise,
        event=decode(row.kind, row.version, row.body),
    )
