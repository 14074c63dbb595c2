"""Habits: every figure is checked, and stands in the report."""

from __future__ import annotations

import json

import pytest

from dispatch.drills.volunteers import Habits


@pytest.mark.parametrize(
    ("name", "value"),
    [("unreached", 1.1), ("away_s", 0.0), ("pace", float("inf")), ("way_spread", -1.0), ("rho", 1)],
)
def test_figures_out_of_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Habits(**{name: value})  # type: ignore[arg-type]


def test_every_figure_is_in_the_report() -> None:
    told = json.loads(json.dumps(Habits().plain()))
    assert set(told) == set(Habits.__slots__)
    assert told["model"]["weights"]["travel"] == -0.08
    assert told["law"]["least_s"] == 15.0
