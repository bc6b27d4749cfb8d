"""A month's payroll, and the declaration it makes for each scheme."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, Money, PublicId
from portal.errors import Refused
from portal.scheme.calendars import Month
from portal.words import _


class PayrollState(StrEnum):
    """
    A payroll is worked on, then submitted; or given up.

    ``asked``: a revision that leaves less owed than was paid waits until an officer decides on it.
    """

    DRAFT = "draft"
    ASKED = "asked"
    SUBMITTED = "submitted"
    CANCELLED = "cancelled"


class PayrollKind(StrEnum):
    """What a payroll does to its month: declares it, replaces what was declared, or adds who was forgotten."""

    REGULAR = "regular"
    REVISED = "revised"
    SUPPLEMENTARY = "supplementary"


class Payroll(Base):
    """One upload or form for a month, serving every scheme the employer is enrolled in."""

    __tablename__ = "payroll"
    __table_args__ = (
        Index(
            "uq_payroll_one_draft",
            "employer_id",
            "month",
            unique=True,
            postgresql_where=text("state IN ('draft', 'asked')"),
        ),
        Index(None, "employer_id", "month"),
        CheckConstraint("source IN ('roster', 'file', 'nil')", name="source"),
        CheckConstraint("kind IN ('regular', 'revised', 'supplementary')", name="kind"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    month: Mapped[Month]
    state: Mapped[str]
    kind: Mapped[str] = mapped_column(default=PayrollKind.REGULAR.value, server_default="regular")
    source: Mapped[str]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    #: Counts up at each change; a page that shows an older one is told so instead of overwriting.
    version: Mapped[int] = mapped_column(default=1)
    #: Warnings, notices and totals as checked at the last save.
    checked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    @property
    def waits(self) -> bool:
        """Whether it waits for the fund to decide."""
        return self.state == PayrollState.ASKED.value

    @property
    def revises(self) -> bool:
        """Whether it takes the place of what was declared."""
        return self.kind == PayrollKind.REVISED.value

    @property
    def adds(self) -> bool:
        """Whether it adds people who were forgotten."""
        return self.kind == PayrollKind.SUPPLEMENTARY.value


class PayrollLine(Base):
    """One person's pay in a payroll, in minor units by component, with the shares computed at the last save."""

    __tablename__ = "payroll_line"

    payroll_id: Mapped[int] = mapped_column(ForeignKey("payroll.id"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    components: Mapped[dict[str, Any]]
    days: Mapped[int | None]
    #: scheme -> [insurable, employer share, employee share], minor units
    shares: Mapped[dict[str, Any]]
    problems: Mapped[list[Any]] = mapped_column(default=list)
    #: Why it is not a whole month at the wage (a code of `reasons`), and the days it is about, both included.
    reason: Mapped[str | None]
    reason_from: Mapped[date | None]
    reason_to: Mapped[date | None]


class FaultyLine(Base):
    """A row that could not be read, kept as typed beside the good ones until mended or left out."""

    __tablename__ = "faulty_line"

    payroll_id: Mapped[int] = mapped_column(ForeignKey("payroll.id"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    cells: Mapped[dict[str, Any]]
    problems: Mapped[list[Any]]


class State(StrEnum):
    """The stored states of a declaration.  Paid and overdue are read from the ledger, never stored."""

    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


#: Every move a declaration can make.  What is not here cannot happen.  (A draft is still a payroll.)
MOVES = {
    State.SUBMITTED: {State.UNDER_REVIEW, State.RETURNED, State.ACCEPTED, State.SUPERSEDED},
    State.UNDER_REVIEW: {State.RETURNED, State.ACCEPTED, State.SUPERSEDED},
    State.RETURNED: {State.SUPERSEDED},
    State.ACCEPTED: {State.SUPERSEDED},
}


class Declaration(Base):
    """An employer's month in one scheme, acknowledged: it is the employer's own assessment."""

    __tablename__ = "declaration"
    __table_args__ = (
        Index(
            "uq_declaration_one_standing",
            "employer_id",
            "scheme",
            "month",
            unique=True,
            postgresql_where=text("state NOT IN ('superseded', 'cancelled') AND kind <> 'supplementary'"),
        ),
        UniqueConstraint("payroll_id", "scheme"),
        Index(None, "scheme", "month"),
        CheckConstraint("kind IN ('regular', 'nil', 'revised', 'supplementary')", name="kind"),
        CheckConstraint("(kind = 'supplementary') = (supplements_id IS NOT NULL)", name="supplements"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    payroll_id: Mapped[int] = mapped_column(ForeignKey("payroll.id"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    scheme: Mapped[str]
    month: Mapped[Month]
    kind: Mapped[str]
    state: Mapped[str]
    #: The acknowledgement: next number of its series, without gaps.
    number: Mapped[str] = mapped_column(unique=True)
    currency: Mapped[str]
    people: Mapped[int]
    earnings: Mapped[Money]
    insurable: Mapped[Money]
    employer_share: Mapped[Money]
    employee_share: Mapped[Money]
    total: Mapped[Money]
    provisional: Mapped[bool] = mapped_column(default=False)
    due_day: Mapped[date]
    pack_hash: Mapped[str]
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: What was submitted, frozen: the PDF is drawn from this.
    snapshot: Mapped[dict[str, Any]]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    #: What it was computed with beside pay: answers about the employer, its choices, its headcount.
    given: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    #: The main declaration whose place it took: a revision replaces that one and all that supplemented it.
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("declaration.id"))
    #: The main declaration that stood when this one added people to its month.
    supplements_id: Mapped[int | None] = mapped_column(ForeignKey("declaration.id"))
    #: Under what somebody of the fund entered it from paper; None: the employer sent it itself.
    on_behalf_id: Mapped[int | None] = mapped_column(ForeignKey("on_behalf.id"))
    #: Why it was filed after the due day, in the employer's words; empty where nothing was said.
    late_reason: Mapped[str] = mapped_column(default="", server_default="")

    def move_to(self, new: State) -> None:
        """Change the state, if the table of moves allows it; Refused otherwise."""
        if new not in MOVES.get(State(self.state), set()):
            raise Refused(
                _(
                    "The declaration for %(month)s is %(state)s; it cannot become %(new)s.",
                    month=str(self.month),
                    state=self.state,
                    new=new.value,
                )
            )
        self.state = new.value


class DeclarationLine(Base):
    """One person in one declaration: the pay components the scheme counts, and the shares by branch."""

    __tablename__ = "declaration_line"
    __table_args__ = (Index(None, "person_id", "declaration_id"),)

    declaration_id: Mapped[int] = mapped_column(ForeignKey("declaration.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    components: Mapped[dict[str, Any]]
    days: Mapped[int | None]
    earnings: Mapped[Money]
    insurable: Mapped[Money]
    employer_share: Mapped[Money]
    employee_share: Mapped[Money]
    #: branch -> [insurable, employer share, employee share], minor units; a share is null where only their sum is known
    branches: Mapped[dict[str, Any]]
    #: What was answered about the person, by the code of the scheme's question.
    given: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    #: As in the payroll.
    reason: Mapped[str | None]
    reason_from: Mapped[date | None]
    reason_to: Mapped[date | None]
