"""Independent routing engines beside ours: prepared, asked and timed in processes of their own."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import engines_beside

PEERS: Final = "BENCH_PEERS"
"""Names the folder of a virtual environment with osrm-bindings, pyvalhalla and numpy."""

Floats = NDArray[np.float64]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Engines:
    """OSRM and Valhalla over one extract, each with its prepared roads in `folder`; `built_s` says
    how long that took."""

    python: Path
    folder: Path
    built_s: dict[str, float]

    @classmethod
    def over(cls, extract: Path, folder: Path) -> Engines | None:
        """Return the engines with the roads of an extract, or None where they are not installed."""
        home = os.environ.get(PEERS)
        if home is None:
            return None
        found = cls(Path(home) / "bin" / "python", folder, {})
        for name in ("osrm", "valhalla"):
            (folder / name).mkdir()
            done = found.ask(f"{name}_build", pbf=str(extract.resolve()))
            found.built_s[name] = float(done["seconds"])
        return found

    def ask(self, task: str, **order: Any) -> Answer:
        """Return what a task of `engines_beside` answers."""
        (answer,) = self.ask_at_once(task, [order])
        return answer

    def ask_at_once(self, task: str, orders: Sequence[Answer]) -> list[Answer]:
        """Return the answers to several orders, each worked on by its own process."""
        engine = task.partition("_")[0]
        with tempfile.TemporaryDirectory() as desk:
            running = []
            for number, order in enumerate(orders):
                given, made = (Path(desk, f"{kind}{number}.npz") for kind in ("order", "answer"))
                np.savez(given, folder=str(self.folder / engine), **order)
                words = [str(self.python), engines_beside.__file__, task, str(given), str(made)]
                process = subprocess.Popen(
                    words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
                )
                running.append((process, made))
            return [_answer(process, made) for process, made in running]


def _answer(process: subprocess.Popen[str], made: Path) -> Answer:
    _, complaint = process.communicate()
    if process.returncode:
        raise RuntimeError(f"a peer failed: {complaint[-2_000:]}")
    with np.load(made, allow_pickle=False) as found:
        return dict(found)
