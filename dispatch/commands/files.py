"""`dispatch regions import`, `dispatch export`, `dispatch import`: vector files in and out."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dispatch.actions import Action
from dispatch.agency import Agency
from dispatch.app import add_regions, build, open_store
from dispatch.board import Board, apply
from dispatch.desk import Answer
from dispatch.eventlog import SqlEventLog
from dispatch.exchange.boundaries import ALIASES, import_regions
from dispatch.exchange.layer import Format, Layer, format_of
from dispatch.exchange.office import (
    IMPORTED,
    Kind,
    bring_in,
    carried_out,
    looked_at,
    stored,
    take_out,
)
from dispatch.exchange.rows import Line, Outcome, Report
from dispatch.exchange.shapes import Reach
from dispatch.exchange.writing import write_layer
from dispatch.geo.crs import Crs
from dispatch.model import ActionId, Actor, Role
from dispatch.settings import Settings

LINES_SHOWN = 50

Parsers = Any
Command = Callable[..., argparse.ArgumentParser]
Run = Callable[[argparse.Namespace, Settings, Agency], int]
WithAgency = Callable[[Run], Callable[[argparse.Namespace], int]]


def add(commands: Parsers, command: Command, with_agency: WithAgency) -> None:
    """Add the commands to the command line."""
    regions = commands.add_parser("regions", help="regions and their boundaries")
    parts = regions.add_subparsers(required=True, metavar="WHAT")
    load = command(
        parts,
        "import",
        with_agency(_regions_import),
        "load regions, with boundaries, from a vector file",
        "Attributes and codes: docs/reference/regions.md. A running server reads regions when it "
        "starts. Exit code 0: all stored; 1: some features were refused; 2: nothing was changed.",
    )
    _add_reading(load)
    for name in ALIASES:
        option = f"--{name.replace('_', '-')}-field"
        load.add_argument(option, metavar="NAME", help=f"the file's attribute for {name}")
    out = command(
        commands,
        "export",
        with_agency(_export),
        "write incidents, zones, stations or plans to a vector file",
        "Attributes: docs/reference/exchange.md.",
    )
    out.add_argument("what", choices=list(Kind))
    out.add_argument("file", type=Path, help=f"ends in .{', .'.join(Format)}")
    bring = command(
        commands,
        "import",
        with_agency(_import),
        "bring in incidents, zones or stations from a vector file",
        "Attributes: docs/reference/exchange.md. Bringing the same file in again does nothing. "
        "Exit code 0: all accepted; 1: some features were refused; 2: nothing was changed.",
    )
    bring.add_argument("what", choices=list(IMPORTED))
    _add_reading(bring)
    bring.add_argument("--by", default="commander", metavar="NAME", help="who brings it in")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="GeoPackage, GeoJSON, KML or (zipped) shapefile")
    parser.add_argument(
        "--crs",
        type=Crs,
        choices=list(Crs),
        help="what its coordinates are in truth: maps of the Chinese mainland are shifted",
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be done")


def _regions_import(arguments: argparse.Namespace, settings: Settings, agency: Agency) -> int:
    named = {name: getattr(arguments, f"{name}_field") for name in ALIASES}
    engine = open_store(settings)
    try:
        add_regions(engine, agency)
        report = import_regions(
            engine,
            arguments.file,
            crs=arguments.crs,
            named={name: own for name, own in named.items() if own},
            reach=Reach(*agency.map.center),
            dry_run=arguments.dry_run,
        )
    finally:
        engine.dispose()
    return _show(report, arguments.file)


def _export(arguments: argparse.Namespace, settings: Settings, agency: Agency) -> int:
    kind = format_of(arguments.file.name)
    layer = asyncio.run(_layer(Kind(arguments.what), settings, agency))
    write_layer(arguments.file, layer, kind)
    print(f"{arguments.file}: {len(layer)} {arguments.what}")
    return 0


async def _layer(kind: Kind, settings: Settings, agency: Agency) -> Layer:
    engine = open_store(settings)
    log = SqlEventLog(engine)
    board = Board(agency=agency.id, exercise=agency.exercise)
    try:
        while batch := await log.read(agency.id, board.seq):
            for one in batch:
                apply(board, one)
        return take_out(kind, board, engine)
    finally:
        log.close()
        engine.dispose()


def _import(arguments: argparse.Namespace, settings: Settings, agency: Agency) -> int:
    report = asyncio.run(_brought_in(arguments, settings, agency))
    return _show(report, arguments.file)


async def _brought_in(arguments: argparse.Namespace, settings: Settings, agency: Agency) -> Report:
    app = await build(settings, agency)
    actor = Actor(role=Role.COMMANDER, id=arguments.by)

    async def do(key: str, action: Action) -> Answer:
        return await app.desk.act(actor, ActionId(f"{actor.role}:{actor.id}/{key}"), action)

    try:
        brought = bring_in(Kind(arguments.what), arguments.file, app.place, arguments.crs)
        if arguments.dry_run:
            return looked_at(brought)
        if brought.kind is Kind.STATIONS:
            return stored(brought, app.engine)
        await app.desk.start()
        return await carried_out(brought, do)
    finally:
        app.close()


def _show(report: Report, path: Path) -> int:
    for note in report.notes:
        print(f"{path}: {note}")
    telling = [line for line in report.lines if line.outcome is not Outcome.ACCEPTED]
    for line in telling[:LINES_SHOWN]:
        print(f"{path}: {_told(line)}")
    if len(telling) > LINES_SHOWN:
        print(f"... and {len(telling) - LINES_SHOWN} more")
    counts = ", ".join(f"{report.count(one)} {one.value.lower()}" for one in Outcome)
    done = {line.done for line in report.lines} - {""}
    more = [f"{sum(x.done == one for x in report.lines)} {one.lower()}" for one in sorted(done)]
    dry = "dry run, nothing was stored: " if report.dry_run else ""
    print(
        f"{dry}{len(report.lines)} features read: {counts}{'; ' if more else ''}{', '.join(more)}"
    )
    return 1 if report.count(Outcome.REFUSED) else 0


def _told(line: Line) -> str:
    name = f" ({line.name})" if line.name else ""
    field = f" {line.field}" if line.field else ""
    return f"feature {line.row}{name}{field}: {line.code}: {line.message}"
