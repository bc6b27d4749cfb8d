"""Who agreed to text messages, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("account", "person"):
        op.add_column(table, sa.Column("texts_agreed_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    for table in ("person", "account"):
        op.drop_column(table, "texts_agreed_at")
