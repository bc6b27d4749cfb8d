"""When a month of cover was first sent to the core: from then on it is looked up before it is sent again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("coverage_month", sa.Column("core_tried_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("coverage_month", "core_tried_at")
