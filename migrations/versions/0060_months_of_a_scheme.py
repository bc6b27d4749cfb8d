"""The month in figures looks at a scheme's month across all employers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0029"
branch_labels = None
depends_on = None

INDEXES = (
    ("declaration", "ix_declaration_scheme_month", ["scheme", "month"]),
    ("charge", "ix_charge_scheme_month", ["scheme", "month"]),
    ("coverage_month", "ix_coverage_month_scheme_paid_month", ["scheme", "paid_month"]),
    ("payment", "ix_payment_scheme_paid_on", ["scheme", "paid_on"]),
)


def upgrade() -> None:
    for table, name, columns in INDEXES:
        op.create_index(op.f(name), table, columns)
    op.create_index(
        "ix_coverage_month_open", "coverage_month", ["scheme", "month", "employer_id"],
        postgresql_where=sa.text("state = 'open'"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_coverage_month_open", "coverage_month")
    for table, name, _columns in INDEXES:
        op.drop_index(op.f(name), table)
