"""Keys that are made once, at the first start, and shared by all workers."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine, select

from dispatch.registry import tables
from dispatch.registry.engine import inserting, reading, writing


def secret(engine: Engine, name: str, make: Callable[[], bytes]) -> bytes:
    """Return the key of this name; `make` gives it its value when there is none yet.

    Of several workers that start at once all return the same.
    """
    query = select(tables.secret.c.value).where(tables.secret.c.name == name)
    with reading(engine) as connection:
        known = connection.execute(query).scalar_one_or_none()
    if known is not None:
        return bytes(known)
    with writing(engine) as connection:
        connection.execute(
            inserting(connection, tables.secret)
            .values(name=name, value=make())
            .on_conflict_do_nothing()
        )
        return bytes(connection.execute(query).scalar_one())
