"""The payment gateway: bills there, what it told, what does not fit, and each day's comparison."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0095"
down_revision = "0110"
branch_labels = None
depends_on = None

#: What the gateway said of a payment never changes; what became of it does.
AS_TOLD = "provider, transaction, reference, amount, currency, paid_at, channel, way, told_at"


PAYOUT = "provider, number, day, amount, fee, currency, told_at"
PART = "payout_id, transaction, amount"
TOLD = ("gateway_payment", "gateway_oddity", "gateway_payout", "gateway_part")
#: What of an entry lies in suspense; of a payout it may be more, by the gateway's fee.
ENTRY = {
    "unsettled": "unsettled = 0 OR sign(unsettled) = sign(amount)",
    "within": "abs(unsettled) <= abs(amount)",
}


def identity(name: str) -> list[sa.Column]:
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    ]


def public(name: str) -> list[sa.Column]:
    return [
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{name}_public_id")),
    ]


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "gateway_bill",
        *identity("gateway_bill"),
        *public("gateway_bill"),
        sa.Column("bill_id", sa.BigInteger(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("control_number", sa.String(), nullable=True),
        sa.Column("pay_url", sa.String(), nullable=False),
        moment("expires_at"),
        moment("asked_at"),
        moment("told_at", nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        moment("next_enquiry_at", nullable=True),
        sa.Column("enquiries", sa.Integer(), nullable=False),
        moment("nothing_at", nullable=True),
        sa.CheckConstraint("state IN ('asked', 'open', 'withdrawn', 'refused')", name=op.f("ck_gateway_bill_state")),
        sa.CheckConstraint("state <> 'open' OR control_number IS NOT NULL", name=op.f("ck_gateway_bill_number")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_gateway_bill_bill_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_gateway_bill_employer_id")),
        sa.UniqueConstraint("bill_id", name=op.f("uq_gateway_bill_bill_id")),
        sa.UniqueConstraint("control_number", name=op.f("uq_gateway_bill_control_number")),
    )
    op.create_index(op.f("ix_gateway_bill_employer_id"), "gateway_bill", ["employer_id"])
    op.create_index(
        "ix_gateway_bill_enquiry", "gateway_bill", ["next_enquiry_at"],
        postgresql_where=sa.text("next_enquiry_at IS NOT NULL"),
    )  # fmt: skip
    op.create_table(
        "gateway_payment",
        *identity("gateway_payment"),
        *public("gateway_payment"),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("transaction", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        moment("paid_at"),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", postgresql.JSONB(), nullable=False),
        sa.Column("bill_id", sa.BigInteger(), nullable=True),
        sa.Column("employer_id", sa.BigInteger(), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        moment("told_at"),
        moment("reversed_at", nullable=True),
        sa.Column("bookings", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_gateway_payment_amount")),
        sa.CheckConstraint(
            "state IN ('booked', 'waiting', 'reversed', 'stuck')", name=op.f("ck_gateway_payment_state")
        ),
        sa.CheckConstraint("way IN ('call', 'enquiry', 'list')", name=op.f("ck_gateway_payment_way")),
        sa.CheckConstraint(
            "state NOT IN ('booked', 'stuck') OR payment_id IS NOT NULL", name=op.f("ck_gateway_payment_payment")
        ),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_gateway_payment_bill_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_gateway_payment_employer_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_gateway_payment_payment_id")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_gateway_payment_payment_id")),
        sa.UniqueConstraint("provider", "transaction", name=op.f("uq_gateway_payment_provider_transaction")),
    )
    op.create_index(op.f("ix_gateway_payment_paid_at"), "gateway_payment", ["paid_at"])
    op.create_index(
        "ix_gateway_payment_open", "gateway_payment", ["id"],
        postgresql_where=sa.text("state IN ('waiting', 'stuck')"),
    )  # fmt: skip
    op.create_table(
        "gateway_oddity",
        *identity("gateway_oddity"),
        *public("gateway_oddity"),
        sa.Column("gateway_payment_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        moment("told_at"),
        moment("closed_at", nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_gateway_oddity_closed")),
        sa.ForeignKeyConstraint(
            ["gateway_payment_id"], ["gateway_payment.id"], name=op.f("fk_gateway_oddity_gateway_payment_id")
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name=op.f("fk_gateway_oddity_closed_by")),
        sa.UniqueConstraint(
            "gateway_payment_id", "amount", "currency", "reference",
            name=op.f("uq_gateway_oddity_gateway_payment_id_amount_currency_reference"),
        ),
    )  # fmt: skip
    _payouts()
    for name, rule in ENTRY.items():
        _entry_rule(name, f"{rule} OR found = 'payout'")
    op.create_table(
        "gateway_refusal",
        *identity("gateway_refusal"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        moment("first_at"),
        moment("last_at"),
        sa.UniqueConstraint("day", "status", "reason", name=op.f("uq_gateway_refusal_day_status_reason")),
    )
    op.create_index(op.f("ix_gateway_refusal_last_at"), "gateway_refusal", ["last_at"])
    op.create_table(
        "gateway_day",
        *identity("gateway_day"),
        sa.Column("day", sa.Date(), nullable=False),
        moment("compared_at"),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("differences", postgresql.JSONB(), nullable=False),
        sa.UniqueConstraint("day", name=op.f("uq_gateway_day_day")),
    )
    _as_told()


def _payouts() -> None:
    op.create_table(
        "gateway_payout",
        *identity("gateway_payout"),
        *public("gateway_payout"),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        moment("told_at"),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        moment("joined_at", nullable=True),
        sa.Column("joined_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("fee >= 0", name=op.f("ck_gateway_payout_fee")),
        sa.CheckConstraint("(entry_id IS NULL) = (joined_at IS NULL)", name=op.f("ck_gateway_payout_joined")),
        sa.ForeignKeyConstraint(["entry_id"], ["bank_entry.id"], name=op.f("fk_gateway_payout_entry_id")),
        sa.ForeignKeyConstraint(["joined_by"], ["account.id"], name=op.f("fk_gateway_payout_joined_by")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_gateway_payout_entry_id")),
        sa.UniqueConstraint("provider", "number", name=op.f("uq_gateway_payout_provider_number")),
    )
    op.create_index(
        "ix_gateway_payout_waiting", "gateway_payout", ["amount"], postgresql_where=sa.text("entry_id IS NULL")
    )
    op.create_table(
        "gateway_part",
        *identity("gateway_part"),
        sa.Column("payout_id", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_gateway_part_amount")),
        sa.ForeignKeyConstraint(["payout_id"], ["gateway_payout.id"], name=op.f("fk_gateway_part_payout_id")),
        sa.UniqueConstraint(
            "payout_id", "transaction", "amount", name=op.f("uq_gateway_part_payout_id_transaction_amount")
        ),
    )
    op.create_index(op.f("ix_gateway_part_transaction"), "gateway_part", ["transaction"])


def _as_told() -> None:
    for table in TOLD:
        op.execute(
            f"CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_app') "
            f"AND current_user <> 'portal_app' THEN REVOKE DELETE ON {table} FROM portal_app; END IF; END $$"
        )
    for table, told in (("gateway_payment", AS_TOLD), ("gateway_payout", PAYOUT), ("gateway_part", PART)):
        old, new = (", ".join(f"{row}.{name.strip()}" for name in told.split(",")) for row in ("OLD", "NEW"))
        op.execute(
            f"CREATE TRIGGER as_told BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION refuse_change()"
        )


def _entry_rule(name: str, rule: str) -> None:
    op.drop_constraint(op.f(f"ck_bank_entry_{name}"), "bank_entry", type_="check")
    op.create_check_constraint(op.f(f"ck_bank_entry_{name}"), "bank_entry", rule)


def downgrade() -> None:
    for name, rule in ENTRY.items():
        _entry_rule(name, rule)
    for table in (
        "gateway_day",
        "gateway_refusal",
        "gateway_part",
        "gateway_payout",
        "gateway_oddity",
        "gateway_payment",
        "gateway_bill",
    ):
        op.drop_table(table)
