"""Coverage months, entry codes and employees' reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paid_month",
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("contribution", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_paid_month_employer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_paid_month_person_id")),
        sa.PrimaryKeyConstraint("employer_id", "scheme", "month", "person_id", name=op.f("pk_paid_month")),
    )
    op.create_index(
        op.f("ix_paid_month_person_id_scheme_month"), "paid_month", ["person_id", "scheme", "month"], unique=False
    )
    op.create_table(
        "entry_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("sent_by IN ('phone', 'email', 'slip')", name=op.f("ck_entry_code_sent_by")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_entry_code_created_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_entry_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_code")),
    )
    op.create_index(op.f("ix_entry_code_person_id"), "entry_code", ["person_id"], unique=False)
    op.create_table(
        "coverage_month",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("paid_month", sa.Integer(), nullable=False),
        sa.Column("contribution", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("core_state", sa.String(), nullable=False),
        sa.Column("core_receipt", sa.String(), nullable=False),
        sa.Column("core_policy", sa.String(), nullable=False),
        sa.Column("core_problem", sa.String(), nullable=False),
        sa.Column("core_known_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("core_state IN ('waiting', 'known', 'refused')", name=op.f("ck_coverage_month_core_state")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_coverage_month_state")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_coverage_month_employer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_coverage_month_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_month")),
        sa.UniqueConstraint("core_receipt", name=op.f("uq_coverage_month_core_receipt")),
        sa.UniqueConstraint(
            "employer_id",
            "person_id",
            "scheme",
            "month",
            name=op.f("uq_coverage_month_employer_id_person_id_scheme_month"),
        ),
    )
    op.create_index(
        op.f("ix_coverage_month_person_id_scheme_month"),
        "coverage_month",
        ["person_id", "scheme", "month"],
        unique=False,
    )
    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('not_declared', 'wrong_wage')", name=op.f("ck_report_kind")),
        sa.CheckConstraint("state IN ('open', 'answered')", name=op.f("ck_report_state")),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name=op.f("fk_report_answered_by")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_report_employer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_report_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("public_id", name=op.f("uq_report_public_id")),
    )
    op.create_index(op.f("ix_report_person_id"), "report", ["person_id"], unique=False)
    op.create_index(op.f("ix_report_state_created_at"), "report", ["state", "created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("paid_month")
    op.drop_index(op.f("ix_report_state_created_at"), table_name="report")
    op.drop_index(op.f("ix_report_person_id"), table_name="report")
    op.drop_table("report")
    op.drop_index(op.f("ix_coverage_month_person_id_scheme_month"), table_name="coverage_month")
    op.drop_table("coverage_month")
    op.drop_index(op.f("ix_entry_code_person_id"), table_name="entry_code")
    op.drop_table("entry_code")
