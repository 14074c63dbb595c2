"""The published tables of alert policies come out of the policies the desk uses.

Readings of what the tables leave open (see benchmarks/disc.py): the median counts runs in which
nobody comes as infinitely late; redundant is every acceptance after the first, also after the call
is filled; time to the deadline is 300 s; who accepts comes.

The tables are themselves simulations, of 20,000 runs and of 5,000 in the rows with a stop at the
first accept or a held probability. Each figure must lie within four standard errors of the
difference of two such simulations, plus the rounding of the table. All policies here see the same
discs, so that they are compared far more sharply with each other than with the tables.
"""

from __future__ import annotations

from functools import cache
from math import hypot, sqrt

import numpy as np
import pytest

from benchmarks.disc import DEADLINE_S, SEED, SETTINGS, Outcomes, hold, outcomes, rows, worlds
from dispatch.matching.alerting import FixedWaves
from dispatch.roster import Floats

RUNS = 1_000

# alerts, someone comes, within 5 minutes, median first arrival in s, redundant; runs behind it.
PUBLISHED: dict[tuple[int, str], tuple[float, float | None, float, float, float, int]] = {
    (10, "nearest 3 at once"): (3.0, 0.73, 0.50, 299, 0.35, 20_000),
    (10, "nearest 10"): (8.8, 0.97, 0.53, 291, 2.2, 20_000),
    (10, "one at a time, 60 s"): (2.9, 0.97, 0.39, 362, 0.07, 20_000),
    (10, "2 each 60 s"): (3.6, 0.97, 0.47, 311, 0.33, 20_000),
    (10, "3, replace on decline"): (5.2, 0.94, 0.51, 295, 0.92, 20_000),
    (10, "5 each 60 s"): (5.66, None, 0.524, 291, 1.08, 5_000),
    (10, "5, replace on decline, stop at accept"): (5.94, None, 0.524, 291, 1.18, 5_000),
    (10, "hold 0.90"): (4.60, None, 0.524, 291, 0.70, 5_000),
    (30, "nearest 10"): (10.0, 0.99, 0.89, 186, 2.7, 20_000),
    (30, "everyone"): (30.0, 1.00, 0.89, 185, 9.9, 20_000),
    (30, "one at a time, 60 s"): (3.0, 1.00, 0.59, 253, 0.07, 20_000),
    (30, "5 each 60 s"): (6.03, None, 0.859, 186, 1.20, 5_000),
    (30, "5, replace on decline"): (8.9, 0.99, 0.87, 187, 2.2, 20_000),
    (30, "7, replace on decline"): (12.5, 1.00, 0.89, 186, 3.5, 20_000),
    (30, "5, replace on decline, stop at accept"): (6.19, None, 0.867, 186, 1.27, 5_000),
    (30, "7, replace on decline, stop at accept"): (8.20, None, 0.884, 186, 1.98, 5_000),
    (30, "hold 0.80"): (5.44, None, 0.857, 187, 0.98, 5_000),
    (30, "hold 0.90"): (6.41, None, 0.879, 186, 1.32, 5_000),
    (30, "hold 0.95"): (7.05, None, 0.886, 186, 1.55, 5_000),
}


@cache
def found(mean: int, name: str) -> Outcomes:
    policy = next(p for m, n, p in SETTINGS if (m, n) == (mean, name))
    return outcomes(policy, worlds(mean, RUNS, SEED))


def agrees(sample: Floats, published: float, runs: int, rounding: float) -> bool:
    error = hypot(sample.std() / sqrt(len(sample)), sample.std() / sqrt(runs))
    return bool(abs(sample.mean() - published) <= 4 * error + rounding)


def test_every_setting_is_in_the_tables() -> None:
    assert {(mean, name) for mean, name, _ in SETTINGS} == set(PUBLISHED)


@pytest.mark.parametrize(("mean", "name"), PUBLISHED)
def test_the_table_comes_out(mean: int, name: str) -> None:
    ours = found(mean, name)
    alerts, come, in_time, median_s, redundant, runs = PUBLISHED[mean, name]
    digit = 0.05 if runs == 20_000 else 0.005
    assert agrees(ours.alerts, alerts, runs, digit)
    assert come is None or agrees(ours.come.astype(np.float64), come, runs, 0.005)
    assert agrees(ours.in_time.astype(np.float64), in_time, runs, digit / 10)
    assert agrees(ours.redundant, redundant, runs, digit)
    # The median's error: that of the share below it.
    off = 4 * hypot(0.5 / sqrt(RUNS), 0.5 / sqrt(runs))
    low, high = np.quantile(ours.filled_s, [0.5 - off, 0.5 + off], method="nearest")
    assert low - 1 <= median_s <= high + 1


@pytest.mark.parametrize(
    ("mean", "held", "fixed", "saved", "lost"),
    [
        # Shares of alerts saved as published: 1 - 7.05/8.20 and so on; share in time lost, at most.
        (30, "hold 0.95", "7, replace on decline, stop at accept", 0.140, 0.005),
        (30, "hold 0.90", "7, replace on decline, stop at accept", 0.218, 0.010),
        (30, "hold 0.80", "5 each 60 s", 0.098, 0.005),
        (10, "hold 0.90", "5 each 60 s", 0.187, 0.005),
        (10, "hold 0.90", "5, replace on decline, stop at accept", 0.226, 0.005),
    ],
)
def test_holding_asks_fewer_for_the_same_share_in_time(
    mean: int, held: str, fixed: str, saved: float, lost: float
) -> None:
    ours, theirs = found(mean, held), found(mean, fixed)
    assert 1 - ours.alerts.mean() / theirs.alerts.mean() == pytest.approx(saved, abs=0.025)
    difference = theirs.in_time.astype(np.float64) - ours.in_time
    assert difference.mean() <= lost + 2 * difference.std() / sqrt(RUNS)


def test_the_dial_orders_alerts_and_share_in_time() -> None:
    held = [found(30, f"hold 0.{q}") for q in (80, 90, 95)]
    assert np.diff([h.alerts.mean() for h in held]).min() > 0.3
    assert np.diff([h.in_time.mean() for h in held]).min() > 0


@pytest.mark.parametrize(("heads", "q"), [(1, 0.6), (4, 0.8), (4, 0.95)])
def test_with_people_enough_at_least_the_share_held_is_filled(heads: int, q: float) -> None:
    """Usually more: those already asked hold q, and those asked later come on top."""
    got = outcomes(hold(q=q), worlds(150, 200, SEED), heads=heads)
    assert got.in_time.mean() >= q - 3 * sqrt(q * (1 - q) / 200)
    assert got.alerts.mean() < 2.5 * heads / 0.362


def test_several_heads_too_are_filled_with_fewer_alerts() -> None:
    among = worlds(60, 200, SEED)
    ours = outcomes(hold(q=0.9), among, heads=4)
    theirs = outcomes(FixedWaves(size=5, every_s=60), among, heads=4)
    assert ours.alerts.mean() < 0.85 * theirs.alerts.mean()
    assert ours.in_time.mean() >= theirs.in_time.mean() - 0.02


def test_rows_say_what_the_outcomes_are() -> None:
    table = {(row.mean, row.policy): row for row in rows(runs=25)}
    assert list(table) == [(mean, name) for mean, name, _ in SETTINGS]
    everyone = table[30, "everyone"]
    assert everyone.alerts == np.mean([len(w.travel_s) for w in worlds(30, 25, SEED)])
    assert everyone.come == 1.0
    assert everyone.median_s < DEADLINE_S
