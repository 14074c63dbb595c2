"""The file a backup is: a zip archive whose manifest says what must be in it."""

from __future__ import annotations

import contextlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

import msgspec

from dispatch.audit import LogHead
from dispatch.errors import BadInput

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
FILES: Final = "files/"
"""Where the small files of the data folder lie in the archive."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in the archive: its length in bytes and its SHA-256."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds: `database` names the member, `logs` say where each log stood."""

    format: int
    program: str
    made_at: datetime
    store: str
    schema: str
    volunteers: int
    database: str
    logs: tuple[LogHead, ...]
    members: dict[str, Member]


def write_archive(path: Path, parts: dict[str, Path], manifest: Manifest) -> None:
    """Write the archive, whole or not at all; only the owner may read it.

    Raises:
        BadInput: it cannot be written.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
                for name, source in parts.items():
                    archive.write(source, name)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError as exc:
        raise BadInput(f"cannot write {path}: {exc.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Yield a backup's archive and manifest.

    Raises:
        BadInput: it is no backup, or not a whole one, or of a newer program.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            try:
                manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
            except (KeyError, msgspec.MsgspecError) as exc:
                raise BadInput(f"{path} is no backup of this program: {exc}") from None
            if manifest.format != FORMAT:
                raise BadInput(
                    f"{path} is of format {manifest.format}, this program reads {FORMAT}; "
                    "use the program that wrote it or a newer one"
                )
            yield archive, manifest
    except (zipfile.BadZipFile, EOFError, zlib.error) as exc:
        raise BadInput(f"{path} is no whole backup: {exc}") from None
    except OSError as exc:
        raise BadInput(f"cannot use {path}: {exc.strerror or exc}") from None


def extract(archive: zipfile.ZipFile, manifest: Manifest, folder: Path) -> dict[str, Path]:
    """Write every member into a folder, compare it with the manifest, and return where it lies.

    Raises:
        BadInput: a member is missing or not what the manifest says.
    """
    found = {}
    for name, member in manifest.members.items():
        target = folder / Path(name).name
        try:
            with archive.open(name) as source, target.open("xb") as file:
                digest = copied(source, file)
        except KeyError:
            raise BadInput(f"{archive.filename} is no whole backup: {name} is missing") from None
        if digest != member:
            raise BadInput(f"{archive.filename} is damaged: {name} is not what was stored")
        found[name] = target
    return found


def member_of(path: Path) -> Member:
    """Return a file's length and SHA-256."""
    with path.open("rb") as file:
        return copied(file, None)


def copied(source: IO[bytes], target: IO[bytes] | None) -> Member:
    """Copy a stream to its end and return its length and SHA-256."""
    digest, length = sha256(), 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        length += len(chunk)
        if target is not None:
            target.write(chunk)
    if target is not None:
        target.flush()
        os.fsync(target.fileno())
    return Member(bytes=length, sha256=digest.hexdigest())


def sync_folder(folder: Path) -> None:
    """Have what was named in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
