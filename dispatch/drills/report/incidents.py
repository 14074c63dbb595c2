"""Each incident with the stories of its needs, what came late, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from html import escape
from typing import Final

from dispatch.drills.report.account import Account, NeedAccount
from dispatch.drills.report.story import late, story
from dispatch.drills.report.words import ENDS, Said, clock, html
from dispatch.model import Incident
from dispatch.taxonomy import HAZARD_GATES, SKILLS


def incidents_part(told: Account, zone: tzinfo, provenance: Mapping[str, str]) -> str:
    """Return the section; `provenance` is the mark of a row, F, P or S, by incident."""
    by_incident: dict[str, list[NeedAccount]] = {}
    for n in told.needs:
        by_incident.setdefault(n.incident.id, []).append(n)
    ordered = sorted(told.board.incidents.values(), key=lambda i: i.number)
    told_of = "".join(
        _incident(told, zone, i, by_incident.get(i.id, []), provenance.get(i.id, ""))
        for i in ordered
    )
    empty = f"<p>{html(Said('没有事件。', 'There was no incident.'))}</p>"
    return f"<h2>{html(Said('逐个事件', 'Incident by incident'))}</h2>{told_of or empty}"


def _incident(told: Account, zone: tzinfo, i: Incident, needs: list[NeedAccount], mark: str) -> str:
    marked = f' <span class="mark">{html(_MARKS[mark])}</span>' if mark in _MARKS else ""
    seconds = int((i.opened_at - told.began_at).total_seconds())
    opened = clock(i.opened_at, zone)
    shown = " open" if any(late(n) for n in needs) else ""
    there = html(Said("在地图上看", "on the map"))
    return (
        f'<details class="incident"{shown}><summary><span class="sev sev-{i.severity}">{i.severity}'
        f"</span> #{i.number} {escape(i.title)}{marked} {_state(needs)}</summary>"
        f"<p>{html(HAZARD_GATES[i.hazard].names)} ({i.hazard}) · {opened} · "
        f'<button class="link screen" data-at="{seconds}">{there}</button></p>'
        + "".join(_need(n, zone) for n in needs)
        + "</details>"
    )


def _state(needs: list[NeedAccount]) -> str:
    """Whether its needs were complete in time, or nobody knows: they ended before."""
    late_ones = sum(bool(late(n)) for n in needs)
    if late_ones:
        return f'<span class="bad">{html(Said(f"{late_ones} 项延误", f"{late_ones} late"))}</span>'
    if needs and all(n.on_time for n in needs):
        return f'<span class="ok">{html(Said("按时", "on time"))}</span>'
    return ""


_MARKS: Final[Mapping[str, Said]] = {
    "F": Said("史实", "fact"),
    "P": Said("推断", "inference"),
    "S": Said("虚构", "synthesis"),
}


def _need(n: NeedAccount, zone: tzinfo) -> str:
    skill = SKILLS[n.need.skill].names
    title = Said(f"{skill.zh} {n.need.heads.desired} 人", f"{n.need.heads.desired} × {skill.en}")
    lines = "".join(
        f"<li><time>{clock(line.at, zone)}</time><span>{html(line.said)}</span></li>"
        for line in story(n, zone)
    )
    causes = "".join(f"<li>{html(why.said)}</li>" for why in late(n))
    why = f'<div class="late">{html(_WHY)}<ul>{causes}</ul></div>' if causes else ""
    ends = " · ".join(
        f"{html(ENDS[status])} {n.ended(status)}" for status in ENDS if n.ended(status)
    )
    return (
        f'<h3 id="need-{escape(n.need.id)}">{html(title)}</h3><ul class="story">{lines}</ul>'
        f"<p><small>{ends}</small></p>{why}"
    )


_WHY: Final = Said("为何延误：", "Why it was late:")
