"""Roads and places, on any OpenStreetMap extract, each figure beside its peers on the same places.

`BENCH_PBF=a.osm.pbf:b.osm.pbf` names the extracts: all are imported, and the roads of the first are
asked; with none, those of the drill at Coquimbo. Ours is from positions to whole seconds, snapping
included, for places not asked before. Of OSRM, prepared from the same extract with its own profile
for cars, only the calls of the table service are timed, not the reading of their answers; of the
bare hierarchy and of scipy only the search between vertices known beforehand, on the arcs we use.

OSRM and Valhalla are measured where `BENCH_PEERS` names a virtual environment that has them:
`python3.12 -m venv peers && peers/bin/pip install osrm-bindings==26.10.0 pyvalhalla==3.9.1 numpy`,
then `BENCH_PEERS=peers`. They are for the benchmark alone; nothing in the system needs them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from scipy.spatial import cKDTree

from benchmarks import points
from benchmarks.accuracy import accuracies
from benchmarks.engines import Engines
from benchmarks.engines_beside import peak_mib
from benchmarks.figures import Figure, median_of
from benchmarks.timing import Took, timed, times_over, walls
from benchmarks.travel import hazards, matrices
from dispatch.__main__ import main as command
from dispatch.geo.measure import Floats, unit_xyz
from dispatch.geo.nearest import NearestIndex
from dispatch.geo.roads import RoadGraph
from dispatch.settings import ROOT

EXTRACTS: Final = "BENCH_PBF"
RUNS: Final = 5
ASKED: Final = 25
CITY: Final = 2_390_000
SITES: Final = 200
NEAREST: Final = 500


def run() -> dict[str, Figure]:
    """Return all figures of roads and places."""
    extracts = [Path(p) for p in os.environ.get(EXTRACTS, "").split(os.pathsep) if p]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        imports: dict[str, Figure] = {}
        for number, extract in enumerate(extracts):
            imports |= _imported(extract, folder / f"roads{number}")
        roads = folder / "roads0" if extracts else ROOT / "scenarios/coquimbo/roads"
        engines = Engines.over(extracts[0], folder) if extracts else None
        graph = RoadGraph.load(roads)
        return {
            **matrices(graph, roads, engines),
            **hazards(graph),
            **accuracies(graph, engines),
            **_nearest(),
            **points.run(),
            **imports,
        }


def _nearest() -> dict[str, Figure]:
    rng = np.random.default_rng(3)
    centres = rng.uniform((105.5, 28.5), (109.5, 31.5), (38, 2))
    lon, lat = _around(centres, CITY, rng)
    found: dict[str, list[Took]] = defaultdict(list)
    for _ in range(RUNS):
        built, index = timed(lambda: NearestIndex(lon, lat))
        raised, tree = timed(lambda: _tree(lon, lat))
        found["built"].append(built)
        found["raised"].append(raised)
    for _ in range(ASKED):
        at = _around(centres, SITES, rng)
        found["asked"].append(timed(partial(index.closest, at[0], at[1], NEAREST))[0])
        found["bare"].append(timed(partial(tree.query, unit_xyz(*at), k=NEAREST))[0])
    title = f"nearest {SITES} x {NEAREST} of {CITY / 1e6:.2f} million"
    return {
        title: median_of(
            walls(found["asked"]), "s", peers={"bare cKDTree": median(walls(found["bare"]))}
        ),
        f"{title}: times bare cKDTree": times_over(found["asked"], found["bare"], at_most=1.5),
        f"{title}: index built": median_of(
            walls(found["built"]), "s", peers={"bare cKDTree": median(walls(found["raised"]))}
        ),
    }


def _around(centres: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return positions about some towns, lon and lat, shape (2, count)."""
    places: Floats = centres[rng.integers(len(centres), size=count)]
    return (places + rng.normal(0, 0.08, (count, 2))).T


def _tree(lon: Floats, lat: Floats) -> Any:
    return cKDTree(unit_xyz(lon, lat), balanced_tree=False, compact_nodes=False)


def _imported(extract: Path, out: Path) -> dict[str, Figure]:
    """Import an extract by the command line, in a process of its own that says its memory."""
    words = [sys.executable, "-m", "benchmarks.geo", str(extract), str(out)]
    took, done = timed(partial(subprocess.run, words, check=True, capture_output=True, text=True))
    mib = float(done.stdout.split()[-1])
    links = json.loads((out / "report.json").read_bytes())["links"]
    title = f"{extract.name} ({extract.stat().st_size / 2**20:.1f} MiB, {links:,} links)"
    return {
        f"import of {title}": Figure(value=took.wall, unit="s", runs=[took.wall], reach=60),
        f"import of {extract.name}: memory": Figure(value=mib, unit="MiB", runs=[mib], reach=2_048),
    }


if __name__ == "__main__":
    failed = command(["roads", "import", sys.argv[1], "--out", sys.argv[2]])
    print(peak_mib())
    sys.exit(failed)
