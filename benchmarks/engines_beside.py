"""OSRM and Valhalla, run by a Python of their own: `PYTHON engines_beside.py TASK ORDER ANSWER`.

ORDER is an .npz with what the task needs; the answer is one, too. This file imports nothing of the
project, since the engines' packages ask for another Python than ours.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Order = Mapping[str, Any]
Answer = dict[str, Any]

OSRM_AT_ONCE: Final = 20_000
"""Origins per call of OSRM's table service: the quickest of 1,000, 5,000, 20,000 and 54,000."""
VALHALLA_AT_ONCE: Final = 50
MATRIX_M: Final = 200_000.0
"""Farther apart than this Valhalla is not asked. With no limit it needs ten times the memory."""


def osrm_build(order: Order) -> Answer:
    """Prepare the roads for cars as a contraction hierarchy, in the folder."""
    home = Path(importlib.import_module("osrm").__file__ or "").parent
    began = time.perf_counter()
    profile = str(home / "share/profiles/car.lua")
    for name, *words in (
        ("osrm-extract", "-p", profile, "-o", "roads", str(order["pbf"])),
        ("osrm-contract", "roads.osrm"),
    ):
        command = [str(home / "bin" / name), *words]
        subprocess.run(command, cwd=str(order["folder"]), check=True, stdout=subprocess.DEVNULL)
    return {"seconds": time.perf_counter() - began}


def osrm_table(order: Order) -> Answer:
    """Return seconds from origins to sites. Timed are the calls alone: making the lists and reading
    the answer value by value is not counted, which is the peer's advantage."""
    osrm = importlib.import_module("osrm")
    engine = osrm.OSRM(
        storage_config=str(Path(str(order["folder"])) / "roads.osrm"),
        algorithm="CH",
        use_shared_memory=False,
        max_locations_distance_table=1_000_000,
    )
    origins, sites = order["origins"], order["sites"]
    goals = list(map(tuple, sites.tolist()))
    parts: list[Floats] = []
    walks: list[Floats] = []
    wall = busy = 0.0
    for some in np.array_split(origins, max(1, round(len(origins) / OSRM_AT_ONCE))):
        asked = osrm.TableParameters(
            coordinates=goals + list(map(tuple, some.tolist())),
            destinations=list(range(len(goals))),
            sources=list(range(len(goals), len(goals) + len(some))),
            annotations=["duration"],
            generate_hints=False,
        )
        began, cpu = time.perf_counter(), time.process_time()
        found = engine.Table(asked)
        wall += time.perf_counter() - began
        busy += time.process_time() - cpu
        if order["read"]:
            parts.append(_values(found["durations"]))
            walks.append(_values([[p["distance"] for p in found["sources"]]])[0])
            last = _values([[p["distance"] for p in found["destinations"]]])[0]
    answer: Answer = {"seconds": wall, "cpu_s": busy, "mib": peak_mib()}
    if order["read"]:
        answer |= {"eta_s": np.concatenate(parts), "walk_m": np.concatenate(walks), "last_m": last}
    return answer


def valhalla_build(order: Order) -> Answer:
    """Prepare Valhalla's tiles; leaves `valhalla.json` in the folder."""
    folder = Path(str(order["folder"]))
    began = time.perf_counter()
    bin_ = Path(sys.executable).parent
    made = subprocess.run(
        [str(bin_ / "valhalla_build_config"), "--mjolnir-tile-dir", str(folder / "tiles")],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    config = json.loads(made.stdout)
    config["thor"]["source_to_target_algorithm"] = "timedistancematrix"
    config["service_limits"]["auto"] |= {
        "max_matrix_distance": MATRIX_M,
        "max_matrix_location_pairs": 10**8,
        "max_locations": 10**6,
    }
    (folder / "valhalla.json").write_text(json.dumps(config), encoding="utf-8")
    subprocess.run(
        ["valhalla_build_tiles", "-c", "valhalla.json", str(order["pbf"])],
        cwd=folder, check=True, capture_output=True, env={"PATH": str(bin_)},
    )  # fmt: skip
    return {"seconds": time.perf_counter() - began}


def valhalla_table(order: Order) -> Answer:
    """Return seconds from origins to sites by car."""
    valhalla = importlib.import_module("valhalla")
    folder = Path(str(order["folder"]))
    actor = valhalla.Actor(json.loads((folder / "valhalla.json").read_text(encoding="utf-8")))
    origins, sites = (_locations(order[key]) for key in ("origins", "sites"))
    parts: list[Floats] = []
    began, cpu = time.perf_counter(), time.process_time()
    for at in range(0, len(sites), VALHALLA_AT_ONCE):
        found = actor.matrix(
            {
                "sources": origins,
                "targets": sites[at : at + VALHALLA_AT_ONCE],
                "costing": "auto",
                "verbose": False,
            }
        )
        parts.append(_values(found["sources_to_targets"]["durations"]))
    return {
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "mib": peak_mib(),
        "eta_s": np.concatenate(parts, axis=1),
    }


def _locations(places: Floats) -> list[dict[str, float]]:
    return [{"lon": lon, "lat": lat} for lon, lat in places.tolist()]


def _values(rows: Any) -> Floats:
    """Return rows of numbers as an array; nan for none."""
    return np.array([[np.nan if v is None else v for v in row] for row in rows], np.float64)


def peak_mib() -> float:
    """Return the most memory this process has held. Not what `resource` says: that begins with what
    the process that started this one held."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1_024


TASKS: Final[Mapping[str, Callable[[Order], Answer]]] = {
    task.__name__: task for task in (osrm_build, osrm_table, valhalla_build, valhalla_table)
}

if __name__ == "__main__":
    with np.load(sys.argv[2], allow_pickle=False) as given:
        done = TASKS[sys.argv[1]](dict(given))
    np.savez(sys.argv[3], **done)
