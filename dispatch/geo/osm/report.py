"""What an import found: for the person who did it, and kept beside the roads."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dispatch.geo.osm.area import Area, Box
from dispatch.geo.osm.contract import Links
from dispatch.geo.osm.read import Ways
from dispatch.geo.road_folder import About
from dispatch.geo.roads import BRIDGE, FORD, TUNNEL, RoadGraph
from dispatch.model import TravelMode
from dispatch.roster import MODES

SHOWN: Final = 12
"""Of a long list of oddities the most frequent are named."""
_SMALL_SHARE: Final = 0.9
_STRUCTURES: Final = {"bridges": BRIDGE, "tunnels": TUNNEL, "fords": FORD}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeFigures:
    """`main_share`: how much of the length lies between vertices that all reach each other."""

    links: int
    km: float
    main_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Figures of an import. `oddities` counts ways by what was ignored and why; `before` is the
    number of links that were replaced, None when there were no roads before."""

    about: About
    area: str
    bounds: Box
    nodes: int
    vertices: int
    links: int
    km: float
    classes: Mapping[str, tuple[int, float]]
    modes: Mapping[str, ModeFigures]
    structures: Mapping[str, int]
    named_share: float
    oddities: Mapping[str, Mapping[str, int]]
    missing_nodes: int
    warnings: tuple[str, ...]
    before: int | None
    seconds: float = 0.0
    peak_mib: float = 0.0

    def finished(self, seconds: float) -> Report:
        """Return the report with what it cost: `seconds`, and the memory of this process."""
        peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return replace(self, seconds=round(seconds, 1), peak_mib=round(peak_kib / 1024, 1))

    def text(self) -> str:
        """Return the report as lines to read."""
        return "\n".join(_lines(self))


def report_on(graph: RoadGraph, ways: Ways, links: Links, area: Area, before: int | None) -> Report:
    """Return the figures of the graph that came out of `ways`."""
    modes = {str(mode): _mode_figures(graph, number) for number, mode in enumerate(MODES)}
    named = float(graph.length_m[graph.name > 0].sum() / graph.length_m.sum())
    report = Report(
        about=graph.about,
        area=area.what,
        bounds=graph.bounds,
        nodes=links.nodes,
        vertices=len(graph.vertices),
        links=len(graph.tail),
        km=_km(graph, np.ones(len(graph.tail), np.bool_)),
        classes={
            name: (int((graph.road_class == number).sum()), _km(graph, graph.road_class == number))
            for number, name in enumerate(graph.classes)
        },
        modes=modes,
        structures={
            name: int((graph.structure & bit > 0).sum()) for name, bit in _STRUCTURES.items()
        },
        named_share=round(named, 3),
        oddities=_oddities(ways.remarks),
        missing_nodes=ways.missing,
        warnings=(),
        before=before,
    )
    return replace(report, warnings=tuple(_warnings(report, area)))


def _km(graph: RoadGraph, links: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    return round(float(graph.length_m[links].sum()) / 1000, 1)


def _mode_figures(graph: RoadGraph, number: int) -> ModeFigures:
    mine = graph.access >> (2 * number) & 3 > 0
    main = graph.main(MODES[number])
    within = mine & main[graph.tail] & main[graph.head]
    total = float(graph.length_m[mine].sum())
    return ModeFigures(
        links=int(mine.sum()),
        km=_km(graph, mine),
        main_share=round(float(graph.length_m[within].sum()) / total, 4) if total else 0.0,
    )


def _oddities(remarks: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (kind, value), count in sorted(remarks.items(), key=lambda pair: (-pair[1], pair[0])):
        found.setdefault(kind, {})[value] = count
    return found


def _warnings(report: Report, area: Area) -> list[str]:
    warnings = []
    if area.repaired:
        warnings.append("the boundary crossed itself and was repaired")
    if report.missing_nodes:
        warnings.append(
            f"{report.missing_nodes:,} nodes of ways are not in the file: an extract that was cut "
            "without completing its ways; the roads end there"
        )
    if not report.modes[TravelMode.BOAT].links:
        warnings.append("no waterways: nobody goes by boat")
    for mode, figures in report.modes.items():
        if figures.links and mode != TravelMode.BOAT and figures.main_share < _SMALL_SHARE:
            warnings.append(
                f"only {figures.main_share:.0%} of the way by {mode} hang together both ways"
            )
    if not report.about.date:
        warnings.append("the file does not say how old it is")
    if report.named_share == 0:
        warnings.append("no road has a name")
    return warnings


def _lines(report: Report) -> list[str]:
    about = report.about
    lines = [
        f"{about.name}: {about.file} of {about.date or 'unknown date'}, {report.area}, "
        f"speeds {about.country}",
        f"{report.nodes:,} points -> {report.vertices:,} vertices, {report.links:,} links, "
        f"{report.km:,.0f} km, {report.named_share:.0%} named",
        "bounds {:.4f},{:.4f},{:.4f},{:.4f}".format(*report.bounds),
    ]
    lines += [
        f"  {mode:<11}{figures.links:>9,} links {figures.km:>9,.0f} km, "
        f"{figures.main_share:.1%} hang together"
        for mode, figures in report.modes.items()
    ]
    lines += [
        f"  {name:<15}{links:>9,} links {km:>9,.0f} km"
        for name, (links, km) in report.classes.items()
    ]
    lines.append("  " + ", ".join(f"{count:,} {name}" for name, count in report.structures.items()))
    for kind, values in report.oddities.items():
        shown = ", ".join(f"{value} ({count:,})" for value, count in list(values.items())[:SHOWN])
        more = len(values) - SHOWN
        lines.append(f"  {kind}: {shown}" + (f" and {more:,} more" if more > 0 else ""))
    lines += [f"  warning: {text}" for text in report.warnings]
    if report.before is not None:
        lines.append(f"replaced {report.before:,} links by {report.links:,}")
    lines.append(f"{report.seconds:.1f} s, {report.peak_mib:,.0f} MiB at most")
    return lines
