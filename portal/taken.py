"""
Who has taken a piece of work at the fund: one row a thing, whatever kind of thing it is.

What nobody has taken has no row.  A subject is "kind:public id", as in the audit log.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, column, delete, select, table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import audit
from portal.audit import Event
from portal.db import Base
from portal.errors import Refused
from portal.words import _

_account = table("account", column("id"), column("name"))


class Taken(Base):
    """One thing that somebody of the fund looks after."""

    __tablename__ = "taken"
    __table_args__ = (Index(None, "account_id"),)

    subject: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has taken something, and since when."""

    account: int
    name: str
    at: datetime


def take(session: Session, subject: str, *, by: int, at: datetime) -> None:
    """Look after it oneself.  Again: nothing changes.  Refused (409) while a colleague has it."""
    if not take_if_free(session, subject, by=by, at=at):
        found = owners(session, [subject]).get(subject)
        if found is not None and found.account != by:
            raise Refused(_("%(name)s has taken this already. Ask them, or have it assigned to you.", name=found.name))


def take_if_free(session: Session, subject: str, *, by: int, at: datetime) -> bool:
    """Take it unless somebody has it; says whether it was taken now."""
    statement = insert(Taken).values(subject=subject, account_id=by, at=at)
    statement = statement.on_conflict_do_nothing(index_elements=[Taken.subject])
    made = session.execute(statement.returning(Taken.subject)).first() is not None
    if made:
        audit.record(session, Event.WORK_TAKEN, at=at, by=by, subject=subject, to_account=by)
    return made


def assign(session: Session, subject: str, to: int, *, by: int, at: datetime) -> None:
    """Give it to a colleague, whoever has it now."""
    row = {"account_id": to, "at": at}
    statement = insert(Taken).values(subject=subject, **row)
    changed = session.execute(
        statement.on_conflict_do_update(
            index_elements=[Taken.subject], set_=row, where=Taken.account_id != to
        ).returning(Taken.subject)
    )
    if changed.first() is not None:
        audit.record(session, Event.WORK_TAKEN, at=at, by=by, subject=subject, to_account=to)


def release(session: Session, subject: str, *, by: int, at: datetime) -> None:
    """Give it back to everybody.  Where nobody has it: nothing changes."""
    gone = session.execute(delete(Taken).where(Taken.subject == subject).returning(Taken.account_id)).scalar()
    if gone is not None:
        audit.record(session, Event.WORK_RELEASED, at=at, by=by, subject=subject, to_account=gone)


def owners(session: Session, subjects: Collection[str]) -> dict[str, Owner]:
    """Who has taken each of these; what nobody has taken is left out.  One query."""
    rows = session.execute(
        select(Taken, _account.c.name)
        .join(_account, _account.c.id == Taken.account_id)
        .where(Taken.subject.in_(subjects))
    )
    return {row.subject: Owner(row.account_id, name, row.at) for row, name in rows}
