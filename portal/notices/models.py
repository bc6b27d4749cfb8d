"""What was told to whom, by which way it left, what readers chose, and the texts of the fund."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, PublicId


class Notice(Base):
    """
    Something an employer, an account, a person or the fund is told.

    One row however many read it; it is put into words when it is read or sent.  Of persons only what is to be sent
    stands here, one row for all whom it concerns.
    """

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("audience IN ('employer', 'account', 'person', 'fund')", name="audience"),
        CheckConstraint("audience <> 'employer' OR employer_id IS NOT NULL", name="employer"),
        CheckConstraint("audience <> 'account' OR account_id IS NOT NULL", name="account"),
        Index("ix_notice_to_address", "id", postgresql_where=text("addressed_at IS NULL")),
        Index("ix_notice_employer_id_id", "employer_id", "id"),
        Index("ix_notice_account_id_id", "account_id", "id", postgresql_where=text("account_id IS NOT NULL")),
        Index("ix_notice_of_fund", "id", postgresql_where=text("audience = 'fund'")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    #: A name used once: telling the same again adds nothing.
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    audience: Mapped[str]
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: The values of the places, as `words_to_json` keeps them.
    values: Mapped[dict[str, Any]]
    #: What it is about, for links: ids and codes.
    about: Mapped[dict[str, Any]]
    #: The newest text of the fund when it was made (its id): later ones do not change it.
    edition: Mapped[int]
    at: Mapped[datetime]
    addressed_at: Mapped[datetime | None]


class NoticeRead(Base):
    """An account has read a notice."""

    __tablename__ = "notice_read"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    read_at: Mapped[datetime]


class Delivery(Base):
    """
    A notice on its way to one reader: the delivery log.

    waiting: for the digest of the day; queued: in the outbox; sent: the server took it; refused: it will not be sent,
    and *problem* says why.  It holds no text.
    """

    __tablename__ = "notice_delivery"
    __table_args__ = (
        CheckConstraint("channel IN ('mail', 'sms', 'digest')", name="channel"),
        CheckConstraint("state IN ('waiting', 'queued', 'sent', 'refused')", name="state"),
        Index(None, "notice_id"),
        Index(None, "employer_id", "id"),
        Index("ix_notice_delivery_waiting", "account_id", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    #: To whom; neither: the address in the employer's file.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Preference(Base):
    """By which way an account wants a kind of notice."""

    __tablename__ = "notice_preference"
    __table_args__ = (CheckConstraint("channel IN ('portal', 'mail', 'sms', 'digest')", name="channel"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]


class Template(Base):
    """The fund's own text of a kind in a language, one version after the other; empty: the portal's text again."""

    __tablename__ = "notice_template"
    __table_args__ = (Index(None, "kind", "language", "id"),)

    id: Mapped[Id]
    kind: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Letter(Base):
    """
    A letter of the fund: its number, what stands in it for good, and its PDF once it was drawn.

    The number has no gaps.  What is sent by whom and when stands in `LetterSent`.
    """

    __tablename__ = "letter"
    __table_args__ = (Index(None, "employer_id", "id"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    number: Mapped[str] = mapped_column(unique=True)
    #: A name used once: writing the same letter again gives the first.
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    language: Mapped[str]
    snapshot: Mapped[dict[str, Any]]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    written_at: Mapped[datetime]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class LetterSent(Base):
    """Proof of sending: which way, to which address, when; rows are only ever added."""

    __tablename__ = "letter_sent"
    __table_args__ = (UniqueConstraint("letter_id", "way", "address", "at"),)

    id: Mapped[Id]
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    way: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]
    #: SHA-256 of the PDF that was sent.
    sha256: Mapped[str]
