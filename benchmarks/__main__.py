"""`python -m benchmarks NAME --json`, or `all --write FILE` for the table in docs/."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Figure, table

SUITES = ("spine", "match", "quality", "geo", "live")


def main() -> int:
    """Run the suites named; exit 1 when a figure does not reach what was asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("name", choices=[*SUITES, "all"])
    parser.add_argument("--json", action="store_true", help="print JSON (the default)")
    parser.add_argument("--write", type=Path, help="write the table to this file")
    arguments = parser.parse_args()
    names = SUITES if arguments.name == "all" else (arguments.name,)
    found = {name: _run(name) for name in names}
    plain = {n: {title: f.plain() for title, f in figures.items()} for n, figures in found.items()}
    shown = plain if arguments.name == "all" else plain[arguments.name]
    print(json.dumps(shown, indent=2, ensure_ascii=False))
    if arguments.write:
        about = {
            name: importlib.import_module(f"benchmarks.{name}").__doc__ or "" for name in names
        }
        arguments.write.write_text(table(found, about), encoding="utf-8")
    return int(any(f.ok is False for figures in found.values() for f in figures.values()))


def _run(name: str) -> dict[str, Figure]:
    run: Callable[[], dict[str, Figure]] = importlib.import_module(f"benchmarks.{name}").run
    return run()


if __name__ == "__main__":
    sys.exit(main())
