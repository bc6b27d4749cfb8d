"""What needs two people: asked by one, decided by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

NOW = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("employer_id", sa.BigInteger()),
        sa.Column("shown", JSONB(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", NOW, nullable=False),
        sa.Column("decision", sa.String()),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", NOW),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_approval_employer_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_approval_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_approval_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint("public_id", name=op.f("uq_approval_public_id")),
        sa.CheckConstraint("decision IN ('approved', 'refused', 'withdrawn')", name=op.f("ck_approval_decision")),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_approval_decided")),
        sa.CheckConstraint(
            "decision IS NULL OR decision = 'withdrawn' OR decided_by <> asked_by", name=op.f("ck_approval_four_eyes")
        ),
        sa.CheckConstraint("decision IS NULL OR decided_by IS NOT NULL", name=op.f("ck_approval_decided_by")),
    )
    op.create_index(
        "uq_approval_open", "approval", ["action", "subject"], unique=True,
        postgresql_where=sa.text("decision IS NULL"),
    )  # fmt: skip
    op.create_index(op.f("ix_approval_employer_id_id"), "approval", ["employer_id", "id"])
    op.create_index(op.f("ix_approval_subject"), "approval", ["subject"])


def downgrade() -> None:
    op.drop_table("approval")
