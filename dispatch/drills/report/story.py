"""Each need's story in plain sentences: what happened when, what came late, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from dispatch.drills.report.account import NeedAccount
from dispatch.drills.report.words import DOUBTS, REASONS, WAVES, Said, clock, joined, people, span
from dispatch.model import DeclineReason, DoubtReason, NeedStatus, OfferStatus, Reason
from dispatch.taxonomy import SKILLS

SLOW_TO_ASK: Final = timedelta(minutes=10)
"""Published for so long before anybody was asked, and that is a cause of its own."""
SHOWN_MOST: Final = 3


class Cause(StrEnum):
    """Why a need was not complete in time, in the order in which one would look."""

    NOT_PUBLISHED = "NOT_PUBLISHED"
    ASKED_LATE = "ASKED_LATE"
    NO_CANDIDATE = "NO_CANDIDATE"
    PLANNER = "PLANNER"
    DECLINED = "DECLINED"
    SILENCE = "SILENCE"
    FELL_OUT = "FELL_OUT"
    SLOW_WAY = "SLOW_WAY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A cause, how many people or minutes it stands for, and how the report says so."""

    cause: Cause
    weight: int
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence of a story with its instant."""

    at: datetime
    said: Said


def story(n: NeedAccount, zone: tzinfo) -> tuple[Line, ...]:
    """Return what happened to a need, oldest first."""
    return tuple(sorted(_lines(n, zone), key=lambda line: line.at))


def late(n: NeedAccount) -> tuple[Late, ...]:
    """Return why a need was not complete by its deadline, the causes in the order to look at them;
    empty when it was, or when nobody was wanted any more before that."""
    if n.on_time or (n.open_until < n.need.deadline_at and n.complete_at is None):
        return ()
    return tuple(_causes(n))


def _lines(n: NeedAccount, zone: tzinfo) -> Iterator[Line]:
    heads = n.need.heads
    skill = SKILLS[n.need.skill].names
    yield Line(
        at=n.need.added_at,
        said=Said(
            f"记录需求：{skill.zh} {heads.desired} 人（最少 {heads.minimum}），"
            f"须于 {clock(n.need.deadline_at, zone)} 前到达",
            f"need taken down: {heads.desired} {skill.en} (at least {heads.minimum}) by "
            f"{clock(n.need.deadline_at, zone)}",
        ),
    )
    if n.published_at is not None:
        yield Line(at=n.published_at, said=Said("核实并发布", "verified and published"))
    yield from _waves(n)
    for at, because in n.doubts:
        said = Said(f"提醒指挥员：{DOUBTS[because].zh}", f"commander told: {DOUBTS[because].en}")
        yield Line(at=at, said=said)
    yield from _milestones(n)


def _waves(n: NeedAccount) -> Iterator[Line]:
    for number, wave in enumerate(n.waves, start=1):
        sure = "" if wave.fill is None else f"{wave.fill:.0%}"
        yield Line(
            at=wave.at,
            said=Said(
                f"第 {number} 轮通知 {wave.asked} 人（{WAVES[wave.because].zh}）"
                + (f"，满员概率 {sure}" if sure else ""),
                f"wave {number}: {people(wave.asked).en} asked ({WAVES[wave.because].en})"
                + (f", {sure} sure to be filled" if sure else ""),
            ),
        )


def _milestones(n: NeedAccount) -> Iterator[Line]:
    desired = n.need.heads.desired
    if n.filled_at is not None:
        yield Line(at=n.filled_at, said=Said(f"{desired} 人全部接受", f"all {desired} accepted"))
    if n.arrived:
        first = n.arrived[0].on_scene_at
        assert first is not None, "who arrived has an instant"
        yield Line(at=first, said=Said("第一人到场", "the first person is on scene"))
    if n.complete_at is not None:
        yield Line(
            at=n.complete_at,
            said=Said(f"{desired} 人全部到场", f"all {desired} are on scene"),
        )
    if n.need.status is NeedStatus.CLOSED:
        yield Line(at=n.open_until, said=Said("需求关闭", "need closed"))


def _causes(n: NeedAccount) -> Iterator[Late]:
    if n.published_at is None:
        yield _late(Cause.NOT_PUBLISHED, 1, "一直未核实发布", "it was never verified and published")
        return
    yield from _asking(n)
    yield from _answers(n)
    slow = [a for a in n.arrived if _after_deadline(n, a.on_scene_at)]
    in_time = sum(1 for a in slow if a.assigned_at <= n.need.deadline_at)
    if in_time:
        yield _late(
            Cause.SLOW_WAY,
            in_time,
            f"{in_time} 人在时限前接受，但路上时间超过时限",
            f"{people(in_time).en} accepted before the deadline and arrived after it",
        )


def _asking(n: NeedAccount) -> Iterator[Late]:
    assert n.published_at is not None
    first = min((o.made_at for o in n.offers), default=None)
    waited = None if first is None else first - n.published_at
    if waited is not None and waited > SLOW_TO_ASK:
        shown = span(waited.total_seconds())
        minutes = round(waited.total_seconds() / 60)
        yield _late(
            Cause.ASKED_LATE,
            minutes,
            f"发布 {shown.zh} 后才开始通知",
            f"nobody was asked for {shown.en} after it was published",
        )
    doubts = {because for _, because in n.doubts}
    if DoubtReason.NOBODY_LEFT in doubts or (first is None and n.shortfall is not None):
        why = _refused(n)
        yield _late(
            Cause.NO_CANDIDATE,
            n.need.heads.desired - len(n.arrived),
            "没有其他符合全部规则的人" + (f"：{why.zh}" if why else ""),
            "nobody else was left whom the rules allow" + (f": {why.en}" if why else ""),
        )
    if DoubtReason.PLANNER_DOWN in doubts:
        yield _late(
            Cause.PLANNER, 1, "规划器一度无法回应", "the planner could not answer for a while"
        )


def _refused(n: NeedAccount) -> Said | None:
    """The rules that stopped most holders of the skill, from the last plan that says so."""
    if n.shortfall is None:
        return None
    counted = Counter({Reason(r): c for r, c in n.shortfall.held.items()})
    counted.pop(Reason.SKILL, None)
    if not counted:
        holders = n.shortfall.holders
        return Said(
            f"名册上仅 {holders} 人具备该技能", f"{people(holders).en} on the roster have the skill"
        )
    return joined(
        [
            Said(f"{count} 人{REASONS[reason].zh}", f"{count} {REASONS[reason].en}")
            for reason, count in counted.most_common(SHOWN_MOST)
        ]
    )


def _answers(n: NeedAccount) -> Iterator[Late]:
    declined, silent = n.ended(OfferStatus.DECLINED), n.ended(OfferStatus.EXPIRED)
    asked = len(n.offers)
    if declined:
        why = Counter(o.decline_reason for o in n.offers if o.decline_reason is not None)
        most = why.most_common(1)[0][0] if why else DeclineReason.OTHER
        yield _late(
            Cause.DECLINED,
            declined,
            f"通知 {asked} 人，{declined} 人谢绝（最多：{DECLINES[most].zh}）",
            f"{declined} of {asked} asked declined (most often: {DECLINES[most].en})",
        )
    if silent:
        yield _late(
            Cause.SILENCE,
            silent,
            f"通知 {asked} 人，{silent} 人未答复",
            f"{silent} of {asked} asked did not answer",
        )
    fell = [a for a in n.assignments if a.stood_down_at is not None]
    if fell:
        yield _late(
            Cause.FELL_OUT,
            len(fell),
            f"{len(fell)} 人接受后未到场",
            f"{people(len(fell)).en} accepted and then fell out",
        )


DECLINES: Final = {
    DeclineReason.BUSY: Said("走不开", "cannot get away"),
    DeclineReason.TOO_FAR: Said("太远", "too far"),
    DeclineReason.NO_TRANSPORT: Said("没有交通工具", "no transport"),
    DeclineReason.NOT_FIT: Said("身体不适", "not fit"),
    DeclineReason.NO_GEAR: Said("没有装备", "no gear"),
    DeclineReason.OTHER: Said("其他原因", "other reasons"),
    DeclineReason.LATER: Said("晚些才能来", "could only come later"),
}


def _after_deadline(n: NeedAccount, at: datetime | None) -> bool:
    return at is not None and at > n.need.deadline_at


def _late(cause: Cause, weight: int, zh: str, en: str) -> Late:
    return Late(cause=cause, weight=weight, said=Said(zh, en))
