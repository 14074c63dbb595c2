"""The report as one HTML file: no request to anywhere, both languages, ready to print."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from html import escape
from importlib.resources import files
from typing import Any, Final, Literal

from dispatch.drills.report.account import Account
from dispatch.drills.report.curves import curves_part
from dispatch.drills.report.incidents import incidents_part
from dispatch.drills.report.people import people_part
from dispatch.drills.report.replay import Way, replay
from dispatch.drills.report.tables import rows_of
from dispatch.drills.report.teaching import lessons_part
from dispatch.drills.report.words import Said, clock, html
from dispatch.model import AssignmentId

Lang = Literal["zh", "en"]

NOTHING: Final = Said("", "")
SPEEDS: Final = (30, 60, 120, 300, 600, 1800)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of the run, as people read it."""

    name: Said
    value: str
    note: Said = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under headings, numbers to the right."""

    title: Said
    heads: tuple[Said, ...]
    rows: tuple[tuple[str, ...], ...]
    note: Said = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What was run, and what the page shows beside the log: figures, the ways people took, lines
    of the ground, and tables (earlier runs, what-ifs). `facts` is who, what and with which dials.
    """

    title: Said
    zone: tzinfo
    exercise: bool
    facts: Sequence[tuple[Said, str]] = ()
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    ways: Mapping[AssignmentId, Way] = field(default_factory=dict)
    ground: Sequence[Way] = ()
    ring: Way = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    """By incident id the mark of its row: F, P or S."""


def page(told: Account, about: About, lang: Lang | None = None) -> str:
    """Return the report as HTML text; without `lang` the reader's browser chooses first."""
    chosen = f' data-lang="{lang}"' if lang else ""
    zone = escape(str(about.zone), quote=True)
    body = "".join(_parts(told, about))
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}"{chosen} '
        f'data-timezone="{zone}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">"
        f"<title>{escape(about.title.zh)} · {escape(about.title.en)}</title>"
        f"<style>{_asset('report.css')}</style></head><body>{body}"
        f'<script type="application/json" id="replay-data">{_data(told, about)}</script>'
        f"<script>{_asset('page.js')}</script><script>{_asset('player.js')}</script>"
        "</body></html>\n"
    )


def _parts(told: Account, about: About) -> Iterator[str]:
    yield _head(told, about)
    yield _figures(about)
    yield _replay()
    yield curves_part(told)
    yield people_part(told)
    yield incidents_part(told, about.zone, about.provenance)
    yield lessons_part(told)
    yield from (_table(table) for table in about.tables)
    yield _timeline(told, about)
    yield _foot(about)


def _head(told: Account, about: About) -> str:
    mark = Said("演练 — 以下均非真实警情", "EXERCISE — nothing here is a real alert")
    exercise = f'<strong class="exercise">{html(mark)}</strong>' if about.exercise else ""
    began, ended = (clock(at, about.zone) for at in (told.began_at, told.ended_at))
    year = told.began_at.astimezone(about.zone).year
    switch = (
        '<span class="bar screen"><button data-choose="zh" lang="zh-CN">中文</button>'
        '<button data-choose="en" lang="en">English</button></span>'
    )
    return (
        f'{exercise}<div class="bar"><h1 class="grow">{html(about.title)}</h1>{switch}</div>'
        f"<p>{html(Said('行动总结报告', 'After-action report'))} · {year} · {began} – {ended}</p>"
    )


def _figures(about: About) -> str:
    tiles = "".join(
        f'<div class="tile"><small>{html(f.name)}</small><b>{escape(f.value)}</b>'
        f"<small>{html(f.note)}</small></div>"
        for f in about.figures
    )
    return f"<h2>{html(Said('主要指标', 'Key figures'))}</h2><div class='tiles'>{tiles}</div>"


def _replay() -> str:
    speeds = "".join(
        f'<option value="{s}"{" selected" if s == 300 else ""}>{s} ×</option>' for s in SPEEDS
    )
    legend = Said(
        "圆：事件（外环蓝＝已接受，绿＝已到场）；三角：在途；方块：在场；灰方块：返程；红：危险区",
        "Disc: incident (ring blue = accepted, green = on scene); triangle: on the way; square: on "
        "scene; grey square: going home; red: hazard zone",
    )
    return (
        f'<section class="screen"><h2>{html(Said("地图回放", "Replay"))}</h2>'
        '<canvas id="replay" tabindex="0"></canvas><div class="bar">'
        f'<button id="play" aria-pressed="false">{html(_PLAY)}</button>'
        f'<select id="speed" aria-label="speed">{speeds}</select><span id="replay-time"></span>'
        '<input id="scrub" type="range" min="0" step="1" value="0" aria-label="time"></div>'
        f'<p id="replay-now"></p><p><small>{html(legend)} '
        f"{html(_KEYS)}</small></p></section>"
    )


_PLAY: Final = Said("播放 / 暂停", "Play / pause")
_KEYS: Final = Said("空格：播放；←→：一分钟", "Space: play; arrows: a minute")


def _table(table: Table) -> str:
    note = f"<p>{html(table.note)}</p>" if table.note.en else ""
    rows = [tuple(escape(cell) for cell in row) for row in table.rows]
    return f"<h2>{html(table.title)}</h2>{note}{rows_of(table.heads, rows)}"


def _timeline(told: Account, about: About) -> str:
    rows = [(clock(e.at, about.zone), escape(e.event), escape(e.text)) for e in told.board.entries]
    heads = Said("时间", "Time"), Said("事件", "Event"), Said("内容", "Text")
    title = Said(f"日志末 {len(rows)} 条", f"The last {len(rows)} entries of the log")
    return (
        f"<h2>{html(title)}</h2><details><summary>{html(Said('展开', 'Show'))}</summary>"
        f"{rows_of(heads, rows)}</details>"
    )


def _foot(about: About) -> str:
    facts = "".join(f"<dt>{html(name)}</dt><dd>{escape(value)}</dd>" for name, value in about.facts)
    return f"<footer><h2>{html(Said('本次运行', 'This run'))}</h2><dl>{facts}</dl></footer>"


def _data(told: Account, about: About) -> str:
    made: dict[str, Any] = replay(told, about.ways, about.ground, about.ring)
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    # Inside a script element nothing but its own end tag has a meaning.
    return text.replace("<", "\\u003c")


def _asset(name: str) -> str:
    return files("dispatch.drills.report").joinpath(name).read_text(encoding="utf-8")
