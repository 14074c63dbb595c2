"""Alert policies on a disc: who is asked, who comes, and how soon. Monte Carlo of one call.

After van den Berg et al. 2026 (PLOS ONE 0343762): volunteers are a Poisson number, uniform in a
disc of 1 km round the site, on foot at 2.3 m/s with a detour of 1.3. Of those asked 36.2 % accept,
43.9 % decline and 19.9 % never answer; answers take 15 s plus Gamma(1.96, 15.4 s); whoever accepts
comes. The nearest are asked first. The policies are the very objects the desk uses, with answers
that do not hang together (rho 0), as the simulated ones do not.

Readings of what the published tables leave open: one world per run, the same for every policy; a
run in which nobody comes counts as infinitely late in the median; redundant is every acceptance
after the first, those after the call is filled included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, sqrt
from typing import Final

import numpy as np

from dispatch.matching.alerting import (
    AlertPolicy,
    Broadcast,
    Call,
    FixedWaves,
    Hold,
    Nearest,
    Promised,
    Ranked,
    ReplaceOnDecline,
    Silent,
)
from dispatch.matching.replies import APP
from dispatch.roster import Bools, Floats

RADIUS_M: Final = 1_000.0
SPEED_MPS: Final = 2.3
DETOUR: Final = 1.3
ACCEPT: Final = 0.362
DECLINE: Final = 0.439
DEADLINE_S: Final = 300.0
SEED: Final = 720

hold = partial(Hold, rho=0.0)
replace = partial(ReplaceOnDecline, stop_at_accept=False)
replace_until = partial(ReplaceOnDecline, stop_at_accept=True)
waves = partial(FixedWaves, every_s=60.0)

SETTINGS: Final[Sequence[tuple[int, str, AlertPolicy]]] = (
    (10, "nearest 3 at once", Nearest(size=3)),
    (10, "nearest 10", Nearest(size=10)),
    (10, "one at a time, 60 s", waves(size=1)),
    (10, "2 each 60 s", waves(size=2)),
    (10, "3, replace on decline", replace(size=3)),
    (10, "5 each 60 s", waves(size=5)),
    (10, "5, replace on decline, stop at accept", replace_until(size=5)),
    (10, "hold 0.90", hold(q=0.90)),
    (30, "nearest 10", Nearest(size=10)),
    (30, "everyone", Broadcast()),
    (30, "one at a time, 60 s", waves(size=1)),
    (30, "5 each 60 s", waves(size=5)),
    (30, "5, replace on decline", replace(size=5)),
    (30, "7, replace on decline", replace(size=7)),
    (30, "5, replace on decline, stop at accept", replace_until(size=5)),
    (30, "7, replace on decline, stop at accept", replace_until(size=7)),
    (30, "hold 0.80", hold(q=0.80)),
    (30, "hold 0.90", hold(q=0.90)),
    (30, "hold 0.95", hold(q=0.95)),
)
"""Mean number of volunteers within 1 km, what the policy is called, and the policy."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Everybody in the disc, nearest first, and how each would answer; shape (n,).

    `delay_s` is infinite for those who never answer; `accepts` is false for them.
    """

    travel_s: Floats
    accepts: Bools
    delay_s: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What came of the runs; shape (r,). `filled_s` is when the last head wanted arrived."""

    alerts: Floats
    filled_s: Floats
    redundant: Floats

    @property
    def come(self) -> Bools:
        """Whether the heads arrived at all."""
        return np.isfinite(self.filled_s)

    @property
    def in_time(self) -> Bools:
        """Whether they arrived by the deadline."""
        return self.filled_s <= DEADLINE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; `in_time_se` is the standard error of `in_time`."""

    mean: int
    policy: str
    alerts: float
    come: float
    in_time: float
    in_time_se: float
    median_s: float
    redundant: float


def rows(runs: int = 5_000, seed: int = SEED) -> list[Row]:
    """Return the table of SETTINGS."""
    shared = {mean: worlds(mean, runs, seed) for mean in sorted({s[0] for s in SETTINGS})}
    return [_row(mean, name, outcomes(policy, shared[mean])) for mean, name, policy in SETTINGS]


def _row(mean: int, name: str, found: Outcomes) -> Row:
    in_time = float(found.in_time.mean())
    return Row(
        mean=mean,
        policy=name,
        alerts=float(found.alerts.mean()),
        come=float(found.come.mean()),
        in_time=in_time,
        in_time_se=sqrt(in_time * (1 - in_time) / len(found.alerts)),
        median_s=float(np.quantile(found.filled_s, 0.5, method="lower")),
        redundant=float(found.redundant.mean()),
    )


def worlds(mean: float, runs: int, seed: int) -> list[World]:
    """Return `runs` discs with `mean` volunteers on average."""
    rng = np.random.default_rng(seed)
    return [_world(rng, int(rng.poisson(mean))) for _ in range(runs)]


def _world(rng: np.random.Generator, n: int) -> World:
    away_m = RADIUS_M * np.sort(np.sqrt(rng.random(n)))
    luck = rng.random(n)
    delay_s = np.where(luck < ACCEPT + DECLINE, APP.sample(rng, n), inf)
    return World(away_m * DETOUR / SPEED_MPS, luck < ACCEPT, delay_s)


def outcomes(policy: AlertPolicy, among: Sequence[World], heads: int = 1) -> Outcomes:
    """Return what comes of leaving each world's call to `policy`."""
    return Outcomes(*np.array([_result(play(policy, w, heads), w, heads) for w in among]).T)


def _result(asked_s: Floats, world: World, heads: int) -> tuple[float, float, float]:
    k = len(asked_s)
    accepted = world.accepts[:k]
    arrived_s = np.sort((asked_s + world.delay_s[:k] + world.travel_s[:k])[accepted])
    filled_s = float(arrived_s[heads - 1]) if len(arrived_s) >= heads else inf
    return k, filled_s, max(0, len(arrived_s) - heads)


def play(policy: AlertPolicy, world: World, heads: int = 1) -> Floats:
    """Return when each of those asked was asked, ascending, shape (k,): the k nearest were."""
    asked_s = np.zeros(0)
    now_s, n_waves = 0.0, 0
    while now_s < inf:
        call = _call(world, asked_s, now_s, n_waves, heads)
        rest_s = world.travel_s[len(asked_s) :]
        n = policy.more(call, Ranked(np.full(len(rest_s), ACCEPT), rest_s))
        asked_s = np.concatenate([asked_s, np.full(n, now_s)])
        n_waves += n > 0
        beats = n < len(rest_s) and _undecided(call)
        now_s = min(_next_reply(world, asked_s, now_s), _next_beat(policy, now_s) if beats else inf)
    return asked_s


def _call(world: World, asked_s: Floats, now_s: float, n_waves: int, heads: int) -> Call:
    k = len(asked_s)
    travel_s, reply_s = world.travel_s[:k], asked_s + world.delay_s[:k]
    silent = reply_s > now_s
    accepted = ~silent & world.accepts[:k]
    left_s = (reply_s + travel_s)[accepted] - now_s
    return Call(
        heads=heads,
        left_s=DEADLINE_S - now_s,
        law=APP,
        silent=Silent(np.full(silent.sum(), ACCEPT), travel_s[silent], (now_s - asked_s)[silent]),
        promised=Promised(np.maximum(left_s, 0.0), np.ones(len(left_s))),
        declined=int((~silent & ~accepted).sum()),
        waves=n_waves,
        since_wave_s=now_s - float(asked_s[-1]) if k else 0.0,
        show_up=1.0,
    )


def _undecided(call: Call) -> bool:
    """Whether time alone may still change what a policy wants, without any answer coming."""
    if call.left_s < 0:
        return call.open_heads > 0
    return int((call.promised.travel_s <= call.left_s).sum()) < call.heads


def _next_reply(world: World, asked_s: Floats, now_s: float) -> float:
    reply_s = asked_s + world.delay_s[: len(asked_s)]
    return float(np.min(reply_s[reply_s > now_s], initial=inf))


def _next_beat(policy: AlertPolicy, now_s: float) -> float:
    """Return when the policy looks at the clock next; those of one wave never do."""
    match policy:
        case Hold(beat_s=every_s) | FixedWaves(every_s=every_s):
            return (now_s // every_s + 1) * every_s
    return inf
