"""`dispatch drill`, `dispatch simulate`: disasters through the real desk, without a screen."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from dispatch.board import Board
from dispatch.commands.scenario import SHIPPED
from dispatch.drills.people import roster_of
from dispatch.drills.policies import OWN, POLICIES
from dispatch.drills.report.drill import write_report
from dispatch.drills.run import RunResult, run_drill, setting_of
from dispatch.drills.scenario.model import Scenario
from dispatch.drills.scenario.read import load_scenario
from dispatch.drills.simulation.simulate import simulate
from dispatch.drills.simulation.town import HOURS
from dispatch.errors import BadInput

MAX: float = float("inf")
FASTEST: float = 600.0

Parsers = Any
Command = Callable[..., argparse.ArgumentParser]


def add(commands: Parsers, command: Command) -> None:
    """Add the command to the command line."""
    drill = command(
        commands,
        "drill",
        _drill,
        "replay a disaster through the real desk, with simulated people",
        "What is simulated, and every figure: docs/reference/drills.md. Exit code 0: done; 1: the "
        "desk broke a rule that must always hold; 2: not run.",
    )
    drill.add_argument("scenario", metavar="NAME", help="a shipped scenario, or a folder")
    drill.add_argument(
        "--speed", type=_speed, default=MAX, metavar="max|1..600", help="times real time"
    )
    drill.add_argument("--seed", type=int, default=1, help="another seed, other people")
    drill.add_argument("--policy", choices=list(POLICIES), default=OWN, help="how people are asked")
    drill.add_argument("--hours", type=float, help="only the first hours of the scenario")
    drill.add_argument("--json", type=Path, metavar="FILE.json", help="write all figures there")
    drill.add_argument(
        "--report", type=Path, metavar="FILE.html|pdf", help="write the after-action report there"
    )
    _add_simulate(commands, command)


def _add_simulate(commands: Parsers, command: Command) -> None:
    simulate_ = command(
        commands,
        "simulate",
        _simulate,
        "let everything fail by seed, and see that nothing is lost",
        "One seed gives one log, on every machine. Exit code 0: all was well; 1: something was "
        "not, with the command that does it again.",
    )
    simulate_.add_argument("--seed", type=int, default=0, help="the first seed")
    simulate_.add_argument("--count", type=int, default=1, help="how many seeds, one after another")
    simulate_.add_argument("--hours", type=float, default=HOURS, help="how long the morning is")


def _simulate(arguments: argparse.Namespace) -> int:
    failed = 0
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        outcome = simulate(seed, hours=arguments.hours)
        if outcome.wrong or arguments.count == 1:
            print(f"seed {seed}: {outcome.events} events, log {outcome.hash}")
        for line in outcome.wrong:
            print(f"  BROKEN {line}")
        if outcome.wrong:
            print(f"  again: {outcome.again()}")
        failed += bool(outcome.wrong)
    print(f"{arguments.count} seeds, {failed} failed")
    return 1 if failed else 0


def scenario_named(name: str) -> Scenario:
    """Return a shipped scenario by name, or the one in a folder.

    Raises:
        BadInput: there is none.
        BadScenario: it cannot be used.
    """
    folder = SHIPPED / name if (SHIPPED / name).is_dir() else Path(name)
    if not folder.is_dir():
        raise BadInput(f"there is no scenario {name!r}: neither shipped nor a folder")
    return load_scenario(folder)


def shortened(scenario: Scenario, hours: float | None) -> Scenario:
    """Return the scenario's first hours.

    Raises:
        BadInput: they are none.
    """
    if hours is None:
        return scenario
    if not 0 < hours < float("inf"):
        raise BadInput("--hours must be more than 0")
    length_s = min(scenario.clock.length_s, round(3_600 * hours))
    clock = dataclasses.replace(scenario.clock, length_s=length_s)
    return dataclasses.replace(scenario, clock=clock)


def _speed(text: str) -> float:
    try:
        found = MAX if text == "max" else float(text)
    except ValueError:
        found = 0.0
    if not (found == MAX or 1 <= found <= FASTEST):
        raise argparse.ArgumentTypeError(f"expected max or 1 to 600, got {text!r}")
    return found


def _drill(arguments: argparse.Namespace) -> int:
    scenario = shortened(scenario_named(arguments.scenario), arguments.hours)
    setting = setting_of(scenario, seed=arguments.seed, policy=arguments.policy)
    for path in (arguments.json, arguments.report):
        if path is not None and not path.parent.is_dir():
            raise BadInput(f"cannot write {path}: no such folder")
    print(f"Exercise {scenario.id}: making its people", file=sys.stderr)
    roster = roster_of(scenario)
    pace = _Pace(scenario.clock.starts_at, arguments.speed)
    result = run_drill(scenario, roster, setting, progress=pace.told, paced=pace.wait)
    found = result.plain()
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", "utf-8")
    if arguments.report is not None:
        write_report(result, arguments.report)
    _print(result, found)
    return 1 if found["violations"] else 0


class _Pace:
    """Holds a drill back to a multiple of real time, and says how far it is."""

    def __init__(self, start: datetime, speed: float) -> None:
        self._start, self._speed = start, speed
        self._began = time.monotonic()

    def wait(self, at: datetime) -> None:
        """Return when it is time for an instant of the drill."""
        ahead_s = (at - self._start).total_seconds() / self._speed
        left_s = ahead_s - (time.monotonic() - self._began)
        if left_s > 0:
            time.sleep(left_s)

    def told(self, at: datetime, board: Board) -> None:
        hours = (at - self._start).total_seconds() / 3_600
        there = sum(a.on_scene_at is not None for a in board.assignments.values())
        line = f"{hours:6.1f} h  {len(board.offers):6} asked  {there:5} arrived"
        print(line, file=sys.stderr)


def _print(result: RunResult, found: dict[str, Any]) -> None:
    m = found["measures"]
    print(f"EXERCISE {found['scenario']}  seed {found['seed']}  policy {found['policy']}")
    print(f"  {m['needs']} needs, {m['heads']} heads: {m['filled_heads']} came, ", end="")
    print(f"{m['in_time_heads']} in time; {m['alerts']} alerts")
    print(f"  {found['events']} events, {found['people']} people, ", end="")
    print(f"{found['took_s']} s: {found['speed']} x real time")
    print(f"  log {found['hash']}")
    for line in result.violations():
        print(f"  BROKEN {line}")
