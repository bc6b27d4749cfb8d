"""The fund's bank accounts, their statements and entries, and the fund's own side of the book."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0091"
down_revision = "0069"
branch_labels = None
depends_on = None

#: What the bank said of an entry never changes; what became of it does.
AS_SENT = "bank_account_id, key, amount, currency, booking_day, value_day, bank_reference, remittance"


def protect(table: str) -> None:
    """Let nobody change or remove a row of *table*: by trigger for all, by privilege for the application."""
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    _revoke(f"UPDATE, DELETE ON {table}")


def _revoke(what: str) -> None:
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_app') AND current_user <> 'portal_app' "
        f"THEN REVOKE {what} FROM portal_app; END IF; END $$"
    )


def upgrade() -> None:
    op.create_table(
        "bank_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("plain", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=True),
        sa.Column("layout", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_bank_account_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_account")),
        sa.UniqueConstraint("plain", name=op.f("uq_bank_account_plain")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bank_account_public_id")),
    )
    op.create_table(
        "bank_statement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("bank_account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=True),
        sa.Column("closing", sa.BigInteger(), nullable=True),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("format IN ('csv', 'mt940', 'camt.053', 'camt.054')", name=op.f("ck_bank_statement_format")),
        sa.CheckConstraint("(opening IS NULL) = (closing IS NULL)", name=op.f("ck_bank_statement_balances")),
        sa.CheckConstraint("from_day <= to_day", name=op.f("ck_bank_statement_days")),
        sa.ForeignKeyConstraint(
            ["bank_account_id"], ["bank_account.id"], name=op.f("fk_bank_statement_bank_account_id")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_bank_statement_file_id")),
        sa.ForeignKeyConstraint(["imported_by"], ["account.id"], name=op.f("fk_bank_statement_imported_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement")),
        sa.UniqueConstraint("bank_account_id", "key", name=op.f("uq_bank_statement_bank_account_id_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bank_statement_public_id")),
    )
    op.create_index(
        op.f("ix_bank_statement_bank_account_id_to_day"), "bank_statement", ["bank_account_id", "to_day"], unique=False
    )
    op.create_index(op.f("ix_bank_statement_sha256"), "bank_statement", ["sha256"], unique=False)
    op.create_table(
        "bank_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("bank_account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=True),
        sa.Column("notice_id", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("booking_day", sa.Date(), nullable=False),
        sa.Column("value_day", sa.Date(), nullable=False),
        sa.Column("ordered_day", sa.Date(), nullable=True),
        sa.Column("reversal", sa.Boolean(), nullable=False),
        sa.Column("return_reason", sa.String(), nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("creditor_reference", sa.String(), nullable=False),
        sa.Column("end_to_end", sa.String(), nullable=False),
        sa.Column("instruction", sa.String(), nullable=False),
        sa.Column("remittance", sa.String(), nullable=False),
        sa.Column("additional", sa.String(), nullable=False),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("payer_account", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unsettled", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found", sa.String(), nullable=False),
        sa.Column("why", postgresql.JSONB(), nullable=False),
        sa.Column("found_employer_id", sa.BigInteger(), nullable=True),
        sa.Column("found_bill_id", sa.BigInteger(), nullable=True),
        sa.Column("found_payment_id", sa.BigInteger(), nullable=True),
        sa.Column("found_entry_id", sa.BigInteger(), nullable=True),
        sa.Column("found_scheme", sa.String(), nullable=True),
        sa.Column("parked", sa.String(), nullable=False),
        sa.CheckConstraint("(unsettled = 0) = (settled_at IS NOT NULL)", name=op.f("ck_bank_entry_settled")),
        sa.CheckConstraint("abs(unsettled) <= abs(amount)", name=op.f("ck_bank_entry_within")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_bank_entry_amount")),
        sa.CheckConstraint("unsettled = 0 OR sign(unsettled) = sign(amount)", name=op.f("ck_bank_entry_unsettled")),
        sa.ForeignKeyConstraint(["bank_account_id"], ["bank_account.id"], name=op.f("fk_bank_entry_bank_account_id")),
        sa.ForeignKeyConstraint(["found_bill_id"], ["bill.id"], name=op.f("fk_bank_entry_found_bill_id")),
        sa.ForeignKeyConstraint(["found_employer_id"], ["employer.id"], name=op.f("fk_bank_entry_found_employer_id")),
        sa.ForeignKeyConstraint(["found_entry_id"], ["bank_entry.id"], name=op.f("fk_bank_entry_found_entry_id")),
        sa.ForeignKeyConstraint(["found_payment_id"], ["payment.id"], name=op.f("fk_bank_entry_found_payment_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["bank_statement.id"], name=op.f("fk_bank_entry_notice_id")),
        sa.ForeignKeyConstraint(["statement_id"], ["bank_statement.id"], name=op.f("fk_bank_entry_statement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_entry")),
        sa.UniqueConstraint("bank_account_id", "key", name=op.f("uq_bank_entry_bank_account_id_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bank_entry_public_id")),
    )
    op.create_index(
        op.f("ix_bank_entry_bank_account_id_booking_day"),
        "bank_entry",
        ["bank_account_id", "booking_day"],
        unique=False,
    )
    op.create_index(op.f("ix_bank_entry_notice_id"), "bank_entry", ["notice_id"], unique=False)
    op.create_index(op.f("ix_bank_entry_payer_account"), "bank_entry", ["payer_account"], unique=False)
    op.create_index(
        op.f("ix_bank_entry_statement_id_position"), "bank_entry", ["statement_id", "position"], unique=False
    )
    op.create_index(
        "ix_bank_entry_waiting",
        "bank_entry",
        ["booking_day", "id"],
        unique=False,
        postgresql_where=sa.text("unsettled <> 0"),
    )
    op.create_table(
        "cash_move",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("bank_account_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("debit", sa.String(), nullable=False),
        sa.Column("credit", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("effective_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(entry_id IS NULL) = ('before' IN (debit, credit))", name=op.f("ck_cash_move_entry")),
        sa.CheckConstraint(
            "(payment_id IS NOT NULL) = ('employers' IN (debit, credit))", name=op.f("ck_cash_move_payment")
        ),
        sa.CheckConstraint(
            "credit IN ('bank', 'suspense', 'employers', 'returned', 'other', 'before')",
            name=op.f("ck_cash_move_credit"),
        ),
        sa.CheckConstraint(
            "debit IN ('bank', 'suspense', 'employers', 'returned', 'other', 'before')", name=op.f("ck_cash_move_debit")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_cash_move_amount")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_cash_move_sides")),
        sa.ForeignKeyConstraint(["bank_account_id"], ["bank_account.id"], name=op.f("fk_cash_move_bank_account_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["bank_entry.id"], name=op.f("fk_cash_move_entry_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_cash_move_payment_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_cash_move_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_move")),
        sa.UniqueConstraint("name", name=op.f("uq_cash_move_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_cash_move_public_id")),
    )
    op.create_index(
        op.f("ix_cash_move_bank_account_id_effective_day"),
        "cash_move",
        ["bank_account_id", "effective_day"],
        unique=False,
    )
    op.create_index(op.f("ix_cash_move_entry_id"), "cash_move", ["entry_id"], unique=False)
    op.create_index(op.f("ix_cash_move_payment_id"), "cash_move", ["payment_id"], unique=False)
    protect("bank_statement")
    protect("cash_move")
    op.execute(
        "CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON bank_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    old, new = (", ".join(f"{row}.{name.strip()}" for name in AS_SENT.split(",")) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER as_sent BEFORE UPDATE ON bank_entry FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new})) "
        "EXECUTE FUNCTION refuse_change()"
    )
    _revoke("DELETE ON bank_entry")


def downgrade() -> None:
    for table in ("cash_move", "bank_entry", "bank_statement", "bank_account"):
        op.drop_table(table)
