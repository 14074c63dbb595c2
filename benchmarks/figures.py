"""What a figure is, and how figures become JSON and a table."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import cpu_count
from typing import Any, Literal

Better = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured value, the peers measured or published beside it, and what was asked for.

    `runs` are the single measurements behind `value`. `ratio` is ours to the first peer's.
    `reach` None means that nothing was asked; `ok` is then None too.
    """

    value: float
    unit: str
    runs: Sequence[float]
    better: Better = "lower"
    peers: Mapping[str, float] = field(default_factory=dict)
    reach: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours divided by the first peer's."""
        first = next(iter(self.peers.values()), None)
        return None if not first else round(self.value / first, 4)

    @property
    def ok(self) -> bool | None:
        """Whether the value reaches what was asked; computed, never written."""
        if self.reach is None:
            return None
        return self.value <= self.reach if self.better == "lower" else self.value >= self.reach

    def plain(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "value": rounded(self.value),
            "unit": self.unit,
            "runs": [rounded(r) for r in self.runs],
            "peers": {name: rounded(v) for name, v in self.peers.items()},
            "ratio": self.ratio,
            "reach": self.reach,
            "ok": self.ok,
        }


def median_of(runs: Sequence[float], unit: str, **more: Any) -> Figure:
    """Return the median of several runs as a figure."""
    return Figure(value=statistics.median(runs), unit=unit, runs=runs, **more)


def quantile(runs: Sequence[float], share: float) -> float:
    """Return the smallest run that at least this share of runs does not exceed."""
    ordered = sorted(runs)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rounded(value: float) -> float:
    """Four significant digits: more would claim more than a shared machine can say."""
    return float(f"{value:.4g}")


def table(suites: Mapping[str, Mapping[str, Figure]], about: Mapping[str, str]) -> str:
    """Return the scoreboard as Markdown, with what is told `about` each suite."""
    lines = [
        "# Benchmarks",
        "",
        "Made by `make bench`; do not edit. Medians or the quantile named, on "
        f"{cpu_count()} cores ({platform.machine()}), {datetime.now(UTC):%Y-%m-%d}. "
        "Times on shared machines are noisy: trust ratios.",
    ]
    for name, figures in suites.items():
        lines += ["", f"## {name}", "", about[name].strip(), ""]
        lines += ["| figure | value | reach | ok | peers | ratio |"]
        lines.append("|---|---|---|---|---|---|")
        lines += [_row(title, figure) for title, figure in figures.items()]
    return "\n".join(lines) + "\n"


def _row(title: str, figure: Figure) -> str:
    peers = "; ".join(f"{name} {rounded(v):g}" for name, v in figure.peers.items())
    ok = {True: "yes", False: "**no**", None: ""}[figure.ok]
    reach = "" if figure.reach is None else f"{figure.reach:g}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:g}"
    value = f"{rounded(figure.value):g} {figure.unit}"
    return f"| {title} | {value} | {reach} | {ok} | {peers} | {ratio} |"
