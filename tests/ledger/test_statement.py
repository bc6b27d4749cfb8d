"""The account as people read it, and the age of what is overdue."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal import db
from portal.installation import fund
from portal.ledger.statement import Age, Statement, ageing, statement
from portal.scheme.calendars import Month
from tests.ledger.conftest import Book

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
DUE = date(2026, 11, 10)


def read(kafue: Book, from_day: date, to_day: date) -> Statement:
    with db.reading() as session:
        return statement(session, kafue.employer, kafue.scheme, from_day, to_day)


def ages(kafue: Book, on: date, scheme: str = "zm-napsa") -> dict[str, tuple[int, int]]:
    """Contribution and late charge by bucket, where there is any."""
    with db.reading() as session:
        found = ageing(session, on, scheme, kafue.employer)
    return {str(one.bucket.name): (one.contribution, one.late) for one in found if one.total}


def test_a_statement_reads_as_a_story(kafue: Book) -> None:
    kafue.declare(OCTOBER, 3000_00, date(2026, 11, 5))
    kafue.accrue(date(2026, 11, 20))
    cheque = kafue.pay(3500_00, date(2026, 11, 20))
    kafue.take_back(cheque, date(2026, 11, 25))
    told = read(kafue, date(2026, 11, 1), date(2026, 11, 30))
    assert [(str(row.words), row.debit, row.credit, row.balance) for row in told.rows] == [
        ("Contributions for October 2026", 3000_00, 0, 3000_00),
        ("Charge for paying late, October 2026", 300_00, 0, 3300_00),
        ("Payment received", 0, 3500_00, -200_00),
        ("Payment of 20 November 2026 taken back", 3500_00, 0, 3300_00),
    ]
    assert (told.opening, told.closing) == (0, 3300_00)
    assert told.opening + told.debits - told.credits == told.closing


def test_the_opening_balance_is_what_was_owed_the_day_before(kafue: Book) -> None:
    kafue.declare(OCTOBER, 3000_00, date(2026, 11, 5))
    kafue.pay(1000_00, date(2026, 11, 30))
    december = read(kafue, date(2026, 12, 1), date(2026, 12, 31))
    assert (december.opening, december.rows, december.closing) == (2000_00, (), 2000_00)
    assert read(kafue, date(2026, 11, 30), date(2026, 12, 31)).opening == 3000_00


def test_using_credit_changes_nothing_that_is_owed(kafue: Book) -> None:
    kafue.pay(5000_00, date(2026, 11, 3))
    kafue.declare(OCTOBER, 3000_00, date(2026, 11, 5))
    kafue.settle_credit(DUE)
    told = read(kafue, date(2026, 11, 1), date(2026, 11, 30))
    assert [row.kind for row in told.rows] == ["payment", "declaration"]
    assert told.closing == -2000_00


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (1, "0 to 30 days"),
        (30, "0 to 30 days"),
        (31, "31 to 60 days"),
        (365, "181 to 365 days"),
        (366, "over 365 days"),
    ],
)
def test_arrears_grow_older(kafue: Book, days: int, bucket: str) -> None:
    kafue.declare(OCTOBER, 3000_00, date(2026, 11, 5))
    assert ages(kafue, DUE + timedelta(days)) == {bucket: (3000_00, 0)}


def test_nothing_is_overdue_on_the_due_day(kafue: Book) -> None:
    kafue.declare(OCTOBER, 3000_00, date(2026, 11, 5))
    assert ages(kafue, DUE) == {}


def test_contributions_and_late_charges_stand_apart(kafue: Book) -> None:
    kafue.declare(OCTOBER, 3000_00, date(2026, 11, 5))
    kafue.declare(NOVEMBER, 1000_00, date(2026, 12, 5))
    kafue.accrue(date(2026, 12, 20))
    kafue.pay(3500_00, date(2026, 12, 20))
    assert ages(kafue, date(2026, 12, 20)) == {"0 to 30 days": (500_00, 100_00), "31 to 60 days": (0, 600_00)}


def test_every_bucket_of_every_scheme_has_its_row(kafue: Book) -> None:
    with db.reading() as session:
        found = ageing(session, DUE)
    assert found == [
        Age(scheme, "ZMW", bucket, 0, 0, 0, 0) for scheme in fund().schemes for bucket in fund().ageing
    ]  # fmt: skip
