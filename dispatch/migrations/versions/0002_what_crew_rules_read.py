"""Hours served, languages and seats of volunteers: what crew rules read.

Revision: 0002, after 0001.

Each check belongs to its column, so that SQLite adds and drops it in place. Writing the table anew
would drop the old one and, by ON DELETE CASCADE, everybody's credentials and memberships.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = {
    "served_h": "INTEGER DEFAULT 0 NOT NULL CONSTRAINT ck_volunteer_served_h "
    "CHECK (served_h BETWEEN 0 AND 999999)",
    "languages": "TEXT DEFAULT '' NOT NULL",
    "seats": "SMALLINT DEFAULT 0 NOT NULL CONSTRAINT ck_volunteer_seats "
    "CHECK (seats BETWEEN 0 AND 60 AND (seats = 0 OR mode = 'car'))",
}


def upgrade() -> None:
    for name, definition in COLUMNS.items():
        op.execute(f"ALTER TABLE volunteer ADD COLUMN {name} {definition}")


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.execute(f"ALTER TABLE volunteer DROP COLUMN {name}")
