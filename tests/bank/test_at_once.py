"""Two officers at the same moment: an entry is booked once, a file is taken in once, a return is settled once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from uuid import uuid4

from sqlalchemy import func, select

from portal import db
from portal.bank import settling
from portal.bank.models import BankEntry, BankStatement
from portal.errors import Refused
from portal.ledger.cashbook import CashAccount
from portal.payments.models import Receipt
from portal.scheme.calendars import Month
from tests.bank.conftest import DAY, Bank, faults, line
from tests.payments.conftest import NAPSA, Story, noon


def both(do: Callable[[int], object]) -> list[str]:
    """Do it twice at once; what was refused, in words."""
    refused: list[str] = []
    together = threading.Barrier(2)

    def one(number: int) -> None:
        together.wait()
        try:
            do(number)
        except Refused as why:
            refused.append(str(why.words))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def count(model: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_two_officers_book_an_entry_once(kafue: Story, bank: Bank) -> None:
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    bank.take_in(bank.statement(line(1_200_00, remittance="fees")))
    (entry,) = bank.entries()

    def settle(_number: int) -> None:
        with db.writing() as session:
            settling.settle(
                session, entry.public_id, kafue.id, scheme=NAPSA, amount=1_200_00, key=uuid4(), by=bank.cashier.id,
                at=noon(DAY),
            )  # fmt: skip

    assert both(settle) == ["Of this entry 0.00 ZMW is left. Write an amount above zero and up to that."]
    assert (count(Receipt), bank.holds(CashAccount.SUSPENSE)) == (1, 0)
    assert faults() == []


def test_the_same_form_sent_twice_at_once_is_one_receipt(kafue: Story, bank: Bank) -> None:
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    bank.take_in(bank.statement(line(1_200_00, remittance="fees")))
    (entry,), key = bank.entries(), uuid4()
    made = []

    def settle(_number: int) -> None:
        with db.writing() as session:
            made.append(settling.settle(
                session, entry.public_id, kafue.id, scheme=NAPSA, amount=500_00, key=key, by=bank.cashier.id,
                at=noon(DAY),
            ).number)  # fmt: skip

    assert both(settle) == []
    assert len(set(made)) == count(Receipt) == 1
    assert bank.holds(CashAccount.SUSPENSE) == -700_00


def test_a_file_that_is_sent_twice_at_once_is_taken_in_once(kafue: Story, bank: Bank) -> None:
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    reference = kafue.bill(Month(2026, 2), date(2026, 3, 5)).reference
    told = bank.statement(line(1_200_00, creditor_reference=reference), opening=10_00)
    refused = both(lambda _number: bank.take_in(told))
    assert len(refused) == 1
    assert "was imported before" in refused[0]
    assert (count(BankStatement), count(BankEntry), count(Receipt)) == (1, 1, 1)
    assert bank.holds(CashAccount.BANK) == 1_210_00
