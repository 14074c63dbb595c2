"""Whether the store takes what is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dispatch.errors import StoreUnavailable
from dispatch.eventlog import SqlEventLog
from dispatch.model import AgencyId
from dispatch.registry.engine import migrate, open_engine
from dispatch.watching import store
from dispatch.watching.store import StoreProbe
from tests.servers import PostgresServer

AGENCY = AgencyId("a")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'a.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.database()
    engine = open_engine(url)
    migrate(engine)
    yield engine
    engine.dispose()


async def test_a_store_that_can_be_written_is_up_again(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store, "KEPT_S", -1.0)
    log = SqlEventLog(engine)
    await log.log_id(AGENCY)
    probe = StoreProbe(engine, log, AGENCY)
    await probe.check()
    assert probe.up
    assert probe.took_s > 0
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE log_head RENAME TO gone"))
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await probe.check()
    assert not probe.up
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE gone RENAME TO log_head"))
    await probe.check()
    assert probe.up
    assert caplog.text.count("the store cannot be written") == 1
    assert caplog.text.count("the store can be written again") == 1
    probe.close()
    log.close()


async def test_the_write_changes_nothing(engine: sa.Engine) -> None:
    log = SqlEventLog(engine)
    name = await log.log_id(AGENCY)
    probe = StoreProbe(engine, log, AGENCY)
    await probe.check()
    assert await log.head(AGENCY) == 0
    assert await SqlEventLog(engine).log_id(AGENCY) == name
    probe.close()
    log.close()


async def test_a_newer_schema_is_not_ours_to_write(engine: sa.Engine) -> None:
    log = SqlEventLog(engine)
    await log.log_id(AGENCY)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    probe = StoreProbe(engine, log, AGENCY)
    with pytest.raises(StoreUnavailable, match="newer version"):
        await probe.check()
    probe.close()
    log.close()


async def test_a_disk_without_room_for_an_answer_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row may still fit into the file that is there; that is no reason to be sent people."""
    monkeypatch.setattr(store, "KEPT_S", -1.0)
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    migrate(engine)
    log = SqlEventLog(engine)
    await log.log_id(AGENCY)
    probe = StoreProbe(engine, log, AGENCY)
    await probe.check()
    assert probe.free_bytes is not None
    monkeypatch.setattr(store, "FULL_BYTES", probe.free_bytes * 2)
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        await probe.check()
    probe.close()
    log.close()
    engine.dispose()
