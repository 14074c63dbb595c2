"""What an operation teaches, each finding with the needs it was read from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from dispatch.drills.report.account import WEIGHTS, Account, NeedAccount
from dispatch.drills.report.story import Cause, Late, late
from dispatch.drills.report.words import REASONS, Said, people
from dispatch.model import NeedId, OfferStatus, Reason, Skill
from dispatch.taxonomy import SKILLS

PHASES: Final = (
    Said("快速响应", "Fast response"),
    Said("登记报备", "Registration"),
    Said("供需对接", "Matching"),
    Said("精准参与", "Precise work"),
    Said("有序撤离", "Orderly withdrawal"),
)
"""The chain that exercises of volunteer forces are judged by (Sichuan and Chongqing)."""

_PHASE: Final = {
    Cause.ASKED_LATE: 0,
    Cause.NOT_PUBLISHED: 1,
    Cause.NO_CANDIDATE: 2,
    Cause.PLANNER: 2,
    Cause.DECLINED: 2,
    Cause.SILENCE: 0,
    Cause.FELL_OUT: 3,
    Cause.SLOW_WAY: 3,
}

_ADVICE: Final = {
    Cause.ASKED_LATE: Said(
        "发布后立即派遣方案或启动自动通知。",
        "Dispatch a plan, or start alerting, as soon as a need is published.",
    ),
    Cause.NOT_PUBLISHED: Said(
        "安排专人回访核实，未核实的需求无法派人。",
        "Give somebody the task of phoning back: nobody can be sent to what is not verified.",
    ),
    Cause.NO_CANDIDATE: Said(
        "补充人手：培训、续保或扩大范围，见下方各项人数。",
        "Grow the pool: train, insure or widen, by the numbers beside each need.",
    ),
    Cause.PLANNER: Said("检查规划进程的日志。", "Look into the log of the planner's process."),
    Cause.DECLINED: Said(
        "多数人谢绝时，提早扩大半径，并询问原因。",
        "Where most decline, widen the radius earlier, and ask why.",
    ),
    Cause.SILENCE: Said(
        "做一次触达测试，补齐短信与语音渠道。",
        "Run a reach test and see that SMS and voice reach everybody.",
    ),
    Cause.FELL_OUT: Said(
        "接受后未到场的人数应计入多通知的余量。",
        "Ask for as many more as accept and then fall out.",
    ),
    Cause.SLOW_WAY: Said(
        "核对路况与车速，提前设集结点。",
        "Check roads and speeds, and place rally points nearer.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A cause, how many needs it made late, what to do, and which needs those are."""

    phase: Said
    cause: Cause
    found: Said
    advice: Said
    needs: tuple[NeedId, ...]
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """People whom one rule alone kept from short needs of a skill: what a what-if would change."""

    skill: Skill
    reason: Reason
    count: int


def lessons(told: Account) -> tuple[Lesson, ...]:
    """Return what made needs late, the gravest first."""
    found: dict[Cause, list[tuple[NeedAccount, Late]]] = defaultdict(list)
    for n in told.needs:
        for why in late(n):
            found[why.cause].append((n, why))
    made = [_lesson(cause, cases) for cause, cases in found.items()]
    return tuple(sorted(made, key=lambda m: (-m.weight, m.cause)))


def gaps(told: Account) -> tuple[Gap, ...]:
    """Return which single rules kept most people from short needs, the largest first."""
    counted: dict[tuple[Skill, Reason], int] = defaultdict(int)
    for n in told.needs:
        if n.shortfall is None or n.on_time:
            continue
        for reason, count in n.shortfall.single.items():
            key = n.need.skill, Reason(reason)
            counted[key] = max(counted[key], count)
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Gap(skill=s, reason=r, count=c) for (s, r), c in ordered)


def gap_said(gap: Gap) -> Said:
    """Return what a gap says."""
    skill = SKILLS[gap.skill].names
    why = REASONS[gap.reason]
    return Said(
        f"{skill.zh}：仅因“{why.zh}”被排除 {gap.count} 人",
        f"{skill.en}: {people(gap.count).en} only {why.en}",
    )


def _lesson(cause: Cause, cases: list[tuple[NeedAccount, Late]]) -> Lesson:
    total = sum(why.weight for _, why in cases)
    return Lesson(
        phase=PHASES[_PHASE[cause]],
        cause=cause,
        found=Said(
            f"{len(cases)} 项需求因此延误（{_CAUSES[cause].zh}，共 {total}）",
            f"{len(cases)} needs were late because of this ({_CAUSES[cause].en}, {total} in all)",
        ),
        advice=_ADVICE[cause],
        needs=tuple(n.need.id for n, _ in cases),
        weight=round(sum(WEIGHTS[n.incident.severity] for n, _ in cases)),
    )


_CAUSES: Final = {
    Cause.ASKED_LATE: Said("通知太晚，分钟", "asked late, minutes"),
    Cause.NOT_PUBLISHED: Said("未核实发布", "not published"),
    Cause.NO_CANDIDATE: Said("无合格人选，缺人", "no candidate, heads"),
    Cause.PLANNER: Said("规划器无法回应", "planner down"),
    Cause.DECLINED: Said("谢绝，人次", "declined, answers"),
    Cause.SILENCE: Said("未答复，人次", "silence, offers"),
    Cause.FELL_OUT: Said("接受后未到场，人", "fell out, people"),
    Cause.SLOW_WAY: Said("路上太慢，人", "slow ways, people"),
}


def funnel(told: Account) -> tuple[tuple[Said, int], ...]:
    """Return how many offers came how far: asked, told, seen, accepted, on scene, served."""
    offers = [o for n in told.needs for o in n.offers]
    tasks = [a for n in told.needs for a in n.assignments]
    return (
        (Said("通知", "asked"), len(offers)),
        (Said("已送出", "told"), sum(n.told for n in told.needs)),
        (Said("已看到", "seen"), sum(n.seen for n in told.needs)),
        (Said("接受", "accepted"), sum(o.status is OfferStatus.ACCEPTED for o in offers)),
        (Said("到场", "on scene"), sum(a.on_scene_at is not None for a in tasks)),
        (Said("完成", "served"), sum(a.released_at is not None for a in tasks)),
    )
