"""What is brought over from the books before: its files, and a kind of entry of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0051"
down_revision = "0045"
branch_labels = None
depends_on = None

NOW = sa.DateTime(timezone=True)
BEFORE = ("declaration", "amendment", "payment", "late", "credit", "reversal")


def kinds(*allowed: str) -> None:
    """Say anew which kinds of entries there may be."""
    listed = ", ".join(f"'{kind}'" for kind in allowed)
    op.execute("ALTER TABLE transaction DROP CONSTRAINT ck_transaction_kind")
    op.execute(f"ALTER TABLE transaction ADD CONSTRAINT ck_transaction_kind CHECK (kind IN ({listed})) NOT VALID")
    op.execute("ALTER TABLE transaction VALIDATE CONSTRAINT ck_transaction_kind")


def upgrade() -> None:
    op.create_table(
        "opening_file",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("options", JSONB(), nullable=False),
        sa.Column("created_at", NOW, nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("done_at", NOW),
        sa.Column("done_by", sa.BigInteger()),
        sa.Column("result", JSONB(), nullable=False),
        sa.CheckConstraint("kind IN ('employers', 'balances')", name=op.f("ck_opening_file_kind")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_opening_file_file_id")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_opening_file_created_by")),
        sa.ForeignKeyConstraint(["done_by"], ["account.id"], name=op.f("fk_opening_file_done_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_opening_file_public_id")),
    )
    op.create_index(
        "uq_opening_file_done", "opening_file", ["kind", "sha256"], unique=True,
        postgresql_where=sa.text("done_at IS NOT NULL"),
    )  # fmt: skip
    op.create_index(op.f("ix_opening_file_sha256"), "opening_file", ["sha256"])
    kinds(*BEFORE, "opening")


def downgrade() -> None:
    kinds(*BEFORE)
    op.drop_table("opening_file")
