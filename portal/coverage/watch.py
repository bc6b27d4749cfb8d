"""How the telling of the core stands, read-only: what waits, what is known, what was refused and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session

from portal import breaker
from portal.breaker import Breaker
from portal.coverage.models import CoverageMonth
from portal.coverage.setting_aside import CORE, Subject
from portal.outbox import Message
from portal.people.models import Person
from portal.scheme.calendars import Month

#: Insurance numbers shown for one reason; the count says how many there are.
SHOWN = 10
# The employers' room stands above this one and is not imported.
_employer = table("employer", column("id"), column("number"), column("legal_name"), column("trade_name"))


@dataclass(frozen=True, slots=True)
class Waiting:
    """The oldest message that is not told yet: since when, how often it was tried, and what went wrong last."""

    since: datetime
    attempts: int
    problem: str
    next_try_at: datetime
    messages: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a refusal, how many people it concerns, and the first of them by insurance number."""

    problem: str
    people: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Cover of one employer's people in one month that the core refused."""

    employer_number: str
    employer_name: str
    scheme: str
    month: Month
    people: int
    since: datetime | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class State:
    """Person-months by what the core knows of them, the oldest message that waits, and when it was last told."""

    waiting: int
    known: int
    refused: int
    oldest: Waiting | None
    last_told: datetime | None
    #: Set while the core does not answer and only a probe a minute is sent.
    away: Breaker | None


def state(session: Session) -> State:
    """How everything stands.  Four queries."""
    counted = select(CoverageMonth.core_state, func.count()).group_by(CoverageMonth.core_state)
    counts: Mapping[str, int] = dict(session.execute(counted).all())
    last = select(func.max(Message.done_at)).where(Message.topic == "core", Message.state == "done")
    return State(
        waiting=counts.get("waiting", 0),
        known=counts.get("known", 0),
        refused=counts.get("refused", 0),
        oldest=_oldest(session),
        last_told=session.scalar(last),
        away=_away(session),
    )


def _away(session: Session) -> Breaker | None:
    found = breaker.state(session, CORE)
    return found if found is not None and found.open_since is not None else None


def _oldest(session: Session) -> Waiting | None:
    waits = (Message.topic == "core", Message.state.in_(("queued", "leased")))
    statement = select(Message, func.count().over()).where(*waits).order_by(Message.id).limit(1)
    found = session.execute(statement).first()
    if found is None:
        return None
    message, messages = found
    return Waiting(message.created_at, message.attempts, message.last_problem, message.next_try_at, messages)


def refusals(session: Session, *, limit: int, offset: int = 0) -> tuple[list[Refusal], int]:
    """What the core refused, by employer, scheme and month, the latest month first; and how many such there are."""
    subject = (CoverageMonth.employer_id, CoverageMonth.scheme, CoverageMonth.month)
    grouped = select(*subject).where(CoverageMonth.core_state == "refused").group_by(*subject)
    total = session.scalar(select(func.count()).select_from(grouped.subquery())) or 0
    order = (CoverageMonth.month.desc(), CoverageMonth.employer_id, CoverageMonth.scheme)
    part = grouped.order_by(*order).limit(limit).offset(offset).subquery()
    statement = (
        select(CoverageMonth, Person.insurance_number, _employer)
        .join(part, (part.c.employer_id == CoverageMonth.employer_id) & (part.c.month == CoverageMonth.month))
        .join(Person, Person.id == CoverageMonth.person_id)
        .join(_employer, _employer.c.id == CoverageMonth.employer_id)
        .where(CoverageMonth.core_state == "refused", CoverageMonth.scheme == part.c.scheme)
        .order_by(*order, Person.insurance_number)
    )
    found: dict[tuple[int, str, Month], list[Any]] = {}
    for row in session.execute(statement):
        cover = row.CoverageMonth
        found.setdefault((cover.employer_id, cover.scheme, cover.month), []).append(row)
    return [_refusal(rows) for rows in found.values()], total


def _refusal(rows: Sequence[Any]) -> Refusal:
    first, reasons = rows[0], dict[str, list[str]]()
    for row in rows:
        # The reason may name the person; the numbers stand beside it.
        reasons.setdefault(row.CoverageMonth.core_problem.replace(row.insurance_number, "…"), []).append(
            row.insurance_number
        )
    return Refusal(
        employer_number=first.number,
        employer_name=first.trade_name or first.legal_name,
        scheme=first.CoverageMonth.scheme,
        month=first.CoverageMonth.month,
        people=len(rows),
        since=min((row.CoverageMonth.core_tried_at for row in rows if row.CoverageMonth.core_tried_at), default=None),
        reasons=tuple(Reason(why, len(them), tuple(them[:SHOWN])) for why, them in reasons.items()),
    )


def subject_of(session: Session, employer_number: str, scheme: str, month: Month) -> Subject | None:
    """The subject by the names a page uses; None when there is no such employer."""
    found = session.scalar(select(_employer.c.id).where(_employer.c.number == employer_number))
    return Subject(found, scheme, month) if found is not None else None
