"""Cases of all kinds, and who has taken what; employees' reports become cases."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0065"
down_revision = "0030"
branch_labels = None
depends_on = None

NOW = sa.DateTime(timezone=True)
SIDES = "side IN ('employer', 'person', 'account', 'nobody')"


def upgrade() -> None:
    _cases()
    op.create_table(
        "case_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("employer_id", sa.BigInteger()),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", NOW, nullable=False),
        sa.CheckConstraint(
            "step IN ('opened', 'message', 'note', 'closed', 'reopened')", name=op.f("ck_case_entry_step")
        ),
        sa.CheckConstraint("side IN ('fund', 'other')", name=op.f("ck_case_entry_side")),
        sa.CheckConstraint("step <> 'note' OR side = 'fund'", name=op.f("ck_case_entry_note")),
        sa.ForeignKeyConstraint(["case_id"], ["fund_case.id"], name=op.f("fk_case_entry_case_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_case_entry_employer_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_case_entry_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_entry")),
    )
    op.create_index(op.f("ix_case_entry_case_id_id"), "case_entry", ["case_id", "id"])
    op.create_table(
        "case_file",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["case_entry.id"], name=op.f("fk_case_file_entry_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_case_file_file_id")),
        sa.PrimaryKeyConstraint("entry_id", "file_id", name=op.f("pk_case_file")),
    )
    op.create_index(op.f("ix_case_file_file_id"), "case_file", ["file_id"])
    op.create_table(
        "taken",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("at", NOW, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_taken_account_id")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_taken")),
    )
    op.create_index(op.f("ix_taken_account_id"), "taken", ["account_id"])
    _from_reports()
    op.drop_table("report")
    for table in ("case_entry", "case_file"):
        _protect(table)


def _cases() -> None:
    op.create_table(
        "fund_case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("employer_id", sa.BigInteger()),
        sa.Column("person_id", sa.BigInteger()),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("parent_id", sa.BigInteger()),
        sa.Column("name", sa.String()),
        sa.Column("opened_at", NOW, nullable=False),
        sa.Column("due_day", sa.Date(), nullable=False),
        sa.Column("closed_at", NOW),
        sa.Column("closed_by", sa.BigInteger()),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'waiting', 'closed')", name=op.f("ck_fund_case_state")),
        sa.CheckConstraint(SIDES, name=op.f("ck_fund_case_side")),
        sa.CheckConstraint("side <> 'employer' OR employer_id IS NOT NULL", name=op.f("ck_fund_case_side_employer")),
        sa.CheckConstraint("side <> 'person' OR person_id IS NOT NULL", name=op.f("ck_fund_case_side_person")),
        sa.CheckConstraint("side <> 'account' OR account_id IS NOT NULL", name=op.f("ck_fund_case_side_account")),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_fund_case_closed")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_fund_case_employer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_fund_case_person_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_fund_case_account_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name=op.f("fk_fund_case_closed_by")),
        sa.ForeignKeyConstraint(["parent_id"], ["fund_case.id"], name=op.f("fk_fund_case_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_case")),
        sa.UniqueConstraint("public_id", name=op.f("uq_fund_case_public_id")),
        sa.UniqueConstraint("number", name=op.f("uq_fund_case_number")),
        sa.UniqueConstraint("name", name=op.f("uq_fund_case_name")),
    )
    op.create_index(op.f("ix_fund_case_employer_id_id"), "fund_case", ["employer_id", "id"])
    op.create_index(op.f("ix_fund_case_person_id"), "fund_case", ["person_id"])
    op.create_index(op.f("ix_fund_case_account_id"), "fund_case", ["account_id"])
    op.create_index(op.f("ix_fund_case_subject"), "fund_case", ["subject"])
    op.create_index(
        "ix_fund_case_waiting", "fund_case", ["kind", "opened_at"], postgresql_where=sa.text("state <> 'closed'")
    )


def _protect(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_app') AND current_user <> 'portal_app' "
        f"THEN REVOKE UPDATE, DELETE ON {table} FROM portal_app; END IF; END $$"
    )


CASE = sa.text(
    "INSERT INTO fund_case (public_id, number, kind, state, side, shared, subject, facts, employer_id, person_id,"
    " contact, opened_at, due_day, closed_at, closed_by, outcome) VALUES (:public_id, :number, 'report', :state,"
    " 'person', true, '', CAST(:facts AS jsonb), :employer_id, :person_id, '', :created_at, :due_day, :answered_at,"
    " :answered_by, :outcome) RETURNING id"
)
ENTRY = sa.text(
    "INSERT INTO case_entry (case_id, employer_id, step, side, account_id, text, at)"
    " VALUES (:case_id, :employer_id, :step, :side, :account_id, :text, :at)"
)


def _from_reports() -> None:
    """Each report under the name it had, its answer as the entry that closed it."""
    bind = op.get_bind()
    reports = bind.execute(sa.text("SELECT * FROM report ORDER BY id")).mappings().all()
    for count, one in enumerate(reports, 1):
        answered = one["state"] == "answered"
        month = f"{one['month'] // 100}-{one['month'] % 100:02d}"
        values = dict(one) | {
            "number": _number(count), "state": "closed" if answered else "open",
            "facts": f'{{"month": "{month}", "what": "{one["kind"]}"}}',
            "due_day": one["created_at"].date() + timedelta(days=10), "outcome": "explained" if answered else "",
        }  # fmt: skip
        case = bind.execute(CASE, values).scalar_one()
        entry = {"case_id": case, "employer_id": one["employer_id"]}
        bind.execute(
            ENTRY, entry | {"step": "opened", "side": "other", "account_id": None, "text": one["message"],
                            "at": one["created_at"]},
        )  # fmt: skip
        if answered:
            bind.execute(
                ENTRY, entry | {"step": "closed", "side": "fund", "account_id": one["answered_by"],
                                "text": one["answer"], "at": one["answered_at"]},
            )  # fmt: skip
    if reports:
        bind.execute(sa.text("INSERT INTO series (name, last) VALUES ('case', :last)"), {"last": len(reports)})


def _number(count: int) -> str:
    """K, a counter, and its Luhn digit."""
    digits = str(100000 + count)
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
    return f"K{digits}{-sum(each - 9 if each > 9 else each for each in doubled) % 10}"


BACK = """
INSERT INTO report (public_id, person_id, employer_id, scheme, month, kind, message, state, answer, created_at,
                    answered_at, answered_by)
SELECT c.public_id, c.person_id, c.employer_id, '',
       split_part(c.facts->>'month', '-', 1)::int * 100 + split_part(c.facts->>'month', '-', 2)::int,
       c.facts->>'what',
       (SELECT text FROM case_entry WHERE case_id = c.id AND step = 'opened'),
       CASE WHEN c.state = 'closed' THEN 'answered' ELSE 'open' END,
       coalesce((SELECT text FROM case_entry WHERE case_id = c.id AND step = 'closed' ORDER BY id DESC LIMIT 1), ''),
       c.opened_at, c.closed_at, c.closed_by
FROM fund_case c WHERE c.kind = 'report' ORDER BY c.id
"""


def downgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("created_at", NOW, nullable=False),
        sa.Column("answered_at", NOW),
        sa.Column("answered_by", sa.BigInteger()),
        sa.CheckConstraint("kind IN ('not_declared', 'wrong_wage')", name=op.f("ck_report_kind")),
        sa.CheckConstraint("state IN ('open', 'answered')", name=op.f("ck_report_state")),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name=op.f("fk_report_answered_by")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_report_employer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_report_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("public_id", name=op.f("uq_report_public_id")),
    )
    op.create_index(op.f("ix_report_person_id"), "report", ["person_id"])
    op.create_index(op.f("ix_report_state_created_at"), "report", ["state", "created_at"])
    op.execute(BACK)
    for table in ("taken", "case_file", "case_entry", "fund_case"):
        op.drop_table(table)
    op.execute("DELETE FROM series WHERE name = 'case'")
