"""The report's plots, as SVG text that needs no script and prints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from dispatch.drills.report.words import Said

WIDTH: Final = 560
HEIGHT: Final = 240
_LEFT: Final = 54
_RIGHT: Final = 16
_TOP: Final = 14
_BOTTOM: Final = 40
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#332288")
"""Okabe-Ito: told apart by people who see colours differently."""
DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "1 4", "12 4", "4 2")
_NICE: Final = (15.0, 30.0, 60.0, 120.0, 240.0, 360.0, 720.0, 1440.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A stepped line: `points` (x, y), each y holding until the next x."""

    name: Said
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A horizontal bar with what it counts."""

    name: Said
    value: float
    shown: str


def steps(series: Sequence[Series], x_name: Said, y_name: Said, *, share: bool = False) -> str:
    """Return stepped lines over an x axis in minutes; with `share` the y axis runs to 100 %."""
    x_most = max((x for s in series for x, _ in s.points), default=1.0) or 1.0
    y_most = 1.0 if share else max((y for s in series for _, y in s.points), default=1.0) or 1.0
    scale = _Scale(x_most, y_most)
    body = [
        *_grid(scale, share=share),
        *(part for n, s in enumerate(series) for part in _stepped(scale, s, n)),
        *_text(WIDTH / 2, HEIGHT - 4, x_name, "middle"),
        *_text(_LEFT, _TOP - 3, y_name, "start"),
    ]
    legend = "".join(_legend(s, n) for n, s in enumerate(series)) if len(series) > 1 else ""
    return f'<figure>{_svg(HEIGHT, body)}<div class="legend">{legend}</div></figure>'


def bars(rows: Sequence[Bar]) -> str:
    """Return horizontal bars, one a row, as long as their values."""
    most = max((row.value for row in rows), default=1.0) or 1.0
    height = 26 * len(rows) + 8
    body: list[str] = []
    for n, row in enumerate(rows):
        y = 26 * n + 6
        long = (WIDTH - 250) * row.value / most
        body += [
            *_text(150, y + 14, row.name, "end"),
            f'<rect x="158" y="{y}" width="{long:.1f}" height="18" fill="{COLOURS[0]}"/>',
            f'<text x="{164 + long:.1f}" y="{y + 14}">{escape(row.shown)}</text>',
        ]
    return f"<figure>{_svg(height, body)}</figure>"


def scatter(points: Sequence[tuple[float, float]], x_name: Said, y_name: Said) -> str:
    """Return points with the diagonal on which both are equal."""
    most = max((v for point in points for v in point), default=1.0) or 1.0
    scale = _Scale(most, most)
    line = (
        f'<line x1="{scale.x(0):.1f}" y1="{scale.y(0):.1f}" x2="{scale.x(most):.1f}" '
        f'y2="{scale.y(most):.1f}" stroke="currentColor" stroke-dasharray="4" opacity=".5"/>'
    )
    dots = [
        f'<circle cx="{scale.x(x):.1f}" cy="{scale.y(y):.1f}" r="2.5" fill="{COLOURS[0]}" '
        'fill-opacity=".55"/>'
        for x, y in points
    ]
    names = [*_text(WIDTH / 2, HEIGHT - 4, x_name, "middle"), *_text(_LEFT, 11, y_name, "start")]
    body = [*_grid(scale, share=False), line, *dots, *names]
    return f"<figure>{_svg(HEIGHT, body)}</figure>"


@dataclass(frozen=True, slots=True)
class _Scale:
    x_most: float
    y_most: float

    def x(self, value: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * value / self.x_most

    def y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / self.y_most


def _grid(scale: _Scale, *, share: bool) -> Iterator[str]:
    for value in _ticks(scale.x_most):
        x = scale.x(value)
        yield f'<text x="{x:.1f}" y="{HEIGHT - _BOTTOM + 15}" text-anchor="middle">{value:g}</text>'
    for value in (0.25, 0.5, 0.75, 1.0) if share else _ticks(scale.y_most, 4):
        y = scale.y(value)
        shown = f"{value:.0%}" if share else f"{value:g}"
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{shown}</text>'
        yield (
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}" '
            'stroke="currentColor" opacity=".15"/>'
        )
    base = HEIGHT - _BOTTOM
    ends = f'x1="{_LEFT}" y1="{base}" x2="{WIDTH - _RIGHT}" y2="{base}"'
    yield f'<line {ends} stroke="currentColor"/>'


def _ticks(most: float, count: int = 6) -> list[float]:
    """Round values from 0 on, about `count` of them; from an hour on as clocks count."""
    rough = most / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= rough)
    if rough > 10:
        step = next((n for n in _NICE if n >= rough), step)
    return [round(n * step, 9) for n in range(int(most / step + 1e-9) + 1)]


def _stepped(scale: _Scale, series: Series, n: int) -> Iterator[str]:
    if not series.points:
        return
    path = [f"M{scale.x(series.points[0][0]):.1f} {scale.y(series.points[0][1]):.1f}"]
    for x, y in series.points[1:]:
        path.append(f"H{scale.x(x):.1f}V{scale.y(y):.1f}")
    style = f'stroke="{COLOURS[n % len(COLOURS)]}" stroke-dasharray="{DASHES[n % len(DASHES)]}"'
    yield f'<path d="{"".join(path)}" fill="none" stroke-width="2" {style}/>'


def _legend(series: Series, n: int) -> str:
    style = f'stroke="{COLOURS[n % len(COLOURS)]}" stroke-dasharray="{DASHES[n % len(DASHES)]}"'
    line = f'<svg width="34" height="10"><path d="M0 5H34" stroke-width="2" {style}/></svg>'
    names = f'<span class="zh">{escape(series.name.zh)}</span>'
    return f'<span>{line} {names}<span class="en">{escape(series.name.en)}</span></span>'


def _text(x: float, y: float, said: Said, anchor: str) -> Iterator[str]:
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    yield f'<text class="zh" {at}>{escape(said.zh)}</text>'
    yield f'<text class="en" {at}>{escape(said.en)}</text>'


def _svg(height: int, body: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" font-size="12" fill="currentColor">'
        + "".join(body)
        + "</svg>"
    )
