"""The audit log as the fund reads it: filtered, in sentences, as a list and as a file; read-only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from portal.audit import AuditEvent
from portal.auth.models import Account
from portal.employers.models import Employer
from portal.installation import fund
from portal.officers.audit_words import GROUPS, sentence
from portal.officers.timeline import charges_named
from portal.people.models import Person
from portal.words import Words

#: Rows of a file; who needs more narrows the days.
LONGEST_FILE = 50_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What the log is narrowed to; empty means all.

    *who* is a part of a name or an address, *group* the beginning of an event's name, *subject* a part of what it is
    about; *first* and *last* are days at the fund, both included.
    """

    who: str = ""
    group: str = ""
    employer: str = ""
    subject: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """One event in words; *who* is empty when a job did it, *person* tells that an employee did."""

    event: AuditEvent
    words: Words
    who: str
    person: bool
    employer_number: str
    employer_name: str


def listed(session: Session, wanted: Wanted, *, limit: int, offset: int = 0) -> tuple[list[Logged], int]:
    """The newest events first, and how many there are."""
    conditions = _conditions(session, wanted)
    total = session.scalar(select(func.count()).select_from(AuditEvent).where(*conditions)) or 0
    statement = _joined().where(*conditions).order_by(AuditEvent.id.desc())
    return _logged(session, session.execute(statement.limit(limit).offset(offset)).all()), total


def every(session: Session, wanted: Wanted) -> Iterator[Logged]:
    """The same list to its end, or to `LONGEST_FILE` rows."""
    statement = _joined().where(*_conditions(session, wanted)).order_by(AuditEvent.id.desc())
    for rows in session.execute(statement.limit(LONGEST_FILE)).partitions(1000):
        yield from _logged(session, rows)


_Row = Select[AuditEvent, str, str, str, str]


def _joined() -> _Row:
    return (
        select(AuditEvent, Account.name, Employer.number, Employer.trade_name, Employer.legal_name)
        .outerjoin(Account, Account.id == AuditEvent.account_id)
        .outerjoin(Employer, Employer.id == AuditEvent.employer_id)
    )


def _logged(session: Session, rows: Sequence[Any]) -> list[Logged]:
    charges = charges_named(session, [row[0].fields["charge"] for row in rows if "charge" in row[0].fields])
    return [
        Logged(
            event, sentence(event.event, {**event.fields, **charges.get(str(event.fields.get("charge")), {})}),
            name or "", event.person_id is not None, number or "", trade or legal or "",
        )
        for event, name, number, trade, legal in rows
    ]  # fmt: skip


def _conditions(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The filters.  Names are looked up first, so that the log itself is asked by number."""
    found: list[ColumnElement[bool]] = []
    if wanted.who:
        like = (column.icontains(wanted.who, autoescape=True) for column in (Account.name, Account.email))
        found.append(AuditEvent.account_id.in_(session.scalars(select(Account.id).where(or_(*like))).all()))
    if wanted.group in GROUPS:
        found.append(AuditEvent.event.startswith(wanted.group, autoescape=True))
    if wanted.employer:
        number = select(Employer.id).where(Employer.number == wanted.employer.upper())
        found.append(AuditEvent.employer_id.in_(session.scalars(number).all()))
    if wanted.subject:
        found.append(AuditEvent.subject.contains(wanted.subject, autoescape=True))
    if wanted.first:
        found.append(AuditEvent.at >= _begins(wanted.first))
    if wanted.last:
        found.append(AuditEvent.at < _begins(wanted.last + timedelta(days=1)))
    return found


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(fund().timezone))


def subject_of_person(session: Session, person_id: int) -> str:
    """How the log names somebody who was read about."""
    return f"person:{session.scalar(select(Person.public_id).where(Person.id == person_id))}"
