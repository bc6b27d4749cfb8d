"""
Telling the core what the outbox holds for it, one message a call, in order for each employer.

The core does not deduplicate: what was sent once is looked up before it is sent again, and only the sender that holds
the lease sends: it is checked and renewed immediately before each request that changes something.  A person the core
refuses does not hold up the others, a message that always fails is set aside after two days, and a core that is away
is left alone but for a probe.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session

from portal import audit, breaker, clock, db, outbox, restoring
from portal.audit import Event
from portal.coverage.core_client import Core, CoreUnavailable, PersonForCore
from portal.coverage.models import CoverageMonth
from portal.coverage.setting_aside import CORE, Subject, give_up, refused_messages, rows_of, some_reason, subject_of
from portal.coverage.telling import Batch, EmployerForCore, PersonMonth, Told, tell
from portal.installation import fund, pack
from portal.outbox import Message
from portal.people.models import Person
from portal.words import Words, _

log = logging.getLogger("portal.coverage")

#: Person-months a call: what a core that takes 150 requests a minute can do well within the lease.
AT_ONCE = 200
#: The failures in a row (a day of them) after which a single person-month that stays undecided is set aside.
PATIENCE = outbox.tries_in(timedelta(hours=24))
#: An exchange may take up to so many of its time limits: signing in again, and the answer dripping in.
LIMITS = 4
BY_SURPRISE = _("The portal could not work on this. Whoever runs it finds the reason in its log.")

# The employers' room stands above this one and is not imported.
_employer = table(
    "employer",
    *map(column, ("id", "number", "legal_name", "trade_name", "phone", "email", "address")),
)


class LeaseLost(Exception):
    """Another sender has taken this message over."""


@dataclass(frozen=True, slots=True)
class Held:
    """A message this sender has leased: nobody else sends it while *attempts* stays the same."""

    effect: UUID
    attempts: int
    payload: dict[str, Any]


def send_one(core: Core) -> bool:
    """
    Tell the core of the message whose turn it is; False when none may be sent now.

    ValueError when the lease is not longer than a request may take: two could send the same then.
    """
    if core.line.timeout * LIMITS >= outbox.LEASE.total_seconds():
        raise ValueError(f"The lease must be longer than {LIMITS} times the core's time limit.")
    held = _claim()
    if held is None:
        return False
    try:
        with _fenced(core, held):
            _end_strays(core, held)
            if "end" in held.payload and "month" not in held.payload:
                _ended(held)
            else:
                _tell(core, held, subject_of(held.payload))
    except CoreUnavailable as lost:
        _put_off(held, lost.words, for_all=lost.for_all, unsure=lost.ambiguous)
    except LeaseLost:
        pass  # whoever has it now does the work
    except Exception:  # one employer's trouble must not keep the others waiting
        log.exception("message %s not sent", held.effect)
        _put_off(held, BY_SURPRISE, for_all=False, unsure=True)
    return True


# -- before sending ------------------------------------------------------------------


def _claim() -> Held | None:
    at = clock.real_now()
    with db.writing() as session:
        if not breaker.may_try(session, CORE, at=at):
            return None
        message = outbox.claim(session, CORE, at=at)
        return Held(message.effect, message.attempts, dict(message.payload)) if message is not None else None


@contextmanager
def _fenced(core: Core, held: Held) -> Iterator[None]:
    """In here nothing that changes the core is sent once another sender has taken over."""
    core.line.before_change = lambda: _renew(held)
    try:
        yield
    finally:
        core.line.before_change = None


def _renew(held: Held) -> None:
    with db.writing() as session:
        message = outbox.still_leased(session, held.effect, held.attempts)
        if message is None:
            raise LeaseLost
        message.lease_until = clock.real_now() + outbox.LEASE


def _end_strays(core: Core, held: Held) -> None:
    """End the covers two people decided to end, but for those that are paid for again meanwhile."""
    strays: Sequence[str] = held.payload.get("end", ())
    if not strays:
        return
    stands = (CoverageMonth.core_policy.in_(strays), CoverageMonth.state == "open", CoverageMonth.core_state == "known")
    with db.reading() as session:
        meant = set(session.scalars(select(CoverageMonth.core_policy).where(*stands)))
    if ended := [policy for policy in strays if policy not in meant]:
        core.suspend(ended)


def _tell(core: Core, held: Held, subject: Subject) -> None:
    with db.reading() as session:
        batch = _batch(session, subject)
    _finish(held, subject, batch, tell(core, batch, _hold(held, batch)) if batch else Told())


def _batch(session: Session, subject: Subject) -> Batch | None:
    """What waits, as plain values; None when all of it is told."""
    statement = (
        select(CoverageMonth, Person)
        .join(Person, Person.id == CoverageMonth.person_id)
        .where(*rows_of(subject), CoverageMonth.core_state == "waiting")
        .order_by(CoverageMonth.id)
        .limit(AT_ONCE)
    )
    if not (rows := session.execute(statement).all()):
        return None
    rules = pack(subject.scheme)
    went_on = restoring.last_time(session) is not None  # then the core may know what was told before, and we do not
    employer = session.execute(select(_employer).where(_employer.c.id == subject.employer_id)).one()
    return Batch(
        employer=EmployerForCore(
            employer.number, employer.trade_name or employer.legal_name, employer.phone, employer.email,
            employer.address,
        ),
        product=fund().product_of(subject.scheme, rows[0][0].branch),
        label=f"{employer.number}/{subject.scheme}/{subject.month}",
        first_day=subject.month.first_day(rules.calendar),
        last_day=(last_day := subject.month.last_day(rules.calendar)),
        over=clock.today(fund().timezone) >= last_day,
        decimals=rules.currency.digits,
        months=tuple(_person_month(row, person, went_on=went_on) for row, person in rows),
    )  # fmt: skip


def _person_month(row: CoverageMonth, person: Person, *, went_on: bool = False) -> PersonMonth:
    names = " ".join(part for part in (person.first_name, person.other_names) if part)
    known = PersonForCore(
        person.insurance_number, person.national_id, person.surname, names, person.birth_date, person.sex
    )
    tried = went_on or row.core_tried_at is not None
    return PersonMonth(row.id, known, row.core_receipt, row.state == "open", tried, row.contribution)


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


def _put_off(held: Held, why: Words, *, for_all: bool, unsure: bool) -> None:
    """
    Later again; set aside when it failed for too long.  While the core is away no message is at fault.

    *unsure*: something was sent, and the core may still be at work on it.  To look it up too early, and find nothing,
    would be to send it twice: it rests for as long as after a sender that died.
    """
    at = clock.real_now()
    with db.writing() as session:
        away = False
        if for_all:
            away = breaker.failed(session, CORE, str(why), at=at)
        else:
            breaker.worked(session, CORE)
        message = outbox.still_leased(session, held.effect, held.attempts)
        if message is None:
            return
        if away:
            outbox.put_back(message, str(why), at=at)
        elif outbox.worn_out(message):
            give_up(session, message, str(why), at=at)
        else:
            outbox.again(message, str(why), at=at)
        if unsure:
            message.next_try_at = max(message.next_try_at, at + outbox.LEASE)


def _ended(held: Held) -> None:
    """What had to be ended is, and the message was about nothing else."""
    at = clock.real_now()
    with db.writing() as session:
        breaker.worked(session, CORE)
        if message := outbox.still_leased(session, held.effect, held.attempts):
            outbox.done(session, message, at=at)


def _finish(held: Held, subject: Subject, batch: Batch | None, told: Told) -> None:
    """Store what became of each person-month and of the message, in one transaction."""
    now = clock.real_now()
    with db.writing() as session:
        message = outbox.still_leased(session, held.effect, held.attempts)
        if message is None:
            return
        breaker.worked(session, CORE)
        if told.waiting and message.tries >= PATIENCE:
            told.refused, told.waiting = told.refused | told.waiting, {}
        if batch is not None:
            _store(session, batch, told)
        _end_message(session, subject, message, told, at=now)


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


def _end_message(session: Session, subject: Subject, message: Message, told: Told, *, at: datetime) -> None:
    """
    Done; or once more, for those still waiting; or set aside while somebody is refused.

    One message at most stands set aside for a subject: the newest speaks for all its refusals.
    """
    session.flush()
    states = dict(
        session.execute(
            select(CoverageMonth.core_state, func.count()).where(*rows_of(subject)).group_by(CoverageMonth.core_state)
        ).all()
    )
    if told.waiting:
        outbox.again(message, str(next(iter(told.waiting.values()))), at=at)
        return
    if states.get("waiting"):
        outbox.retry(message, at=at)
        return
    for other in refused_messages(session, subject):
        outbox.done(session, other, at=at)
    if not states.get("refused"):
        outbox.done(session, message, at=at)
        return
    problem = some_reason(session, subject)
    outbox.refused(session, message, problem, at=at)
    if told.refused:
        audit.record(
            session, Event.CORE_REFUSED, at=clock.now(), employer=subject.employer_id,
            message=str(message.effect), problem=f"{len(told.refused)} refused",
        )  # fmt: skip
