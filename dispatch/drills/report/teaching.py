"""The lessons, by the phases of the work, and room for the notes of the debriefing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from dispatch.drills.report.account import Account
from dispatch.drills.report.lessons import PHASES, Lesson, gap_said, gaps, lessons
from dispatch.drills.report.words import Said, html
from dispatch.model import NeedId

GAPS_SHOWN: Final = 8


def lessons_part(told: Account) -> str:
    """Return the section."""
    found = lessons(told)
    parts = []
    for phase in PHASES:
        rows = "".join(_lesson(told, one) for one in found if one.phase == phase)
        if rows:
            parts.append(f"<h3>{html(phase)}</h3><ul>{rows}</ul>")
    none = f"<p>{html(Said('没有延误的需求。', 'No need was late.'))}</p>"
    short = "".join(f"<li>{html(gap_said(g))}</li>" for g in gaps(told)[:GAPS_SHOWN])
    pool = Said("只差一条规则的人", "People whom one rule alone stopped")
    short = f"<h3>{html(pool)}</h3><ul>{short}</ul>" if short else ""
    notes = Said("讲评记录（保存后写入本文件）", "Notes of the debriefing (saved into this file)")
    return (
        f"<h2>{html(Said('经验教训', 'Lessons'))}</h2>{''.join(parts) or none}{short}"
        f'<h3>{html(notes)}</h3><textarea id="notes" aria-label="notes"></textarea>'
        f'<p class="screen"><button id="save">{html(_SAVE)}</button></p>'
    )


_SAVE: Final = Said("保存报告", "Save the report")


def _lesson(told: Account, one: Lesson) -> str:
    needs = _links(told, one.needs)
    return f"<li><strong>{html(one.found)}</strong> {html(one.advice)} {needs}</li>"


def _links(told: Account, needs: Sequence[NeedId]) -> str:
    numbers = {n.need.id: n.incident.number for n in told.needs}
    return " ".join(f'<a href="#need-{escape(i)}">#{numbers[i]}</a>' for i in needs)
