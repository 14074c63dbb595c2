"""What operations know of people: what they said, what they were asked, what they answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dispatch.model import Fix, VolunteerId

ALERTS_KEPT: Final = timedelta(days=7)


SHIFTS_KEPT: Final = timedelta(days=2)


RECORD_HALF_LIFE_DAYS: Final = 90.0


UNANSWERED_WEIGHT: Final = 0.5
"""What being asked weighs when the offer is withdrawn before it was answered."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Somebody was asked. It weighs half once it was withdrawn before it was answered."""

    at: datetime
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Record:
    """How often somebody was asked and said yes, as it counts at `counted_at`: older answers weigh
    less, and a question withdrawn before it was answered half."""

    accepted: float = 0.0
    asked: float = 0.0
    counted_at: datetime | None = None

    def at(self, now: datetime, half_life_days: float) -> tuple[float, float]:
        """Return `(accepted, asked)` as they count at `now`."""
        if self.counted_at is None:
            return 0.0, 0.0
        kept = 0.5 ** ((now - self.counted_at) / timedelta(days=1) / half_life_days)
        return self.accepted * kept, self.asked * kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What operations know of a volunteer.

    `alerts` are the offers of the last seven days; `record` their answers; `shifts` the
    `(start, end)` of time on task of the last two days, travel included; `fix` is where a person
    on duty checked in.
    """

    id: VolunteerId
    available: bool | None = None
    available_until: datetime | None = None
    on_duty: bool = False
    fix: Fix | None = None
    alerts: tuple[Alert, ...] = ()
    record: Record = Record()
    shifts: tuple[tuple[datetime, datetime], ...] = ()

    def alerts_within(self, span: timedelta, now: datetime) -> float:
        """How often they were asked within `span` up to `now`, by weight."""
        return sum(a.weight for a in self.alerts if now - a.at < span)
