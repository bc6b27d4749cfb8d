"""Notes of officers on employers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "employer_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_employer_note_employer_id")),
        sa.ForeignKeyConstraint(["written_by"], ["account.id"], name=op.f("fk_employer_note_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer_note")),
        sa.UniqueConstraint("public_id", name=op.f("uq_employer_note_public_id")),
        sa.UniqueConstraint("once", name=op.f("uq_employer_note_once")),
    )
    op.create_index(op.f("ix_employer_note_employer_id_id"), "employer_note", ["employer_id", "id"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON employer_note "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_app') AND current_user <> 'portal_app' "
        "THEN REVOKE UPDATE, DELETE ON employer_note FROM portal_app; END IF; END $$"
    )


def downgrade() -> None:
    op.drop_table("employer_note")
