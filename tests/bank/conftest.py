"""A bank account of the fund, statements as banks write them, and an employer that pays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal import db, files
from portal.auth.models import Account, FundRoleName
from portal.bank import accounts, importing, payouts, settling
from portal.bank.matching import deciding, keeping
from portal.bank.models import BankAccount, BankEntry, BankStatement
from portal.bank.reading import detect
from portal.bank.reading.values import Line, Statement
from portal.ledger import cashbook
from portal.ledger.cashbook import CashAccount
from portal.verifying.verify import verify
from tests.factories import make_officer
from tests.payments.conftest import Story, noon

STATEMENTS = Path(__file__).resolve().parent / "statements"
NUMBER = "0012345678901"
DAY = date(2026, 3, 10)


class Bank:
    """The fund's account, and what is done with its statements."""

    def __init__(self, currency: str = "ZMW", number: str = NUMBER) -> None:
        with db.writing() as session:
            self.cashier: Account = make_officer(session, FundRoleName.CASHIER)
            self.supervisor: Account = make_officer(session, FundRoleName.SUPERVISOR)
            self.account: BankAccount = accounts.add(
                session, bank="Practice Bank", number=number, currency=currency, scheme=None, by=None, at=noon(DAY)
            )

    def statement(self, *lines: Line, opening: int | None = 0, number: str = "1", **more: Any) -> Statement:
        """A statement that adds up."""
        days = [line.booking_day for line in lines] or [DAY]
        closing = (opening or 0) + sum(line.amount for line in lines)
        facts = {
            "format": "mt940", "account": self.account.number, "currency": self.account.currency, "number": number,
            "from_day": min(days), "to_day": max(days), "opening": opening, "closing": closing, "lines": lines,
        }  # fmt: skip
        return Statement(**{**facts, **more})

    def take_in(self, *statements: Statement, content: bytes = b"", on: date = DAY) -> list[BankStatement]:
        """Import, match and book what is sure, like the page does."""
        with db.writing() as session:
            kept = files.keep(
                session,
                content or repr(statements).encode(),
                name="statement.txt",
                media_type="text/plain",
                at=noon(on),
            )
            made = importing.take_in(session, statements, kept, by=self.cashier.id, at=noon(on))
            payouts.join_waiting(session, by=self.cashier.id, at=noon(on))
            deciding.match_waiting(session)
            settling.book_sure(session, keeping.sure_ones(session, 1000), by=self.cashier.id, at=noon(on))
            return made

    def entries(self) -> Sequence[BankEntry]:
        """Every entry in the order it came."""
        with db.reading() as session:
            return session.scalars(select(BankEntry).order_by(BankEntry.id)).all()

    def holds(self, account: CashAccount, on: date | None = None) -> int:
        """What an account of the cash book holds."""
        with db.reading() as session:
            return cashbook.balance(session, self.account.id, account, on)


def line(amount: int, day: date = DAY, position: int = 1, **texts: Any) -> Line:
    """An entry booked and valued on a day."""
    return Line(position, amount, **{"booking_day": day, "value_day": day, **texts})


def shape(name: str) -> list[Statement]:
    """A statement file of ours in the shape of some bank's, read."""
    content = (STATEMENTS / name).read_bytes()
    return detect.read_statements(content, detect.format_of(content))


def faults() -> list[str]:
    """What the independent check of the book finds."""
    with db.reading() as session:
        return [one.code for one in verify(session).faults]


@pytest.fixture
def bank(kafue: Story) -> Bank:
    """An account in kwacha."""
    return Bank()


@pytest.fixture
def kafue(database: str, _fund: None) -> Story:
    """An employer with two people since January 2025."""
    return Story()
