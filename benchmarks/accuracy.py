"""Are the travel times right: ours beside those of two independent engines, pair by pair."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any, Final

import numpy as np
from scipy.stats import spearmanr

from benchmarks.engines import Engines
from benchmarks.figures import Figure
from benchmarks.places import CAR, near_roads, on_roads
from dispatch.geo.measure import Floats
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import ACCESS_MPS, RoadRouter
from dispatch.model import UNREACHABLE

PEOPLE: Final = 1_000
SITES: Final = 200
TOP: Final = 50

Times = Mapping[str, Floats]
"""Seconds by engine, people by sites, nan where there is no way."""


def accuracies(graph: RoadGraph, engines: Engines | None) -> dict[str, Figure]:
    """Return how alike the times are; none where the engines are not installed."""
    if engines is None:
        return {}
    rng, router = np.random.default_rng(11), RoadRouter(graph)
    streets = asked(engines, router, on_roads(graph, PEOPLE, rng), on_roads(graph, SITES, rng))
    doors = asked(engines, router, near_roads(graph, PEOPLE, rng), near_roads(graph, SITES, rng))
    return {
        **_alike("places on roads, ours and OSRM", streets, "ours", "OSRM", asked=True),
        **_alike("places near roads, ours and OSRM", doors, "ours", "OSRM"),
        **_alike("places on roads, ours and Valhalla", streets, "ours", "Valhalla"),
        **_alike("places on roads, OSRM and Valhalla", streets, "OSRM", "Valhalla"),
    }


def asked(engines: Engines, router: RoadRouter, origins: Floats, sites: Floats) -> Times:
    """Return the times of three engines. OSRM measures the walks to the roads but does not count
    them; they are added, at our pace. Valhalla says nothing of them."""
    eta_s = router.eta_matrix(origins, sites, CAR).eta_s
    osrm = engines.ask("osrm_table", origins=origins, sites=sites, read=True)
    valhalla = engines.ask("valhalla_table", origins=origins, sites=sites)
    walks_s = (osrm["walk_m"][:, None] + osrm["last_m"]) / ACCESS_MPS
    return {
        "ours": np.where(eta_s >= UNREACHABLE, np.nan, eta_s),
        "OSRM": osrm["eta_s"] + walks_s,
        "Valhalla": valhalla["eta_s"],
    }


def _alike(
    title: str, times: Times, one: str, other: str, asked: bool = False
) -> dict[str, Figure]:
    ranks, tops, ratios = compared(times[one], times[other])
    least: dict[str, Any] = {"better": "higher"}
    return {
        f"{title}: Spearman per incident": Figure(
            value=median(ranks), unit="", runs=[min(ranks), max(ranks)],
            reach=0.98 if asked else None, **least,
        ),
        f"{title}: {TOP} nearest in common": Figure(
            value=float(np.mean(tops)), unit="", runs=[min(tops), max(tops)],
            reach=0.9 if asked else None, **least,
        ),
        f"{title}: ratio, median (runs: 5th and 95th percentile)": Figure(
            value=ratios[1], unit="x", runs=[ratios[0], ratios[2]]
        ),
    }  # fmt: skip


def compared(one: Floats, other: Floats) -> tuple[list[float], list[float], list[float]]:
    """Return, per site, the rank correlation and the share of the nearest in common, and the 5th,
    50th and 95th percentile of all ratios. Pairs count where both engines know a way; sites that
    one of them has on an island do not."""
    ranks, tops = [], []
    for a, b in zip(one.T, other.T, strict=True):
        both = np.isfinite(a) & np.isfinite(b)
        if 2 * both.sum() < len(both):
            continue
        ranks.append(float(spearmanr(a[both], b[both]).statistic))
        first = [set(np.argsort(t[both], kind="stable")[:TOP].tolist()) for t in (a, b)]
        tops.append(len(first[0] & first[1]) / TOP)
    sound = np.isfinite(one) & np.isfinite(other) & (other > 0)
    ratios: list[float] = np.quantile(one[sound] / other[sound], (0.05, 0.5, 0.95)).tolist()
    return ranks, tops, ratios
