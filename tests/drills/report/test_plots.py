"""Plots are well-formed SVG that shows what it was given."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.drills.report.plots import Bar, Series, _ticks, bars, scatter, steps
from dispatch.drills.report.words import Said

NAME = Said("甲 <&>", "a <&>")


def parsed(figure: str) -> ElementTree.Element:
    return ElementTree.fromstring(figure)


def test_steps_hold_until_the_next() -> None:
    figure = steps([Series(name=NAME, points=[(0, 0), (30, 0.5), (60, 1)])], NAME, NAME, share=True)
    (path,) = [p for p in parsed(figure).iter("path")]
    assert path.attrib["d"].count("H") == path.attrib["d"].count("V") == 2


def test_bars_are_as_long_as_their_values() -> None:
    rows = [Bar(name=NAME, value=v, shown=str(v)) for v in (10.0, 5.0, 0.0)]
    long = [float(r.attrib["width"]) for r in parsed(bars(rows)).iter("rect")]
    assert long[1] == pytest.approx(long[0] / 2, abs=0.1)
    assert long[2] == 0


@pytest.mark.parametrize("figure", [steps([], NAME, NAME), bars([]), scatter([], NAME, NAME)])
def test_nothing_to_show_is_still_a_picture(figure: str) -> None:
    parsed(figure)


@given(st.floats(1e-6, 1e7))
def test_ticks_are_few_and_within(most: float) -> None:
    ticks = _ticks(most)
    assert ticks[0] == 0
    assert ticks == sorted(set(ticks))
    assert ticks[-1] <= most * 1.001
    assert len(ticks) < 9 or most > 6 * 1_440
