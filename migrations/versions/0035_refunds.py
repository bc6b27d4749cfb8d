"""Refunds: credit that is given back to the employer, with a note that never changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0046"
branch_labels = None
depends_on = None

BEFORE = "'declaration', 'amendment', 'payment', 'late', 'credit', 'opening', 'reversal'"


def protect(table: str) -> None:
    """Let nobody change or remove a row of *table*: by trigger for all, by privilege for the application."""
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_app') AND current_user <> 'portal_app' "
        f"THEN REVOKE UPDATE, DELETE ON {table} FROM portal_app; END IF; END $$"
    )


def upgrade() -> None:
    _kinds(f"{BEFORE}, 'refund'")
    op.create_table(
        "refund",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("approval_id", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_refund_approval_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_refund_employer_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_refund_recorded_by")),
        sa.ForeignKeyConstraint(["transaction_id"], ["transaction.id"], name=op.f("fk_refund_transaction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("approval_id", name=op.f("uq_refund_approval_id")),
        sa.UniqueConstraint("number", name=op.f("uq_refund_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_refund_public_id")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_refund_transaction_id")),
    )
    op.create_index(op.f("ix_refund_employer_id_id"), "refund", ["employer_id", "id"], unique=False)
    op.create_table(
        "refund_file",
        sa.Column("refund_id", sa.BigInteger(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_refund_file_employer_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_refund_file_file_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refund_file_refund_id")),
        sa.PrimaryKeyConstraint("refund_id", name=op.f("pk_refund_file")),
    )
    protect("refund")
    protect("refund_file")


def downgrade() -> None:
    op.drop_table("refund_file")
    op.drop_index(op.f("ix_refund_employer_id_id"), table_name="refund")
    op.drop_table("refund")
    _kinds(BEFORE)


def _kinds(kinds: str) -> None:
    op.drop_constraint(op.f("ck_transaction_kind"), "transaction", type_="check")
    op.create_check_constraint(op.f("ck_transaction_kind"), "transaction", f"kind IN ({kinds})")
