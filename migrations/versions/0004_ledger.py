"""The book: append-only, balanced by the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: Checked once a statement, over the rows it added: all postings of a transaction go in together.
BALANCED = """
CREATE FUNCTION refuse_imbalance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added GROUP BY transaction_id HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'the postings of a transaction must sum to zero' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""
BALANCED_TRIGGER = """
CREATE TRIGGER balanced AFTER INSERT ON posting REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_imbalance()
"""


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
    op.create_table(
        "charge",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("due_day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("pack_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_charge_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("employer_id", "scheme", "month", name=op.f("uq_charge_employer_id_scheme_month")),
        sa.UniqueConstraint("public_id", name=op.f("uq_charge_public_id")),
    )
    op.create_table(
        "transaction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("effective_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("explanation", postgresql.JSONB(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('declaration', 'payment', 'late', 'credit', 'reversal')", name=op.f("ck_transaction_kind")
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_transaction_employer_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_transaction_recorded_by")),
        sa.ForeignKeyConstraint(["reverses_id"], ["transaction.id"], name=op.f("fk_transaction_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transaction")),
        sa.UniqueConstraint("employer_id", "name", name=op.f("uq_transaction_employer_id_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_transaction_public_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_transaction_reverses_id")),
    )
    op.create_index(
        op.f("ix_transaction_employer_id_effective_day"), "transaction", ["employer_id", "effective_day"], unique=False
    )
    op.create_table(
        "posting",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("charge_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["charge_id"], ["charge.id"], name=op.f("fk_posting_charge_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_posting_employer_id")),
        sa.ForeignKeyConstraint(["transaction_id"], ["transaction.id"], name=op.f("fk_posting_transaction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    op.create_index(op.f("ix_posting_employer_id_charge_id"), "posting", ["employer_id", "charge_id"], unique=False)
    op.create_index(op.f("ix_posting_transaction_id"), "posting", ["transaction_id"], unique=False)
    protect("charge")
    protect("transaction")
    protect("posting")
    op.execute(BALANCED)
    op.execute(BALANCED_TRIGGER)


def downgrade() -> None:
    op.drop_index(op.f("ix_posting_transaction_id"), table_name="posting")
    op.drop_index(op.f("ix_posting_employer_id_charge_id"), table_name="posting")
    op.drop_table("posting")
    op.drop_index(op.f("ix_transaction_employer_id_effective_day"), table_name="transaction")
    op.drop_table("transaction")
    op.drop_table("charge")
    op.execute("DROP FUNCTION refuse_imbalance()")
