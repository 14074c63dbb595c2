"""`dispatch doctor`: look before people depend on it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from dispatch.doctor.examine import examine
from dispatch.doctor.finding import Finding, fail, worst
from dispatch.errors import BadInput
from dispatch.settings import Settings

PHONES = 5_000

Command = Callable[..., argparse.ArgumentParser]


def add(commands: Any, command: Command, settings: Callable[[], Settings]) -> None:
    """Add the command to the command line."""
    look = command(
        commands,
        "doctor",
        lambda arguments: _doctor(arguments, settings),
        "check settings, disk, database, roads, pages and planner",
        "What each line means: docs/reference/operations.md. Exit code 0: all is well; 1: there "
        "are warnings; 2: something will fail.",
    )
    look.add_argument("--json", action="store_true", help="print the findings as JSON")
    look.add_argument("--quick", action="store_true", help="do not start the planner")
    look.add_argument(
        "--phones",
        type=int,
        default=PHONES,
        metavar="N",
        help=f"how many are expected at once (default: {PHONES})",
    )


def _doctor(arguments: argparse.Namespace, settings: Callable[[], Settings]) -> int:
    findings: list[Finding] = []
    for one in _findings(arguments, settings):
        findings.append(one)
        if not arguments.json:
            print(_line(one), flush=True)
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(findings)).decode())
    return worst(findings).rank


def _findings(arguments: argparse.Namespace, settings: Callable[[], Settings]) -> Iterator[Finding]:
    try:
        known = settings()
    except BadInput as exc:
        yield fail("settings", str(exc), "docs/reference/settings.md lists them")
        return
    yield from examine(known, arguments.phones, quick=arguments.quick)


def _line(one: Finding) -> str:
    advice = f"\n      {'':14}-> {one.advice}" if one.advice else ""
    return f"{one.level:<5} {one.name:<14} {one.text}{advice}"
