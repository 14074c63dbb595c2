"""Whether a stored log is what it should be, looked at from outside the program that wrote it.

The chain is SHA-256 over every entry and the hash before it, so one hash at one position stands for
all that lies before. It is not stored: who notes it down elsewhere can prove later that nothing was
changed, left out or put in.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from dispatch import events as ev
from dispatch.board import Board, apply
from dispatch.errors import LogCorrupt
from dispatch.eventlog import action, event, log_head, stored_of
from dispatch.events import Stored
from dispatch.invariants import violations
from dispatch.model import AgencyId

BATCH: Final = 1_000
PROBLEMS_MOST: Final = 1_000
"""Beyond this many the log is a ruin, and more lines help nobody."""

Row = sa.Row[tuple[Any, ...]]


class Problem(StrEnum):
    GAP = "GAP"
    """A position is missing or comes twice."""
    HEAD = "HEAD"
    """The log's head is not its last entry."""
    UNREADABLE = "UNREADABLE"
    """An entry cannot be decoded."""
    UNFOLDABLE = "UNFOLDABLE"
    """An entry cannot follow those before it; what comes after it was not folded."""
    ACTION = "ACTION"
    """What is known of an action is not what its entries say: a repeat gets a wrong answer."""
    EXERCISE = "EXERCISE"
    """Exercise and real entries in one log."""
    COVER = "COVER"
    """Somebody accepted work above H0 without cover evidence."""
    MAXIMUM = "MAXIMUM"
    """More people accepted than the need's maximum."""
    INVARIANT = "INVARIANT"
    """Something does not hold on the board at the end."""
    CHAIN = "CHAIN"
    """The chain at a position is not the one noted down: the past was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A problem, the position it is at (0: none in particular), and what it is about."""

    problem: Problem
    seq: int
    what: str


@dataclass(slots=True, kw_only=True)
class LogHead:
    """Where a log stands: its identity, last position, and the chain up to there."""

    agency: AgencyId
    log_id: str
    seq: int
    chain: str


@dataclass(slots=True, kw_only=True)
class Report:
    """What an audit of one log found. `steps_back` counts entries older than the one before: a
    clock that was set, no fault of the log."""

    agency: AgencyId
    log_id: str = ""
    events: int = 0
    actions: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    exercise: bool = False
    first_at: datetime | None = None
    last_at: datetime | None = None
    steps_back: int = 0
    chain: str = ""
    found: list[Found] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.found

    def tell(self, problem: Problem, seq: int, what: str) -> None:
        """Note a problem."""
        if len(self.found) < PROBLEMS_MOST:
            self.found.append(Found(problem=problem, seq=seq, what=what))


def agencies(connection: sa.Connection) -> list[AgencyId]:
    """Return whose logs are in the store."""
    both = sa.union(sa.select(log_head.c.agency), sa.select(event.c.agency)).order_by("agency")
    return [AgencyId(name) for name in connection.execute(both).scalars()]


def heads(connection: sa.Connection) -> list[LogHead]:
    """Return where every log stands, with its chain; reads all of it, and folds nothing."""
    found = []
    for agency in agencies(connection):
        seq, chain = 0, _start(agency)
        for row in _rows(connection, agency):
            seq, chain = row.seq, _linked(chain, row)
        found.append(LogHead(agency=agency, log_id=_log_id(connection, agency), seq=seq,
                             chain=chain.hex()))  # fmt: skip
    return found


def audit(
    connection: sa.Connection, agency: AgencyId, expected: Mapping[int, str] | None = None
) -> Report:
    """Return what is wrong with a log, and its chain; `expected` are chains noted down before, by
    position. The connection should see one consistent state."""
    walk = _Walk(connection, agency, expected or {})
    for row in _rows(connection, agency):
        walk.take(row)
    walk.end(_head(connection, agency))
    return walk.report


class _Walk:
    """One pass over a log."""

    def __init__(
        self, connection: sa.Connection, agency: AgencyId, expected: Mapping[int, str]
    ) -> None:
        self.report = Report(agency=agency, log_id=_log_id(connection, agency))
        self._board: Board | None = None
        self._folds = True
        self._chain = _start(agency)
        self._expected = dict(expected)
        self._actions = _actions(connection, agency)
        self._last: Row | None = None
        self._first_of_action = 0

    def take(self, row: Row) -> None:
        report, last = self.report, self._last
        due = 1 if last is None else last.seq + 1
        if row.seq != due:
            report.tell(Problem.GAP, row.seq, f"follows {due - 1}")
        if last is not None and row.at_us < last.at_us:
            report.steps_back += 1
        if last is None or row.action_id != last.action_id:
            self._end_action()
            self._first_of_action = row.seq
        report.events += 1
        report.kinds[row.kind] += 1
        self._chain = _linked(self._chain, row)
        self._compare(row.seq)
        self._last = row
        self._fold(row)

    def end(self, head: int) -> None:
        report, last = self.report, self._last
        self._end_action()
        for left in self._actions:
            report.tell(Problem.ACTION, left.first_seq, f"{left.action_id} has no entries")
        seq = 0 if last is None else last.seq
        if head != seq:
            report.tell(Problem.HEAD, seq, f"the head says {head}")
        for seq in self._expected:
            report.tell(Problem.CHAIN, seq, "the log does not reach that far")
        if self._board is not None and self._folds:
            for one in violations(self._board):
                report.tell(Problem.INVARIANT, self._board.seq, f"{one.invariant}: {one.entity}")
        if last is not None:
            report.last_at = _at(last)
        report.chain = self._chain.hex()

    def _compare(self, seq: int) -> None:
        noted = self._expected.pop(seq, None)
        if noted is not None and noted != self._chain.hex():
            self.report.tell(Problem.CHAIN, seq, f"is {self._chain.hex()}, was {noted}")

    def _end_action(self) -> None:
        """Compare the run of entries that has ended with the action of that name."""
        last = self._last
        if last is None:
            return
        self.report.actions += 1
        known = next(self._actions, None)
        is_so = (last.action_id, self._first_of_action, last.seq)
        if known is None:
            self.report.tell(Problem.ACTION, last.seq, f"{last.action_id} is not known")
        elif (known.action_id, known.first_seq, known.last_seq) != is_so:
            told = f"{known.action_id} at {known.first_seq} to {known.last_seq}"
            self.report.tell(Problem.ACTION, last.seq, f"{last.action_id}, but {told} is known")

    def _fold(self, row: Row) -> None:
        report = self.report
        try:
            stored = stored_of(row)
        except (LogCorrupt, ValueError, TypeError) as exc:
            report.tell(Problem.UNREADABLE, row.seq, str(exc))
            self._folds = False
            return
        if self._board is None:
            self._board = Board(agency=report.agency, exercise=stored.exercise)
            report.first_at, report.exercise = stored.at, stored.exercise
        if stored.exercise != report.exercise:
            report.tell(Problem.EXERCISE, row.seq, row.kind)
        if not self._folds:
            return
        try:
            apply(self._board, stored)
        except LogCorrupt as exc:
            report.tell(Problem.UNFOLDABLE, row.seq, str(exc))
            self._folds = False
            return
        self._look(self._board, stored)

    def _look(self, board: Board, stored: Stored) -> None:
        """What must hold at every acceptance, whatever came of it later."""
        if not isinstance(stored.event, ev.OfferAccepted):
            return
        assignment = board.assignments[stored.event.assignment_id]
        if board.offers[assignment.offer_id].hazard.rank > 0 and assignment.cover is None:
            self.report.tell(Problem.COVER, stored.seq, f"assignment {assignment.id}")
        need = board.needs[assignment.need_id]
        if board.heads_taken(need.id) > need.heads.maximum:
            self.report.tell(Problem.MAXIMUM, stored.seq, f"need {need.id}")


def _start(agency: AgencyId) -> bytes:
    return sha256(f"dispatch log 1 {agency}".encode()).digest()


def _linked(chain: bytes, row: Row) -> bytes:
    """The chain after one more entry. No JSON has a line break, so nothing can be shifted."""
    head = msgspec.json.encode(
        [row.seq, row.at_us, row.kind, row.version, row.actor_role, row.actor_id, row.action_id,
         bool(row.exercise)]
    )  # fmt: skip
    return sha256(chain + head + b"\n" + _body(row)).digest()


def _body(row: Row) -> bytes:
    """SQLite gives back whatever somebody else put there."""
    return row.body if isinstance(row.body, bytes) else str(row.body).encode()


def _rows(connection: sa.Connection, agency: AgencyId) -> Iterator[Row]:
    after = None
    while True:
        query = sa.select(event).where(event.c.agency == agency).order_by(event.c.seq).limit(BATCH)
        if after is not None:
            query = query.where(event.c.seq > after)
        batch = connection.execute(query).all()
        if not batch:
            return
        yield from batch
        after = batch[-1].seq


def _actions(connection: sa.Connection, agency: AgencyId) -> Iterator[Row]:
    """What is known of the actions, in the order of their entries."""
    query = sa.select(action).where(action.c.agency == agency)
    query = query.order_by(action.c.first_seq, action.c.action_id)
    yield from connection.execute(query.execution_options(yield_per=BATCH))


def _head(connection: sa.Connection, agency: AgencyId) -> int:
    query = sa.select(log_head.c.seq).where(log_head.c.agency == agency)
    return int(connection.execute(query).scalar() or 0)


def _log_id(connection: sa.Connection, agency: AgencyId) -> str:
    query = sa.select(log_head.c.log_id).where(log_head.c.agency == agency)
    return str(connection.execute(query).scalar() or "")


def _at(row: Row) -> datetime | None:
    with contextlib.suppress(OverflowError):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=row.at_us)
    return None
