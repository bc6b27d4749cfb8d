"""What people are told: notices, their way out, what readers chose, the fund's own texts, and letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0045"
down_revision = "0040"
branch_labels = None
depends_on = None

NOW = sa.DateTime(timezone=True)
TABLES = (
    "letter_sent", "letter", "notice_template", "notice_preference", "notice_delivery", "notice_read", "notice",
)  # fmt: skip


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _public_id() -> sa.Column:
    return sa.Column("public_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)


def _ref(column: str, table: str, *, of: str, nullable: bool = True) -> list[sa.SchemaItem]:
    name = op.f(f"fk_{of}_{column}")
    return [
        sa.Column(column, sa.BigInteger(), nullable=nullable),
        sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name),
    ]


def upgrade() -> None:
    op.add_column("account", sa.Column("language", sa.String()))
    op.add_column("account", sa.Column("phone", sa.String(), server_default="", nullable=False))
    _notices()
    _deliveries()
    _letters()


def _notices() -> None:
    op.create_table(
        "notice",
        _id(),
        _public_id(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        *_ref("employer_id", "employer", of="notice"),
        *_ref("account_id", "account", of="notice"),
        *_ref("person_id", "person", of="notice"),
        sa.Column("values", JSONB(), nullable=False),
        sa.Column("about", JSONB(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("at", NOW, nullable=False),
        sa.Column("addressed_at", NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("public_id", name=op.f("uq_notice_public_id")),
        sa.UniqueConstraint("name", name=op.f("uq_notice_name")),
        sa.CheckConstraint(
            "audience IN ('employer', 'account', 'person', 'fund')", name=op.f("ck_notice_audience")
        ),
        sa.CheckConstraint("audience <> 'employer' OR employer_id IS NOT NULL", name=op.f("ck_notice_employer")),
        sa.CheckConstraint("audience <> 'account' OR account_id IS NOT NULL", name=op.f("ck_notice_account")),
    )  # fmt: skip
    op.create_index("ix_notice_to_address", "notice", ["id"], postgresql_where=sa.text("addressed_at IS NULL"))
    op.create_index("ix_notice_employer_id_id", "notice", ["employer_id", "id"])
    op.create_index(
        "ix_notice_account_id_id", "notice", ["account_id", "id"], postgresql_where=sa.text("account_id IS NOT NULL")
    )
    op.create_index("ix_notice_of_fund", "notice", ["id"], postgresql_where=sa.text("audience = 'fund'"))
    op.create_table(
        "notice_read",
        *_ref("notice_id", "notice", of="notice_read", nullable=False),
        *_ref("account_id", "account", of="notice_read", nullable=False),
        sa.Column("read_at", NOW, nullable=False),
        sa.PrimaryKeyConstraint("notice_id", "account_id", name=op.f("pk_notice_read")),
    )


def _deliveries() -> None:
    op.create_table(
        "notice_delivery",
        _id(),
        _public_id(),
        *_ref("notice_id", "notice", of="notice_delivery", nullable=False),
        *_ref("employer_id", "employer", of="notice_delivery"),
        *_ref("account_id", "account", of="notice_delivery"),
        *_ref("person_id", "person", of="notice_delivery"),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("created_at", NOW, nullable=False),
        sa.Column("sent_at", NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_delivery")),
        sa.UniqueConstraint("public_id", name=op.f("uq_notice_delivery_public_id")),
        sa.CheckConstraint("channel IN ('mail', 'sms', 'digest')", name=op.f("ck_notice_delivery_channel")),
        sa.CheckConstraint(
            "state IN ('waiting', 'queued', 'sent', 'refused')", name=op.f("ck_notice_delivery_state")
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_notice_delivery_notice_id"), "notice_delivery", ["notice_id"])
    op.create_index(op.f("ix_notice_delivery_employer_id_id"), "notice_delivery", ["employer_id", "id"])
    op.create_index(
        "ix_notice_delivery_waiting", "notice_delivery", ["account_id"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_table(
        "notice_preference",
        *_ref("account_id", "account", of="notice_preference", nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "kind", name=op.f("pk_notice_preference")),
        sa.CheckConstraint(
            "channel IN ('portal', 'mail', 'sms', 'digest')", name=op.f("ck_notice_preference_channel")
        ),
    )  # fmt: skip
    op.create_table(
        "notice_template",
        _id(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("made_at", NOW, nullable=False),
        *_ref("made_by", "account", of="notice_template"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_template")),
    )
    op.create_index(op.f("ix_notice_template_kind_language_id"), "notice_template", ["kind", "language", "id"])


def _letters() -> None:
    op.create_table(
        "letter",
        _id(),
        _public_id(),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        *_ref("employer_id", "employer", of="letter", nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("snapshot", JSONB(), nullable=False),
        *_ref("file_id", "stored_file", of="letter"),
        sa.Column("written_at", NOW, nullable=False),
        *_ref("written_by", "account", of="letter"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("public_id", name=op.f("uq_letter_public_id")),
        sa.UniqueConstraint("number", name=op.f("uq_letter_number")),
        sa.UniqueConstraint("name", name=op.f("uq_letter_name")),
    )
    op.create_index(op.f("ix_letter_employer_id_id"), "letter", ["employer_id", "id"])
    op.create_table(
        "letter_sent",
        _id(),
        *_ref("letter_id", "letter", of="letter_sent", nullable=False),
        *_ref("employer_id", "employer", of="letter_sent", nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", NOW, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_sent")),
        sa.UniqueConstraint("letter_id", "way", "address", "at", name=op.f("uq_letter_sent_letter_id_way_address_at")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON letter_sent "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("account", "phone")
    op.drop_column("account", "language")
