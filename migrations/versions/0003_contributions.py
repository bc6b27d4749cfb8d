"""Payrolls and declarations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payroll",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("checked", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("source IN ('roster', 'file', 'nil')", name=op.f("ck_payroll_source")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_payroll_created_by")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_payroll_employer_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_payroll_file_id")),
        sa.ForeignKeyConstraint(["submitted_by"], ["account.id"], name=op.f("fk_payroll_submitted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payroll")),
        sa.UniqueConstraint("public_id", name=op.f("uq_payroll_public_id")),
    )
    op.create_index(op.f("ix_payroll_employer_id_month"), "payroll", ["employer_id", "month"], unique=False)
    op.create_index(
        "uq_payroll_one_draft",
        "payroll",
        ["employer_id", "month"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "declaration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("payroll_id", sa.BigInteger(), nullable=False),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("earnings", sa.BigInteger(), nullable=False),
        sa.Column("insurable", sa.BigInteger(), nullable=False),
        sa.Column("employer_share", sa.BigInteger(), nullable=False),
        sa.Column("employee_share", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("due_day", sa.Date(), nullable=False),
        sa.Column("pack_hash", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.BigInteger(), nullable=True),
        sa.Column("snapshot", postgresql.JSONB(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("supersedes_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('regular', 'nil', 'revised')", name=op.f("ck_declaration_kind")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_declaration_employer_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_declaration_enrolment_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_declaration_file_id")),
        sa.ForeignKeyConstraint(["payroll_id"], ["payroll.id"], name=op.f("fk_declaration_payroll_id")),
        sa.ForeignKeyConstraint(["submitted_by"], ["account.id"], name=op.f("fk_declaration_submitted_by")),
        sa.ForeignKeyConstraint(["supersedes_id"], ["declaration.id"], name=op.f("fk_declaration_supersedes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
        sa.UniqueConstraint("number", name=op.f("uq_declaration_number")),
        sa.UniqueConstraint("payroll_id", "scheme", name=op.f("uq_declaration_payroll_id_scheme")),
        sa.UniqueConstraint("public_id", name=op.f("uq_declaration_public_id")),
    )
    op.create_index(
        "uq_declaration_one_standing",
        "declaration",
        ["employer_id", "scheme", "month"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('superseded', 'cancelled')"),
    )
    op.create_table(
        "faulty_line",
        sa.Column("payroll_id", sa.BigInteger(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("cells", postgresql.JSONB(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_faulty_line_employer_id")),
        sa.ForeignKeyConstraint(["payroll_id"], ["payroll.id"], name=op.f("fk_faulty_line_payroll_id")),
        sa.PrimaryKeyConstraint("payroll_id", "row_number", name=op.f("pk_faulty_line")),
    )
    op.create_table(
        "payroll_line",
        sa.Column("payroll_id", sa.BigInteger(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("components", postgresql.JSONB(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("shares", postgresql.JSONB(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_payroll_line_employer_id")),
        sa.ForeignKeyConstraint(["payroll_id"], ["payroll.id"], name=op.f("fk_payroll_line_payroll_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_payroll_line_person_id")),
        sa.PrimaryKeyConstraint("payroll_id", "row_number", name=op.f("pk_payroll_line")),
    )
    op.create_table(
        "declaration_line",
        sa.Column("declaration_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("components", postgresql.JSONB(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("earnings", sa.BigInteger(), nullable=False),
        sa.Column("insurable", sa.BigInteger(), nullable=False),
        sa.Column("employer_share", sa.BigInteger(), nullable=False),
        sa.Column("employee_share", sa.BigInteger(), nullable=False),
        sa.Column("branches", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["declaration.id"], name=op.f("fk_declaration_line_declaration_id")
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_declaration_line_employer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_declaration_line_person_id")),
        sa.PrimaryKeyConstraint("declaration_id", "person_id", name=op.f("pk_declaration_line")),
    )
    op.create_index(
        op.f("ix_declaration_line_person_id_declaration_id"),
        "declaration_line",
        ["person_id", "declaration_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_declaration_line_person_id_declaration_id"), table_name="declaration_line")
    op.drop_table("declaration_line")
    op.drop_table("payroll_line")
    op.drop_table("faulty_line")
    op.drop_index(
        "uq_declaration_one_standing",
        table_name="declaration",
        postgresql_where=sa.text("state NOT IN ('superseded', 'cancelled')"),
    )
    op.drop_table("declaration")
    op.drop_index("uq_payroll_one_draft", table_name="payroll", postgresql_where=sa.text("state = 'draft'"))
    op.drop_index(op.f("ix_payroll_employer_id_month"), table_name="payroll")
    op.drop_table("payroll")
