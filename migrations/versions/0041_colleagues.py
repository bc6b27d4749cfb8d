"""Invitations; mandates and roles one can name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0041"
down_revision = "0052"
branch_labels = None
depends_on = None

NOW = sa.DateTime(timezone=True)
NAMED = ("mandate", "fund_role")


def upgrade() -> None:
    for table in NAMED:
        name = sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
        op.add_column(table, name)
        op.create_unique_constraint(op.f(f"uq_{table}_public_id"), table, ["public_id"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employer_id", sa.BigInteger()),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("roles", JSONB(), nullable=False),
        sa.Column("districts", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date()),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("invited_by", sa.BigInteger()),
        sa.Column("invited_at", NOW, nullable=False),
        sa.Column("expires_at", NOW, nullable=False),
        sa.Column("accepted_by", sa.BigInteger()),
        sa.Column("accepted_at", NOW),
        sa.Column("withdrawn_at", NOW),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_invitation_employer_id")),
        sa.ForeignKeyConstraint(["invited_by"], ["account.id"], name=op.f("fk_invitation_invited_by")),
        sa.ForeignKeyConstraint(["accepted_by"], ["account.id"], name=op.f("fk_invitation_accepted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitation_public_id")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitation_digest")),
        sa.CheckConstraint("accepted_at IS NULL OR withdrawn_at IS NULL", name=op.f("ck_invitation_ended_once")),
    )
    op.create_index(
        "uq_invitation_open", "invitation",
        [sa.literal_column("coalesce(employer_id, 0)"), sa.literal_column("lower(email)")], unique=True,
        postgresql_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
    )  # fmt: skip
    op.create_index(op.f("ix_invitation_employer_id_id"), "invitation", ["employer_id", "id"])


def downgrade() -> None:
    op.drop_table("invitation")
    for table in NAMED:
        op.drop_constraint(op.f(f"uq_{table}_public_id"), table, type_="unique")
        op.drop_column(table, "public_id")
