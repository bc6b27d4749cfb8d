"""Writing opening balances into the book: a charge for each month, and the books before as the other side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from portal.bringing.balances_file import BalanceRow
from portal.employers.given import latest_due_day
from portal.installation import month_words, pack
from portal.ledger import book
from portal.ledger.book import Entry
from portal.ledger.models import AccountName
from portal.scheme.explain import Step, steps_to_json
from portal.words import _


@dataclass(frozen=True, slots=True)
class Brought:
    """The day the balances are of, the file they stand in, who posts them and when."""

    as_of: date
    file: UUID
    by: int
    at: datetime


def post(session: Session, rows: Iterable[tuple[int, BalanceRow]], one: Brought) -> None:
    """Post every row as of the end of its day, employer by employer in one order.  Again: nothing more."""
    for employer, row in sorted(rows, key=lambda pair: (pair[0], pair[1].row)):
        book.lock(session, employer)
        if row.contribution or row.late:
            _owed(session, employer, row, one)
        if row.credit:
            _credit(session, employer, row, one)


def _owed(session: Session, employer: int, row: BalanceRow, one: Brought) -> None:
    """A charge with what is open of it; what was late until then counts as posted before."""
    rules = pack(row.scheme)
    assert row.month is not None  # the plan has looked
    due = latest_due_day(rules, row.month)
    assert due is not None
    charge = book.charge_for(
        session, employer, scheme=row.scheme, month=row.month, due_day=due, currency=rules.currency.code,
        pack_hash=rules.hash, at=one.at,
    )  # fmt: skip
    month, day = month_words(row.month), one.as_of
    steps = [
        Step(_("Contributions for %(month)s owed at the end of %(day)s, by the books before", month=month, day=day),
             row.contribution),
        Step(_("Late charges for %(month)s owed at the end of %(day)s, by the books before", month=month, day=day),
             row.late),
    ]  # fmt: skip
    entries = [
        Entry(AccountName.CONTRIBUTION_DUE, row.contribution, charge.id),
        Entry(AccountName.LATE_DUE, row.late, charge.id),
        Entry(AccountName.BOOKS_BEFORE, -row.contribution - row.late, charge.id),
    ]
    _post(session, employer, row, one, (f"opening/{row.scheme}/{row.month}", entries, steps))


def _credit(session: Session, employer: int, row: BalanceRow, one: Brought) -> None:
    """Money of the employer, free to settle what comes."""
    step = Step(_("Money of the employer at the end of %(day)s, by the books before", day=one.as_of), row.credit)
    entries = [Entry(AccountName.CREDIT, -row.credit), Entry(AccountName.BOOKS_BEFORE, row.credit)]
    _post(session, employer, row, one, (f"opening/{row.scheme}/credit", entries, [step]))


def _post(
    session: Session, employer: int, row: BalanceRow, one: Brought, what: tuple[str, list[Entry], list[Step]]
) -> None:
    """One transaction; behind it its sentences, the file and the row it came from."""
    rules, (name, entries, steps) = pack(row.scheme), what
    kept = steps_to_json([step for step in steps if step.result])
    book.post(
        session, employer, scheme=row.scheme, currency=rules.currency.code, name=name, kind="opening",
        effective=one.as_of, entries=entries, at=one.at, by=one.by,
        explanation={"steps": kept, "pack": rules.hash, "file": str(one.file), "row": row.row},
    )  # fmt: skip
