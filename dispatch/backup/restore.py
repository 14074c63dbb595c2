"""Bring a backup back into an empty data folder or database, and prove that it is what was saved.

The restored log gets a new identity: screens then know that their positions belong to another
history and take a snapshot, instead of missing what was lost without a word.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dispatch.audit import LogHead, heads
from dispatch.backup import postgres, sqlite
from dispatch.backup.archive import FILES, Manifest, extract, opened, sync_folder
from dispatch.backup.save import people
from dispatch.errors import BadInput
from dispatch.eventlog import log_head
from dispatch.registry.engine import REVISIONS, migrate, open_engine, reading, writing
from dispatch.registry.tables import access_link, access_session

_OTHERS: Final = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Restore `file` into `data_dir` and, on PostgreSQL, the database at `url`.

    `force` replaces what is there; `end_sessions` signs everybody out.
    """

    file: Path
    data_dir: Path
    url: str
    force: bool = False
    end_sessions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was brought back, and where what was there before is kept (SQLite only)."""

    manifest: Manifest
    kept: Path | None = None


def restore(request: Request, now: datetime) -> Restored:
    """Bring a backup back; it stands as a whole or not at all.

    Raises:
        BadInput: the file is not a whole backup or of a newer program, the place is not empty, in
            use or of another kind, or what was restored is not what was saved.
    """
    address = sa.make_url(request.url)
    folder = sqlite.made(request.data_dir)
    with (
        opened(request.file) as (archive, manifest),
        tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as work,
    ):
        _check(manifest, address.get_backend_name(), request.file)
        parts = extract(archive, manifest, Path(work))
        database = parts.pop(manifest.database)
        targets = {path: folder / name.removeprefix(FILES) for name, path in parts.items()}
        put_in_place = (
            _into_file(request, manifest, database, Path(str(address.database)), now)
            if manifest.store == "sqlite"
            else _into_server(request, manifest, database)
        )
        for target in targets.values():
            _may_replace("a file" if target.exists() else "", request.force, target)
        kept = put_in_place()
        for path, target in targets.items():
            _put(path, target)
        sync_folder(folder)
    return Restored(manifest=manifest, kept=kept)


def _check(manifest: Manifest, store: str, file: Path) -> None:
    if manifest.store != store:
        raise BadInput(f"{file} is of a {manifest.store} database, this one is {store}")
    if manifest.schema not in REVISIONS:
        raise BadInput(
            f"{file} was written by a newer version of this program (schema {manifest.schema}, "
            f"this one knows up to {REVISIONS[-1]}); update the program"
        )


# A file


def _into_file(
    request: Request, manifest: Manifest, database: Path, target: Path, now: datetime
) -> Callable[[], Path | None]:
    """Ask whether the file may be put in place, and return what does it."""
    if target.exists():
        held, damage = _held_by(target)
        _may_replace(held or damage, request.force, target)
        if not damage:
            # SQLite would tidy up around a damaged file; who wants to rescue something needs all.
            sqlite.alone(target)

    def put() -> Path | None:
        _renew(database, manifest, request)
        sqlite.alone(database)
        try:
            return _swap(database, target, now)
        except OSError as exc:
            raise BadInput(f"cannot put {target} in place: {exc.strerror}") from None

    return put


def _swap(database: Path, target: Path, now: datetime) -> Path | None:
    kept = None
    if target.exists():
        # A second name first, so that at no instant there is no database.
        kept = sqlite.made(target.parent / sqlite.BACKUPS) / f"replaced-{now:%Y%m%dT%H%M%S}.db"
        os.link(target, kept)
        _set_aside(target, kept)
    database.replace(target)
    sync_folder(target.parent)
    return kept


def _set_aside(target: Path, kept: Path) -> None:
    """A write-ahead log that a damaged database left would be folded into the new one."""
    for end in ("-wal", "-shm"):
        side = target.with_name(target.name + end)
        if side.exists():
            side.rename(kept.with_name(kept.name + end))


def _held_by(path: Path) -> tuple[str, str]:
    """What would be lost, and why that cannot be known; both empty when nothing would."""
    if path.stat().st_size == 0:
        return "", ""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return _described(connection, {name for (name,) in names}), ""
    except sqlite3.Error as exc:
        return "", f"a file that cannot be read ({exc})"


def _described(connection: sqlite3.Connection, tables: Iterable[str]) -> str:
    if "event" not in tables or "volunteer" not in tables:
        return "tables of something else" if set(tables) - {"sqlite_sequence"} else ""
    (events,) = connection.execute("SELECT count(*) FROM event").fetchone()
    (volunteers,) = connection.execute("SELECT count(*) FROM volunteer").fetchone()
    return _counted(events, volunteers)


def _counted(events: int, volunteers: int) -> str:
    return f"{events} events and {volunteers} volunteers" if events or volunteers else ""


def _may_replace(held: str, force: bool, where: object) -> None:
    if held and not force:
        raise BadInput(f"{where} holds {held}: with --force they are replaced")


def _renew(database: Path, manifest: Manifest, request: Request) -> None:
    """Check a restored file, bring it to our schema and give its logs new identities."""
    engine = open_engine(f"sqlite:///{database}")
    try:
        with reading(engine) as connection:
            _compare(manifest, heads(connection), people(connection))
        migrate(engine)
        with writing(engine) as connection:
            for log in manifest.logs:
                _rename(connection, log)
            if request.end_sessions:
                _end_sessions(connection)
    finally:
        engine.dispose()


def _compare(manifest: Manifest, logs: list[LogHead], volunteers: int) -> None:
    if tuple(logs) != manifest.logs or volunteers != manifest.volunteers:
        raise BadInput("what was restored is not what was saved: the backup is damaged")


def _rename(connection: sa.Connection, log: LogHead) -> None:
    one = sa.update(log_head).where(log_head.c.agency == log.agency)
    connection.execute(one.values(log_id=secrets.token_hex(8)))


def _end_sessions(connection: sa.Connection) -> None:
    connection.execute(sa.delete(access_session))
    connection.execute(sa.delete(access_link))


# A server


def _into_server(request: Request, manifest: Manifest, dump: Path) -> Callable[[], None]:
    """Ask whether the dump may be loaded, and return what does it."""
    engine = open_engine(request.url)
    try:
        before = _clearing(engine, request)
    finally:
        engine.dispose()
    return functools.partial(_load, request, manifest, dump, before)


def _load(request: Request, manifest: Manifest, dump: Path, before: str) -> None:
    after = _renaming(manifest, request.end_sessions)
    postgres.restore(sa.make_url(request.url), dump, before, after)
    engine = open_engine(request.url)
    try:
        with reading(engine) as connection:
            found = heads(connection)
            renamed = {log.agency: log.log_id for log in manifest.logs}
            for log in found:
                log.log_id = renamed.get(log.agency, "")
            _compare(manifest, found, people(connection))
        migrate(engine)
    finally:
        engine.dispose()


def _clearing(engine: sa.Engine, request: Request) -> str:
    """The statement that takes away what is there, after asking whether it may.

    Raises:
        BadInput: somebody is connected, or the database is not ours or not empty.
    """
    shown = engine.url.render_as_string(hide_password=True)
    with engine.connect() as connection:
        if connection.execute(_OTHERS).scalar_one():
            raise BadInput(f"{shown} is in use: stop the server first")
        tables = sa.inspect(connection).get_table_names()
        if not tables:
            return "SELECT 1"
        if "alembic_version" not in tables or "event" not in tables:
            raise BadInput(f"{shown} holds tables of something else; use an empty database")
        count = sa.text("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM volunteer)")
        _may_replace(_counted(*connection.execute(count).one()), request.force, shown)
    quote = engine.dialect.identifier_preparer.quote
    return f"DROP TABLE {', '.join(map(quote, tables))} CASCADE"


def _renaming(manifest: Manifest, end_sessions: bool) -> str:
    """In the same transaction as the data: nobody ever sees it under the old identity."""
    steps = ["UPDATE public.log_head SET log_id = substr(md5(random()::text || log_id), 1, 16)"]
    if end_sessions:
        steps += ["DELETE FROM public.access_session", "DELETE FROM public.access_link"]
    return "; ".join(steps)


def _put(source: Path, target: Path) -> None:
    try:
        shutil.move(source, target)
    except OSError as exc:
        raise BadInput(f"cannot write {target}: {exc.strerror}") from None
