"""The registry and the event log.

Revision: 0001, after None.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_link",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("role IN ('commander', 'volunteer')", name=op.f("ck_access_link_role")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_link")),
    )
    op.create_index(op.f("ix_access_link_role_subject"), "access_link", ["role", "subject"])
    op.create_table(
        "access_session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "role IN ('commander', 'volunteer')", name=op.f("ck_access_session_role")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_session")),
    )
    op.create_index(op.f("ix_access_session_role_subject"), "access_session", ["role", "subject"])
    op.create_table(
        "look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
    )
    op.create_index(op.f("ix_look_volunteer_id_looked_at"), "look", ["volunteer_id", "looked_at"])
    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("valid_from_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until_at", sa.BigInteger(), nullable=False),
        sa.Column("hazards", sa.JSON(), nullable=False),
        sa.Column("territory", sa.JSON(), nullable=False),
        sa.Column("exercises", sa.Boolean(), nullable=False),
        sa.Column("travel", sa.Boolean(), nullable=False),
        sa.Column("sudden_illness", sa.Boolean(), nullable=False),
        sa.Column("asks_activation", sa.Boolean(), nullable=False),
        sa.Column("accident_sum", sa.Integer(), nullable=False),
        sa.Column("medical_sum", sa.Integer(), nullable=False),
        sa.Column("sudden_death_sum", sa.Integer(), nullable=False),
        sa.Column("third_party_sum", sa.Integer(), nullable=False),
        sa.Column("limit_sum", sa.BigInteger(), nullable=True),
        sa.Column("paid_sum", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_from_at < valid_until_at", name=op.f("ck_policy_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("clause", name=op.f("uq_policy_clause")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "region",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["region.code"], name=op.f("fk_region_parent")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("level BETWEEN 0 AND 3", name=op.f("ck_team_level")),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_team_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
    )
    op.create_table(
        "volunteer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("birth_on", sa.Date(), nullable=False),
        sa.Column("fit", sa.Boolean(), nullable=False),
        sa.Column("guardian", sa.Boolean(), nullable=False),
        sa.Column("consent_location", sa.Boolean(), nullable=False),
        sa.Column("consent_dispatch", sa.Boolean(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("trained_until_on", sa.Date(), nullable=True),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("home_lon", sa.Float(), nullable=False),
        sa.Column("home_lat", sa.Float(), nullable=False),
        sa.Column("turnout_s", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mode IN ('car', 'motorcycle', 'foot')", name=op.f("ck_volunteer_mode")),
        sa.CheckConstraint(
            "status IN ('PENDING', 'ACTIVE', 'SUSPENDED', 'EXITED')",
            name=op.f("ck_volunteer_status"),
        ),
        sa.CheckConstraint(
            "tier IN ('PROFESSIONAL', 'TEMPORARY', 'SPONTANEOUS')", name=op.f("ck_volunteer_tier")
        ),
        sa.CheckConstraint(
            "home_lon BETWEEN -180 AND 180 AND home_lat BETWEEN -90 AND 90",
            name=op.f("ck_volunteer_position"),
        ),
        sa.CheckConstraint("turnout_s BETWEEN 0 AND 86400", name=op.f("ck_volunteer_turnout_s")),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_volunteer_region")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_volunteer_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer")),
        sa.UniqueConstraint("number", name=op.f("uq_volunteer_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_volunteer_name"), "volunteer", ["name"])
    op.create_index(op.f("ix_volunteer_phone"), "volunteer", ["phone"])
    op.create_index(op.f("ix_volunteer_region"), "volunteer", ["region"])
    op.create_index(op.f("ix_volunteer_team_id"), "volunteer", ["team_id"])
    op.create_table(
        "credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("trained_until_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(verified_by IS NULL) = (verified_at IS NULL)", name=op.f("ck_credential_verified")
        ),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_credential_level")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"],
            ["volunteer.id"],
            name=op.f("fk_credential_volunteer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("volunteer_id", "skill", name=op.f("uq_credential_volunteer_id_skill")),
    )
    op.create_table(
        "policy_member",
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("activated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], name=op.f("fk_policy_member_policy_id")
        ),
        sa.ForeignKeyConstraint(
            ["volunteer_id"],
            ["volunteer.id"],
            name=op.f("fk_policy_member_volunteer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("policy_id", "volunteer_id", name=op.f("pk_policy_member")),
    )
    op.create_index(op.f("ix_policy_member_volunteer_id"), "policy_member", ["volunteer_id"])
    op.create_table(
        "team_leader",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_team_leader_team_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["volunteer_id"],
            ["volunteer.id"],
            name=op.f("fk_team_leader_volunteer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_team_leader")),
    )
    op.create_index(op.f("ix_team_leader_volunteer_id"), "team_leader", ["volunteer_id"])
    op.create_table(
        "roster_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_roster_version_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_version")),
    )
    op.execute("INSERT INTO roster_version (id, version) VALUES (1, 0)")
    op.create_table(
        "log_head",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("log_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency", name=op.f("pk_log_head")),
    )
    op.create_table(
        "event",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("action_id", sa.Text(), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "seq", name=op.f("pk_event")),
    )
    op.create_table(
        "action",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("action_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "action_id", name=op.f("pk_action")),
    )


def downgrade() -> None:
    raise NotImplementedError("the first revision has no way back: it would drop everybody")
