"""`make chaos`: every fault, several rounds. `python -m tests.chaos --seed N` does one again."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from pathlib import Path

from dispatch.settings import ROOT
from tests.chaos.acts import ACTS, Result, Tell, play
from tests.chaos.standstill import no_standstill

LIMIT_S = 1_800
"""No act takes so long."""
OUT = ROOT / "artifacts" / "chaos.json"
COLUMNS = ("lasted_s", "answered_s", "current_s", "silence_s", "acks", "sent_again")


def main() -> int:
    """Return 0 when all held; what did not is raised, with the stacks of all processes."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--act", action="append", choices=sorted(ACTS), help="only these")
    parser.add_argument("--fault", action="append", help="only these")
    chosen = parser.parse_args()
    results: list[Result] = []
    for n in range(chosen.rounds):
        seed = chosen.seed + n
        for name in chosen.act or ACTS:
            print(f"round {n + 1}, seed {seed}, {name}", flush=True)

            def tell(result: Result, name: str = name, seed: int = seed) -> None:
                results.append({"act": name, "seed": seed} | result)
                print("  " + row(result), flush=True)
                _write(results)

            _once(name, seed, tell, set(chosen.fault) if chosen.fault else None)
    print(table(results))
    return 0


def _once(name: str, seed: int, tell: Tell, only: set[str] | None) -> None:
    with tempfile.TemporaryDirectory(prefix="dispatch-chaos-") as folder, no_standstill(LIMIT_S):
        asyncio.run(play(ACTS[name], Path(folder) / "act", random.Random(seed), tell, only))


def row(result: Result) -> str:
    return f"{result['fault']:<26}" + "".join(f"{result[c]:>12}" for c in COLUMNS)


def table(results: list[Result]) -> str:
    """All results, a line each."""
    return "\n".join([f"{'fault':<26}" + "".join(f"{c:>12}" for c in COLUMNS), *map(row, results)])


def _write(results: list[Result]) -> None:
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
