"""Travel times of thousands to hundreds, and after a hazard, beside OSRM and bare searches."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from benchmarks.bare import Bare
from benchmarks.engines import Engines
from benchmarks.engines_beside import peak_mib
from benchmarks.figures import Figure, median_of
from benchmarks.places import CAR, near_roads, polygon, scattered
from benchmarks.timing import Took, timed, times_over, walls
from dispatch.geo.measure import Floats
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.geo.search import Dijkstra
from dispatch.model import Conditions, Zone

RUNS: Final = 5
PEOPLE: Final = 54_000
SITES: Final = 200
SIZES: Final = (PEOPLE, SITES)
LARGE: Final = 50_000
"""Vertices from which a map is one that something is asked of."""

Times = dict[str, list[Took]]


def matrices(graph: RoadGraph, roads: Path, engines: Engines | None) -> dict[str, Figure]:
    """Return the figures of the full matrix, everybody at new places in every run.

    OSRM is asked the same afterwards, lest each of our runs begin on a machine gone cold.
    """
    warm = near_roads(graph, 10, np.random.default_rng(99))
    started, fast = timed(lambda: ready(RoadRouter(graph), warm))
    plain, bare = ready(RoadRouter(graph, engine=Dijkstra), warm), Bare(graph)
    found: Times = defaultdict(list)
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        origins, sites, others = (near_roads(graph, n, rng) for n in (*SIZES, SITES))
        vertices = bare.nearest(origins), bare.nearest(sites)
        ends = bare.ends(origins), bare.ends(sites)
        works: dict[str, Callable[[], object]] = {
            "ours": partial(fast.eta_matrix, origins, sites, CAR),
            "bare hierarchy": partial(bare.by_hierarchy, *vertices),
            "bare hierarchy, both ends": partial(bare.by_hierarchy, *ends),
            "other sites": partial(fast.eta_matrix, origins, others, CAR),
            "ours by scipy": partial(plain.eta_matrix, origins, sites, CAR),
            "bare scipy": partial(bare.by_scipy, *vertices),
        }
        for name, work in works.items():
            found[name].append(timed(work)[0])
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        for name, took in _osrm(engines, *(near_roads(graph, n, rng) for n in SIZES)).items():
            found[name].append(took)
    large = len(bare) >= LARGE
    size = f"{PEOPLE:,} x {SITES} on {graph.about.name} ({len(bare):,} vertices)"
    built = {} if engines is None else {"OSRM extract and contract": engines.built_s["osrm"]}
    return {
        **_times(f"ETA {size}, snapping included", found),
        "ETA: times the bare hierarchy": times_over(
            found["ours"], found["bare hierarchy"], at_most=1.3 if large else None
        ),
        "ETA: times the bare hierarchy between the ends of all roads concerned": times_over(
            found["ours"], found["bare hierarchy, both ends"]
        ),
        **_gain(found, large),
        "ETA of the same people to other sites": median_of(walls(found["other sites"]), "s"),
        "ETA by scipy, where the hierarchy is not installed": median_of(
            walls(found["ours by scipy"]), "s",
            peers={"bare scipy": median(walls(found["bare scipy"]))},
        ),
        "hierarchy ordered, first matrix of 10 x 10": Figure(
            value=started.wall, unit="s", runs=[started.wall], peers=built
        ),
        "memory of a process with one such matrix": _memory(graph, roads, engines),
    }  # fmt: skip


def ready(router: RoadRouter, places: Floats) -> RoadRouter:
    """Return the router after it has made everything that it makes once."""
    router.eta_matrix(places, places, CAR)
    return router


def _osrm(engines: Engines | None, origins: Floats, sites: Floats) -> dict[str, Took]:
    """Ask OSRM in one process, and half in each of two at the same time."""
    if engines is None:
        return {}
    found = {}
    for name, parts in (("OSRM table", 1), ("OSRM table, two processes", 2)):
        orders: list[dict[str, Any]] = [
            {"origins": some, "sites": sites, "read": False}
            for some in np.array_split(origins, parts)
        ]
        answers = engines.ask_at_once("osrm_table", orders)
        wall = max(float(answer["seconds"]) for answer in answers)
        found[name] = Took(wall, sum(float(answer["cpu_s"]) for answer in answers))
    return found


def _times(title: str, found: Times) -> dict[str, Figure]:
    peers = [name for name in found if name.startswith(("bare", "OSRM"))]
    return {
        f"{title}{what}": median_of(
            [getattr(took, field) for took in found["ours"]], "s",
            peers={name: median(getattr(took, field) for took in found[name]) for name in peers},
        )
        for what, field in (("", "wall"), (", CPU", "cpu"))
    }  # fmt: skip


def _gain(found: Times, large: bool) -> dict[str, Figure]:
    """How much quicker than OSRM; where it is not there, than scipy, which suits small maps."""
    if "OSRM table" not in found:
        return {
            "ETA: no extract, or OSRM and Valhalla are not installed": Figure(
                value=0, unit="", runs=[]
            ),
            "ETA: times quicker than bare scipy": times_over(
                found["bare scipy"], found["ours"], at_least=5 if large else None
            ),
        }
    return {
        "ETA: times quicker than OSRM's table service": times_over(
            found["OSRM table"], found["ours"], at_least=10
        ),
        "ETA: times quicker than two processes of it": times_over(
            found["OSRM table, two processes"], found["ours"]
        ),
    }


def _memory(graph: RoadGraph, roads: Path, engines: Engines | None) -> Figure:
    words = [sys.executable, "-m", "benchmarks.travel", str(roads)]
    mib = float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    peers = {}
    if engines is not None:
        rng = np.random.default_rng(0)
        origins, sites = near_roads(graph, PEOPLE, rng), near_roads(graph, SITES, rng)
        answer = engines.ask("osrm_table", origins=origins, sites=sites, read=False)
        peers = {"OSRM table": float(answer["mib"])}
    return Figure(value=mib, unit="MiB", runs=[mib], peers=peers)


def one_matrix(roads: Path) -> float:
    """Return the most memory, MiB, that loading roads and making one matrix takes this process."""
    graph, rng = RoadGraph.load(roads), np.random.default_rng(0)
    RoadRouter(graph).eta_matrix(near_roads(graph, PEOPLE, rng), near_roads(graph, SITES, rng), CAR)
    return peak_mib()


def hazards(graph: RoadGraph) -> dict[str, Figure]:
    """Return the figures of new conditions, for people and sites whose roads are known by then.

    The update is a pair's time under new conditions less its time once they are known. The full
    matrix is that of new people. The index of the roads' lines is there before.
    """
    rng = np.random.default_rng(7)
    router = ready(RoadRouter(graph), near_roads(graph, 10, rng))
    figures: dict[str, Figure] = {}
    for name, draw in (("in one polygon", polygon), ("scattered", scattered)):
        _after(router, draw(graph, rng), rng)
        runs = [_after(router, draw(graph, rng), rng) for _ in range(RUNS)]
        full_s, update_s, matrix_s = zip(*runs, strict=True)
        title, full = f"hazard on 1 % of the roads, {name}", {"full matrix": median(full_s)}
        shares = [new / old for new, old in zip(update_s, full_s, strict=True)]
        figures |= {
            f"{title}: update": median_of(update_s, "s", peers=full),
            f"{title}: update, share of a full matrix": median_of(shares, "x", reach=0.02),
            f"{title}: update and matrix": median_of(matrix_s, "s", peers=full),
        }
    return figures


def _after(
    router: RoadRouter, zones: tuple[Zone, ...], rng: np.random.Generator
) -> tuple[float, float, float]:
    """Return the seconds of a full matrix, of the update, and of update and matrix after it."""
    origins, sites = (near_roads(router.graph, n, rng) for n in SIZES)
    asked = partial(router.eta_matrix, origins, sites, CAR)
    pair = partial(router.eta_matrix, origins[:1], sites[:1], CAR, Conditions(zones=zones))
    full = timed(asked)[0].wall
    router.eta_matrix(origins[:1], sites[:1], CAR)
    update = timed(pair)[0].wall - timed(pair)[0].wall
    matrix = timed(partial(asked, Conditions(zones=zones)))[0].wall
    return full, update, update + matrix


if __name__ == "__main__":
    print(one_matrix(Path(sys.argv[1])))
