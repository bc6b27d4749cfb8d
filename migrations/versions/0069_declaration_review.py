"""Declarations that seem odd, and what officers decided about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0069"
down_revision = "0035"
branch_labels = None
depends_on = None

NOW = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "declaration_review",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("declaration_id", sa.BigInteger(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("findings", JSONB(), nullable=False),
        sa.Column("found_at", NOW, nullable=False),
        sa.Column("decision", sa.String()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_at", NOW),
        sa.Column("decided_by", sa.BigInteger()),
        sa.CheckConstraint("decision IN ('fine', 'returned')", name=op.f("ck_declaration_review_decision")),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_declaration_review_decided")),
        sa.CheckConstraint("decision <> 'returned' OR reason <> ''", name=op.f("ck_declaration_review_reason")),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["declaration.id"], name=op.f("fk_declaration_review_declaration_id")
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_declaration_review_employer_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_declaration_review_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration_review")),
        sa.UniqueConstraint("declaration_id", name=op.f("uq_declaration_review_declaration_id")),
    )
    op.create_index(op.f("ix_declaration_review_employer_id"), "declaration_review", ["employer_id"])
    op.create_index(
        "ix_declaration_review_waiting", "declaration_review", ["found_at"],
        postgresql_where=sa.text("decision IS NULL"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("declaration_review")
