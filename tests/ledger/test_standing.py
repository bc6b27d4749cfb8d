"""How charges stand: read once while the book is held, and never older than the last entry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import event

from portal import db
from portal.ledger import book, standing
from portal.ledger.book import Entry
from portal.ledger.models import AccountName
from portal.scheme.calendars import Month
from tests.ledger.conftest import Book

JAN, FEB = Month(2026, 1), Month(2026, 2)
IN_FEBRUARY = date(2026, 2, 5)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent inside the block."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def test_a_held_book_is_asked_once_for_any_number_of_questions_about_a_scheme(kafue: Book) -> None:
    kafue.declare(JAN, 1_200_00, IN_FEBRUARY)
    with db.writing() as session:
        book.lock(session, kafue.employer)
        standing.standings(session, kafue.employer, kafue.scheme)
        with counted() as sent:
            opened = standing.open_charges(session, kafue.employer, kafue.scheme)
            again = standing.standings(session, kafue.employer, kafue.scheme)
    assert ([one.contribution for one in opened], [one.charged for one in again], sent) == ([1_200_00], [1_200_00], [])


def test_after_an_entry_the_book_is_read_anew(kafue: Book) -> None:
    charge = kafue.declare(JAN, 1_200_00, IN_FEBRUARY)
    with db.writing() as session:
        book.lock(session, kafue.employer)
        before = standing.standings(session, kafue.employer)[0]
        kafue.post(
            session, "payment/early", "payment", date(2026, 2, 6),
            [
                Entry(AccountName.MONEY_RECEIVED, 1_300_00),
                Entry(AccountName.CONTRIBUTION_DUE, -1_200_00, charge.id),
                Entry(AccountName.CREDIT, -100_00),
            ],
        )  # fmt: skip
        after = standing.standings(session, kafue.employer)[0]
        left = standing.credit(session, kafue.employer, kafue.scheme)
    assert (before.balance.contribution, before.settled) == (1_200_00, False)
    assert (after.balance.contribution, after.settled, left) == (0, True, 100_00)


def test_a_new_charge_shows_at_once(kafue: Book) -> None:
    kafue.declare(JAN, 1_200_00, IN_FEBRUARY)
    with db.writing() as session:
        book.lock(session, kafue.employer)
        assert len(standing.standings(session, kafue.employer)) == 1
        january = standing.standings(session, kafue.employer)[0].charge
        book.charge_for(
            session, kafue.employer, scheme=kafue.scheme, month=FEB, due_day=date(2026, 3, 10),
            currency=kafue.currency, pack_hash=january.pack_hash, at=january.created_at,
        )  # fmt: skip
        assert [one.charge.month for one in standing.standings(session, kafue.employer)] == [JAN, FEB]


def test_a_book_that_nobody_holds_is_read_each_time(kafue: Book) -> None:
    kafue.declare(JAN, 1_200_00, IN_FEBRUARY)
    with db.writing() as session:
        first = standing.standings(session, kafue.employer)
        kafue.accrue(date(2026, 6, 30))  # somebody else, in the meantime
        second = standing.standings(session, kafue.employer)
    assert (first[0].late_posted, first[0].late_entries) == (0, 0)
    assert (second[0].late_entries, second[0].late_on) == (1, date(2026, 6, 30))
    assert second[0].late_posted == second[0].balance.late > 0


def test_what_was_read_in_one_transaction_says_nothing_in_the_next(kafue: Book) -> None:
    kafue.declare(JAN, 1_200_00, IN_FEBRUARY)
    with db.writing() as session:
        book.lock(session, kafue.employer)
        standing.standings(session, kafue.employer)
    kafue.accrue(date(2026, 6, 30))
    with db.writing() as session:
        book.lock(session, kafue.employer)
        assert standing.standings(session, kafue.employer)[0].late_entries == 1
