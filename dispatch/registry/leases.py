"""Leases: of several workers one does what only one should do. Losing one is a matter of time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, or_

from dispatch.registry.engine import inserting, writing
from dispatch.registry.tables import lease


def hold(engine: Engine, name: str, holder: str, now: datetime, life_s: float) -> bool:
    """Take or renew a lease for `life_s`; return whether it is the holder's now.

    It is while nobody else's is running. Who works under it renews it long before it ends and
    stops when that fails.

    Raises:
        StoreUnavailable: nobody knows.
    """
    values = {"holder": holder, "until_at": now + timedelta(seconds=life_s)}
    free = or_(lease.c.holder == holder, lease.c.until_at <= now)
    with writing(engine) as connection:
        won = connection.execute(
            inserting(connection, lease)
            .values(name=name, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values, where=free)
            .returning(lease.c.name)
        ).one_or_none()
    return won is not None


def release(engine: Engine, name: str, holder: str) -> None:
    """Give a lease back before its end, if it is the holder's."""
    mine = (lease.c.name == name, lease.c.holder == holder)
    with writing(engine) as connection:
        connection.execute(delete(lease).where(*mine))
