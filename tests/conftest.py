"""Servers that many tests share: started once, when the first test asks for one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from dispatch.registry.engine import migrate, open_engine
from tests.servers import PostgresServer, RedisServer, postgres_programs

NO_POSTGRES = "PostgreSQL is not installed (Debian: postgresql-15)"
NO_REDIS = "Redis is not installed (Debian: redis-server)"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server whose database `migrated` is a template with the newest schema."""
    if postgres_programs() is None:
        pytest.skip(NO_POSTGRES)
    server = PostgresServer()
    server.start()
    try:
        template = server.database().rsplit("/", 1)[1]
        engine = open_engine(server.url(template))
        migrate(engine)
        engine.dispose()
        server.migrated = template
        yield server
    finally:
        server.remove()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server to kill; its database `postgres` is empty."""
    if postgres_programs() is None:
        pytest.skip(NO_POSTGRES)
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A server to kill: every test has its own, it starts in milliseconds."""
    if shutil.which("redis-server") is None:
        pytest.skip(NO_REDIS)
    server = RedisServer()
    server.start()
    try:
        yield server
    finally:
        server.remove()
