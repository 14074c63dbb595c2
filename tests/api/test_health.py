"""What a load balancer or a supervisor is told."""

from __future__ import annotations

import asyncio
import threading
import time

import httpx
import pytest
import sqlalchemy as sa
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from dispatch.desk import PlannerPort
from dispatch.errors import PlannerUnavailable
from dispatch.settings import Settings
from dispatch.watching import store
from tests.town import Client, Town, running_town


async def asked(base: str, path: str) -> tuple[int, dict[str, object]]:
    async with httpx.AsyncClient(base_url=base) as http:
        answer = await http.get(path)
    return answer.status_code, answer.json()


async def test_a_sound_server_is_alive_and_ready(town: Town) -> None:
    status, body = await asked(town.base, "/healthz")
    assert (status, body["status"]) == (200, "ok")
    whole = {"status": "ok", "bus": "up", "planner": "up", "missing": []}
    assert await asked(town.base, "/readyz") == (200, whole)


async def test_a_loop_that_is_a_second_late_is_not_alive(town: Town) -> None:
    watch = town.app.health.loop

    def hold_up() -> None:
        time.sleep(1.2)

    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(hold_up)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not watch.alive
    lag_s = watch.lag_s
    assert lag_s > 1.0
    async with asyncio.timeout(10):
        while not watch.alive:  # noqa: ASYNC110 - the watch beats by itself
            await asyncio.sleep(0.02)
    assert (await asked(town.base, "/healthz"))[0] == 200


async def test_a_late_loop_says_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.watching.loop.ALIVE_S", -1.0)
    status, body = await asked(town.base, "/healthz")
    assert (status, body["status"]) == (503, "late")


async def test_ready_but_degraded_when_the_bus_is_gone(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    async with running_town(away) as town:
        status, body = await asked(town.base, "/readyz")
        assert (status, body["status"], body["bus"]) == (200, "degraded", "down")
        assert body["missing"] == ["bus"]
        commander = await town.commander()
        await commander.done("note.add", text="works all the same")


class Dead(PlannerPort):
    async def plan(self, *_: object) -> None:
        raise PlannerUnavailable("dead")

    async def ask(self, *_: object) -> None:  # type: ignore[override]
        raise PlannerUnavailable("dead")


async def test_ready_but_degraded_when_the_planner_is_gone(town: Town) -> None:
    planner = town.app.health.planner
    alive, planner._planner = planner._planner, Dead()
    await planner.look()
    status, body = await asked(town.base, "/readyz")
    assert (status, body["status"], body["missing"]) == (200, "degraded", ["planner"])
    planner._planner = alive
    await planner.look()
    assert (await asked(town.base, "/readyz"))[1]["status"] == "ok"


async def test_ready_says_no_when_the_store_does_not_answer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "ANSWER_S", 0.05)
    async with running_town(settings) as town:
        answers = threading.Event()
        town.app.log._thread.submit(answers.wait)
        status, body = await asked(town.base, "/readyz")
        assert (status, body["error"]["code"]) == (503, "STORE_DOWN")  # type: ignore[index]
        assert not town.app.health.store.up
        answers.set()


@pytest.mark.parametrize("broken", ["log_head", "alembic_version"])
async def test_ready_says_no_when_a_table_is_gone(town: Town, broken: str) -> None:
    with town.app.engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE {broken} RENAME TO gone"))
    status, body = await asked(town.base, "/readyz")
    assert (status, body["error"]["code"]) == (503, "STORE_DOWN")  # type: ignore[index]
    with town.app.engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE gone RENAME TO {broken}"))


async def test_ready_says_no_when_the_store_cannot_be_written(town: Town) -> None:
    with town.app.engine.begin() as connection:
        connection.execute(
            sa.text(
                "CREATE TRIGGER full BEFORE UPDATE ON log_head "
                "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
        )
    status, body = await asked(town.base, "/readyz")
    assert (status, body["error"]["code"]) == (503, "STORE_DOWN")  # type: ignore[index]


async def test_ready_says_no_when_a_newer_program_changed_the_schema(town: Town) -> None:
    with town.app.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    status, body = await asked(town.base, "/readyz")
    assert (status, body["error"]["code"]) == (503, "STORE_DOWN")  # type: ignore[index]


async def test_many_who_ask_cost_one_write(town: Town) -> None:
    writes: list[str] = []

    def seen(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("UPDATE log_head"):
            writes.append(statement)

    sa.event.listen(town.app.engine, "before_cursor_execute", seen)
    client = Client(town.base, "command")
    answers = await asyncio.gather(*(client.http.get("/readyz") for _ in range(20)))
    await client.http.aclose()
    assert {a.status_code for a in answers} == {200}
    assert len(writes) <= 2


async def heard_out(screen: ClientConnection) -> None:
    while True:
        await screen.recv()


async def test_who_is_about_to_end_is_not_ready_but_serves_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly = settings.model_copy(update={"drain_s": 60.0})
    async with running_town(slowly) as town:
        assert (await asked(town.base, "/readyz"))[0] == 200
        commander = await town.commander()
        async with commander.live() as screen:
            await screen.send('{"t": "hello", "last_seq": null, "log_id": null}')
            town.server.should_exit = True
            async with asyncio.timeout(10):
                while (await asked(town.base, "/readyz"))[0] == 200:  # noqa: ASYNC110 - it beats
                    await asyncio.sleep(0.02)
            _, body = await asked(town.base, "/readyz")
            assert body["error"]["code"] == "DRAINING"  # type: ignore[index]
            assert (await asked(town.base, "/healthz"))[0] == 200
            await commander.done("note.add", text="still served")
            monkeypatch.setattr("dispatch.app.DRAIN_LOOK_S", 60.0)  # what is left passes at once
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(heard_out(screen), 10)
            assert screen.close_code == 1012
