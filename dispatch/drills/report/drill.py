"""The report of a drill: its log, with what was run and what it came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import shapely

from dispatch.drills.report.account import account
from dispatch.drills.report.page import About, Figure, Lang, page
from dispatch.drills.report.pdf import write_pdf
from dispatch.drills.report.replay import Way
from dispatch.drills.report.words import Said, span
from dispatch.drills.run import RunResult
from dispatch.drills.scenario import model as it
from dispatch.drills.scenario.script import incident_id
from dispatch.errors import BadInput
from dispatch.geo.roads import RoadGraph

GROUND_MOST: Final = 4_000
"""Lines of roads a page carries; the widest roads first."""
GROUND_OFF_DEG: Final = 0.0004
"""What a road may be off on the page: some forty metres."""


def report(result: RunResult, lang: Lang | None = None) -> str:
    """Return the report of a drill as HTML text."""
    told = account(result.board.agency, result.log, exercise=True)
    return page(told, about(result), lang)


def write_report(result: RunResult, path: Path) -> None:
    """Write the report where the name of the file says how: `.html`, or on paper `.pdf` in the
    agency's own language.

    Raises:
        BadInput: the file cannot be written, or what sets PDFs is missing.
    """
    if path.suffix.lower() == ".pdf":
        write_pdf(report(result, "zh"), path)
        return
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(report(result), encoding="utf-8")
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise BadInput(f"cannot write {path}: {exc.strerror}") from None


def about(result: RunResult) -> About:
    """Return what the page says beside the log."""
    scenario, found = result.scenario, result.plain()
    return About(
        title=Said(scenario.names.zh, scenario.names.en),
        zone=scenario.clock.timezone,
        exercise=True,
        facts=tuple(_facts(result, found)),
        figures=_figures(found["measures"], found),
        ground=_ground(scenario.roads),
        ring=scenario.area.ring,
        provenance={
            incident_id(scenario, inject.id): inject.provenance.fact.value
            for inject in scenario.timeline
            if isinstance(inject, it.IncidentOpened)
        },
    )


def _figures(m: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[Figure, ...]:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.0%}"

    def number(value: float | None, digits: int = 1) -> str:
        return "–" if value is None else f"{value:,.{digits}f}"

    accepted, arrived = m["to_fill_accepted_s"], m["to_fill_arrived_s"]
    eta = m["eta_error_s"]["mean_abs"]
    return (
        Figure(
            name=Said("按时到场", "On scene in time"),
            value=f"{m['in_time_heads']} / {m['heads']}",
            note=Said(f"共到场 {m['filled_heads']} 人", f"{m['filled_heads']} came in all"),
        ),
        Figure(
            name=Said("满员用时中位数（接受）", "Time to fill, accepted, median"),
            value=span(accepted["median"]).en,
            note=Said(f"90%：{span(accepted['p90']).zh}", f"90 %: {span(accepted['p90']).en}"),
        ),
        Figure(
            name=Said("满员用时中位数（到场）", "Time to fill, on scene, median"),
            value=span(arrived["median"]).en,
            note=Said(f"90%：{span(arrived['p90']).zh}", f"90 %: {span(arrived['p90']).en}"),
        ),
        Figure(
            name=Said("加权缺员分钟", "Weighted unfilled minutes"),
            value=number(m["unfilled_weighted_min"], 0),
        ),
        Figure(
            name=Said("每到场一人的通知次数", "Alerts per head that came"),
            value=number(m["alerts_per_filled_head"]),
            note=Said(f"共 {m['alerts']} 次", f"{m['alerts']} in all"),
        ),
        Figure(name=Said("多余接受", "Redundant acceptances"), value=share(m["redundant_share"])),
        Figure(name=Said("响应误差（均值）", "Response error, mean size"), value=span(eta).en),
        Figure(name=Said("通知负担基尼系数", "Gini of alerts"), value=number(m["gini_alerts"], 2)),
        Figure(name=Said("技能完全相符", "Exact skill"), value=share(m["skill_fit"])),
        Figure(
            name=Said("违规", "Rules broken"),
            value=str(len(found["violations"])),
            note=Said("须为 0", "must be 0"),
        ),
    )


def _facts(result: RunResult, found: Mapping[str, Any]) -> list[tuple[Said, str]]:
    scenario = result.scenario
    ways = (
        Said("直线估算", "estimated from the straight line")
        if scenario.roads is None
        else Said("路网", "by road")
    )
    marks = [inject.provenance.fact.value for inject in scenario.timeline]
    return [
        (Said("想定", "Scenario"), f"{scenario.id} ({scenario.digest[:16]})"),
        (Said("人员", "People"), f"{found['people']:,}"),
        (Said("种子", "Seed"), str(found["seed"])),
        (Said("通知策略", "Alert policy"), found["policy"]),
        (Said("路程", "Travel"), f"{ways.zh} · {ways.en}"),
        (
            Said("史实 F、推断 P、虚构 S", "Facts F, inferences P, syntheses S"),
            ", ".join(f"{mark} {marks.count(mark)}" for mark in ("F", "P", "S")),
        ),
        (Said("模拟人员参数", "How people behave"), _dials(found["habits"])),
        (Said("模拟指挥员参数", "How the commander works"), _dials(found["manner"])),
        (Said("版本", "Version"), version("dispatch")),
        (Said("日志散列（SHA-256）", "SHA-256 of the log"), found["hash"]),
    ]


def _dials(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_dial(value)}" for name, value in values.items())


def _dial(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_dials(value)})"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _ground(roads: Path | None) -> Sequence[Way]:
    """The roads as lines for a page, the widest first, thinned."""
    if roads is None:
        return ()
    graph = RoadGraph.load(roads)
    order = sorted(range(len(graph.lines)), key=lambda n: (int(graph.road_class[n]), n))
    lines = shapely.simplify(graph.lines[order[:GROUND_MOST]], GROUND_OFF_DEG)
    return [[(x, y) for x, y in shapely.get_coordinates(line).tolist()] for line in lines]
