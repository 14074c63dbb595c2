"""The published tables of alert policies (science D4, D4b) come out with simulated volunteers.

The same discs, policies and readings as in `tests/matching/test_disc.py`; here everybody's answer
and delay is that of the crowd of a drill, with the plain habits of the tables: 36.2 % accept
whoever they are, nobody's phone is off, answers do not hang together.
"""

from __future__ import annotations

from functools import cache
from math import inf, log

import numpy as np
import pytest

from benchmarks.disc import DETOUR, RADIUS_M, SETTINGS, SPEED_MPS, Outcomes, World, outcomes
from dispatch.drills.volunteers.answers import Answers, Fate
from dispatch.drills.volunteers.habits import Habits
from dispatch.matching.acceptance import TERMS, AcceptanceModel
from tests.drills.volunteers.test_answers import UTC, asked
from tests.matching.test_disc import PUBLISHED, agrees

RUNS = 400
PLAIN = Habits(
    model=AcceptanceModel(
        name="tables", rate=0.362, intercept=log(0.362 / 0.638), weights=dict.fromkeys(TERMS, 0.0)
    ),
    rho=0.0,
    unreached=0.0,
    away=0.0,
)


@cache
def discs(mean: int) -> list[World]:
    """Discs of a Poisson number of people each, nearest first, as they would answer a drill."""
    rng = np.random.default_rng(mean)
    sizes = rng.poisson(mean, RUNS)
    play, offers, people = asked(int(sizes.sum()))
    replies = Answers(seed=1, habits=PLAIN, zone=UTC).replies(play.board, offers, people)
    worlds, at = [], 0
    for n in sizes.tolist():
        mine, at = replies[at : at + n], at + n
        away_m = RADIUS_M * np.sort(np.sqrt(rng.random(n)))
        accepts = np.array([r.fate is Fate.YES for r in mine], np.bool_)
        says = [r.fate in (Fate.YES, Fate.NO) for r in mine]
        delay_s = np.array([r.delay_s if s else inf for r, s in zip(mine, says, strict=True)])
        worlds.append(World(away_m * DETOUR / SPEED_MPS, accepts, delay_s))
    return worlds


@pytest.mark.parametrize(("mean", "name"), sorted(PUBLISHED))
def test_the_published_row_comes_out(mean: int, name: str) -> None:
    policy = next(p for m, n, p in SETTINGS if (m, n) == (mean, name))
    ours: Outcomes = outcomes(policy, discs(mean))
    alerts, come, in_time, _, redundant, runs = PUBLISHED[mean, name]
    digit = 0.05 if runs == 20_000 else 0.005
    assert agrees(ours.alerts, alerts, runs, digit)
    if come is not None:
        assert agrees(ours.come.astype(np.float64), come, runs, 0.005)
    assert agrees(ours.in_time.astype(np.float64), in_time, runs, digit / 10)
    assert agrees(ours.redundant, redundant, runs, digit)
