"""What a scheme's rules ask beside pay: answers of employers and people, and those a declaration was made with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NOTHING, NOBODY = sa.text("'[]'::jsonb"), sa.text("'{}'::jsonb")
KINDS = "kind IN ('declaration', 'amendment', 'payment', 'late', 'credit', 'reversal')"
KINDS_BEFORE = "kind IN ('declaration', 'payment', 'late', 'credit', 'reversal')"


def upgrade() -> None:
    op.add_column("enrolment", sa.Column("answers", JSONB(), server_default=NOTHING, nullable=False))
    op.add_column("employment", sa.Column("answers", JSONB(), server_default=NOTHING, nullable=False))
    op.add_column("declaration", sa.Column("given", JSONB(), server_default=NOBODY, nullable=False))
    op.add_column("declaration_line", sa.Column("given", JSONB(), server_default=NOBODY, nullable=False))
    op.drop_constraint(op.f("ck_transaction_kind"), "transaction", type_="check")
    op.create_check_constraint(op.f("ck_transaction_kind"), "transaction", KINDS)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_transaction_kind"), "transaction", type_="check")
    op.create_check_constraint(op.f("ck_transaction_kind"), "transaction", KINDS_BEFORE)
    for table, column in (
        ("declaration_line", "given"), ("declaration", "given"), ("employment", "answers"), ("enrolment", "answers"),
    ):  # fmt: skip
        op.drop_column(table, column)
