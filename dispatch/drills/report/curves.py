"""How long things took: when needs were filled, and what was missing meanwhile."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from dispatch.drills.measures import Survival, survival
from dispatch.drills.report.account import WEIGHTS, Account
from dispatch.drills.report.plots import Series, steps
from dispatch.drills.report.words import Said, html, span


def curves_part(told: Account) -> str:
    """Return the section."""
    filled = survival(w for n in told.needs if (w := n.wait(n.filled_at)))
    complete = survival(w for n in told.needs if (w := n.wait(n.complete_at)))
    curves = steps(
        [
            Series(name=Said("全部接受", "all accepted"), points=_minutes(filled)),
            Series(name=Said("全部到场", "all on scene"), points=_minutes(complete)),
        ],
        Said("发布后分钟", "minutes after publishing"),
        Said("需求占比", "share of needs"),
        share=True,
    )
    halves = Said(
        f"半数需求：接受 {span(filled.quantile(0.5)).zh}，到场 {span(complete.quantile(0.5)).zh}"
        f"（{filled.ended}/{filled.n}、{complete.ended}/{complete.n} 项完成）",
        f"half of the needs: accepted {span(filled.quantile(0.5)).en}, on scene "
        f"{span(complete.quantile(0.5)).en} ({filled.ended} and {complete.ended} of "
        f"{filled.n} needs)",
    )
    missing = steps(
        [Series(name=Said("缺口", "missing"), points=_missing(told))],
        Said("开始后分钟", "minutes after the beginning"),
        Said("按严重程度加权的缺员人数", "missing heads, weighted by severity"),
    )
    return (
        f"<h2>{html(Said('多久有人', 'How long it took'))}</h2><div class='pair'>"
        f"<div><h3>{html(Said('满员用时（Kaplan-Meier）', 'Time to fill (Kaplan-Meier)'))}</h3>"
        f"{curves}<p>{html(halves)}</p></div>"
        f"<div><h3>{html(Said('缺口随时间', 'What was missing when'))}</h3>{missing}</div></div>"
    )


def _minutes(curve: Survival) -> list[tuple[float, float]]:
    ended = zip(curve.at_s, curve.open, strict=True)
    return [(0.0, 0.0), *((s / 60, 1 - left) for s, left in ended)]


def _missing(told: Account) -> list[tuple[float, float]]:
    """The weighted heads that are missing on scene, whenever that changes."""
    changes: list[tuple[float, float]] = []
    for n in told.needs:
        if n.published_at is None:
            continue
        weight, desired, present = WEIGHTS[n.incident.severity], n.need.heads.desired, 0
        start = (n.published_at - told.began_at) / timedelta(minutes=1)
        end = (n.open_until - told.began_at) / timedelta(minutes=1)
        changes.append((start, weight * desired))
        for a in n.arrived:
            came = ((a.on_scene_at or n.open_until) - told.began_at) / timedelta(minutes=1)
            if present < desired and came < end:
                changes.append((came, -weight))
                present += 1
        changes.append((end, -weight * (desired - present)))
    points, level = [(0.0, 0.0)], 0.0
    for minute, together in groupby(sorted(changes), key=lambda c: c[0]):
        level += sum(step for _, step in together)
        points.append((minute, max(0.0, level)))
    return points
