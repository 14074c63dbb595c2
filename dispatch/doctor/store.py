"""The database: reachable, safe, of our schema, with a log that holds together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dispatch.audit import agencies
from dispatch.backup.postgres import program
from dispatch.doctor.finding import Finding, fail, ok, warn
from dispatch.errors import BadInput, LogCorrupt, StoreUnavailable
from dispatch.eventlog import action, event, log_head, stored_of
from dispatch.model import AgencyId
from dispatch.registry.engine import HEAD, open_engine, reading, stored_revision
from dispatch.settings import Settings

OLDEST_SQLITE: Final = (3, 35)
OLDEST_POSTGRES: Final = 130_000
SKEW_WARN_S: Final = 1.0
SKEW_FAIL_S: Final = 30.0
CONNECTIONS_EACH: Final = 41
"""What one process may hold at most: its pool, and the turn at the log."""
LAST: Final = 1_000
"""Entries at the end of the log that are read; `dispatch audit` reads all."""


def database(settings: Settings) -> Iterator[Finding]:
    """Everything about the store, as far as it can be reached."""
    name, address = "database", sa.make_url(settings.url)
    is_file = address.get_backend_name() == "sqlite"
    if is_file and not Path(str(address.database)).exists():
        yield ok(name, f"{address.database} will be made at the first start")
        return
    try:
        engine = open_engine(settings.url)
    except BadInput as exc:
        damaged = "if it is damaged, restore a backup: docs/reference/operations.md"
        away = "start the database server, or mend DISPATCH_DATABASE_URL"
        yield fail(name, str(exc), damaged if is_file else away)
        return
    try:
        yield from _sqlite(engine) if is_file else _postgresql(engine, settings)
        yield from _schema(engine)
        yield from _log(engine)
    except (StoreUnavailable, sa.exc.DBAPIError) as exc:
        yield fail(name, str(getattr(exc, "orig", exc)), "restore a backup if it is damaged")
    finally:
        engine.dispose()


def _sqlite(engine: sa.Engine) -> Iterator[Finding]:
    with reading(engine) as connection:
        version = str(connection.execute(sa.text("SELECT sqlite_version()")).scalar())
        sound = str(connection.execute(sa.text("PRAGMA quick_check(1)")).scalar())
    if tuple(int(n) for n in version.split(".")[:2]) < OLDEST_SQLITE:
        yield fail("database", f"SQLite {version}", "use a Python with SQLite 3.35 or newer")
    elif sound != "ok":
        yield fail("database", f"{engine.url.database}: {sound}", "restore a backup")
    else:
        yield ok("database", f"SQLite {version}, pages are sound")


def _postgresql(engine: sa.Engine, settings: Settings) -> Iterator[Finding]:
    names = (
        "server_version_num",
        "server_version",
        "fsync",
        "full_page_writes",
        "synchronous_commit",
        "max_connections",
    )
    with engine.connect() as connection:
        began = datetime.now(UTC)
        theirs = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        middle = began + (datetime.now(UTC) - began) / 2
        value = {n: str(connection.execute(sa.text(f"SHOW {n}")).scalar()) for n in names}
        standby = connection.execute(sa.text("SELECT pg_is_in_recovery()")).scalar_one()
    version = value["server_version"]
    if int(value["server_version_num"]) < OLDEST_POSTGRES:
        yield fail("database", f"PostgreSQL {version}", "use PostgreSQL 13 or newer")
    elif standby:
        yield fail("database", f"PostgreSQL {version} is a standby", "name the primary")
    else:
        yield ok("database", f"PostgreSQL {version}")
    for name in ("fsync", "full_page_writes"):
        if value[name] != "on":
            yield fail(
                "durability",
                f"{name} is {value[name]}: a power cut loses answers",
                f"{name} = on in postgresql.conf",
            )
    if value["fsync"] == value["full_page_writes"] == "on":
        yield ok("durability", f"fsync on, synchronous_commit {value['synchronous_commit']}")
    yield from skew((middle - theirs).total_seconds())
    wanted, most = CONNECTIONS_EACH * (settings.workers + 1), int(value["max_connections"])
    if wanted > most:
        yield warn(
            "connections",
            f"the server takes {most}, {settings.workers} worker(s) and the "
            f"planner may ask for {wanted}",
            f"max_connections = {wanted + 20}",
        )
    try:
        yield ok("backup program", program("pg_dump"))
    except BadInput as exc:
        yield warn("backup program", str(exc), "without it there is no `dispatch backup`")


def skew(seconds: float) -> Iterator[Finding]:
    """How far our clock is from the database's: several workers must agree on deadlines."""
    shown = f"ours is {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} the database's"
    advice = "have both machines follow the same time servers (chrony, systemd-timesyncd)"
    if abs(seconds) >= SKEW_FAIL_S:
        yield fail("clock", shown, advice)
    elif abs(seconds) >= SKEW_WARN_S:
        yield warn("clock", shown, advice)
    else:
        yield ok("clock", f"agrees with the database's to {max(abs(seconds), 0.001):.3f} s")


def _schema(engine: sa.Engine) -> Iterator[Finding]:
    revision = stored_revision(engine)
    if revision == HEAD:
        yield ok("schema", f"revision {revision}")
    elif revision is None:
        yield ok("schema", "empty; made at the first start")
    else:
        yield warn(
            "schema",
            f"revision {revision}, this program has {HEAD}: upgraded at the next start",
            "make a backup first, and stop all workers of the old program",
        )


def _log(engine: sa.Engine) -> Iterator[Finding]:
    if stored_revision(engine) is None:
        return
    began_s = time.perf_counter()
    with reading(engine) as connection:
        for agency in agencies(connection):
            wrong = _wrong(connection, agency)
            if wrong:
                yield fail(
                    "log",
                    f"{agency}: {wrong}",
                    "dispatch audit tells more; restore a backup if it confirms this",
                )
            else:
                took_s = time.perf_counter() - began_s
                yield ok("log", f"{agency}: the last entries are sound ({took_s:.1f} s)")


def _wrong(connection: sa.Connection, agency: AgencyId) -> str:
    """What a quick look finds: counts, and the last entries."""
    mine = event.c.agency == agency
    counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(event.c.seq), 0))
    count, last = connection.execute(counted.where(mine)).one()
    of_agency = sa.select(log_head.c.seq).where(log_head.c.agency == agency)
    head = connection.execute(of_agency).scalar() or 0
    if count != last:
        return f"{count} entries, but the last is number {last}"
    if head != last:
        return f"the head says {head}, the last entry is number {last}"
    tail = sa.select(event).where(mine, event.c.seq > last - LAST).order_by(event.c.seq)
    try:
        seen = [stored_of(row) for row in connection.execute(tail)]
    except (LogCorrupt, ValueError, TypeError) as exc:
        return str(exc)
    names = sa.select(action.c.action_id).where(
        action.c.agency == agency, action.c.last_seq > last - LAST
    )
    known = set(connection.execute(names).scalars())
    lost = [s.action_id for s in seen if s.action_id not in known]
    return f"action {lost[0]} is not known" if lost else ""
