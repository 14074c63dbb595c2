"""Several workers on one port: dead ones come back, the end is orderly, nobody is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from dispatch.__main__ import main
from dispatch.errors import BadInput
from dispatch.settings import Settings
from dispatch.workers import listen
from tests.chaos.server import ServerProcess
from tests.servers import PostgresServer
from tests.test_metrics import scraped, value
from tests.town import free_port, make_town

DEADLINE_S = 60


@pytest.fixture
async def server(tmp_path: Path, postgres: PostgresServer) -> AsyncIterator[ServerProcess]:
    settings = make_town(tmp_path, 50, database_url=postgres.database(), workers=2)
    server = ServerProcess(settings)
    await server.start()
    await until(lambda: len(server.workers()) == 2)
    try:
        yield server
    finally:
        server.kill()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not true():  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def ready(server: ServerProcess) -> bool:
    async with httpx.AsyncClient() as http:
        return (await http.get(f"{server.base}/readyz")).status_code == 200


@pytest.mark.crash
async def test_a_dead_worker_comes_back_while_the_other_serves(server: ServerProcess) -> None:
    dead, other = server.workers()
    os.kill(dead, signal.SIGKILL)
    await until(lambda: not alive(dead))
    assert await ready(server)
    await until(lambda: len(server.workers()) == 2)
    assert dead not in server.workers()
    assert other in server.workers()


@pytest.mark.crash
async def test_an_orderly_end_leaves_nobody_behind(server: ServerProcess) -> None:
    children = server.children()
    assert len(children) >= 3  # two workers, and one planner for both
    assert server.stop() == 0
    await until(lambda: not any(alive(pid) for pid in children))


@pytest.mark.crash
async def test_a_killed_supervisor_leaves_nobody_behind(server: ServerProcess) -> None:
    children = server.children()
    server.kill()
    await until(lambda: not any(alive(pid) for pid in children))


def test_several_workers_on_sqlite_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPATCH_DATA_DIR", str(tmp_path))
    assert main(["serve", "--workers", "2"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "DISPATCH_WORKERS: 2 workers need PostgreSQL" in err


@pytest.mark.parametrize("number", ["0", "-1", "1000"])
def test_no_such_number_of_workers(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--workers", number]) == 2
    assert "DISPATCH_WORKERS" in capsys.readouterr().err


def test_a_shared_port_is_shared_only_with_those_who_share() -> None:
    with listen(Settings(port=0), shared=True) as first:
        port = Settings(port=first.getsockname()[1])
        first.listen()
        with listen(port, shared=True) as second:
            second.listen()
        with pytest.raises(BadInput, match="cannot listen"):
            listen(port)


@pytest.mark.crash
async def test_each_process_tells_its_figures_on_a_port_of_its_own(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """Whoever takes a dead worker's place takes its port too."""
    ports = free_ports(3)
    settings = make_town(
        tmp_path, 50, database_url=postgres.database(), workers=2, metrics_port=ports
    )
    server = ServerProcess(settings)
    await server.start()
    try:
        await until(lambda: len(server.workers()) == 2)
        for worker in (ports + 1, ports + 2):
            assert value(await scraped(worker), "dispatch_store_up") == 1
        assert value(await scraped(ports), "dispatch_workers", state="running") == 2
        os.kill(server.workers()[0], signal.SIGKILL)
        async with asyncio.timeout(DEADLINE_S):
            while value(await scraped(ports), "dispatch_worker_ends_total") < 1:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await until(lambda: len(server.workers()) == 2)
        for worker in (ports + 1, ports + 2):
            assert value(await scraped(worker), "dispatch_store_up") == 1
    finally:
        server.kill()


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    while True:
        first = free_port()
        try:
            for port in range(first, first + count):
                listen(Settings(port=port)).close()
        except BadInput:
            continue
        return first
