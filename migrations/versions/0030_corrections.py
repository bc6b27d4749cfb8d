"""Corrections: supplementary returns, a revision that waits for the fund, why a line differs, why a return is late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0050"
branch_labels = None
depends_on = None

STANDS = "state NOT IN ('superseded', 'cancelled')"
ONE_OPEN = "uq_payroll_one_draft"
ONE_STANDING = "uq_declaration_one_standing"
REASON = (("reason", sa.String()), ("reason_from", sa.Date()), ("reason_to", sa.Date()))

#: Checked once a statement: all lines of a payroll go in together, after what they replace has made room.
ONCE = """
CREATE FUNCTION refuse_declared_twice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT declaration_id FROM added) AS fresh
    JOIN declaration AS one ON one.id = fresh.declaration_id
    JOIN declaration AS other ON other.employer_id = one.employer_id AND other.scheme = one.scheme
      AND other.month = one.month AND other.id <> one.id AND other.state NOT IN ('superseded', 'cancelled')
    JOIN declaration_line AS there ON there.declaration_id = other.id
    JOIN added ON added.declaration_id = one.id AND added.person_id = there.person_id
    WHERE one.state NOT IN ('superseded', 'cancelled')
  ) THEN
    RAISE EXCEPTION 'a person stands once in what is declared for a month' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""
ONCE_TRIGGER = """
CREATE TRIGGER declared_once AFTER INSERT ON declaration_line REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_declared_twice()
"""


def upgrade() -> None:
    op.add_column("payroll", sa.Column("kind", sa.String(), server_default="regular", nullable=False))
    op.execute("UPDATE payroll SET kind = 'revised' WHERE checked ->> 'revises' = 'true'")
    op.create_check_constraint(op.f("ck_payroll_kind"), "payroll", "kind IN ('regular', 'revised', 'supplementary')")
    op.drop_index(ONE_OPEN, table_name="payroll")
    op.create_index(
        ONE_OPEN, "payroll", ["employer_id", "month"], unique=True,
        postgresql_where=sa.text("state IN ('draft', 'asked')"),
    )  # fmt: skip
    for table in ("payroll_line", "declaration_line"):
        for name, kind in REASON:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column("declaration", sa.Column("supplements_id", sa.BigInteger(), nullable=True))
    op.add_column("declaration", sa.Column("late_reason", sa.String(), server_default="", nullable=False))
    op.create_foreign_key(
        op.f("fk_declaration_supplements_id"), "declaration", "declaration", ["supplements_id"], ["id"]
    )
    _kinds("'regular', 'nil', 'revised', 'supplementary'")
    op.create_check_constraint(
        op.f("ck_declaration_supplements"), "declaration", "(kind = 'supplementary') = (supplements_id IS NOT NULL)"
    )
    _one_standing(f"{STANDS} AND kind <> 'supplementary'")
    op.execute(ONCE)
    op.execute(ONCE_TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER declared_once ON declaration_line")
    op.execute("DROP FUNCTION refuse_declared_twice()")
    op.drop_constraint(op.f("ck_declaration_supplements"), "declaration", type_="check")
    op.execute("UPDATE declaration SET state = 'cancelled', kind = 'regular' WHERE kind = 'supplementary'")
    _kinds("'regular', 'nil', 'revised'")
    _one_standing(STANDS)
    op.drop_column("declaration", "late_reason")
    op.drop_column("declaration", "supplements_id")
    for table in ("payroll_line", "declaration_line"):
        for name, _kind in REASON:
            op.drop_column(table, name)
    op.execute("UPDATE payroll SET state = 'cancelled' WHERE state = 'asked'")
    op.drop_index(ONE_OPEN, table_name="payroll")
    op.create_index(
        ONE_OPEN, "payroll", ["employer_id", "month"], unique=True, postgresql_where=sa.text("state = 'draft'")
    )
    op.drop_column("payroll", "kind")


def _kinds(kinds: str) -> None:
    op.drop_constraint(op.f("ck_declaration_kind"), "declaration", type_="check")
    op.create_check_constraint(op.f("ck_declaration_kind"), "declaration", f"kind IN ({kinds})")


def _one_standing(where: str) -> None:
    op.drop_index(ONE_STANDING, table_name="declaration")
    op.create_index(
        ONE_STANDING, "declaration", ["employer_id", "scheme", "month"], unique=True, postgresql_where=sa.text(where)
    )
