"""
The only way into the book: lock an employer, post, reverse, read balances.

Rows are only ever added.  A debit is above zero, a credit below; all amounts are minor units of
the currency of the scheme.  Whoever writes calls `lock` first, so that what was read still holds
when it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from portal.errors import Refused
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.scheme.allocation import OpenCharge
from portal.scheme.calendars import Month
from portal.scheme.late import ChargeHistory, Movement
from portal.words import _

#: Accounts whose every entry belongs to one month's charge.
DUE_ACCOUNTS = (AccountName.CONTRIBUTION_DUE, AccountName.LATE_DUE)
#: What together is the employer's account with the fund: what is owed, less what was paid ahead.
EMPLOYER_ACCOUNTS = (*DUE_ACCOUNTS, AccountName.CREDIT)


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a transaction: a debit above zero or a credit below, in minor units."""

    account: AccountName
    amount: int
    charge_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChargeBalance:
    """What is open of one charge, in minor units; below zero when more was paid than is owed."""

    contribution: int = 0
    late: int = 0

    @property
    def total(self) -> int:
        """Contribution and late charge together."""
        return self.contribution + self.late


#: Where a session notes which books it holds, and in which transaction.
HELD = "books held"
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:book, 0))")


def lock(session: Session, employer_id: int) -> None:
    """
    Let nobody else write in this employer's book until the transaction ends.  Doing it twice is harmless.

    Every service locks for itself and calls others that do: the second time asks the database nothing.
    """
    transaction, held = session.info.get(HELD, (None, set()))
    if transaction is not session.get_transaction():
        held = set()
    if employer_id not in held:
        session.execute(LOCK, {"book": f"book/{employer_id}"})
        session.info[HELD] = (session.get_transaction(), held | {employer_id})


def charge_for(
    session: Session,
    employer_id: int,
    *,
    scheme: str,
    month: Month,
    due_day: date,
    currency: str,
    pack_hash: str,
    at: datetime,
) -> Charge:
    """The charge of one month of one scheme; made when there is none yet, and otherwise left as it is."""
    statement = insert(Charge).values(
        employer_id=employer_id,
        scheme=scheme,
        month=month,
        due_day=due_day,
        currency=currency,
        pack_hash=pack_hash,
        created_at=at,
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=["employer_id", "scheme", "month"]))
    wanted = (Charge.employer_id == employer_id, Charge.scheme == scheme, Charge.month == month)
    return session.scalars(select(Charge).where(*wanted)).one()


def post(
    session: Session,
    employer_id: int,
    *,
    scheme: str,
    currency: str,
    name: str,
    kind: str,
    effective: date,
    entries: Iterable[Entry],
    at: datetime,
    by: int | None = None,
    explanation: Mapping[str, Any] | None = None,
    reverses: int | None = None,
) -> Transaction:
    """
    Write one transaction; its entries sum to zero.

    The same *name* again gives the first transaction and adds nothing; ``ValueError`` when the
    entries differ from the first ones, because then two events share a name.  *effective* is the
    day it counts from, *at* the moment it is written, *by* the account that did it (None: a job).
    """
    wanted = sorted((entry for entry in entries if entry.amount), key=_order)
    first = session.scalar(select(Transaction).where(Transaction.employer_id == employer_id, Transaction.name == name))
    if first is not None:
        if sorted(entries_of(session, first), key=_order) != wanted:
            raise ValueError(f"{name} stands in the book with other entries")
        return first
    _check(session, employer_id, scheme, currency, wanted)
    made = Transaction(
        employer_id=employer_id, scheme=scheme, currency=currency, name=name, kind=kind, effective_day=effective,
        recorded_at=at, recorded_by=by, explanation=dict(explanation or {}), reverses_id=reverses,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _write(session, made, wanted)
    return made


def _order(entry: Entry) -> tuple[str, int, int]:
    """Entries have no order of their own; this one makes two lists comparable."""
    return entry.account, entry.charge_id or 0, entry.amount


def _check(session: Session, employer_id: int, scheme: str, currency: str, entries: Sequence[Entry]) -> None:
    """Our own mistakes, found before the database finds them: they are never the reader's."""
    if sum(entry.amount for entry in entries):
        raise ValueError("the entries of a transaction must sum to zero")
    if any(entry.charge_id is None for entry in entries if entry.account in DUE_ACCOUNTS):
        raise ValueError("what is owed belongs to a charge")
    wanted = {entry.charge_id for entry in entries if entry.charge_id is not None}
    of_employer = (Charge.employer_id == employer_id, Charge.scheme == scheme, Charge.currency == currency)
    if wanted and session.scalar(select(func.count()).where(Charge.id.in_(wanted), *of_employer)) != len(wanted):
        raise ValueError(f"a charge belongs to another employer, scheme or currency than {scheme} {currency}")


def _write(session: Session, transaction: Transaction, entries: Sequence[Entry]) -> None:
    """All postings in one statement: the database checks once a statement that they sum to zero."""
    rows = [
        {
            "transaction_id": transaction.id,
            "employer_id": transaction.employer_id,
            "account": entry.account,
            "charge_id": entry.charge_id,
            "amount": entry.amount,
        }
        for entry in entries
    ]
    if rows:
        session.execute(insert(Posting).values(rows))


def entries_of(session: Session, transaction: Transaction) -> list[Entry]:
    """The entries of one transaction, in the order they were written."""
    found = session.scalars(select(Posting).where(Posting.transaction_id == transaction.id).order_by(Posting.id))
    return [Entry(AccountName(posting.account), posting.amount, posting.charge_id) for posting in found]


def reverse(
    session: Session, transaction: Transaction, *, name: str, at: datetime, by: int | None, effective: date
) -> Transaction:
    """
    Take a transaction back by writing its opposite; both stay readable.

    *effective* is the day the reversal shows in the account.  For late charges a reversed payment
    counts as never made, whatever that day is (see `history`).
    """
    if transaction.kind == "reversal":
        raise Refused(_("This entry takes another one back. It cannot be taken back itself; enter what is right anew."))
    done = session.scalar(select(Transaction).where(Transaction.reverses_id == transaction.id))
    if done is not None and done.name != name:
        raise Refused(_("This entry was already taken back on %(day)s.", day=done.effective_day))
    opposite = [Entry(entry.account, -entry.amount, entry.charge_id) for entry in entries_of(session, transaction)]
    return post(
        session, transaction.employer_id, scheme=transaction.scheme, currency=transaction.currency, name=name,
        kind="reversal", effective=effective, entries=opposite, at=at, by=by, reverses=transaction.id,
    )  # fmt: skip


def balances(session: Session, charge_ids: Iterable[int], on: date | None = None) -> dict[int, ChargeBalance]:
    """What is open of each charge, by id; with *on*, at the end of that day.  One query, however many."""
    wanted = list(charge_ids)
    found = {charge_id: ChargeBalance() for charge_id in wanted}
    amount = func.sum(Posting.amount)
    statement = (
        select(
            Posting.charge_id,
            amount.filter(Posting.account == AccountName.CONTRIBUTION_DUE),
            amount.filter(Posting.account == AccountName.LATE_DUE),
        )
        .where(Posting.charge_id.in_(wanted))
        .group_by(Posting.charge_id)
    )
    if on is not None:
        statement = statement.join(Transaction).where(Transaction.effective_day <= on)
    for charge_id, contribution, late in session.execute(statement):
        assert charge_id is not None  # the condition above names them
        found[charge_id] = ChargeBalance(int(contribution or 0), int(late or 0))
    return found


def open_charges(session: Session, employer_id: int, scheme: str) -> list[OpenCharge]:
    """What a payment can settle, oldest month first; the key is the charge's id as text."""
    wanted = (Charge.employer_id == employer_id, Charge.scheme == scheme)
    charges = session.scalars(select(Charge).where(*wanted).order_by(Charge.month)).all()
    found = balances(session, [charge.id for charge in charges])
    opened = [
        OpenCharge(
            key=str(charge.id),
            month=charge.month,
            due=charge.due_day,
            contribution=max(found[charge.id].contribution, 0),
            late=max(found[charge.id].late, 0),
        )
        for charge in charges
    ]
    return [charge for charge in opened if charge.contribution or charge.late]


def settled(session: Session, charge_id: int) -> bool:
    """Whether nothing of the contribution is open any more; a late charge may still be."""
    return balances(session, [charge_id])[charge_id].contribution <= 0


def credit(session: Session, employer_id: int, scheme: str) -> int:
    """Money of the employer in this scheme that settles nothing yet, in minor units, above zero."""
    statement = (
        select(func.coalesce(-func.sum(Posting.amount), 0))
        .join(Transaction)
        .where(Posting.employer_id == employer_id, Posting.account == AccountName.CREDIT, Transaction.scheme == scheme)
    )
    return int(session.scalar(statement) or 0)


def history(session: Session, charge: Charge) -> ChargeHistory:
    """Every change of what is unpaid of one charge, as the rule for late charges reads it."""
    return histories(session, [charge])[charge.id]


def histories(session: Session, charges: Sequence[Charge]) -> dict[int, ChargeHistory]:
    """The same for many charges, by id, in one query."""
    reversed_one = aliased(Transaction)
    statement = (
        select(
            Posting.charge_id,
            Posting.amount,
            Transaction.kind,
            Transaction.effective_day,
            reversed_one.kind.label("reversed_kind"),
            reversed_one.effective_day.label("reversed_day"),
        )
        .join(Transaction, Posting.transaction_id == Transaction.id)
        .outerjoin(reversed_one, Transaction.reverses_id == reversed_one.id)
        .where(
            Posting.charge_id.in_([charge.id for charge in charges]),
            Posting.account == AccountName.CONTRIBUTION_DUE,
        )
        .order_by(Transaction.effective_day, Transaction.id)
    )
    movements: dict[int, list[Movement]] = {charge.id: [] for charge in charges}
    due = {charge.id: charge.due_day for charge in charges}
    for charge_id, amount, kind, day, reversed_kind, reversed_day in session.execute(statement):
        assert charge_id is not None  # the condition above names them
        movements[charge_id].append(_movement(amount, reversed_kind or kind, reversed_day or day, due[charge_id]))
    return {charge.id: ChargeHistory(charge.due_day, tuple(movements[charge.id])) for charge in charges}


def _movement(amount: int, kind: str, day: date, due: date) -> Movement:
    """
    One posting as a change of what is unpaid.  A reversal is read with the kind and day of what it takes back.

    What is declared, more or less of it, was owed from the due day on, whenever it was declared.  Money counts from
    its own day; taking it back counts from that same day, so that the two cancel.
    """
    if kind == "declaration":
        return Movement(min(day, due), amount)
    return Movement(day, amount, late_from_posting=amount > 0)
