"""How jobs go, who is there to do them, what they did, and under which click something waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0105"
down_revision = "0100"
branch_labels = None
depends_on = None

APP = "portal_app"

#: So that the portal itself can say whether its database is of the version of its code.
READABLE = f"""
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP}') AND current_user <> '{APP}' THEN
    GRANT SELECT ON alembic_version TO {APP};
  END IF;
END $$
"""


def upgrade() -> None:
    op.execute(READABLE)
    op.create_table(
        "job_state",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("total_milliseconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_job_state")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("what", "name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "tally",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tally")),
    )
    op.create_table(
        "sighting",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("well", sa.Boolean(), nullable=False),
        sa.Column("found", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_sighting")),
    )
    for table in ("outbox", "work"):
        op.add_column(table, sa.Column("reference", sa.String(), server_default="", nullable=False))
    op.create_index("ix_outbox_refused", "outbox", ["topic"], postgresql_where=sa.text("state = 'refused'"))


def downgrade() -> None:
    op.execute(READABLE.replace("GRANT SELECT ON alembic_version TO", "REVOKE SELECT ON alembic_version FROM"))
    op.drop_index("ix_outbox_refused", "outbox")
    for table in ("work", "outbox"):
        op.drop_column(table, "reference")
    op.drop_table("sighting")
    op.drop_table("tally")
    op.drop_table("heartbeat")
    op.drop_table("job_state")
