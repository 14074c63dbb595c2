"""Boundaries of regions, stations, and volunteers who come by boat.

Revision: 0003, after 0002.

SQLite keeps a check as text in its schema. The text is changed in place, as its documentation has
it for changes that leave the stored rows alone (lang_altertable, section 7): writing the table
anew would drop the old one and, by ON DELETE CASCADE, everybody's credentials and memberships.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MODES_BEFORE = "mode IN ('car', 'motorcycle', 'foot')"
MODES = "mode IN ('car', 'motorcycle', 'foot', 'boat')"


def upgrade() -> None:
    op.create_table(
        "boundary",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("outline", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["region.code"], name=op.f("fk_boundary_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_boundary")),
    )
    op.create_table(
        "station",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("functions", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90",
            name=op.f("ck_station_position"),
        ),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_station_region")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_station")),
    )
    _change_modes(MODES_BEFORE, MODES)


def downgrade() -> None:
    _change_modes(MODES, MODES_BEFORE)
    op.drop_table("station")
    op.drop_table("boundary")


def _change_modes(before: str, after: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_volunteer_mode"), "volunteer", type_="check")
        op.create_check_constraint(op.f("ck_volunteer_mode"), "volunteer", after)
        return
    connection = op.get_bind()
    version = connection.execute(sa.text("PRAGMA schema_version")).scalar_one()
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    connection.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :before, :after) "
            "WHERE type = 'table' AND name = 'volunteer'"
        ),
        {"before": before, "after": after},
    )
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = OFF"))
