"""Proposals of matching that an officer confirmed in one go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0112"
down_revision = "0111"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_confirmation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_bank_confirmation_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_confirmation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bank_confirmation_public_id")),
        sa.UniqueConstraint("name", name=op.f("uq_bank_confirmation_name")),
    )
    op.create_table(
        "bank_confirmed",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("confirmation_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("why", JSONB(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("said", JSONB(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("outcome IN ('waiting', 'done', 'left')", name=op.f("ck_bank_confirmed_outcome")),
        sa.CheckConstraint("(outcome = 'waiting') = (done_at IS NULL)", name=op.f("ck_bank_confirmed_done")),
        sa.ForeignKeyConstraint(
            ["confirmation_id"], ["bank_confirmation.id"], name=op.f("fk_bank_confirmed_confirmation_id")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["bank_entry.id"], name=op.f("fk_bank_confirmed_entry_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_bank_confirmed_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_confirmed")),
        sa.UniqueConstraint(
            "confirmation_id", "entry_id", name=op.f("uq_bank_confirmed_confirmation_id_entry_id")
        ),
    )  # fmt: skip
    op.create_index(
        "ix_bank_confirmed_waiting", "bank_confirmed", ["entry_id"], postgresql_where=sa.text("outcome = 'waiting'")
    )


def downgrade() -> None:
    op.drop_table("bank_confirmed")
    op.drop_table("bank_confirmation")
