"""`dispatch scenario check | list | convert`: what drills replay."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dispatch.drills.scenario import model as it
from dispatch.drills.scenario.convert import convert
from dispatch.drills.scenario.draft import Given
from dispatch.drills.scenario.problems import BadScenario, Problem
from dispatch.drills.scenario.read import load_scenario, scenarios_in
from dispatch.errors import BadInput
from dispatch.geo.crs import Crs
from dispatch.settings import ROOT

SHIPPED = ROOT / "scenarios"
PROBLEMS_SHOWN = 200

Parsers = Any
Command = Callable[..., argparse.ArgumentParser]


def add(commands: Parsers, command: Command) -> None:
    """Add the commands to the command line."""
    scenario = commands.add_parser("scenario", help="scenarios of drills")
    parts = scenario.add_subparsers(required=True, metavar="WHAT")
    check = command(
        parts,
        "check",
        _check,
        "say everything that is wrong with scenarios, with file and line",
        "The format: docs/reference/scenarios.md. Exit code 0: all can be drilled; 1: some cannot.",
    )
    check.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="folder of a scenario")
    shown = command(parts, "list", _list, "list the scenarios of a folder")
    shown.add_argument("folder", type=Path, nargs="?", default=SHIPPED, help="default: the shipped")
    made = command(
        parts,
        "convert",
        _convert,
        "make a scenario of a plain CSV table of incidents",
        "Headings and times in Chinese or English; UTF-8 or GB18030. What the table does not say "
        "is guessed, marked S and told. Exit code 0: made; 2: nothing was written.",
    )
    _add_converting(made)


def _add_converting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="INCIDENTS.csv")
    parser.add_argument("--name", required=True, help="the id of the new scenario")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument(
        "--crs",
        type=Crs,
        choices=list(Crs),
        help="what the coordinates are in truth: maps of the Chinese mainland are shifted",
    )
    parser.add_argument("--timezone", help="whose local clock (taken for granted: Asia/Shanghai)")
    parser.add_argument("--year", type=int, help="of times that say none")


def _check(arguments: argparse.Namespace) -> int:
    wrong = 0
    for path in arguments.paths:
        try:
            print(_summary(path, load_scenario(_folder(path))))
        except BadScenario as bad:
            wrong += 1
            _show(bad.problems)
            print(f"{path}: {len(bad.problems)} problems; nothing can be started from it")
    return 1 if wrong else 0


def _folder(path: Path) -> Path:
    return path.parent if path.name == "scenario.yaml" else path


def _show(problems: tuple[Problem, ...]) -> None:
    for problem in problems[:PROBLEMS_SHOWN]:
        print(problem)
    more = len(problems) - PROBLEMS_SHOWN
    if more > 0:
        print(f"... and {more} more")


def _summary(path: Path, scenario: it.Scenario) -> str:
    kinds = Counter(type(inject) for inject in scenario.timeline)
    facts = Counter(inject.provenance.fact.value for inject in scenario.timeline)
    sure = ", ".join(f"{facts[mark]} {mark}" for mark in it.Fact)
    return (
        f"{path}: can be drilled: {kinds[it.IncidentOpened]} incidents, {kinds[it.NeedCreated]} "
        f"needs, {len(scenario.timeline)} injects ({sure}), {_people(scenario.roster)}"
    )


def _people(roster: it.Roster) -> str:
    return f"{roster.people} people" if isinstance(roster, it.RosterRecipe) else roster.file.name


def _list(arguments: argparse.Namespace) -> int:
    folders = scenarios_in(arguments.folder)
    if not folders:
        raise BadInput(f"{arguments.folder} holds no scenario")
    wrong = 0
    for folder in folders:
        try:
            scenario = load_scenario(folder)
        except BadScenario as bad:
            wrong += 1
            print(
                f"{folder.name:<18} cannot be used: {len(bad.problems)} problems", file=sys.stderr
            )
            continue
        hours = scenario.clock.length_s / 3_600
        starts = scenario.clock.starts_at.astimezone(scenario.clock.timezone)
        print(
            f"{scenario.id:<18} {starts:%Y-%m-%d %H:%M} {hours:>5.0f} h  {scenario.names.en}  "
            f"{scenario.names.zh}"
        )
    return 1 if wrong else 0


def _convert(arguments: argparse.Namespace) -> int:
    out: Path = arguments.out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out} is there already: name a new folder")
    given = Given(
        name=arguments.name, crs=arguments.crs, timezone=arguments.timezone, year=arguments.year
    )
    try:
        data = arguments.file.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {arguments.file}: {error.strerror}") from None
    made = convert(data, arguments.file.name, given)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in made.files.items():
        (out / name).write_text(text, encoding="utf-8")
    for guess in made.guesses:
        print(f"guessed: {guess}")
    print(_summary(out, load_scenario(out)))
    return 0
