"""The reliability plot of a calibration, as SVG text."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from dispatch.matching.calibration import Bin, Calibration

_SIDE: Final = 400
_LEFT: Final = 70
_TOP: Final = 60
_FIFTHS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def plot(calibration: Calibration, title: str) -> str:
    """Return the shares accepted against the probabilities predicted, by tenth.

    Bars are 95 % intervals, the number is the alerts of the tenth; on the diagonal predictions
    come true.
    """
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE + 100} {_SIDE + 130}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(_LEFT, 22, title, "start"),
        _text(_LEFT, 42, _figures(calibration), "start"),
        *_axes(),
        *(part for found in calibration.bins for part in _mark(found)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _figures(c: Calibration) -> str:
    return (
        f"{c.count} alerts; Brier {c.brier:.3f}, of the base rate {c.base_brier:.3f}; "
        f"skill {100 * c.skill:.1f} %; ECE {c.ece:.3f}"
    )


def _axes() -> Iterator[str]:
    yield _line(0, 0, 1, 1, 'stroke="gray" stroke-dasharray="4"')
    yield _line(0, 0, 1, 0, 'stroke="black"')
    yield _line(0, 0, 0, 1, 'stroke="black"')
    for share in _FIFTHS:
        yield _text(_x(share), _y(0) + 18, f"{share:.1f}", "middle")
        yield _text(_x(0) - 8, _y(share) + 4, f"{share:.1f}", "end")
    yield _text(_x(0.5), _y(0) + 44, "predicted probability of accepting", "middle")
    turned = f'transform="rotate(-90 22 {_y(0.5):.1f})"'
    yield _text(22, _y(0.5), "share of alerts accepted", "middle", turned)


def _mark(found: Bin) -> Iterator[str]:
    low, high = found.interval
    yield _line(found.predicted, low, found.predicted, high, 'stroke="steelblue"')
    x, y = _x(found.predicted), _y(found.observed)
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="steelblue"/>'
    yield _text(x + 7, y + 4, str(found.count), "start")


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    ends = f'x1="{_x(x1):.1f}" y1="{_y(y1):.1f}" x2="{_x(x2):.1f}" y2="{_y(y2):.1f}"'
    return f"<line {ends} {style}/>"


def _text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIDE
