"""Runs revisions on the connection `registry.engine.migrate` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from dispatch.registry.tables import metadata

# Batch mode, because SQLite alters a table by writing it anew.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
