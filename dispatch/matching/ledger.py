"""What the board says of people, as columns parallel to a roster, kept up to date.

A board holds some ten thousand people of whom most never change from one round to the next. The
ledger remembers the very object that each row was read from, so bringing it up to date costs a
comparison per person and work only for those who changed; the questions of a moment (who is at
their limit, who rests) are then asked of whole columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.board import Board, Person
from dispatch.model import VolunteerId
from dispatch.roster import Bools, Floats, Ids
from dispatch.taxonomy import DUTY_LIMITS, DutyLimits
from dispatch.views import resting_until

Instants = NDArray[np.int64]
"""Microseconds since 1970-01-01 UTC."""

LONG_AGO: Final = -(2**60)
NEVER_ENDS: Final = 2**60
DAY_US: Final = 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(slots=True, eq=False)
class _Many:
    """Things of which a person has any number, flat: the row of each, and its figures."""

    row: NDArray[np.intp]
    figures: tuple[NDArray[np.int64], ...]

    def put(self, rows: Bools, new: list[tuple[int, ...]], width: int) -> None:
        """Replace what the marked rows have."""
        keep = ~rows[self.row]
        columns = np.array(new, np.int64).reshape(-1, 1 + width).T
        self.row = np.concatenate([self.row[keep], columns[0]]).astype(np.intp)
        self.figures = tuple(
            np.concatenate([old[keep], more])
            for old, more in zip(self.figures, columns[1:], strict=True)
        )


def _nothing(width: int) -> _Many:
    return _Many(np.zeros(0, np.intp), tuple(np.zeros(0, np.int64) for _ in range(width)))


@dataclass(slots=True, eq=False)
class Ledger:
    """Columns of length n over the people with these `ids`, ascending.

    `says` is 1 where somebody declared themselves available, 0 where unavailable, -1 where
    neither, until `says_until`. `lon`, `lat` are nan without a fix of duty.
    """

    ids: Ids
    limits: DutyLimits = DUTY_LIMITS
    says: NDArray[np.int8] = field(init=False)
    says_until: Instants = field(init=False)
    on_duty: Bools = field(init=False)
    lon: Floats = field(init=False)
    lat: Floats = field(init=False)
    fixed_at: Instants = field(init=False)
    accepted: Floats = field(init=False)
    asked: Floats = field(init=False)
    counted_at: Instants = field(init=False)
    rests_until: Instants = field(init=False)
    shift_end: Instants = field(init=False)
    _alerts: _Many = field(init=False)
    _shifts: _Many = field(init=False)
    _seen: dict[VolunteerId, Person] = field(default_factory=dict)
    _row: dict[VolunteerId, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.ids)
        self.says = np.full(n, -1, np.int8)
        self.on_duty = np.zeros(n, np.bool_)
        self.lon, self.lat = np.full(n, np.nan), np.full(n, np.nan)
        self.accepted, self.asked = np.zeros(n), np.zeros(n)
        for name in ("fixed_at", "counted_at", "rests_until", "shift_end"):
            setattr(self, name, np.full(n, LONG_AGO))
        self.says_until = np.full(n, NEVER_ENDS)
        self._alerts, self._shifts = _nothing(2), _nothing(2)

    @classmethod
    def of(cls, board: Board, ids: Ids, limits: DutyLimits = DUTY_LIMITS) -> Ledger:
        """Return the ledger of these people as the board stands."""
        ledger = cls(ids, limits)
        ledger.update(board)
        return ledger

    def update(self, board: Board) -> None:
        """Bring it up to what the board says now; any board will do, also an earlier one."""
        changed = list(self._changed(board))
        gone = [v for v in self._seen if v not in board.people] if self._stale(board) else []
        everybody = [*changed, *(Person(id=v) for v in gone)]
        if not everybody:
            return
        alerts: list[tuple[int, ...]] = []
        shifts: list[tuple[int, ...]] = []
        rows = np.zeros(len(self.ids), np.bool_)
        for person in everybody:
            row = self._row[person.id]
            rows[row] = True
            self._put(row, person)
            alerts += [(row, since(a.at), round(2 * a.weight)) for a in person.alerts]
            shifts += [(row, since(start), since(end)) for start, end in person.shifts]
        self._alerts.put(rows, alerts, 2)
        self._shifts.put(rows, shifts, 2)
        for v in gone:
            del self._seen[v]

    def rows(self, volunteer_ids: Iterable[VolunteerId]) -> NDArray[np.intp]:
        """Return the rows of those of these people who are on the board and in the ledger."""
        found = [self._row[v] for v in volunteer_ids if v in self._row]
        return np.array(found, np.intp)

    def people(self) -> NDArray[np.intp]:
        """Return the rows of everybody who is on the board, ascending."""
        return np.sort(self.rows(self._seen))

    def alerts_within(self, span: timedelta, now: datetime) -> Floats:
        """Return how often everybody was asked within `span` up to `now`, by weight."""
        at, halves = self._alerts.figures
        recent = since(now) - at < span // _MICROSECOND
        rows = self._alerts.row[recent]
        counts = np.bincount(rows, weights=halves[recent] / 2, minlength=len(self.ids))
        return counts.astype(np.float64)

    def task_s(self, now: datetime) -> NDArray[np.int32]:
        """Return how long everybody was on task within the day up to `now`, in whole seconds."""
        start, end = self._shifts.figures
        spent = np.maximum(0, end - np.maximum(start, since(now) - DAY_US))
        total = np.zeros(len(self.ids), np.int64)
        np.add.at(total, self._shifts.row, spent)
        return (total // 1_000_000).astype(np.int32)

    def available(self, standing: Bools, now: datetime) -> Bools:
        """Return who is, by their own word while it holds, else as they stand on the roster."""
        over = (self.says < 0) | (self.says_until <= since(now))
        found: Bools = np.where(over, standing, self.says == 1)
        return found

    def declared(self, now: datetime) -> Bools:
        """Return who declared themselves available for now."""
        found: Bools = (self.says == 1) & (since(now) < self.says_until)
        return found

    def record(self, now: datetime, half_life_days: float) -> tuple[Floats, Floats]:
        """Return how often everybody accepted and was asked, as it counts at `now`."""
        days = (since(now) - self.counted_at) / DAY_US
        known = self.counted_at > LONG_AGO
        kept = np.zeros(len(self.ids))
        kept[known] = 0.5 ** (days[known] / half_life_days)
        return self.accepted * kept, self.asked * kept

    def _changed(self, board: Board) -> Iterable[Person]:
        """Those whose record is another than the one read."""
        seen = self._seen
        if len(self.ids) < len(board.people):
            for row, v in enumerate(map(VolunteerId, self.ids.tolist())):
                person = board.people.get(v)
                if person is not None and seen.get(v) is not person:
                    self._row[v], seen[v] = row, person
                    yield person
            return
        for v, person in board.people.items():
            if seen.get(v) is not person and self._find(v):
                seen[v] = person
                yield person

    def _find(self, v: VolunteerId) -> bool:
        if v not in self._row:
            row = int(np.searchsorted(self.ids, v))
            if row == len(self.ids) or self.ids[row] != v:
                return False
            self._row[v] = row
        return True

    def _stale(self, board: Board) -> bool:
        """Whether somebody is no longer on the board: it is another one."""
        return not self._seen.keys() <= board.people.keys()

    def _put(self, row: int, person: Person) -> None:
        self.says[row] = -1 if person.available is None else person.available
        until = person.available_until
        self.says_until[row] = NEVER_ENDS if until is None else since(until)
        self.on_duty[row] = person.on_duty
        fix = person.fix
        self.lon[row], self.lat[row] = (np.nan, np.nan) if fix is None else (fix.lon, fix.lat)
        self.fixed_at[row] = LONG_AGO if fix is None else since(fix.taken_at)
        self.accepted[row], self.asked[row] = person.record.accepted, person.record.asked
        counted = person.record.counted_at
        self.counted_at[row] = LONG_AGO if counted is None else since(counted)
        rest = resting_until(person, self.limits)
        self.rests_until[row] = LONG_AGO if rest is None else since(rest)
        self.shift_end[row] = max((since(end) for _, end in person.shifts), default=LONG_AGO)


def since(at: datetime) -> int:
    """Return an instant in whole microseconds since 1970-01-01 UTC."""
    return (at - _EPOCH) // _MICROSECOND
