"""A statement is taken in once, whole or not at all, and every cent of it is in the book."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from portal import db
from portal.bank import importing
from portal.bank.reading.values import Statement
from portal.errors import Refused
from portal.ledger.cashbook import CashAccount
from portal.payments.models import Receipt
from portal.scheme.calendars import Month
from tests.bank.conftest import DAY, Bank, line
from tests.payments.conftest import Story

NEXT = DAY + timedelta(days=1)


def refused(bank: Bank, *statements: Statement) -> str:
    """Why it is refused; nothing of it stays."""
    before = len(bank.entries())
    with pytest.raises(Refused) as why:
        bank.take_in(*statements, on=NEXT)
    assert len(bank.entries()) == before
    return str(why.value.words)


def test_every_cent_of_the_account_is_in_the_book(bank: Bank) -> None:
    bank.take_in(bank.statement(line(700_00, remittance="a"), line(-25_00, remittance="fee"), opening=1_000_00))
    assert bank.holds(CashAccount.BANK) == 1_675_00
    assert bank.holds(CashAccount.SUSPENSE) == -675_00
    assert bank.holds(CashAccount.BEFORE) == -1_000_00


def test_the_same_statement_again_adds_nothing(bank: Bank) -> None:
    one = bank.statement(line(700_00, remittance="a"), opening=1_000_00)
    bank.take_in(one)
    assert "Everything in this file was imported before" in refused(bank, one)
    assert bank.holds(CashAccount.BANK) == 1_700_00


def test_the_same_number_with_another_content_is_refused(bank: Bank) -> None:
    bank.take_in(bank.statement(line(700_00, remittance="a")))
    assert "with other balances or entries" in refused(bank, bank.statement(line(800_00, remittance="a")))


def test_what_does_not_add_up_is_refused_by_how_much(bank: Bank) -> None:
    off = bank.statement(line(700_00), line(20_00), closing=719_99)
    assert "differ from the balance after by -0.01 ZMW" in refused(bank, off)


def test_an_entry_that_stands_there_twice_is_named(bank: Bank) -> None:
    twice = [line(20_00, position=n, bank_reference="FT1") for n in (1, 2)]
    assert "Entry 2 stands there twice: it is the same as entry 1" in refused(
        bank, bank.statement(*twice, closing=20_00)
    )


def test_two_entries_that_look_alike_are_two_when_the_balances_say_so(bank: Bank) -> None:
    alike = [line(20_00, position=n, remittance="cash") for n in (1, 2)]
    bank.take_in(bank.statement(*alike))
    bank.take_in(bank.statement(*alike, opening=40_00, number="2"))
    assert bank.holds(CashAccount.BANK) == 80_00


def test_overlapping_statements_book_an_entry_once(bank: Bank) -> None:
    monday, tuesday = line(10_00, remittance="a"), line(20_00, NEXT, remittance="b")
    bank.take_in(bank.statement(monday), on=NEXT)
    (week,) = bank.take_in(bank.statement(monday, tuesday, number="week"), on=NEXT)
    assert (week.entries, week.known) == (2, 1)
    assert bank.holds(CashAccount.BANK) == 30_00


def test_a_notification_and_the_statement_after_it_are_one_entry(bank: Bank) -> None:
    told = bank.statement(line(10_00, bank_reference="FT9"), format="camt.054", opening=None, closing=None)
    bank.take_in(told)
    assert bank.holds(CashAccount.BANK) == 10_00
    bank.take_in(bank.statement(line(10_00, bank_reference="FT9"), number="53", opening=500_00))
    assert bank.holds(CashAccount.BANK) == 510_00
    assert [one.statement_id is not None for one in bank.entries()] == [True]


def test_an_earlier_statement_that_comes_later_moves_the_beginning(bank: Bank) -> None:
    bank.take_in(bank.statement(line(20_00, NEXT), opening=110_00, number="2"), on=NEXT)
    bank.take_in(bank.statement(line(10_00), opening=100_00, number="1"), on=NEXT)
    assert bank.holds(CashAccount.BANK) == 130_00
    assert bank.holds(CashAccount.BANK, DAY) == 110_00
    assert bank.holds(CashAccount.BEFORE) == -100_00


def test_a_gap_between_two_statements_is_named(bank: Bank) -> None:
    bank.take_in(bank.statement(line(20_00)))
    (later,) = bank.take_in(bank.statement(line(5_00, NEXT), opening=50_00, number="3"), on=NEXT)
    with db.reading() as session:
        assert importing.gap_before(session, later) == (DAY, 30_00)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"account": "999"}, "which is none of the fund's"),
        ({"currency": "USD"}, "The statement is in USD"),
        ({"to_day": date(2027, 1, 1)}, "which is still to come"),
        ({"opening": None, "closing": None}, "The file holds no balances"),
    ],
)
def test_what_cannot_be_this_account_is_refused(bank: Bank, changes: dict[str, object], words: str) -> None:
    assert words in refused(bank, bank.statement(line(1_00), **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["ZMBANK/0012345678901", "12345678901", "0012345678901ZMW", "001-2345-678901"])
def test_the_account_is_known_however_the_bank_writes_it(bank: Bank, number: str) -> None:
    bank.take_in(bank.statement(line(1_00), account=number))
    assert bank.holds(CashAccount.BANK) == 1_00


def test_what_the_bank_said_cannot_be_changed(bank: Bank) -> None:
    bank.take_in(bank.statement(line(1_00)))
    for statement in (
        "UPDATE bank_entry SET amount = 2", "DELETE FROM bank_entry", "DELETE FROM cash_move",
        "UPDATE bank_statement SET closing = 1",
    ):  # fmt: skip
        with pytest.raises((DatabaseError, psycopg.Error)), db.writing() as session:
            session.execute(text(statement))


def test_a_payment_taken_back_puts_the_money_back_in_suspense(kafue: Story, bank: Bank) -> None:
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    reference = kafue.bill(Month(2026, 2), date(2026, 3, 5)).reference
    bank.take_in(bank.statement(line(1_200_00, creditor_reference=reference)))
    assert bank.holds(CashAccount.SUSPENSE) == 0
    with db.reading() as session:
        receipt = session.scalars(select(Receipt)).one()
    kafue.take_back(receipt, DAY)
    assert bank.holds(CashAccount.SUSPENSE) == -1_200_00
    bank.take_in(bank.statement(line(1_00, NEXT), opening=1_200_00, number="2"), on=NEXT)
    assert bank.holds(CashAccount.EMPLOYERS) == 0  # what people took back is not booked again by itself
