"""One case, what was written in it, and the papers that came along."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, PublicId
from portal.errors import Refused
from portal.words import _


class CaseState(StrEnum):
    """Whose turn it is: the fund's, the other side's; or nobody's any more."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


#: Every move a case can make.  What is not here cannot happen.
CASE_MOVES = {
    CaseState.OPEN: {CaseState.WAITING, CaseState.CLOSED},
    CaseState.WAITING: {CaseState.OPEN, CaseState.CLOSED},
    CaseState.CLOSED: {CaseState.OPEN},
}


class Side(StrEnum):
    """Who reads and answers on the other side; nobody where somebody came without signing in."""

    EMPLOYER = "employer"
    PERSON = "person"
    ACCOUNT = "account"
    NOBODY = "nobody"


class Case(Base):
    """
    Something somebody asked or reported, of whatever kind.

    *employer_id* and *person_id* say whom it is about; only its *side* may read it, and only once it is *shared*:
    what an employee reports about an employer is never read by that employer.
    """

    __tablename__ = "fund_case"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'waiting', 'closed')", name="state"),
        CheckConstraint("side IN ('employer', 'person', 'account', 'nobody')", name="side"),
        CheckConstraint("side <> 'employer' OR employer_id IS NOT NULL", name="side_employer"),
        CheckConstraint("side <> 'person' OR person_id IS NOT NULL", name="side_person"),
        CheckConstraint("side <> 'account' OR account_id IS NOT NULL", name="side_account"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        Index(None, "employer_id", "id"),
        Index(None, "person_id"),
        Index(None, "account_id"),
        Index(None, "subject"),
        Index("ix_fund_case_waiting", "kind", "opened_at", postgresql_where=text("state <> 'closed'")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    #: What people quote: a series of its own, with a check digit.
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    state: Mapped[str]
    side: Mapped[str]
    #: Whether its other side may read it.
    shared: Mapped[bool]
    #: What it is about, as "kind:public id"; empty where that is nothing the portal keeps.
    subject: Mapped[str] = mapped_column(default="")
    #: What its kind needs to say what it is about: plain JSON.
    facts: Mapped[dict[str, Any]]
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: The account that opened it, when it was not one of the fund.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    contact: Mapped[str] = mapped_column(default="")
    #: The case it came from.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("fund_case.id"))
    #: A name used once, so that a second click opens no second case.
    name: Mapped[str | None] = mapped_column(unique=True)
    opened_at: Mapped[datetime]
    #: The day by which the fund means to have closed it; that day included.
    due_day: Mapped[date]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    outcome: Mapped[str] = mapped_column(default="")

    @property
    def subject_name(self) -> str:
        """How the audit log and the list of what is taken name this case."""
        return f"case:{self.public_id}"

    def move_to(self, new: CaseState) -> None:
        """Change whose turn it is; staying is no move.  Refused where the table of moves does not allow it."""
        if new.value == self.state:
            return
        if new not in CASE_MOVES[CaseState(self.state)]:
            raise Refused(_("Case %(number)s is closed. Reopen it first.", number=self.number))
        self.state = new.value


class CaseEntry(Base):
    """One thing said or done in a case.  The database refuses to change or delete it."""

    __tablename__ = "case_entry"
    __table_args__ = (
        CheckConstraint("step IN ('opened', 'message', 'note', 'closed', 'reopened')", name="step"),
        CheckConstraint("side IN ('fund', 'other')", name="side"),
        CheckConstraint("step <> 'note' OR side = 'fund'", name="note"),
        Index(None, "case_id", "id"),
    )

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("fund_case.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    step: Mapped[str]
    side: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    text: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class CaseFile(Base):
    """A paper sent along with an entry."""

    __tablename__ = "case_file"
    __table_args__ = (Index(None, "file_id"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("case_entry.id"), primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), primary_key=True)
