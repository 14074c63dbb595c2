"""Make a backup while the server runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dispatch.audit import LogHead, heads
from dispatch.backup import postgres, sqlite
from dispatch.backup.archive import FILES, FORMAT, Manifest, member_of, write_archive
from dispatch.errors import BadInput
from dispatch.registry.engine import open_engine, reading, stored_revision
from dispatch.registry.tables import volunteer

SMALL_BYTES: Final = 10_000_000
"""Bigger files of the data folder are maps, which can be made again."""


def save(engine: sa.Engine, data_dir: Path, target: Path, now: datetime) -> Manifest:
    """Write a backup of the store and the small files of the data folder; return its manifest.

    Raises:
        BadInput: something cannot be read or written, a program is missing, or nothing is stored.
    """
    if not target.parent.is_dir():
        raise BadInput(f"the folder {target.parent} does not exist")
    schema = stored_revision(engine)
    if schema is None:
        raise BadInput("nothing is stored yet")
    # On the disk of the backup: that one has to have room for it anyway.
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        database, logs, people = _database(engine, Path(folder))
        parts = {database.name: database, **dict(_small_files(data_dir))}
        manifest = Manifest(
            format=FORMAT,
            program=version("dispatch"),
            made_at=now,
            store=engine.dialect.name,
            schema=schema,
            volunteers=people,
            database=database.name,
            logs=tuple(logs),
            members={name: member_of(path) for name, path in parts.items()},
        )
        write_archive(target, parts, manifest)
    return manifest


def _database(engine: sa.Engine, folder: Path) -> tuple[Path, list[LogHead], int]:
    """Copy the database; return the copy, and what it holds."""
    if engine.dialect.name == "sqlite":
        copy = folder / "dispatch.db"
        sqlite.copy(Path(str(engine.url.database)), copy)
        own = open_engine(f"sqlite:///{copy}")
        try:
            with reading(own) as connection:
                held = heads(connection), people(connection)
        finally:
            own.dispose()
        sqlite.alone(copy)
        return copy, *held
    dump = folder / "dispatch.pgdump"
    with reading(engine) as connection:
        # The dump sees what this connection sees, however long both take.
        snapshot = str(connection.execute(sa.text("SELECT pg_export_snapshot()")).scalar_one())
        postgres.dump(engine.url, snapshot, dump)
        return dump, heads(connection), people(connection)


def people(connection: sa.Connection) -> int:
    """Return how many volunteers are stored."""
    query = sa.select(sa.func.count()).select_from(volunteer)
    return int(connection.execute(query).scalar_one())


def _small_files(data_dir: Path) -> Iterator[tuple[str, Path]]:
    """What lies in the data folder beside the database: fitted models, keys."""
    if not data_dir.is_dir():
        return
    for path in sorted(data_dir.iterdir()):
        left_out = path.name.startswith((".", "dispatch.db")) or path.suffix in (".part", ".zip")
        if path.is_file() and not left_out and path.stat().st_size <= SMALL_BYTES:
            yield FILES + path.name, path
