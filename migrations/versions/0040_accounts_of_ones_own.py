"""Accounts: when last used, for which office and districts; visits one can tell apart; the second step of signing in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0040"
down_revision = "0065"
branch_labels = None
depends_on = None

NOW = sa.DateTime(timezone=True)
PURPOSES = "purpose IN ('confirm', 'reset', 'register', 'email')"
PURPOSES_BEFORE = "purpose IN ('confirm', 'reset', 'register')"


def upgrade() -> None:
    op.add_column("account", sa.Column("last_seen_at", NOW))
    op.add_column("account", sa.Column("office", sa.String(), server_default="", nullable=False))
    op.add_column("account", sa.Column("districts", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False))
    op.add_column(
        "web_session",
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    op.create_unique_constraint(op.f("uq_web_session_public_id"), "web_session", ["public_id"])
    op.add_column("web_session", sa.Column("device", sa.String(), server_default="", nullable=False))
    op.add_column("token", sa.Column("address", sa.String(), server_default="", nullable=False))
    op.drop_constraint(op.f("ck_token_purpose"), "token", type_="check")
    op.create_check_constraint(op.f("ck_token_purpose"), "token", PURPOSES)
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("made_at", NOW, nullable=False),
        sa.Column("confirmed_at", NOW),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("used_at", NOW),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("account_id", "digest", name=op.f("uq_recovery_code_account_id_digest")),
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    op.execute("DELETE FROM token WHERE purpose = 'email'")
    op.drop_constraint(op.f("ck_token_purpose"), "token", type_="check")
    op.create_check_constraint(op.f("ck_token_purpose"), "token", PURPOSES_BEFORE)
    op.drop_column("token", "address")
    op.drop_column("web_session", "device")
    op.drop_constraint(op.f("uq_web_session_public_id"), "web_session", type_="unique")
    op.drop_column("web_session", "public_id")
    for column in ("districts", "office", "last_seen_at"):
        op.drop_column("account", column)
