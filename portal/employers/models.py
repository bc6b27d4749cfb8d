"""Employers: how they register, the schemes they are enrolled in, and who works for them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, PublicId
from portal.errors import Refused
from portal.scheme.calendars import Month
from portal.words import _


class RegistrationState(StrEnum):
    """Where an application to be registered stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"


#: Every move a registration can make.  What is not here cannot happen.
REGISTRATION_MOVES = {
    RegistrationState.DRAFT: {RegistrationState.SUBMITTED},
    RegistrationState.RETURNED: {RegistrationState.SUBMITTED},
    RegistrationState.SUBMITTED: {
        RegistrationState.RETURNED,
        RegistrationState.APPROVED,
        RegistrationState.REJECTED,
    },
}


class Registration(Base):
    """An enterprise's application: answers as typed, page by page, until the fund decides."""

    __tablename__ = "registration"
    __table_args__ = (Index(None, "state", "submitted_at"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    tracking_number: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    answers: Mapped[dict[str, Any]]
    #: The registrar's remarks, by field name.
    remarks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))

    def move_to(self, new: RegistrationState) -> None:
        """Change the state, if the table of moves allows it; Refused otherwise."""
        if new not in REGISTRATION_MOVES.get(RegistrationState(self.state), set()):
            raise Refused(
                _("This registration is %(state)s; it cannot become %(new)s.", state=self.state, new=new.value)
            )
        self.state = new.value


class RegistrationDocument(Base):
    """A paper the fund asks for, by kind."""

    __tablename__ = "registration_document"
    __table_args__ = (UniqueConstraint("registration_id", "kind"),)

    id: Mapped[Id]
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    kind: Mapped[str]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))


class Employer(Base):
    """An enterprise the fund has approved."""

    __tablename__ = "employer"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'suspended', 'closed')", name="state"),
        Index(
            "ix_employer_legal_name_trgm",
            "legal_name",
            postgresql_using="gin",
            postgresql_ops={"legal_name": "gin_trgm_ops"},
        ),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    number: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="active")
    legal_name: Mapped[str]
    trade_name: Mapped[str] = mapped_column(default="")
    tax_number: Mapped[str] = mapped_column(unique=True)
    registration_number: Mapped[str] = mapped_column(default="")
    legal_form: Mapped[str]
    activity: Mapped[str]
    location: Mapped[str]
    address: Mapped[str]
    contact_name: Mapped[str] = mapped_column(default="")
    phone: Mapped[str]
    email: Mapped[str]
    bank_name: Mapped[str] = mapped_column(default="")
    bank_account: Mapped[str] = mapped_column(default="")
    first_employment_day: Mapped[date]
    headcount: Mapped[int]
    approved_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    @property
    def name(self) -> str:
        """The name people use: the trade name, or else the legal one."""
        return self.trade_name or self.legal_name


class Enrolment(Base):
    """An employer's membership in a scheme, from day to day, both inclusive."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("employer_id", "scheme", "from_day"),
        ExcludeConstraint(
            ("employer_id", "="),
            ("scheme", "="),
            (text("daterange(from_day, to_day, '[]')"), "&&"),
            name="ex_enrolment_no_overlap",
            using="gist",
        ),
    )

    id: Mapped[Id]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    scheme: Mapped[str]
    from_day: Mapped[date]
    to_day: Mapped[date | None]
    #: What the scheme asks about the employer and its choices: a list that is only added to (see `given`).
    answers: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))


class Employment(Base):
    """One person at one employer, from day to day, both inclusive.  The roster is all that hold today."""

    __tablename__ = "employment"
    __table_args__ = (
        CheckConstraint("to_day IS NULL OR to_day >= from_day", name="days"),
        ExcludeConstraint(
            ("employer_id", "="),
            ("person_id", "="),
            (text("daterange(from_day, to_day, '[]')"), "&&"),
            name="ex_employment_no_overlap",
            using="gist",
        ),
        Index(None, "person_id"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    staff_number: Mapped[str] = mapped_column(default="")
    category: Mapped[str]
    from_day: Mapped[date]
    to_day: Mapped[date | None]
    leave_reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    #: What schemes ask about the person in this employment: a list that is only added to (see `given`).
    answers: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))


class Wage(Base):
    """What an employment pays a month, by pay component in minor units, from a month on until the next."""

    __tablename__ = "wage"
    __table_args__ = (UniqueConstraint("employment_id", "from_month"),)

    id: Mapped[Id]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"), index=True)
    employment_id: Mapped[int] = mapped_column(ForeignKey("employment.id"))
    from_month: Mapped[Month]
    components: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
