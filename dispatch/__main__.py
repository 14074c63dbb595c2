"""The command line. `dispatch --help` lists the commands."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import socket
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from pydantic import ValidationError
from sqlalchemy import Engine

from dispatch.agency import Agency, load_agency
from dispatch.app import (
    Application,
    add_regions,
    build,
    expose,
    open_store,
    server_of,
    start_logging,
)
from dispatch.clock import SystemClock
from dispatch.commands import carrier as carrier_command
from dispatch.commands import doctor, drill, files, keeping, maps, scenario, teams
from dispatch.drills import demo
from dispatch.drills.carrier import serve
from dispatch.errors import BadInput, DispatchError
from dispatch.eventlog import SqlEventLog
from dispatch.exchange.boundaries import region_index
from dispatch.learning import learn, write_lesson
from dispatch.model import Role, VolunteerId
from dispatch.registry import access
from dispatch.registry.roster_csv import ImportReport, import_roster
from dispatch.settings import Settings
from dispatch.standalone.run import Files, match_files
from dispatch.workers import allow_many_sockets, listen, supervise

LINK_LIFE = timedelta(hours=12)
PROBLEMS_SHOWN = 50


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit code: 0 done, 1 done with problems, 2 not done."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except DispatchError as exc:
        print(f"dispatch: {exc}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _with_agency(
    run: Callable[[argparse.Namespace, Settings, Agency], int],
) -> Callable[[argparse.Namespace], int]:
    """Give a command the settings in force and the agency they name."""

    def command(arguments: argparse.Namespace) -> int:
        settings = _settings()
        return run(arguments, settings, load_agency(settings.agency_file, settings.map_keys))

    return command


def _settings(**given: int) -> Settings:
    """Return the settings in force; `given` ones stand above the environment.

    Raises:
        BadInput: one of them cannot be used.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "DISPATCH_" + "_".join(str(part) for part in first["loc"]).upper()
        raise BadInput(f"setting {name}: {first['msg']}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dispatch", description="Emergency volunteer dispatch.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(
        commands, "demo", _with_agency(_demo), "an invented county on real roads, with live phones"
    )
    serve = _command(commands, "serve", _with_agency(_serve), "serve the agency's own data")
    serve.add_argument(
        "--workers", type=int, metavar="N", help="how many processes (default: DISPATCH_WORKERS)"
    )
    link = _command(commands, "link", _with_agency(_link), "print a one-time link to the pages")
    link.add_argument("role", choices=["commander", "volunteer"])
    link.add_argument("--id", default="commander", help="account name, or volunteer id")
    roster = commands.add_parser("roster", help="the roster of volunteers")
    parts = roster.add_subparsers(required=True, metavar="WHAT")
    load = _command(parts, "import", _with_agency(_roster_import), "load a roster from a CSV file")
    load.add_argument("file", type=Path)
    maps.add(commands, _command, _settings)
    carrier_command.add(commands, _command, _settings)
    files.add(commands, _command, _with_agency)
    doctor.add(commands, _command, _settings)
    keeping.add(commands, _command, _settings, _with_agency)
    drill.add(commands, _command)
    scenario.add(commands, _command)
    teams.add(commands, _command, _with_agency)
    _add_match(commands)
    learn = _command(
        commands,
        "fit",
        _with_agency(_fit),
        "refit the acceptance model from what people answered",
        "Writes acceptance-vN.json and its calibration plot acceptance-vN.svg; [acceptance] model "
        "in the agency file says which one is in use. Exit code 0: fitted; 1: fitted, but no "
        "better than the base rate; 2: not fitted, nothing written.",
    )
    learn.add_argument(
        "--out", type=Path, metavar="DIR", help="where they go (default: the data folder)"
    )
    return parser


def _add_match(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    match = _command(
        commands,
        "match",
        _match,
        "the best plan for a roster file and a file of needs: no server, no data kept",
        "Columns, properties and the plan's schema: docs/reference/match.md. Exit code 0: planned "
        "(heads that stay empty are in the plan, with reasons); 1: planned without the roster rows "
        "that could not be read; 2: not planned, nothing written.",
    )
    match.add_argument("roster", type=Path, metavar="ROSTER.csv", help="one person a line")
    match.add_argument("needs", type=Path, metavar="NEEDS.geojson", help="one Point a need")
    match.add_argument(
        "--out", type=Path, required=True, metavar="PLAN.json", help="where the plan goes"
    )
    match.add_argument(
        "--registry",
        type=Path,
        metavar="FILE.toml",
        help="insurance contracts and teams the roster names; above H0 nobody serves uncovered",
    )
    match.add_argument(
        "--roads",
        type=Path,
        metavar="DIR",
        help="folder of prepared roads; without it times are estimated from the straight line",
    )
    match.add_argument(
        "--policy", type=Path, metavar="FILE.toml", help="dials of the match policy that differ"
    )
    match.add_argument(
        "--now",
        type=_instant,
        metavar="INSTANT",
        help="plan as of then, for example 2026-07-20T08:00:00Z (default: the present)",
    )


def _instant(text: str) -> datetime:
    with contextlib.suppress(ValueError):
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None and 1970 < at.year < 2200:
            return at
    raise argparse.ArgumentTypeError(
        f"{text!r} is not an instant with its time zone, like 2026-07-20T08:00:00Z"
    )


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
    more: str = "",
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, epilog=more
    )
    command.set_defaults(run=run)
    return command


def _serve(arguments: argparse.Namespace, settings: Settings, agency: Agency) -> int:
    if arguments.workers is not None:
        settings = _settings(workers=arguments.workers)
    start_logging(settings, agency, "supervisor" if settings.workers > 1 else "server")
    if settings.workers > 1:
        return asyncio.run(supervise(settings, agency, lambda: _announce(settings, agency)))
    return asyncio.run(_serving(settings, agency))


def _demo(_: argparse.Namespace, settings: Settings, agency: Agency) -> int:
    start_logging(settings, agency, "server")
    settings = demo.with_carrier(settings)
    with listen(settings, port=settings.carrier_port, named="CARRIER_PORT") as carrier:
        return asyncio.run(_serving(settings, agency, carrier))


async def _serving(settings: Settings, agency: Agency, carrier: socket.socket | None = None) -> int:
    """Serve until told to end; with a socket for the `carrier` it is the demo."""
    allow_many_sockets()
    # The port first: finding it busy must not cost a minute of preparation.
    with listen(settings) as listener:
        app = await _prepared(settings, agency, carrier)
        people = {} if carrier is None else demo.phones(app.engine)
        expose(app, settings.metrics_port)
        server = server_of(app, started=lambda: _print_links(settings, agency, app.engine, people))
        await server.serve(sockets=[listener])
        return 0 if server.started else 2


async def _prepared(
    settings: Settings, agency: Agency, carrier: socket.socket | None
) -> Application:
    if carrier is not None:
        engine = open_store(settings)
        folder = settings.agency_file.parent
        demo.make_roster(
            engine, agency, folder, settings.demo_volunteers, SystemClock(), _show_progress
        )
        engine.dispose()
    app = await build(settings, agency, simulated=carrier is not None)
    if carrier is not None:
        people = demo.phones(app.engine)
        crowd = demo.crowd_of(app, people, settings.demo_pace)
        inbox = functools.partial(serve, demo.carrier_of(app, people), carrier)
        app.background += [lambda: demo.begin(app, people), crowd.run, inbox]
    return app


def _announce(settings: Settings, agency: Agency) -> None:
    engine = open_store(settings)
    _print_links(settings, agency, engine, {})
    engine.dispose()


def _print_links(
    settings: Settings, agency: Agency, engine: Engine, phones: dict[str, VolunteerId]
) -> None:
    base = f"http://{settings.host}:{settings.port}"
    print(f"\n  {agency.name_en}  ·  {base}\n")
    print("  Commander   " + _link_to(engine, base, Role.COMMANDER, "commander"))
    for number, person in phones.items():
        print(f"  {number:<10}  " + _link_to(engine, base, Role.VOLUNTEER, str(person)))
    if phones:
        print(f"  Messages    {settings.gateway_url}/  (their text messages and calls)")
        print(f"\n  Everybody else is simulated and lives {settings.demo_pace:g} x real time.")
    print(f"\n  Each link works once. More: {_self()} link commander | volunteer --id N")
    print("  Stop with Ctrl-C; nothing is lost.\n", flush=True)


def _self() -> str:
    """How this program was called, so that a printed command can be pasted."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return "python -m dispatch"
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)


def _link_to(engine: Engine, base: str, role: Role, subject: str) -> str:
    token = access.make_link(engine, role, subject, SystemClock().now(), LINK_LIFE)
    return f"{base}/enter/{token}"


def _link(arguments: argparse.Namespace, settings: Settings, agency: Agency) -> int:
    engine = open_store(settings)
    try:
        role = Role(arguments.role)
        token = access.make_link(engine, role, arguments.id, SystemClock().now(), LINK_LIFE)
    finally:
        engine.dispose()
    print(f"http://{settings.host}:{settings.port}/enter/{token}")
    return 0


def _roster_import(arguments: argparse.Namespace, settings: Settings, agency: Agency) -> int:
    engine = open_store(settings)
    try:
        add_regions(engine, agency)
        now, regions_at = SystemClock().now(), region_index(engine).codes_at
        report = import_roster(engine, arguments.file, now, regions_at)
    finally:
        engine.dispose()
    _print_problems(arguments.file, report, sys.stdout)
    print(
        f"{report.read} rows read: {report.added} added, {report.updated} updated, "
        f"{report.unchanged} unchanged, {len(report.problems)} problems, "
        f"{len(report.warnings)} warnings"
    )
    return 1 if report.problems else 0


def _print_problems(path: Path, report: ImportReport, file: TextIO) -> None:
    told = (*report.problems, *report.warnings)
    for problem in told[:PROBLEMS_SHOWN]:
        where = f"{path}:{problem.line}" + (f" {problem.column}" if problem.column else "")
        value = f": {problem.value!r}" if problem.value else ""
        print(f"{where}: {problem.reason}{value}", file=file)
    more = len(told) - PROBLEMS_SHOWN
    if more > 0:
        print(f"... and {more} more", file=file)


def _match(arguments: argparse.Namespace) -> int:
    files = Files(
        roster=arguments.roster,
        needs=arguments.needs,
        out=arguments.out,
        registry=arguments.registry,
        roads=arguments.roads,
        policy=arguments.policy,
    )
    outcome = match_files(
        files, arguments.now or SystemClock().now(), lambda text: print(text, file=sys.stderr)
    )
    _print_problems(files.roster, outcome.report, sys.stderr)
    plan = outcome.plan
    print(
        f"{files.out}: {len(plan.proposals)} proposals for {len(plan.need_ids)} needs, "
        f"{sum(s.missing for s in plan.shortfalls)} heads short, gap {plan.gap:.2%}"
    )
    return 1 if outcome.report.problems else 0


def _fit(arguments: argparse.Namespace, settings: Settings, agency: Agency) -> int:
    engine = open_store(settings)
    log = SqlEventLog(engine)
    try:
        lesson = asyncio.run(learn(log, agency))
    finally:
        log.close()
        engine.dispose()
    model, picture = write_lesson(lesson, arguments.out or settings.data_dir)
    print(lesson.report)
    print(f"\n{model}\n{picture}")
    if lesson.refitted.skill <= 0:
        print("No better than the base rate: do not use it yet.", file=sys.stderr)
        return 1
    return 0


def _show_progress(done: int, total: int) -> None:
    end = "\n" if done >= total else ""
    print(f"\rMaking the county: {done * 100 // max(1, total)} %", end=end, flush=True)


if __name__ == "__main__":
    sys.exit(main())
