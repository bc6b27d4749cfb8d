"""Failures in a row of a message, what is left alone while it does not answer, and what the core has otherwise."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "breaker",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_probe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_breaker")),
    )
    op.create_table(
        "core_difference",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("theirs_first", sa.Date(), nullable=True),
        sa.Column("theirs_last", sa.Date(), nullable=True),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repair_approval", sa.BigInteger(), nullable=True),
        sa.Column("repaired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('missing', 'extra', 'different', 'doubled')", name=op.f("ck_core_difference_kind")
        ),
        sa.CheckConstraint(
            "(repair_approval IS NULL) = (repaired_at IS NULL)", name=op.f("ck_core_difference_repaired")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_core_difference_person_id")),
        sa.ForeignKeyConstraint(["repair_approval"], ["approval.id"], name=op.f("fk_core_difference_repair_approval")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_difference")),
        sa.UniqueConstraint("public_id", name=op.f("uq_core_difference_public_id")),
    )
    op.create_index(
        "uq_core_difference_open", "core_difference", ["scheme", "month", "person_id"], unique=True,
        postgresql_where=sa.text("gone_at IS NULL"),
    )  # fmt: skip
    op.create_index(op.f("ix_core_difference_person_id"), "core_difference", ["person_id"])


def downgrade() -> None:
    op.drop_table("core_difference")
    op.drop_table("breaker")
    op.drop_column("outbox", "tries")
