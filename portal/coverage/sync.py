"""
Telling the core what the outbox holds for it, one message a call, in order for each employer.

The core does not deduplicate: what was sent once is looked up before it is sent again, and only
the sender that holds the lease sends.  A person the core refuses does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, column, func, select, table
from sqlalchemy.orm import Session

from portal import audit, clock, db, outbox
from portal.audit import Event
from portal.coverage.core_client import Core, CoreUnavailable, PersonForCore
from portal.coverage.models import CoverageMonth
from portal.coverage.telling import Batch, EmployerForCore, PersonMonth, Told, tell
from portal.installation import fund, month_from, pack
from portal.outbox import Message
from portal.people.models import Person
from portal.scheme.calendars import Month
from portal.words import Words

#: Person-months a call: what a core that takes 150 requests a minute can do well within the lease.
AT_ONCE = 200
#: How long a single person-month may stay undecided before it is set aside, so that the others go on.
PATIENCE = timedelta(hours=24)

# The employers' room stands above this one and is not imported.
_employer = table(
    "employer",
    *map(column, ("id", "number", "legal_name", "trade_name", "phone", "email", "address")),
)


class LeaseLost(Exception):
    """Another sender has taken this message over."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message is about: the cover of one employer's people in one month of one scheme."""

    employer_id: int
    scheme: str
    month: Month


@dataclass(frozen=True, slots=True)
class Held:
    """A message this sender has leased: nobody else sends it while *attempts* stays the same."""

    effect: UUID
    attempts: int
    created_at: datetime
    subject: Subject


def send_one(core: Core) -> bool:
    """Tell the core of the oldest message that may be sent now; False when none may."""
    with db.writing() as session:
        message = outbox.claim(session, "core", at=clock.real_now())
        held = _held(message) if message is not None else None
    if held is None:
        return False
    try:
        with db.reading() as session:
            batch = _batch(session, held.subject)
        _finish(held, batch, tell(core, batch, _hold(held, batch)) if batch else Told())
    except CoreUnavailable as lost:
        _put_off(held, lost.words)
    except LeaseLost:
        pass  # whoever has it now does the work
    return True


def send_again(session: Session, subject: Subject, *, by: int | None, at: datetime) -> int:
    """
    Try once more what the core refused; how many person-months.

    Whoever asks has mended the reason.  Again, with nothing refused any more: nothing happens.
    """
    refused = session.scalars(
        select(CoverageMonth).where(*_of(subject), CoverageMonth.core_state == "refused").with_for_update()
    ).all()
    for row in refused:
        row.core_state, row.core_problem = "waiting", ""
    waiting = _refused_messages(session, subject)
    for message in waiting:
        outbox.retry(message, at=clock.real_now())
        audit.record(
            session, Event.CORE_RETRIED, at=at, by=by, employer=subject.employer_id, message=str(message.effect)
        )
    if refused and not waiting:
        payload = {"employer": subject.employer_id, "scheme": subject.scheme, "month": str(subject.month)}
        name = f"core/{subject.employer_id}/{subject.scheme}/{subject.month}/{uuid4()}"
        outbox.put(session, "core", name, payload, at=clock.real_now(), employer=subject.employer_id)
    session.info[db.WAKE] = True
    return len(refused)


# -- before sending ------------------------------------------------------------------


def _held(message: Message) -> Held:
    payload = message.payload
    subject = Subject(payload["employer"], payload["scheme"], month_from(payload["month"]))
    return Held(message.effect, message.attempts, message.created_at, subject)


def _of(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    return (
        CoverageMonth.employer_id == subject.employer_id,
        CoverageMonth.scheme == subject.scheme,
        CoverageMonth.month == subject.month,
    )


def _batch(session: Session, subject: Subject) -> Batch | None:
    """What waits, as plain values; None when all of it is told."""
    statement = (
        select(CoverageMonth, Person)
        .join(Person, Person.id == CoverageMonth.person_id)
        .where(*_of(subject), CoverageMonth.core_state == "waiting")
        .order_by(CoverageMonth.id)
        .limit(AT_ONCE)
    )
    rows = session.execute(statement).all()
    if not rows:
        return None
    rules = pack(subject.scheme)
    employer = session.execute(select(_employer).where(_employer.c.id == subject.employer_id)).one()
    return Batch(
        employer=EmployerForCore(
            employer.number, employer.trade_name or employer.legal_name, employer.phone, employer.email,
            employer.address,
        ),
        product=fund().product_of(subject.scheme, rows[0][0].branch),
        label=f"{employer.number}/{subject.scheme}/{subject.month}",
        first_day=subject.month.first_day(rules.calendar),
        last_day=subject.month.last_day(rules.calendar),
        decimals=rules.currency.digits,
        months=tuple(_person_month(row, person) for row, person in rows),
    )  # fmt: skip


def _person_month(row: CoverageMonth, person: Person) -> PersonMonth:
    names = " ".join(part for part in (person.first_name, person.other_names) if part)
    known = PersonForCore(
        person.insurance_number, person.national_id, person.surname, names, person.birth_date, person.sex
    )
    return PersonMonth(
        row.id, known, row.core_receipt, row.state == "open", row.core_tried_at is not None, row.contribution
    )


def _hold(held: Held, batch: Batch) -> Callable[[Iterable[PersonMonth]], None]:
    """Just before sending: see that the lease is still ours, renew it, and note what is tried under which receipt."""

    def hold(months: Iterable[PersonMonth]) -> None:
        sent = {one.id: one for one in months}
        was = {one.id: one.receipt for one in batch.months}
        with db.writing() as session:
            message = outbox.still_leased(session, held.effect, held.attempts)
            if message is None:
                raise LeaseLost
            message.lease_until = clock.real_now() + outbox.LEASE
            for row in _locked(session, sent):
                if row.core_receipt != was[row.id]:
                    raise LeaseLost
                row.core_receipt, row.core_tried_at = sent[row.id].receipt, row.core_tried_at or clock.now()

    return hold


def _locked(session: Session, ids: Iterable[int]) -> Iterable[CoverageMonth]:
    wanted = CoverageMonth.id == func.any(list(ids))
    return session.scalars(select(CoverageMonth).where(wanted).order_by(CoverageMonth.id).with_for_update())


# -- afterwards ----------------------------------------------------------------------


def _put_off(held: Held, why: Words) -> None:
    with db.writing() as session:
        if message := outbox.still_leased(session, held.effect, held.attempts):
            outbox.again(message, str(why), at=clock.real_now())


def _finish(held: Held, batch: Batch | None, told: Told) -> None:
    """Store what became of each person-month and of the message, in one transaction."""
    now = clock.real_now()
    if told.waiting and now - held.created_at > PATIENCE:
        told.refused, told.waiting = told.refused | told.waiting, {}
    with db.writing() as session:
        message = outbox.still_leased(session, held.effect, held.attempts)
        if message is None:
            return
        if batch is not None:
            _store(session, batch, told)
        _end_message(session, held, message, told, at=now)


def _store(session: Session, batch: Batch, told: Told) -> None:
    """What was told holds for the state it was told in: a row opened or closed meanwhile goes on waiting."""
    asked = {one.id: one.open for one in batch.months}
    for row in _locked(session, asked):
        if asked[row.id] != (row.state == "open"):
            continue
        if row.id in told.known:
            row.core_state, row.core_policy, row.core_problem = "known", told.known[row.id], ""
            row.core_known_at = clock.now()
        elif row.id in told.refused:
            row.core_state, row.core_problem = "refused", str(told.refused[row.id])
        elif row.id in told.waiting:
            row.core_problem = str(told.waiting[row.id])


def _end_message(session: Session, held: Held, message: Message, told: Told, *, at: datetime) -> None:
    """
    Done; or once more, for those still waiting; or set aside while somebody is refused.

    One message at most stands set aside for a subject: the newest speaks for all its refusals.
    """
    session.flush()
    states = dict(
        session.execute(
            select(CoverageMonth.core_state, func.count()).where(*_of(held.subject)).group_by(CoverageMonth.core_state)
        ).all()
    )
    if told.waiting:
        outbox.again(message, str(next(iter(told.waiting.values()))), at=at)
        return
    if states.get("waiting"):
        outbox.retry(message, at=at)
        return
    for other in _refused_messages(session, held.subject):
        outbox.done(other, at=at)
    if not states.get("refused"):
        outbox.done(message, at=at)
        return
    problem = _some_reason(session, held.subject)
    outbox.refused(message, problem)
    if told.refused:
        audit.record(
            session, Event.CORE_REFUSED, at=clock.now(), employer=held.subject.employer_id,
            message=str(message.effect), problem=f"{len(told.refused)} refused",
        )  # fmt: skip


def _some_reason(session: Session, subject: Subject) -> str:
    statement = select(CoverageMonth.core_problem).where(*_of(subject), CoverageMonth.core_state == "refused")
    return session.scalars(statement.order_by(CoverageMonth.id).limit(1)).one()


def _refused_messages(session: Session, subject: Subject) -> list[Message]:
    statement = select(Message).where(
        Message.topic == "core",
        Message.employer_id == subject.employer_id,
        Message.state == "refused",
        Message.payload["scheme"].astext == subject.scheme,
        Message.payload["month"].astext == str(subject.month),
    )
    return list(session.scalars(statement.order_by(Message.id).with_for_update()))
