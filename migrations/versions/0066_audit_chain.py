"""The audit log in sealed blocks; what was done on behalf of an employer stands beside each event."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0051"
branch_labels = None
depends_on = None

COLUMNS = (["account_id", "id"], ["event", "id"])


def upgrade() -> None:
    op.create_table(
        "audit_block",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows_hash", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.CheckConstraint("from_id <= to_id", name=op.f("ck_audit_block_stretch")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_block")),
        sa.UniqueConstraint("from_id", name=op.f("uq_audit_block_from_id")),
        sa.UniqueConstraint("to_id", name=op.f("uq_audit_block_to_id")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_block_hash")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_block "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_app') AND current_user <> 'portal_app' "
        "THEN REVOKE UPDATE, DELETE ON audit_block FROM portal_app; END IF; END $$"
    )
    op.add_column("audit_event", sa.Column("on_behalf_id", sa.BigInteger()))
    for columns in COLUMNS:
        op.create_index(op.f(f"ix_audit_event_{'_'.join(columns)}"), "audit_event", columns)


def downgrade() -> None:
    for columns in COLUMNS:
        op.drop_index(op.f(f"ix_audit_event_{'_'.join(columns)}"), "audit_event")
    op.drop_column("audit_event", "on_behalf_id")
    op.drop_table("audit_block")
