"""
What an officer ticked is carried out: each entry as it was proposed, or left where anything changed in between.

A few are booked while the page waits, more by the worker, some a step.  The form has a name: sent twice, it is one
confirmation; an entry that two officers ticked is booked once, and the other one reads that it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import audit, clock, work
from portal.audit import Event
from portal.auth.access import Right
from portal.bank import settling
from portal.bank.confirming import proposals
from portal.bank.models import BankConfirmation, BankConfirmed, BankEntry
from portal.db import by_public_id
from portal.errors import NotFound, Refused
from portal.ledger import book
from portal.scheme.explain import words_to_json
from portal.words import _
from portal.work import Kind, Order, Part, Tell

#: Ticks in one form at most; booked while a page waits; booked in one step of the worker.
MOST, AT_ONCE, A_STEP = 75, 10, 20


@dataclass(frozen=True, slots=True)
class Tick:
    """An entry and the mark of the proposal that stood beside its box."""

    entry: UUID
    mark: str


def confirm(session: Session, name: UUID, ticks: Sequence[Tick], *, by: int, at: datetime) -> BankConfirmation:
    """
    Carry out what was ticked, or begin to.  The same form (*name*) again: the first confirmation.

    `Refused` (422) without a tick and for more than `MOST`; `NotFound` for an entry there is not.
    """
    made = insert(BankConfirmation).values(name=name, asked_by=by, asked_at=at)
    new = session.scalar(made.on_conflict_do_nothing(index_elements=["name"]).returning(BankConfirmation.id))
    found = session.scalars(select(BankConfirmation).where(BankConfirmation.name == name)).one()
    if new is None:
        return found
    if not 0 < len(ticks) <= MOST:
        raise Refused(_("Tick the proposals that are right, up to %(most)s at a time.", most=MOST), status=422)
    if len(ticks) <= AT_ONCE:  # before rows that name the entries are written: those hold them a little, too
        _lock_books(session, BankEntry.public_id.in_([one.entry for one in ticks]))
    _keep(session, found, ticks)
    audit.record(
        session, Event.BANK_PROPOSALS_CONFIRMED, at=at, by=by, subject=found.subject, entries=len(ticks)
    )  # fmt: skip
    if len(ticks) > AT_ONCE:
        payload = {"confirmation": str(found.public_id)}
        work.begin(
            session, CONFIRM, str(found.public_id), payload, employer=None, by=by, total=len(ticks), back="/fund/bank/"
        )  # fmt: skip
    else:
        carry_on(session, found, AT_ONCE, at=at)
    return found


def _keep(session: Session, found: BankConfirmation, ticks: Sequence[Tick]) -> None:
    """Write down what was ticked and why it was proposed."""
    marks = {one.entry: one.mark for one in ticks}
    rows = session.execute(
        select(BankEntry.id, BankEntry.public_id, BankEntry.why)
        .where(BankEntry.public_id.in_(marks))
        .order_by(BankEntry.booking_day, BankEntry.id)
    ).all()
    if len(rows) != len(marks):
        raise NotFound("entry")
    session.add_all(
        BankConfirmed(confirmation_id=found.id, entry_id=row, seen=marks[name], why=why, outcome="waiting", said={})
        for row, name, why in rows
    )
    session.flush()


def by_name(session: Session, public_id: UUID) -> BankConfirmation:
    """One confirmation; NotFound when there is none."""
    return by_public_id(session, BankConfirmation, public_id)


def carry_on(session: Session, found: BankConfirmation, most: int, *, at: datetime) -> int:
    """Carry out the next ones; how many.  Books are locked before entries, in the order of the employers."""
    rows = session.scalars(
        select(BankConfirmed)
        .where(BankConfirmed.confirmation_id == found.id, BankConfirmed.outcome == "waiting")
        .order_by(BankConfirmed.id).limit(most).with_for_update()
    ).all()  # fmt: skip
    _lock_books(session, BankEntry.id == func.any([row.entry_id for row in rows]))
    for row in rows:
        _carry_out(session, row, uuid5(found.name, str(row.entry_id)), by=found.asked_by, at=at)
    return len(rows)


def _lock_books(session: Session, entries: ColumnElement[bool]) -> None:
    employers = select(BankEntry.found_employer_id).where(entries, BankEntry.found_employer_id.is_not(None)).distinct()
    for employer in sorted(one for one in session.scalars(employers) if one is not None):
        book.lock(session, employer)


def _carry_out(session: Session, row: BankConfirmed, key: UUID, *, by: int, at: datetime) -> None:
    try:
        with session.begin_nested():
            row.payment_id = _do(session, row, key, by=by, at=at)
            row.outcome, row.done_at = "done", at
    except Refused as refused:  # settled by a colleague, matched anew, an employer no longer enrolled
        session.info.pop(book.HELD, None)  # what was read of the book may be undone with it
        row.outcome, row.done_at, row.said = "left", at, words_to_json(refused.words)


def _do(session: Session, row: BankConfirmed, key: UUID, *, by: int, at: datetime) -> int | None:
    """Book the entry as it was proposed; the payment, where one was made or stood behind it."""
    entry = session.get_one(BankEntry, row.entry_id, with_for_update=True, populate_existing=True)
    one = proposals.of_entries(session, [entry.id]).get(entry.id)
    if not entry.unsettled:
        raise Refused(_("It was settled meanwhile."))
    if one is None or one.mark != row.seen or not one.ready:
        raise Refused(_("It changed since you saw it. Look at it again."))
    if entry.found == "out":
        settling.out(session, entry.public_id, by=by, at=at)
        return None
    if one.receipt is not None:
        settling.link(session, entry.public_id, one.receipt, by=by, at=at)
        return one.receipt.payment_id
    assert one.employer is not None  # a proposal that is ready and is neither of the two above
    return settling.settle(
        session, entry.public_id, one.employer.id, scheme=one.scheme or "", amount=entry.unsettled,
        bill=one.bill.reference if one.bill else None, key=key, by=by, at=at,
    ).payment_id  # fmt: skip


def _step(session: Session, order: Order, _tell: Tell) -> Part:
    """The next ones; at the end, the page that says what became of all."""
    found = by_name(session, UUID(order.payload["confirmation"]))
    done = carry_on(session, found, A_STEP, at=clock.now())
    if done < A_STEP:
        return Part(
            order.total, result={"endpoint": "bank_proposals.show", "args": {"confirmation": str(found.public_id)}}
        )
    return Part(min(order.total, order.done + done), CONFIRMING)


CONFIRMING = _("Booking what was confirmed")
CONFIRM = work.kind(Kind("bank_confirming", Right.CASH.value, CONFIRMING, _step))
