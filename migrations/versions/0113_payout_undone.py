"""How often a payout was taken off an entry of the bank again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0113"
down_revision = "0112"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gateway_payout", sa.Column("undone", sa.Integer(), server_default="0", nullable=False))
    op.alter_column("gateway_payout", "undone", server_default=None)


def downgrade() -> None:
    op.drop_column("gateway_payout", "undone")
