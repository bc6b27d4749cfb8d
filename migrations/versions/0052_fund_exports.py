"""The register of exports of the whole fund."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fund_export",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("persons", sa.Boolean(), nullable=False),
        sa.Column("approval_id", sa.BigInteger()),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("persons = (approval_id IS NOT NULL)", name=op.f("ck_fund_export_consent")),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_fund_export_approval_id")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_fund_export_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_export")),
        sa.UniqueConstraint("approval_id", name=op.f("uq_fund_export_approval_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_fund_export_public_id")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON fund_export "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_app') AND current_user <> 'portal_app' "
        "THEN REVOKE UPDATE, DELETE ON fund_export FROM portal_app; END IF; END $$"
    )


def downgrade() -> None:
    op.drop_table("fund_export")
