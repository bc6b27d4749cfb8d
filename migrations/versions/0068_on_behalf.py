"""What somebody of the fund entered from an employer's paper, and which declarations came so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "on_behalf",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_on_behalf_employer_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_on_behalf_account_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_on_behalf_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_behalf")),
        sa.UniqueConstraint("public_id", name=op.f("uq_on_behalf_public_id")),
        sa.UniqueConstraint("name", name=op.f("uq_on_behalf_name")),
    )
    op.create_index(op.f("ix_on_behalf_employer_id_id"), "on_behalf", ["employer_id", "id"])
    op.create_index(op.f("ix_on_behalf_account_id_employer_id_day"), "on_behalf", ["account_id", "employer_id", "day"])
    op.add_column("declaration", sa.Column("on_behalf_id", sa.BigInteger()))
    op.create_foreign_key(op.f("fk_declaration_on_behalf_id"), "declaration", "on_behalf", ["on_behalf_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_declaration_on_behalf_id"), "declaration", type_="foreignkey")
    op.drop_column("declaration", "on_behalf_id")
    op.drop_table("on_behalf")
