"""An employer with a book, without the pages around it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from portal import db, installation
from portal.employers.models import Employer
from portal.ledger import arrears, book, crediting, standing
from portal.ledger.book import Entry
from portal.ledger.models import AccountName, Charge, Transaction
from portal.scheme.allocation import allocate
from portal.scheme.calendars import Month
from portal.scheme.deadlines import due_day

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def make_employer(session: Session, number: str = "E-0001") -> int:
    """An approved employer; gives its id."""
    employer = Employer(
        number=number, legal_name=f"Kafue Mining {number}", tax_number=number, legal_form="company", activity="B0729",
        location="ZM-09", address="Plot 1, Kafue", phone="+260970000000", email="pay@kafue.example",
        first_employment_day=date(2020, 1, 1), headcount=10, approved_at=AT,
    )  # fmt: skip
    session.add(employer)
    session.flush()
    return employer.id


class Book:
    """What happens to one employer's book in a story, told in few words; every step is its own transaction."""

    def __init__(self, scheme: str = "zm-napsa", number: str = "E-0001") -> None:
        self.scheme = scheme
        self.pack = installation.pack(scheme)
        self.currency = self.pack.currency.code
        self.count = 0
        with db.writing() as session:
            self.employer = make_employer(session, number)

    def declare(self, month: Month, amount: int, on: date, name: str = "") -> Charge:
        """Charge *amount* for the month, declared on a day; below zero it corrects downwards."""
        self.count += 1
        with db.writing() as session:
            book.lock(session, self.employer)
            charge = book.charge_for(
                session, self.employer, scheme=self.scheme, month=month, due_day=due_day(self.pack, month),
                currency=self.currency, pack_hash=self.pack.hash, at=AT,
            )  # fmt: skip
            entries = [
                Entry(AccountName.CONTRIBUTION_DUE, amount, charge.id),
                Entry(AccountName.CONTRIBUTION_INCOME, -amount, charge.id),
            ]
            self.post(session, name or f"declaration/{self.count}", "declaration", on, entries)
            return charge

    def pay(self, amount: int, on: date) -> Transaction:
        """Receive *amount*, settled in the order of the pack; what is left stays in the account."""
        self.count += 1
        accounts = {"contribution": AccountName.CONTRIBUTION_DUE, "late": AccountName.LATE_DUE}
        with db.writing() as session:
            book.lock(session, self.employer)
            opened = standing.open_charges(session, self.employer, self.scheme)
            found, left = allocate(self.pack, opened, amount, on)
            entries = [Entry(accounts[one.kind], -one.amount, int(one.key)) for one in found]
            entries += [Entry(AccountName.MONEY_RECEIVED, amount), Entry(AccountName.CREDIT, -left)]
            return self.post(session, f"payment/{self.count}", "payment", on, entries)

    def take_back(self, transaction: Transaction, on: date) -> Transaction:
        """Reverse a transaction."""
        with db.writing() as session:
            book.lock(session, self.employer)
            return book.reverse(
                session, transaction, name=f"reversal/{transaction.public_id}", at=AT, by=None, effective=on
            )

    def post(self, session: Session, name: str, kind: str, on: date, entries: list[Entry]) -> Transaction:
        """One transaction of this employer and scheme."""
        return book.post(
            session, self.employer, scheme=self.scheme, currency=self.currency, name=name, kind=kind,
            effective=on, entries=entries, at=AT,
        )  # fmt: skip

    def accrue(self, on: date) -> arrears.Accrued:
        """What the night job of that day does."""
        with db.writing() as session:
            return arrears.accrue(session, self.employer, on=on, at=AT)

    def settle_credit(self, on: date) -> list[int]:
        """Let credit settle what is open."""
        with db.writing() as session:
            return crediting.settle_credit(session, self.employer, self.scheme, on=on, at=AT)

    def balance(self, charge: Charge) -> book.ChargeBalance:
        """What is open of a charge now."""
        with db.reading() as session:
            return book.balances(session, [charge.id])[charge.id]

    def credit(self) -> int:
        """What settles nothing yet."""
        with db.reading() as session:
            return standing.credit(session, self.employer, self.scheme)


@pytest.fixture
def kafue(database: str, _fund: None) -> Book:
    """An employer in NAPSA: a 10 % penalty for each month or part, contributions settled first."""
    return Book()
