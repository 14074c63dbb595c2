"""A backup made while the server runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from dispatch.backup.archive import opened
from dispatch.backup.restore import Request, restore
from dispatch.backup.save import save
from dispatch.board import Board, apply
from dispatch.errors import BadInput
from dispatch.eventlog import SqlEventLog
from dispatch.registry.engine import HEAD, open_engine
from dispatch.settings import ROOT, Settings
from tests.backup.made import AGENCY, PEOPLE, made, only_a_log
from tests.chaos.phones import Phone
from tests.chaos.server import ServerProcess
from tests.chaos.stage import cookies
from tests.servers import PostgresServer
from tests.town import make_town

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return made(tmp_path / "data")
    server: PostgresServer = request.getfixturevalue("postgres")
    return made(tmp_path / "data", server.database())


def test_the_manifest_says_what_is_in_it(settings: Settings, tmp_path: Path) -> None:
    (settings.data_dir / "acceptance-v2.json").write_text("{}")
    (settings.data_dir / "cache").mkdir(exist_ok=True)
    engine = open_engine(settings.url)
    manifest = save(engine, settings.data_dir, tmp_path / "x.zip", NOW)
    engine.dispose()
    assert manifest.store == engine.dialect.name
    assert (manifest.schema, manifest.made_at) == (HEAD, NOW)
    assert manifest.volunteers >= PEOPLE
    (log,) = manifest.logs
    assert (log.agency, log.seq) == (AGENCY, 8)
    with opened(tmp_path / "x.zip") as (archive, found):
        assert found == manifest
        assert set(archive.namelist()) == {"manifest.json", *manifest.members}
    assert "files/acceptance-v2.json" in manifest.members
    assert {p.name for p in tmp_path.iterdir()} == {"data", "x.zip"}


def test_nothing_is_saved_of_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'dispatch.db'}")
    with pytest.raises(BadInput, match="nothing is stored"):
        save(engine, tmp_path, tmp_path / "x.zip", NOW)
    with pytest.raises(BadInput, match="does not exist"):
        save(engine, tmp_path, tmp_path / "none" / "x.zip", NOW)
    engine.dispose()


def test_big_files_and_copies_stay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.backup.save.SMALL_BYTES", 10)
    settings = only_a_log(tmp_path / "data")
    for name in ("big.pmtiles", "old.zip", ".hidden", "x.json.12.part"):
        (settings.data_dir / name).write_bytes(b"x" * (11 if "big" in name else 1))
    engine = open_engine(settings.url)
    manifest = save(engine, settings.data_dir, tmp_path / "x.zip", NOW)
    engine.dispose()
    assert list(manifest.members) == ["dispatch.db"]


@pytest.mark.crash
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_a_backup_during_an_operation_holds_every_answer_given_before_it(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Answers go on while backups are made, some of them killed; each whole file restores."""
    postgres: PostgresServer | None = None
    if store == "postgresql":
        postgres = request.getfixturevalue("postgres")
    url = postgres.database() if postgres else ""
    settings = make_town(tmp_path / "data", 50, database_url=url)
    server = ServerProcess(settings)
    await server.start()
    over = asyncio.Event()
    saved: dict[Path, int] = {}
    try:
        async with httpx.AsyncClient(timeout=30) as http:
            commander = Phone(
                server.base, "command", "li", cookies(settings, [])["li"], http, random.Random(7)
            )

            async def talk() -> None:
                while not over.is_set():
                    await commander.act("note.add", text="x" * 500)

            talking = asyncio.create_task(talk())
            for n in range(6):
                while len(commander.acks) < 20 * (n + 1):  # noqa: ASYNC110 - a real server
                    await asyncio.sleep(0.01)
                target, known = tmp_path / f"{n}.zip", commander.acks[-1].seq
                if await asyncio.to_thread(
                    back_up, settings, target, 1.0 + n / 10 if n % 2 else None
                ):
                    saved[target] = known
            over.set()
            await talking
    finally:
        over.set()
        server.kill()
    assert len(saved) >= 3
    for n, (path, known) in enumerate(saved.items()):
        place = tmp_path / f"restored-{n}"
        database = postgres.database("template0") if postgres else ""
        there = Settings(data_dir=place, database_url=database)
        restored = restore(Request(file=path, data_dir=place, url=there.url), NOW)
        assert await folds_up_to(there) == restored.manifest.logs[0].seq >= known


async def folds_up_to(settings: Settings) -> int:
    """The place of the last event of a log that can be folded."""
    engine = open_engine(settings.url)
    log, board = SqlEventLog(engine), Board(agency=AGENCY)
    while batch := await log.read(AGENCY, board.seq):
        for stored in batch:
            apply(board, stored)
    log.close()
    engine.dispose()
    return board.seq


def back_up(settings: Settings, target: Path, kill_after_s: float | None) -> bool:
    """Run `dispatch backup`, perhaps kill it on the way; return whether there is a file."""
    env = os.environ | {
        "DISPATCH_DATA_DIR": str(settings.data_dir),
        "DISPATCH_DATABASE_URL": settings.database_url,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "dispatch", "backup", str(target)],
        cwd=ROOT, env=env, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    if kill_after_s is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(kill_after_s)
        process.send_signal(signal.SIGKILL)
    code = process.wait(60)
    assert (code == 0) <= target.exists()
    return target.exists()


def test_the_manifest_can_be_read_by_people(tmp_path: Path) -> None:
    settings = only_a_log(tmp_path / "data")
    engine = open_engine(settings.url)
    save(engine, settings.data_dir, tmp_path / "x.zip", NOW)
    engine.dispose()
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        text = archive.read("manifest.json").decode()
    assert json.loads(text)["logs"][0]["agency"] == AGENCY
    assert text.count("\n") > 10
