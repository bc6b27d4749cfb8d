"""
What the core will not take: set aside with the reason, shown to officers, and sent again by them.

At most one message stands set aside for a subject, and a second click finds nothing more to send.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal import audit, clock, db, outbox
from portal.audit import Event
from portal.coverage.models import CoverageMonth
from portal.installation import month_from
from portal.outbox import Message
from portal.scheme.calendars import Month

#: The name of what is told, among the messages and among what may be away.
CORE = "core"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message is about: the cover of one employer's people in one month of one scheme."""

    employer_id: int
    scheme: str
    month: Month


def subject_of(payload: dict[str, Any]) -> Subject:
    """The subject a message carries."""
    return Subject(payload["employer"], payload["scheme"], month_from(payload["month"]))


def rows_of(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    """The condition for the person-months of a subject."""
    return (
        CoverageMonth.employer_id == subject.employer_id,
        CoverageMonth.scheme == subject.scheme,
        CoverageMonth.month == subject.month,
    )


def ask_anew(session: Session, subject: Subject, **more: Any) -> None:
    """Put a message for what waits of a subject; *more* goes into what it carries."""
    payload = {"employer": subject.employer_id, "scheme": subject.scheme, "month": str(subject.month), **more}
    name = f"core/{subject.employer_id}/{subject.scheme}/{subject.month}/{uuid4()}"
    outbox.put(session, CORE, name, payload, at=clock.real_now(), employer=subject.employer_id)


def send_again(session: Session, subject: Subject, *, by: int | None, at: datetime) -> int:
    """
    Try once more what the core refused; how many person-months.

    Whoever asks has mended the reason.  Again, with nothing refused any more: nothing happens.
    """
    refused = session.scalars(
        select(CoverageMonth).where(*rows_of(subject), CoverageMonth.core_state == "refused").with_for_update()
    ).all()
    for row in refused:
        row.core_state, row.core_problem = "waiting", ""
    waiting = refused_messages(session, subject)
    for message in waiting:
        outbox.retry(message, at=clock.real_now())
        audit.record(
            session, Event.CORE_RETRIED, at=at, by=by, employer=subject.employer_id, message=str(message.effect)
        )
    if refused and not waiting:
        ask_anew(session, subject)
    session.info[db.WAKE] = True
    return len(refused)


def give_up(session: Session, message: Message, problem: str, *, at: datetime) -> int:
    """
    Set a message aside that failed for too long, and with it all that waits of its subject; how many person-months.

    *at* is the real time.  What it carries may be past reading: then it is set aside by itself.
    """
    waiting: list[CoverageMonth] = []
    if "month" in message.payload:
        subject = subject_of(message.payload)
        wanted = (*rows_of(subject), CoverageMonth.core_state == "waiting")
        statement = select(CoverageMonth).where(*wanted).order_by(CoverageMonth.id).with_for_update()
        waiting = list(session.scalars(statement))
        for other in refused_messages(session, subject):
            outbox.done(session, other, at=at)
    for row in waiting:
        row.core_state, row.core_problem = "refused", problem
    outbox.refused(session, message, problem, at=at)
    audit.record(
        session, Event.CORE_REFUSED, at=clock.now(), employer=message.employer_id, message=str(message.effect),
        problem=f"{len(waiting)} given up",
    )  # fmt: skip
    return len(waiting)


def some_reason(session: Session, subject: Subject) -> str:
    """Why the first of those refused was."""
    statement = select(CoverageMonth.core_problem).where(*rows_of(subject), CoverageMonth.core_state == "refused")
    return session.scalars(statement.order_by(CoverageMonth.id).limit(1)).one()


def refused_messages(session: Session, subject: Subject) -> list[Message]:
    """The messages of a subject that stand set aside, locked."""
    statement = select(Message).where(
        Message.topic == CORE,
        Message.employer_id == subject.employer_id,
        Message.state == "refused",
        Message.payload["scheme"].astext == subject.scheme,
        Message.payload["month"].astext == str(subject.month),
    )
    return list(session.scalars(statement.order_by(Message.id).with_for_update()))
