"""`dispatch backup`, `dispatch restore`, `dispatch audit`: what keeps the records safe."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from dispatch.agency import Agency
from dispatch.audit import Report, agencies, audit
from dispatch.backup.archive import Manifest
from dispatch.backup.restore import Request, restore
from dispatch.backup.save import save
from dispatch.clock import SystemClock
from dispatch.errors import BadInput
from dispatch.registry.engine import open_engine, reading, stored_revision
from dispatch.settings import Settings

SHOWN = 20

Command = Callable[..., argparse.ArgumentParser]
Run = Callable[[argparse.Namespace, Settings, Agency], int]
WithAgency = Callable[[Run], Callable[[argparse.Namespace], int]]


def add(
    commands: Any, command: Command, settings: Callable[[], Settings], with_agency: WithAgency
) -> None:
    """Add the commands to the command line."""
    made = command(
        commands,
        "backup",
        lambda arguments: _backup(arguments, settings()),
        "write a backup while the server runs",
        "What it holds and how to keep it: docs/reference/operations.md. Exit code 0: the file is "
        "whole and on disk; 2: there is no new file.",
    )
    made.add_argument("file", type=Path, metavar="FILE.zip")
    back = command(
        commands,
        "restore",
        lambda arguments: _restore(arguments, settings()),
        "bring a backup back into an empty data folder or database",
        "Stop the server first. Screens take everything anew. Exit code 0: restored and compared "
        "with what was saved; 2: not restored.",
    )
    back.add_argument("file", type=Path, metavar="FILE.zip")
    back.add_argument("--force", action="store_true", help="replace what is there")
    back.add_argument(
        "--end-sessions",
        action="store_true",
        help="sign everybody out: a session that was ended after the backup is open again in it",
    )
    look = command(
        commands,
        "audit",
        with_agency(_audit),
        "verify the log: complete, readable, foldable, within the rules",
        "Exit code 0: sound; 1: problems found; 2: it could not be looked at.",
    )
    look.add_argument("--json", action="store_true", help="print the report as JSON")
    look.add_argument(
        "--expect",
        action="append",
        default=[],
        type=_noted,
        metavar="SEQ:HASH",
        help="a chain noted down at an earlier audit: the past must still lead to it",
    )


def _noted(text: str) -> tuple[int, str]:
    seq, _, chain = text.partition(":")
    if not seq.isdigit() or len(chain) != 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not SEQ:HASH as an audit prints it")
    return int(seq), chain.lower()


def _backup(arguments: argparse.Namespace, settings: Settings) -> int:
    engine = _opened(settings)
    try:
        manifest = save(engine, settings.data_dir, arguments.file, SystemClock().now())
    finally:
        engine.dispose()
    size = arguments.file.stat().st_size
    print(f"{arguments.file}: {size / 1e6:.1f} MB, {_told(manifest)}")
    return 0


def _restore(arguments: argparse.Namespace, settings: Settings) -> int:
    request = Request(
        file=arguments.file,
        data_dir=settings.data_dir,
        url=settings.url,
        force=arguments.force,
        end_sessions=arguments.end_sessions,
    )
    restored = restore(request, SystemClock().now())
    print(
        f"restored: {_told(restored.manifest)}, of {restored.manifest.made_at:%Y-%m-%d %H:%M} UTC"
    )
    if restored.kept is not None:
        print(f"what was there before: {restored.kept}")
    if not arguments.end_sessions:
        print("sessions that were ended after the backup are open again; --end-sessions ends all")
    return 0


def _told(manifest: Manifest) -> str:
    logs = ", ".join(f"{log.agency} up to {log.seq}" for log in manifest.logs) or "no log"
    return f"{manifest.volunteers} volunteers, {logs}, schema {manifest.schema}"


def _audit(arguments: argparse.Namespace, settings: Settings, agency: Agency) -> int:
    engine = _opened(settings)
    try:
        stored_revision(engine)
        with reading(engine) as connection:
            expected = dict(arguments.expect)
            known = agencies(connection)
            if expected and agency.id not in known:
                raise BadInput(f"there is no log of {agency.id}")
            reports = [audit(connection, a, expected if a == agency.id else None) for a in known]
    finally:
        engine.dispose()
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode([_plain(r) for r in reports])).decode())
    else:
        for report in reports:
            _show(report)
    return 0 if all(report.sound for report in reports) else 1


def _plain(report: Report) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(report)
    return plain | {"sound": report.sound}


def _show(report: Report) -> None:
    kind = "exercise" if report.exercise else "real"
    print(f"{report.agency} ({kind}, log {report.log_id}): {report.events} events in "
          f"{report.actions} actions")  # fmt: skip
    if report.first_at and report.last_at:
        print(
            f"  from {report.first_at:%Y-%m-%d %H:%M:%S} to {report.last_at:%Y-%m-%d %H:%M:%S} UTC"
        )
    print("  " + ", ".join(f"{count} {kind}" for kind, count in report.kinds.most_common()))
    if report.steps_back:
        print(f"  the clock was set back {report.steps_back} times")
    print(f"  chain {report.events}:{report.chain}")
    for one in report.found[:SHOWN]:
        print(f"  {one.problem} at {one.seq}: {one.what}")
    if len(report.found) > SHOWN:
        print(f"  ... and {len(report.found) - SHOWN} more")
    print("  sound" if report.sound else f"  NOT SOUND: {len(report.found)} problems")


def _opened(settings: Settings) -> sa.Engine:
    """The store as it is: looking must not make one, nor change its schema."""
    address = sa.make_url(settings.url)
    if address.get_backend_name() == "sqlite" and not Path(str(address.database)).exists():
        raise BadInput(f"there is no database {address.database}")
    return open_engine(settings.url)
