"""Work that no single employer asked for: a change of the rules tried on all rosters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('waiting', 'working')")


def upgrade() -> None:
    op.alter_column("work", "employer_id", existing_type=sa.BigInteger(), nullable=True)
    op.drop_index("uq_work_open", table_name="work")
    op.create_index(
        "uq_work_open", "work", ["employer_id", "name"], unique=True, postgresql_where=OPEN,
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip


def downgrade() -> None:
    op.execute("DELETE FROM work WHERE employer_id IS NULL")
    op.drop_index("uq_work_open", table_name="work")
    op.create_index("uq_work_open", "work", ["employer_id", "name"], unique=True, postgresql_where=OPEN)
    op.alter_column("work", "employer_id", existing_type=sa.BigInteger(), nullable=False)
