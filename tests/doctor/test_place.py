"""The machine: its disk, limits and ports."""

from __future__ import annotations

import resource
import shutil
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from dispatch.doctor import place
from dispatch.doctor.finding import Finding, Level
from dispatch.settings import Settings
from tests.backup.made import only_a_log
from tests.town import free_port, make_town, running_town


def levels(findings: Iterable[Finding]) -> dict[str, Level]:
    return {f.name: f.level for f in findings}


def texts(findings: Iterable[Finding]) -> str:
    return "\n".join(f"{f.text} -> {f.advice}" for f in findings)


def test_a_sound_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "file_system", lambda _: "ext4")
    monkeypatch.setattr(place, "_sync_s", lambda _: 0.002)
    found = list(place.data_folder(Settings(data_dir=tmp_path / "none" / "yet")))
    assert set(levels(found).values()) == {Level.OK}
    assert not (tmp_path / "none").exists()


def test_a_folder_that_is_a_file_fails(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    (found,) = place.data_folder(Settings(data_dir=tmp_path / "data"))
    assert found.level is Level.FAIL
    assert "DISPATCH_DATA_DIR" in found.advice


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no memory file system here")
def test_a_folder_in_memory_is_found_out() -> None:
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        found = list(place.data_folder(Settings(data_dir=folder)))
        away = list(place.data_folder(Settings(data_dir=folder, database_url="postgresql://x/y")))
    finally:
        shutil.rmtree(folder)
    assert levels(found)["disk"] is Level.FAIL
    assert "a power cut takes all of it" in texts(found)
    assert levels(away)["disk"] is Level.WARN


@pytest.mark.parametrize(
    ("kind", "sync_s", "level"),
    [
        ("ext4", 0.002, Level.OK),
        ("ext4", 0.2, Level.WARN),
        ("ext4", 0.000_001, Level.FAIL),
        ("overlay", 0.002, Level.WARN),
        ("nfs4", 0.002, Level.FAIL),
    ],
)
def test_disks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, sync_s: float, level: Level
) -> None:
    monkeypatch.setattr(place, "file_system", lambda _: kind)
    monkeypatch.setattr(place, "_sync_s", lambda _: sync_s)
    assert levels(place.data_folder(Settings(data_dir=tmp_path)))["disk"] is level


def test_the_longest_mount_decides() -> None:
    assert place.file_system(Path("/proc/self")) == "proc"


@pytest.mark.parametrize(
    ("free", "level"),
    [(10**11, Level.OK), (10**9, Level.WARN), (10**6, Level.FAIL)],
)
def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert levels(place.data_folder(Settings(data_dir=tmp_path)))["free space"] is level


def test_a_database_that_others_may_read_is_told(tmp_path: Path) -> None:
    settings = only_a_log(tmp_path)
    assert "file modes" not in levels(place.data_folder(settings))
    (tmp_path / "dispatch.db").chmod(0o644)
    found = list(place.data_folder(settings))
    assert levels(found)["file modes"] is Level.WARN
    assert "chmod 600" in texts(found)


def test_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 4_096))
    alone, shared = Settings(), Settings(workers=4)
    assert levels(place.open_files(alone, 3_000))["open files"] is Level.OK
    (found,) = place.open_files(alone, 5_000)
    assert found.level is Level.FAIL
    assert "LimitNOFILE=5500" in found.advice
    assert levels(place.open_files(shared, 5_000))["open files"] is Level.OK


def test_ports_that_are_free_or_taken() -> None:
    free = Settings(port=free_port(), metrics_port=free_port())
    assert levels(place.ports(free)) == {"port": Level.OK, "metrics": Level.OK}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        found = list(place.ports(Settings(port=busy, metrics_port=free_port())))
        assert levels(found)["port"] is Level.FAIL
        other = list(place.ports(Settings(port=free_port(), metrics_port=busy)))
        assert levels(other)["metrics"] is Level.WARN


def test_no_metrics_and_no_tls_are_told() -> None:
    found = list(place.ports(Settings(host="0.0.0.0", port=free_port(), metrics_port=0)))
    assert levels(found)["exposure"] is Level.WARN
    assert levels(found)["metrics"] is Level.WARN


async def test_a_server_of_ours_on_the_port_is_no_fault(tmp_path: Path) -> None:
    import asyncio

    settings = make_town(tmp_path, 50, metrics_port=free_port())
    async with running_town(settings):
        found = await asyncio.to_thread(lambda: list(place.ports(settings)))
    assert levels(found)["port"] is Level.OK
    assert "a server answers" in texts(found)
