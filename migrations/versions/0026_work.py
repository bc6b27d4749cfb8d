"""Work done in the background: who asked for what, how far it is, what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('waiting', 'working')")


def upgrade() -> None:
    op.create_table(
        "work",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("back", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("doing", JSONB(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("files", JSONB(), nullable=False),
        sa.Column("result", JSONB(), nullable=True),
        sa.Column("refusal", JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'working', 'done', 'failed')", name=op.f("ck_work_state")),
        sa.CheckConstraint("done BETWEEN 0 AND total", name=op.f("ck_work_done")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_work_asked_by")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_work_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        sa.UniqueConstraint("public_id", name=op.f("uq_work_public_id")),
    )
    op.create_index("ix_work_employer_id_kind_id", "work", ["employer_id", "kind", "id"])
    op.create_index("ix_work_updated_at", "work", ["updated_at"])
    op.create_index("uq_work_open", "work", ["employer_id", "name"], unique=True, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_table("work")
