"""Accounts, what they may do, and their sessions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, PublicId


class EmployerRole(StrEnum):
    """What an account may do for one employer."""

    ADMINISTRATOR = "administrator"
    CLERK = "clerk"
    SIGNATORY = "signatory"
    VIEWER = "viewer"


class FundRoleName(StrEnum):
    """What an account may do at the fund."""

    REGISTRAR = "registrar"
    CONTRIBUTION_OFFICER = "contribution_officer"
    CASHIER = "cashier"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    SYSTEM_ADMINISTRATOR = "system_administrator"


class Account(Base):
    """Someone who signs in with an e-mail address and a password: never an employee as such."""

    __tablename__ = "account"
    __table_args__ = (Index("uq_account_email", text("lower(email)"), unique=True),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]
    #: The language of what is sent to them; None: the fund's first.
    language: Mapped[str | None]
    #: For text messages, where the fund sends any.
    phone: Mapped[str] = mapped_column(default="", server_default="")
    #: When they agreed to text messages; None: they did not.
    texts_agreed_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    #: On the real clock, to the minute: for the review of who still uses what they may.
    last_seen_at: Mapped[datetime | None]
    #: The accountant's office somebody works for; empty for an employer's own people.
    office: Mapped[str] = mapped_column(default="", server_default="")
    #: Codes of the places an officer works for, with all that lies in them; empty means the whole fund.
    districts: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))

    is_active = True  # Flask-Login: a disabled account is not loaded at all
    is_authenticated = True
    is_anonymous = False
    #: Tells an account from an employee's visit, without importing either.
    kind = "account"

    def get_id(self) -> str:
        """How a session names this account."""
        return f"account:{self.id}"


class FundRole(Base):
    """An account's role at the fund, from day to day, both inclusive."""

    __tablename__ = "fund_role"
    __table_args__ = (UniqueConstraint("account_id", "role", "from_day"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str]
    from_day: Mapped[date]
    to_day: Mapped[date | None]


class Mandate(Base):
    """An account acts for an employer in a role, from day to day, both inclusive."""

    __tablename__ = "mandate"
    __table_args__ = (UniqueConstraint("employer_id", "account_id", "role", "from_day"), Index(None, "account_id"))

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str]
    from_day: Mapped[date]
    to_day: Mapped[date | None]


class WebSession(Base):
    """A visit, kept here so that it can be ended from here.  The cookie holds only a random token."""

    __tablename__ = "web_session"
    __table_args__ = (Index(None, "expires_at"), Index(None, "account_id"))

    #: SHA-256 of the token, so that reading this table does not let one take over a visit.
    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    public_id: Mapped[PublicId]
    #: Which browser on which system, in two words.
    device: Mapped[str] = mapped_column(default="", server_default="")


class Token(Base):
    """A link sent by mail, good once: confirm an address, choose a new password, use another address."""

    __tablename__ = "token"
    __table_args__ = (CheckConstraint("purpose IN ('confirm', 'reset', 'register', 'email')", name="purpose"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    #: The address to be used from now on; only for that purpose.
    address: Mapped[str] = mapped_column(default="", server_default="")


class Attempt(Base):
    """One try at something limited (sign in, reset, enter a code), counted before it is judged."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "bucket", "at"),)

    id: Mapped[Id]
    bucket: Mapped[str]
    at: Mapped[datetime]


class SecondFactor(Base):
    """
    The authenticator of an account: codes that change every thirty seconds.

    Its secret is not kept: it is worked out from the salt and the installation's own secret (see `factor`).
    """

    __tablename__ = "second_factor"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    salt: Mapped[str]
    made_at: Mapped[datetime]
    #: Null until a first code showed that the authenticator works.
    confirmed_at: Mapped[datetime | None]
    #: The thirty seconds of the last code that was taken: neither it nor an older one is taken again.
    last_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class RecoveryCode(Base):
    """One of the codes for the day the authenticator is lost: kept as a digest, good once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    digest: Mapped[str]
    used_at: Mapped[datetime | None]
