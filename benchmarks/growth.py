"""How time and memory grow from a thousand volunteers to 2.39 million.

The city of `city`, smaller or whole, with one incident for every 2,390 people, each size in a
process of its own. `python -m benchmarks.growth` writes `docs/growth.md` and the plot beside it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from pathlib import Path
from typing import Any, Final

from benchmarks.city import INCIDENTS, PEOPLE
from benchmarks.figures import rounded

SIZES: Final = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, PEOPLE)
RUNS: Final = 3
DOCS: Final = Path(__file__).parent.parent / "docs"
PLOT: Final = "images/growth.svg"

_LEFT, _TOP, _WIDE, _HIGH = 70, 50, 460, 300


@dataclass(frozen=True, slots=True)
class Line:
    """One curve of the plot: its name, colour, and a value per size."""

    name: str
    colour: str
    values: Sequence[float]


def measured(people: int) -> Mapping[str, Any]:
    """Return what `city` measures for that many people."""
    incidents = max(1, round(people * INCIDENTS / PEOPLE))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.city", str(people), str(incidents), str(RUNS)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def page(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the table and the picture as Markdown."""
    rows = [
        f"| {one['people']:,} | {one['needs']:,} | {one['heads']:,} | {_median(one, 'ours_s')} "
        f"| {rounded(one['first_s']):g} | {rounded(one['most_mib']):g} "
        f"| {_median(one, 'peer_s')} | {one['gap']:g} |"
        for one in found
    ]
    return "\n".join(
        [
            "# How the matcher grows",
            "",
            "Made by `make growth`; do not edit. Plans of a synthetic city, all proven, along "
            "straight lines, with one incident for every 2,390 people. *Plan* is a plan for needs "
            "the planner has not seen, by a planner that has planned before; *first* its very "
            "first, which sorts the roster and builds the k-d trees; *memory* the most the process "
            "took, roster and all; *peer* k-d tree queries and the flow kernel alone.",
            "",
            f"![Seconds and memory against volunteers, both axes logarithmic]({PLOT})",
            "",
            "| volunteers | needs | heads | plan, s | first, s | memory, MiB | peer, s | gap |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def plot(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the curves as SVG text, both axes logarithmic."""
    sizes = [one["people"] for one in found]
    lines = [
        Line("plan, s", "steelblue", [statistics.median(one["ours_s"]) for one in found]),
        Line("first plan, s", "gray", [one["first_s"] for one in found]),
        Line("k-d trees and flow alone, s", "seagreen",
             [statistics.median(one["peer_s"]) for one in found]),
        Line("memory, GiB", "firebrick", [one["most_mib"] / 1_024 for one in found]),
    ]  # fmt: skip
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE + 110} {_HIGH + 200}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(_LEFT, 28, "Time and memory of a plan by number of volunteers", "start"),
        *_axes(),
        *(part for line in lines for part in _curve(sizes, line)),
        *_legend(lines),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _median(one: Mapping[str, Any], name: str) -> str:
    return f"{rounded(statistics.median(one[name])):g}"


_DECADES_X: Final = range(3, 8)
_DECADES_Y: Final = range(-4, 2)


def _axes() -> Iterator[str]:
    for decade in _DECADES_X:
        x = _x(10**decade)
        if x <= _LEFT + _WIDE:
            yield f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_TOP + _HIGH}" stroke="#ddd"/>'
            yield _text(x, _TOP + _HIGH + 18, f"{10**decade:,}", "middle")
    for decade in _DECADES_Y:
        y = _y(10.0**decade)
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_LEFT + _WIDE}" y2="{y:.1f}" stroke="#ddd"/>'
        yield _text(_LEFT - 8, y + 4, f"{10.0**decade:g}", "end")
    yield _text(_LEFT + _WIDE / 2, _TOP + _HIGH + 40, "volunteers", "middle")


def _curve(sizes: Sequence[int], line: Line) -> Iterator[str]:
    points = [(_x(n), _y(v)) for n, v in zip(sizes, line.values, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{line.colour}" stroke-width="2"/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line.colour}"/>'


def _legend(lines: Sequence[Line]) -> Iterator[str]:
    for k, line in enumerate(lines):
        y = _TOP + _HIGH + 66 + 20 * k
        yield f'<circle cx="{_LEFT + 6}" cy="{y - 4}" r="5" fill="{line.colour}"/>'
        yield _text(_LEFT + 20, y, line.name, "start")


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _x(people: float) -> float:
    return _LEFT + _WIDE * (log10(people) - 3) / (log10(PEOPLE) - 3)


def _y(value: float) -> float:
    low, high = _DECADES_Y[0], _DECADES_Y[-1]
    return _TOP + _HIGH * (1 - (log10(value) - low) / (high - low))


def main() -> None:
    """Measure every size and write page and plot."""
    found = [measured(people) for people in SIZES]
    (DOCS / "growth.md").write_text(page(found), encoding="utf-8")
    (DOCS / PLOT).write_text(plot(found), encoding="utf-8")


if __name__ == "__main__":
    main()
