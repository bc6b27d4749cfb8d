"""
An employer's account as read from the book, and how old what is overdue has become.

Everything is in minor units of the scheme's currency; days are inclusive and are those the entries
count from (`effective_day`), not those on which they were written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Subquery, case, distinct, func, select
from sqlalchemy.orm import Session, aliased

from portal.installation import fund, pack
from portal.ledger.book import DUE_ACCOUNTS, EMPLOYER_ACCOUNTS
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.scheme.calendars import Month, month_in_words
from portal.scheme.fund import Bucket
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One event in the account: what it added (debit) or took off (credit), and what was owed after it."""

    day: date
    words: Words
    debit: int
    credit: int
    balance: int
    transaction: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An account in one scheme from day to day; a balance below zero is money the fund holds for the employer."""

    scheme: str
    currency: str
    from_day: date
    to_day: date
    opening: int
    rows: tuple[StatementRow, ...]
    closing: int

    @property
    def debits(self) -> int:
        """All that was added to what is owed."""
        return sum(row.debit for row in self.rows)

    @property
    def credits(self) -> int:
        """All that was taken off."""
        return sum(row.credit for row in self.rows)


def statement(session: Session, employer_id: int, scheme: str, from_day: date, to_day: date) -> Statement:
    """
    The account of one employer in one scheme, both days included, in two queries.

    What only moves money between a charge and credit changes nothing that is owed and is left out.
    """
    opening = _balance_before(session, employer_id, scheme, from_day)
    rows: list[StatementRow] = []
    balance = opening
    for event in _events(session, employer_id, scheme, from_day, to_day):
        net = int(event.net)
        balance += net
        words = _words(scheme, event)
        rows.append(
            StatementRow(event.effective_day, words, max(net, 0), max(-net, 0), balance, event.public_id, event.kind)
        )
    currency = pack(scheme).currency.code
    return Statement(scheme, currency, from_day, to_day, opening, tuple(rows), balance)


def _balance_before(session: Session, employer_id: int, scheme: str, day: date) -> int:
    """What was owed at the end of the day before *day*."""
    found = session.scalar(
        select(func.sum(Posting.amount))
        .join(Transaction)
        .where(*_account(employer_id, scheme), Transaction.effective_day < day)
    )
    return int(found or 0)


def _account(employer_id: int, scheme: str) -> tuple[ColumnElement[bool], ...]:
    """The postings that are the employer's account in one scheme."""
    return (Posting.employer_id == employer_id, Transaction.scheme == scheme, Posting.account.in_(EMPLOYER_ACCOUNTS))


def _events(
    session: Session, employer_id: int, scheme: str, from_day: date, to_day: date
) -> Sequence[Row[tuple[int, UUID, str, date, int, list[int], str, date]]]:
    """The transactions that changed what is owed, oldest first, with the months they touched."""
    first = aliased(Transaction)
    net = func.sum(Posting.amount)
    months = func.array_agg(distinct(Charge.month)).filter(Charge.id.is_not(None))
    statement = (
        select(
            Transaction.id,
            Transaction.public_id,
            Transaction.kind,
            Transaction.effective_day,
            net.label("net"),
            months.label("months"),
            first.kind.label("first_kind"),
            first.effective_day.label("first_day"),
        )
        .join(Posting, Posting.transaction_id == Transaction.id)
        .outerjoin(Charge, Posting.charge_id == Charge.id)
        .outerjoin(first, Transaction.reverses_id == first.id)
        .where(*_account(employer_id, scheme), Transaction.effective_day.between(from_day, to_day))
        .group_by(Transaction.id, first.id)
        .having(net != 0)
        .order_by(Transaction.effective_day, Transaction.id)
    )
    return session.execute(statement).all()  # type: ignore[return-value]  # labels of aggregates have no type


def _words(scheme: str, event: Row[tuple[int, UUID, str, date, int, list[int], str, date]]) -> Words:
    """What an event was, as the statement says it."""
    months = [one if isinstance(one, Month) else Month.from_int(one) for one in event.months or ()]
    month = month_in_words(months[0], pack(scheme).calendar) if len(months) == 1 else None
    match event.kind:
        case "declaration" if month:
            return _("Contributions for %(month)s", month=month)
        case "amendment" if month:
            return _("Contributions for %(month)s, by rules that changed later", month=month)
        case "late" if month and event.net > 0:
            return _("Charge for paying late, %(month)s", month=month)
        case "late" if month:
            return _("Charge for paying late taken off, %(month)s", month=month)
        case "opening":
            return _opening(month)
        case "reversal":
            return _taken_back(event.first_kind, event.first_day)
    return _PLAIN.get(event.kind, _("Change of the account"))


#: Events that say the same whatever they touched.
_PLAIN = {"payment": _("Payment received"), "refund": _("Credit given back")}


def _opening(month: Words | None) -> Words:
    if month is None:
        return _("Brought over from the books before")
    return _("Brought over from the books before, %(month)s", month=month)


def _taken_back(kind: str, day: date) -> Words:
    if kind == "payment":
        return _("Payment of %(day)s taken back", day=day)
    return _("Entry of %(day)s taken back", day=day)


@dataclass(frozen=True, slots=True)
class Age:
    """What became overdue so long ago, in one scheme and currency: contributions and late charges apart."""

    scheme: str
    currency: str
    bucket: Bucket
    contribution: int
    late: int
    employers: int
    charges: int

    @property
    def total(self) -> int:
        """Contributions and late charges together."""
        return self.contribution + self.late


def overdue_on(on: date, *narrowed: ColumnElement[bool]) -> Subquery:
    """
    Every charge with something unpaid after its due day, at the end of day *on*: one row a charge.

    *narrowed* are conditions on the charges to look at: without any, all of the fund's are added up.

    Columns: charge_id, employer_id, scheme, currency, month, due_day, days, contribution, late; neither below zero.
    """
    contribution, late = _open_part(AccountName.CONTRIBUTION_DUE), _open_part(AccountName.LATE_DUE)
    return (
        select(
            Charge.id.label("charge_id"),
            Charge.employer_id,
            Charge.scheme,
            Charge.currency,
            Charge.month,
            Charge.due_day,
            (on - Charge.due_day).label("days"),
            contribution.label("contribution"),
            late.label("late"),
        )
        .join(Posting, Posting.charge_id == Charge.id)
        .join(Transaction, Posting.transaction_id == Transaction.id)
        .where(Charge.due_day < on, Transaction.effective_day <= on, Posting.account.in_(DUE_ACCOUNTS), *narrowed)
        .group_by(Charge.id)
        .having((contribution > 0) | (late > 0))
        .subquery("overdue")
    )


def _open_part(account: AccountName) -> ColumnElement[int]:
    """What is open on one account of a charge, not below zero."""
    return func.greatest(func.coalesce(func.sum(Posting.amount).filter(Posting.account == account), 0), 0)


def ageing(session: Session, on: date, scheme: str | None = None, employer_id: int | None = None) -> list[Age]:
    """
    What is overdue at the end of day *on* by the fund's buckets: each bucket of each scheme, in one query.

    A scheme with nothing overdue has rows of zero; two currencies are never added up.
    """
    of_employer = () if employer_id is None else (Charge.employer_id == employer_id,)
    of_scheme = () if scheme is None else (Charge.scheme == scheme,)
    overdue = overdue_on(on, *of_employer, *of_scheme)
    bucket = case(*((_in(bucket, overdue.c.days), place) for place, bucket in enumerate(fund().ageing)))
    place = bucket.label("place")
    statement = select(
        overdue.c.scheme,
        place,
        func.sum(overdue.c.contribution),
        func.sum(overdue.c.late),
        func.count(distinct(overdue.c.employer_id)),
        func.count(),
    ).group_by(overdue.c.scheme, place)
    found = {(row[0], row[1]): tuple(int(number) for number in row[2:]) for row in session.execute(statement)}
    return [
        Age(each, pack(each).currency.code, bucket, *found.get((each, number), (0, 0, 0, 0)))
        for each in ([scheme] if scheme else fund().schemes)
        for number, bucket in enumerate(fund().ageing)
    ]


def _in(bucket: Bucket, days: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether so many days lie in a bucket, both ends included."""
    return days >= bucket.first if bucket.last is None else days.between(bucket.first, bucket.last)
