"""A folder is replaced whole or not at all."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest

from dispatch.errors import BadInput
from dispatch.geo.swap import replacing, settled


def fill(folder: Path, text: str) -> None:
    with replacing(folder) as fresh:
        (fresh / "a.txt").write_text(text)


def shown(parent: Path) -> dict[str, str]:
    """Return the files below `parent`, hidden ones too, by their path."""
    return {
        str(path.relative_to(parent)): path.read_text()
        for path in sorted(parent.rglob("*"))
        if path.is_file()
    }


def test_a_folder_appears_and_is_replaced(tmp_path: Path) -> None:
    fill(tmp_path / "deep" / "roads", "one")
    assert shown(tmp_path) == {"deep/roads/a.txt": "one"}
    (tmp_path / "deep" / "roads" / "old.txt").write_text("left over")
    fill(tmp_path / "deep" / "roads", "two")
    assert shown(tmp_path) == {"deep/roads/a.txt": "two"}


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    fill(tmp_path / "roads", "one")
    with pytest.raises(UnicodeEncodeError):
        fill(tmp_path / "roads", "two\udcff")
    assert shown(tmp_path) == {"roads/a.txt": "one"}


def test_a_full_disc_leaves_what_was_there(tmp_path: Path) -> None:
    fill(tmp_path / "roads", "one")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(BadInput, match=r"roads: cannot be written .*nothing was changed"):
            fill(tmp_path / "roads", "two" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert shown(tmp_path) == {"roads/a.txt": "one"}


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"file/roads: cannot be written"):
        fill(tmp_path / "file" / "roads", "one")


def test_cut_off_between_the_renames_the_old_one_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "roads"
    fill(folder, "one")
    assert settled(folder) == folder
    # What a crash leaves: the old one has made room, the new one has not moved in.
    folder.rename(tmp_path / ".roads.former")
    assert (settled(folder) / "a.txt").read_text() == "one"
    fill(folder, "two")
    assert (settled(folder) / "a.txt").read_text() == "two"
    fill(folder, "three")
    assert shown(tmp_path) == {"roads/a.txt": "three"}


def test_what_was_never_there_is_not_found(tmp_path: Path) -> None:
    assert settled(tmp_path / "roads") == tmp_path / "roads"
