"""The ladder: by which media, and how soon one after the other, a person is told.

What is due is a function of the board and the time. There is no timer to lose with a machine, and
an acknowledgement needs to cancel nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from dispatch.board import Board
from dispatch.board.notices import of_offer
from dispatch.model import (
    HoldReason,
    Medium,
    Notice,
    NoticeId,
    NoticeKind,
    OfferId,
    SendStatus,
    Urgency,
)

HELD_BACK: Final = frozenset({Medium.SMS, Medium.VOICE})
"""The media that wake people and cost money: the others are never kept back."""

DAY_MIN: Final = 24 * 60

Minutes = tuple[int, int]
"""Minutes after midnight, local time, from the first until before the second; over midnight too."""


class Unless(StrEnum):
    """What makes a step needless. An answer, or the notice's end, ends all its steps."""

    SEEN = "seen"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One medium, `after_s` after the notice opened. `follows`: only where the notice that this one
    takes back went by SMS or VOICE and was not seen on the open page."""

    medium: Medium
    after_s: int = 0
    unless: Unless = Unless.ANSWERED
    follows: bool = False

    def __post_init__(self) -> None:
        if self.medium is Medium.SOCKET or not 0 <= self.after_s <= 86_400:
            raise ValueError(f"no step of a ladder: {self.medium} after {self.after_s} s")


Ladder = Mapping[Urgency, tuple[Step, ...]]

DEFAULT: Final[dict[Urgency, tuple[Step, ...]]] = {
    Urgency.LIFE: (
        Step(medium=Medium.PUSH),
        Step(medium=Medium.SMS),
        Step(medium=Medium.VOICE, after_s=45, unless=Unless.SEEN),
        Step(medium=Medium.CHAT, after_s=60, unless=Unless.SEEN),
    ),
    Urgency.URGENT: (
        Step(medium=Medium.PUSH),
        Step(medium=Medium.SMS, after_s=20, unless=Unless.SEEN),
        Step(medium=Medium.VOICE, after_s=90, unless=Unless.SEEN),
    ),
    Urgency.NORMAL: (
        Step(medium=Medium.PUSH),
        Step(medium=Medium.SMS, after_s=60, unless=Unless.SEEN),
    ),
    Urgency.INFO: (
        Step(medium=Medium.PUSH),
        Step(medium=Medium.SMS, unless=Unless.SEEN, follows=True),
    ),
    Urgency.TEST: (
        Step(medium=Medium.PUSH),
        Step(medium=Medium.SMS, after_s=30, unless=Unless.SEEN),
    ),
}

RANK: Final = {urgency: rank for rank, urgency in enumerate(Urgency)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A step of a notice whose time has come."""

    notice: Notice
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds SMS and VOICE back: the agency's quiet hours, what may be spent on one incident,
    and what a message costs, both in the smallest unit of the currency. None is no limit."""

    quiet: Minutes | None = None
    cap: int | None = None
    prices: Mapping[Medium, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(sum_ < 0 for sum_ in (self.cap or 0, *self.prices.values())):
            raise ValueError("prices and the cap are not below 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How an agency tells people: its ladder and limits, its time zone, and how it signs, by
    language."""

    ladder: Ladder
    limits: Limits
    zone: ZoneInfo
    sign: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A step is kept back: why, and until when, None for good."""

    reason: HoldReason
    until: datetime | None = None


def due(board: Board, ladder: Ladder, now: datetime) -> list[Due]:
    """Return every step that is due, the most urgent first, then the oldest.

    One kept back by quiet hours stays due until it is sent.
    """
    notices = sorted((board.notices[n] for n in board.live_notices), key=order)
    return [d for notice in notices for d in due_of(board, notice.id, ladder, now)]


def next_at(board: Board, ladder: Ladder, now: datetime) -> datetime | None:
    """Return when the next step falls due that is not due now, None when nothing will."""
    steps = (
        at
        for notice_id in board.live_notices
        for _, at in open_steps(board, notice_id, ladder)
        if at > now
    )
    return min(steps, default=None)


def order(notice: Notice) -> tuple[int, datetime, str]:
    """Return what notices are sorted by: urgency, then age."""
    return RANK[notice.urgency], notice.opened_at, notice.id


def due_of(board: Board, notice_id: NoticeId, ladder: Ladder, now: datetime) -> list[Due]:
    """Return the steps of one notice that are due."""
    notice = board.notices[notice_id]
    if notice.closes_at is not None and notice.closes_at <= now:
        return []
    steps = open_steps(board, notice_id, ladder)
    return [Due(notice=notice, step=step) for step, at in steps if at <= now]


def open_steps(
    board: Board, notice_id: NoticeId, ladder: Ladder
) -> Iterator[tuple[Step, datetime]]:
    """Yield the steps of one notice that are still to be taken, and when each falls due."""
    if notice_id not in board.live_notices:
        return
    notice = board.notices[notice_id]
    for step in ladder.get(notice.urgency, ()):
        at = notice.opened_at + timedelta(seconds=step.after_s)
        over = notice.closes_at is not None and at >= notice.closes_at
        if not over and _untaken(notice, step) and _needed(board, notice, step):
            yield step, at


def held(
    notice: Notice,
    medium: Medium,
    limits: Limits,
    *,
    quiet: Minutes | None,
    spent: int,
    now: datetime,
    zone: ZoneInfo,
) -> Hold | None:
    """Return why a message is kept back, None when it may go. Nothing holds LIFE back.

    `quiet` are the person's own quiet hours, else the agency's count; `spent` is what the incident
    has cost so far.
    """
    if notice.urgency is Urgency.LIFE or medium not in HELD_BACK:
        return None
    until = quiet_until(quiet or limits.quiet, now, zone)
    if until is not None:
        return Hold(reason=HoldReason.QUIET_HOURS, until=until)
    if notice.incident_id is None or limits.cap is None:
        return None
    over = spent + limits.prices.get(medium, 0) > limits.cap
    return Hold(reason=HoldReason.COST_CAP) if over else None


def quiet_until(quiet: Minutes | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when the quiet hours end that `now` lies in, None when it lies in none.

    They go by the clock on the wall: where it is put back they last an hour longer. An end that it
    skips counts by the time before.
    """
    if quiet is None:
        return None
    local = now.astimezone(zone)
    minute, (start, end) = local.hour * 60 + local.minute, quiet
    inside = start <= minute < end if start <= end else minute >= start or minute < end
    if not inside:
        return None
    end %= DAY_MIN
    day = local.date() + timedelta(days=end <= minute)
    wall = datetime.combine(day, time(end // 60, end % 60), tzinfo=zone)
    first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return first if first > now else second


def _untaken(notice: Notice, step: Step) -> bool:
    delivery = notice.by(step.medium)
    if delivery is None:
        return True
    # What was too dear stays so; what came at the wrong hour is sent when it is over.
    waits = delivery.status is SendStatus.HELD
    return waits and delivery.because == HoldReason.QUIET_HOURS


def _needed(board: Board, notice: Notice, step: Step) -> bool:
    if step.unless is Unless.SEEN and notice.seen:
        return False
    return not step.follows or _follows(board, notice)


def _follows(board: Board, notice: Notice) -> bool:
    if notice.kind is not NoticeKind.STOOD_DOWN:
        return False
    first = board.notices[of_offer(OfferId(notice.subject))]
    gone = (SendStatus.SENT, SendStatus.DELIVERED)
    waked = (first.by(medium) for medium in HELD_BACK)
    return first.seen_by is not Medium.SOCKET and any(d and d.status in gone for d in waked)
