"""The file a backup is: whole, or refused."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from dispatch.backup.archive import (
    FORMAT,
    MANIFEST,
    Manifest,
    extract,
    member_of,
    opened,
    write_archive,
)
from dispatch.errors import BadInput


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A backup with two members."""
    parts = {"dispatch.db": tmp_path / "a", "files/model.json": tmp_path / "b"}
    (tmp_path / "a").write_bytes(bytes(range(256)) * 4_000)
    (tmp_path / "b").write_bytes(b"{}")
    path = tmp_path / "x.zip"
    write_archive(path, parts, manifest(parts))
    return path


def manifest(parts: dict[str, Path], form: int = FORMAT) -> Manifest:
    return Manifest(
        format=form,
        program="0.1.0",
        made_at=datetime(2026, 7, 20, tzinfo=UTC),
        store="sqlite",
        schema="0001",
        volunteers=0,
        database="dispatch.db",
        logs=(),
        members={name: member_of(path) for name, path in parts.items()},
    )


def taken_out(path: Path, folder: Path) -> dict[str, Path]:
    folder.mkdir()
    with opened(path) as (archive, found):
        return extract(archive, found, folder)


def test_what_went_in_comes_out(backup: Path, tmp_path: Path) -> None:
    found = taken_out(backup, tmp_path / "out")
    assert found["dispatch.db"].read_bytes() == (tmp_path / "a").read_bytes()
    assert found["files/model.json"].read_bytes() == b"{}"


def test_only_the_owner_may_read_it(backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(backup: Path, tmp_path: Path, share: float) -> None:
    whole = backup.read_bytes()
    backup.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadInput, match="no whole backup"):
        taken_out(backup, tmp_path / "out")


@pytest.mark.parametrize("at", [60, 400, 700, 3_000])
def test_a_flipped_bit_is_found(backup: Path, tmp_path: Path, at: int) -> None:
    whole = bytearray(backup.read_bytes())
    whole[at] ^= 1
    backup.write_bytes(whole)
    with pytest.raises(BadInput, match=r"no whole backup|damaged|no backup of this program"):
        taken_out(backup, tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"not a zip at all", b"PK\x03\x04"])
def test_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(BadInput):
        taken_out(path, tmp_path / "out")


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(BadInput, match="no backup of this program"):
        taken_out(path, tmp_path / "out")


def test_a_format_of_the_future_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    write_archive(path, {}, manifest({}, form=FORMAT + 1))
    with pytest.raises(BadInput, match="format 2"):
        taken_out(path, tmp_path / "out")


def test_a_swapped_member_is_found(backup: Path, tmp_path: Path) -> None:
    with opened(backup) as (archive, _):
        told = archive.read(MANIFEST)
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(forged, "w") as archive:
        archive.writestr(MANIFEST, told)
        archive.writestr("dispatch.db", b"another database")
        archive.writestr("files/model.json", b"{}")
    with pytest.raises(BadInput, match="damaged"):
        taken_out(forged, tmp_path / "out")


def test_a_member_cannot_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "evil").write_bytes(b"x")
    name = "../../evil"
    told = manifest({name: tmp_path / "evil"})
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, msgspec.json.encode(told))
        archive.writestr(name, b"x")
    found = taken_out(path, tmp_path / "out")
    assert found[name].parent == tmp_path / "out"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot write"):
        write_archive(tmp_path / "none" / "x.zip", {}, manifest({}))
    with pytest.raises(BadInput, match="cannot use"):
        taken_out(tmp_path / "none.zip", tmp_path / "out")


def test_a_failed_write_leaves_the_old_file(backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(BadInput):
        write_archive(backup, {"gone": backup.parent / "gone"}, manifest({}))
    assert backup.read_bytes() == before
    assert not list(backup.parent.glob("*.part"))
