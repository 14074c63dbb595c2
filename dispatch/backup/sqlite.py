"""SQLite's own online copy: one consistent state, while others read and write."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dispatch.errors import BadInput
from dispatch.registry.engine import HEAD, stored_revision

BACKUPS: Final = "backups"
"""Folder of copies, beside the database."""


def copy(source: Path, target: Path) -> None:
    """Write a copy of a database that may be in use; `target` must not exist.

    Raises:
        BadInput: it cannot be read or written, or is damaged.
    """
    try:
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with (
            contextlib.closing(sqlite3.connect(f"file:{_quoted(source)}?mode=ro", uri=True)) as old,
            contextlib.closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
            check(new, source)
    except OSError as exc:
        raise BadInput(f"cannot write {target}: {exc.strerror}") from None
    except sqlite3.Error as exc:
        raise BadInput(f"cannot copy {source}: {exc}") from None


def check(connection: sqlite3.Connection, shown: Path) -> None:
    """Look through a database's pages.

    Raises:
        BadInput: they are damaged.
    """
    (word,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if word != "ok":
        raise BadInput(f"{shown} is damaged: {word}; restore a backup")


def keep_before_upgrade(engine: sa.Engine, now: datetime) -> Path | None:
    """Copy a SQLite database whose schema is about to change; return where to, None when nothing
    is stored or nothing will change. A PostgreSQL database upgrades in one transaction.

    Raises:
        BadInput: there is no room for a copy, or the schema is newer than this program.
    """
    revision = stored_revision(engine)
    if engine.dialect.name != "sqlite" or revision in (None, HEAD):
        return None
    source = Path(str(engine.url.database))
    folder = made(source.parent / BACKUPS)
    target = folder / f"before-{HEAD}-{now:%Y%m%dT%H%M%S}-{os.getpid()}.db"
    copy(source, target)
    return target


def made(folder: Path) -> Path:
    """Return the folder, made if missing; only the owner looks into it.

    Raises:
        BadInput: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise BadInput(f"cannot make the folder {folder}: {exc.strerror}") from None
    return folder


def alone(path: Path) -> None:
    """Take a database out of use: its write-ahead log is folded into it.

    Raises:
        BadInput: somebody has it open.
    """
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=0.5)) as connection:
            # Leaving the write-ahead log needs the database for itself.
            (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as exc:
        if "locked" not in str(exc):
            raise BadInput(f"cannot use {path}: {exc}") from None
        mode = "wal"
    if mode != "delete":
        raise BadInput(f"{path} is in use: stop the server first")


def _quoted(path: Path) -> str:
    """A path as part of a file: address."""
    return str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
