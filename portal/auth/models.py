"""Accounts, what they may do, and their sessions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
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
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

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
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str]
    from_day: Mapped[date]
    to_day: Mapped[date | None]


class Mandate(Base):
    """An account acts for an employer in a role, from day to day, both inclusive."""

    __tablename__ = "mandate"
    __table_args__ = (UniqueConstraint("employer_id", "account_id", "role", "from_day"), Index(None, "account_id"))

    id: Mapped[Id]
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


class Token(Base):
    """A link sent by mail, good once: confirm an address, choose a new password, resume a registration."""

    __tablename__ = "token"
    __table_args__ = (CheckConstraint("purpose IN ('confirm', 'reset', 'register')", name="purpose"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Attempt(Base):
    """One try at something limited (sign in, reset, enter a code), counted before it is judged."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "bucket", "at"),)

    id: Mapped[Id]
    bucket: Mapped[str]
    at: Mapped[datetime]
