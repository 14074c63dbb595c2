"""`python -m benchmarks.live PART [--share 0.01]`: some parts only, with fewer people."""

from __future__ import annotations

import argparse
import json

from benchmarks.live.parts import measured, parts


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live")
    parser.add_argument("parts", nargs="+", choices=[*parts()])
    parser.add_argument("--share", type=float, default=1.0, help="of the people asked for")
    arguments = parser.parse_args()
    wanted = {
        name: part for name, part in parts(arguments.share).items() if name in arguments.parts
    }
    figures = measured(wanted)
    print(json.dumps({title: f.plain() for title, f in figures.items()}, indent=2))


if __name__ == "__main__":
    main()
