"""The book: nothing goes in twice, nothing is changed, and the database itself refuses what does not balance."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal import db
from portal.errors import Refused
from portal.ledger import book, standing
from portal.ledger.book import ChargeBalance, Entry
from portal.ledger.models import AccountName, Posting, Transaction
from portal.scheme.calendars import Month
from tests.conftest import Cluster
from tests.ledger.conftest import AT, Book, make_employer

OCTOBER = Month(2026, 10)
DUE = date(2026, 11, 10)


def test_a_declaration_is_owed_until_it_is_paid(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, date(2026, 11, 5))
    assert kafue.balance(charge) == ChargeBalance(contribution=3000_00)
    kafue.pay(1000_00, DUE)
    assert kafue.balance(charge).contribution == 2000_00
    kafue.pay(2500_00, DUE)
    assert kafue.balance(charge).contribution == 0
    assert kafue.credit() == 500_00


def test_the_same_name_again_adds_nothing(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE, name="declaration/one")
    again = kafue.declare(OCTOBER, 3000_00, DUE, name="declaration/one")
    assert again.id == charge.id
    assert kafue.balance(charge).contribution == 3000_00


def test_one_name_cannot_stand_for_two_events(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE, name="declaration/one")
    with pytest.raises(ValueError, match="other entries"):
        kafue.declare(OCTOBER, 3100_00, DUE, name="declaration/one")
    assert kafue.balance(charge).contribution == 3000_00


def test_a_reversal_leaves_both_readable_and_nothing_owed(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    payment = kafue.pay(3500_00, DUE)
    taken_back = kafue.take_back(payment, date(2026, 11, 20))
    assert kafue.balance(charge).contribution == 3000_00
    assert kafue.credit() == 0
    assert kafue.take_back(payment, date(2026, 11, 20)).id == taken_back.id
    with db.reading() as session:
        assert session.scalars(select(Transaction.kind).order_by(Transaction.id)).all() == [
            "declaration", "payment", "reversal",
        ]  # fmt: skip


def test_an_entry_is_taken_back_once_and_a_reversal_never(kafue: Book) -> None:
    payment = kafue.pay(100_00, DUE)
    taken_back = kafue.take_back(payment, DUE)
    with pytest.raises(Refused, match="already taken back on 10 November 2026"), db.writing() as session:
        book.reverse(session, payment, name="another", at=AT, by=None, effective=DUE)
    with pytest.raises(Refused, match="cannot be taken back"), db.writing() as session:
        book.reverse(session, taken_back, name="third", at=AT, by=None, effective=DUE)


def test_a_charge_of_another_employer_is_refused(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    entries = [Entry(AccountName.CONTRIBUTION_DUE, -1, charge.id), Entry(AccountName.MONEY_RECEIVED, 1)]
    with db.writing() as session:
        other = make_employer(session, "E-0002")
    with pytest.raises(ValueError, match="another employer"), db.writing() as session:
        book.post(
            session, other, scheme="zm-napsa", currency="ZMW", name="x", kind="payment", effective=DUE,
            entries=entries, at=AT,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([Entry(AccountName.MONEY_RECEIVED, 5)], "sum to zero"),
        ([Entry(AccountName.LATE_DUE, 5), Entry(AccountName.LATE_INCOME, -5)], "belongs to a charge"),
    ],
)
def test_our_own_mistakes_do_not_reach_the_database(kafue: Book, entries: list[Entry], reason: str) -> None:
    with pytest.raises(ValueError, match=reason), db.writing() as session:
        kafue.post(session, "wrong", "payment", DUE, entries)


def test_money_taken_back_counts_as_never_paid(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    payment = kafue.pay(3000_00, DUE)
    kafue.take_back(payment, date(2027, 1, 15))
    with db.reading() as session:
        movements = standing.history(session, charge).movements
    assert [(movement.day, movement.amount) for movement in movements] == [
        (DUE, 3000_00), (DUE, -3000_00), (DUE, 3000_00),
    ]  # fmt: skip


# What the database itself refuses, to the role the portal runs under.


def test_the_database_refuses_postings_that_do_not_sum_to_zero(kafue: Book) -> None:
    payment = kafue.pay(100_00, DUE)
    with pytest.raises(DBAPIError, match="must sum to zero"), db.writing() as session:
        session.add(
            Posting(transaction_id=payment.id, employer_id=kafue.employer, account=AccountName.CREDIT, amount=-1)
        )


@pytest.mark.parametrize("table", ["posting", "transaction", "charge"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET employer_id = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_or_remove_a_row(kafue: Book, table: str, statement: str) -> None:
    kafue.declare(OCTOBER, 3000_00, DUE)
    with pytest.raises(DBAPIError) as caught, db.writing() as session:
        session.execute(text(statement.format(f'"{table}"')))
    refusals = psycopg.errors.InsufficientPrivilege | psycopg.errors.RestrictViolation
    assert isinstance(caught.value.orig, refusals)
    with db.reading() as session:
        assert session.scalar(text(f'SELECT count(*) FROM "{table}"')) > 0


def test_the_owner_cannot_change_a_posting_either(kafue: Book, cluster: Cluster, database: str) -> None:
    kafue.declare(OCTOBER, 3000_00, DUE)
    name = database.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(cluster.owner.format(name=name)) as owner, pytest.raises(psycopg.errors.RestrictViolation):
        owner.execute("UPDATE posting SET amount = 0")
