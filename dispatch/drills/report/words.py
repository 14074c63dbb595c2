"""What the report says, in both languages. Every text stands in both; the reader chooses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from html import escape
from typing import Final

from dispatch.model import DoubtReason, OfferStatus, Reason, WaveReason
from dispatch.taxonomy import Names

Said = Names
"""A text in Chinese and English."""

REASONS: Final[Mapping[Reason, Said]] = {
    Reason.STATUS: Said("不是在册有效志愿者", "not an active volunteer"),
    Reason.TIER: Said("该类志愿者不得参与此危险等级", "category not allowed for this hazard"),
    Reason.AGE: Said("不符合年龄要求", "outside the age limits"),
    Reason.FITNESS: Said("没有有效体检记录", "no valid fitness record"),
    Reason.SKILL: Said("不具备所需技能等级", "without the skill at this level"),
    Reason.CREDENTIAL: Said("证书过期或未核验", "certificate expired or not verified"),
    Reason.TRAINING: Said("未完成所需培训", "training missing"),
    Reason.COVER: Said("没有适用的保险", "no insurance that covers this"),
    Reason.JURISDICTION: Said("不在登记区域内", "registered in another area"),
    Reason.UNAVAILABLE: Said("不在待命状态", "not available"),
    Reason.BUSY: Said("正在执行任务", "already on a task"),
    Reason.OFFERED: Said("已有未答复的邀请", "with another open offer"),
    Reason.RESTING: Said("轮休中", "resting after a shift"),
    Reason.CAPPED: Said("近期通知次数已达上限", "asked too often lately"),
    Reason.CONSENT: Said("未同意接收通知", "without consent to be asked"),
    Reason.EXCLUDED: Said("被指挥员排除", "excluded by a commander"),
    Reason.DECLINED: Said("已谢绝本需求", "had declined this need"),
    Reason.REACH: Said("无法按时到达", "too far to be there in time"),
    Reason.CUT_OFF: Said("被危险区阻断", "cut off by a hazard zone"),
}

WAVES: Final[Mapping[WaveReason, Said]] = {
    WaveReason.PLAN: Said("派遣方案", "a plan was dispatched"),
    WaveReason.STARTED: Said("开始通知", "alerting started"),
    WaveReason.DECLINED: Said("有人谢绝", "somebody declined"),
    WaveReason.STOOD_DOWN: Said("有人无法前来", "somebody fell out"),
    WaveReason.EXPIRED: Said("有人逾期未答复", "somebody did not answer"),
    WaveReason.SILENCE: Said("久未答复", "silence"),
}

DOUBTS: Final[Mapping[DoubtReason, Said]] = {
    DoubtReason.UNLIKELY: Said("很可能无法满员", "it was unlikely to be filled"),
    DoubtReason.NO_YES: Said("通知三轮仍无人接受", "three waves and nobody had accepted"),
    DoubtReason.NOBODY_LEFT: Said(
        "没有其他符合全部规则的人", "nobody else was left whom the rules allow"
    ),
    DoubtReason.PLANNER_DOWN: Said("规划器无法回应", "the planner could not answer"),
}

ENDS: Final[Mapping[OfferStatus, Said]] = {
    OfferStatus.ACCEPTED: Said("接受", "accepted"),
    OfferStatus.DECLINED: Said("谢绝", "declined"),
    OfferStatus.EXPIRED: Said("未答复", "no answer"),
    OfferStatus.WITHDRAWN: Said("撤回", "withdrawn"),
    OfferStatus.OPEN: Said("未结束", "open"),
}


def html(said: Said) -> str:
    """Return both texts as HTML, of which the page shows one. They are escaped: titles and notes
    are what people typed."""
    zh, en = escape(said.zh), escape(said.en)
    if zh == en:
        return zh
    return f'<span class="zh" lang="zh-CN">{zh}</span><span class="en" lang="en">{en}</span>'


def joined(parts: list[Said], zh: str = "，", en: str = ", ") -> Said:
    """Return the texts one after the other."""
    return Said(zh.join(p.zh for p in parts), en.join(p.en for p in parts))


def clock(at: datetime, zone: tzinfo) -> str:
    """Return the day and time of an instant where the operation is."""
    return at.astimezone(zone).strftime("%m-%d %H:%M")


def span(seconds: float | None) -> Said:
    """Return a length of time for people: minutes, from three hours on hours."""
    if seconds is None:
        return Said("未达到", "not reached")
    minutes = seconds / 60
    if minutes < 180:
        shown = f"{minutes:.0f}" if minutes >= 10 else f"{minutes:.1f}"
        return Said(f"{shown} 分钟", f"{shown} min")
    return Said(f"{minutes / 60:.1f} 小时", f"{minutes / 60:.1f} h")


def people(count: int) -> Said:
    """Return a number of people."""
    return Said(f"{count} 人", f"{count} person" if count == 1 else f"{count} people")
