"""Folders that are replaced whole: who reads sees the one before or the one after, never half."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dispatch.errors import BadInput


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder`, which takes its place when the block ends well.

    When the block fails, or the machine does, what was there before stays. Two renames are needed,
    because one cannot replace a folder that is not empty; between them `settled` finds the old one.

    Raises:
        BadInput: the folder cannot be written, or the disc is full; nothing has changed.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            yield fresh
            fresh.chmod(0o755)
            for path in (*fresh.iterdir(), fresh):
                _flush(path)
            _swap(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or error
        raise BadInput(f"{folder}: cannot be written ({reason}); nothing was changed") from error


def settled(folder: Path) -> Path:
    """Return `folder`, or the one that was there when a replacement was cut off in the middle."""
    former = _former(folder)
    return former if not folder.exists() and former.exists() else folder


def _swap(fresh: Path, folder: Path) -> None:
    former = _former(folder)
    if folder.exists():
        shutil.rmtree(former, ignore_errors=True)
        folder.rename(former)
    fresh.rename(folder)
    _flush(folder.parent)
    shutil.rmtree(former, ignore_errors=True)


def _former(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.former")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
