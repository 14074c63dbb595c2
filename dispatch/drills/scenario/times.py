"""When something happens: `+90` minutes after the start, or an instant of the drill's own time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.drills.scenario.fields import SHOWN, scalar
from dispatch.drills.scenario.model import DrillClock
from dispatch.drills.scenario.nodes import Node
from dispatch.drills.scenario.problems import Bad, Code

LONGEST_H: Final = 720
"""A drill lasts no longer: nothing is planned further ahead than 30 days."""
EXAMPLE: Final = "2021-07-20 16:00, or +90 for minutes after the start"

_MINUTES: Final = re.compile(r"([+-])([0-9]{1,6})")
_LOCAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?\S*")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as written: `minutes` after the start, or an instant, naive where it is local."""

    minutes: int = 0
    at: datetime | None = None

    def seconds(self, clock: DrillClock) -> int:
        """Return the seconds after the start of a clock; below 0 is before it.

        Raises:
            Bad: a local time that the clock's zone skips.
        """
        if self.at is None:
            return 60 * self.minutes
        return int((instant(self.at, clock.timezone) - clock.starts_at).total_seconds())


def moment(node: Node) -> Moment:
    """Return a time as written."""
    said = scalar(node)
    if minutes := _MINUTES.fullmatch(said):
        return Moment(minutes=int(minutes[1] + minutes[2]))
    return Moment(at=local(node))


def local(node: Node) -> datetime:
    """Return an instant as written, without a zone where it says none."""
    said = scalar(node)
    try:
        if not _LOCAL.fullmatch(said):
            raise ValueError
        return datetime.fromisoformat(said)
    except ValueError:
        raise Bad(
            Code.BAD_TIME, f"{said[:SHOWN]!r} is not a time; expected one like {EXAMPLE}"
        ) from None


def instant(at: datetime, timezone: ZoneInfo) -> datetime:
    """Return an instant in UTC; a naive one is local.

    Raises:
        Bad: clocks there never showed that time, or it leaves the calendar.
    """
    try:
        found = (at if at.tzinfo else at.replace(tzinfo=timezone)).astimezone(UTC)
        if not at.tzinfo and found.astimezone(timezone).replace(tzinfo=None) != at:
            raise Bad(Code.BAD_TIME, f"{at} does not exist in {timezone.key}: clocks jump over it")
    except OverflowError:
        raise Bad(Code.BAD_TIME, f"{at} is outside the calendar") from None
    return found


def zone(node: Node) -> ZoneInfo:
    """Return a time zone by its name."""
    said = scalar(node)
    try:
        return ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Bad(
            Code.BAD_VALUE, f"{said[:SHOWN]!r} is not a time zone; expected one like Asia/Shanghai"
        ) from None
