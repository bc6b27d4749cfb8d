"""An employer that declares and pays, told in few words; every step is a transaction of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import db
from portal.contributions import service as contributions
from portal.employers.models import Employer
from portal.ledger import book, standing
from portal.ledger.book import ChargeBalance
from portal.ledger.models import Charge
from portal.payments import bills, service
from portal.payments.models import Bill, PaymentReversal, Receipt
from portal.payments.settlement import settle_account
from portal.scheme.calendars import Month
from tests.factories import hire, make_employer, make_person

NHIMA, NAPSA = "zm-nhima", "zm-napsa"


def noon(day: date) -> datetime:
    """The middle of a day."""
    return datetime.combine(day, time(12), UTC)


class Story:
    """An employer of two people: a month costs 1,200.00 in NAPSA and 200.00 in NHIMA."""

    month_of = {NAPSA: 1_200_00, NHIMA: 200_00}

    def __init__(self, number: str = "ZE1000017", name: str = "Kafue Mining Limited", people: int = 2) -> None:
        with db.writing() as session:
            self.employer: Employer = make_employer(session, number=number, legal_name=name)
            self.people = [make_person(session) for _ in range(people)]
            for person in self.people:
                hire(session, self.employer, person, from_day=date(2025, 1, 1))
        self.id = self.employer.id

    def declare(self, month: Month, on: date) -> None:
        """Submit the month as the roster has it."""
        with db.writing() as session:
            draft = contributions.start_from_roster(session, self.id, month, at=noon(on), by=None)
            contributions.submit_payroll(
                session, self.id, draft.public_id, version=draft.version, by=None, at=noon(on)
            )  # fmt: skip

    def pay(
        self, amount: int, paid_on: date, *, scheme: str = NAPSA, on: date | None = None, key: UUID | None = None,
        bill: str | None = None,
    ) -> Receipt:  # fmt: skip
        """Money received on a day, recorded on that day or later."""
        with db.writing() as session:
            return service.record_payment(
                session, self.id, scheme=scheme, amount=amount, paid_on=paid_on, method="bank", bank_reference="TRX 1",
                bill_reference=bill, key=key, by=None, at=noon(on or paid_on),
            )  # fmt: skip

    def take_back(self, receipt: Receipt, on: date, reason: str = "The cheque bounced") -> PaymentReversal:
        """Take a payment back."""
        with db.writing() as session:
            return service.reverse_payment(session, self.id, receipt.public_id, reason=reason, by=None, at=noon(on))

    def night(self, on: date) -> None:
        """Late charges and credit, as of the end of a day."""
        with db.writing() as session:
            settle_account(session, self.id, at=noon(on))

    def bill(self, month: Month, on: date, scheme: str = NAPSA) -> Bill:
        """Ask for the bill of a month."""
        with db.writing() as session:
            return bills.issue_bill(session, self.id, self.charge(month, scheme).id, at=noon(on), by=None)

    def charge(self, month: Month, scheme: str = NAPSA) -> Charge:
        """The charge of a month."""
        with db.reading() as session:
            wanted = (Charge.employer_id == self.id, Charge.month == month, Charge.scheme == scheme)
            return session.scalars(select(Charge).where(*wanted)).one()

    def open(self, month: Month, scheme: str = NAPSA) -> ChargeBalance:
        """What is open of a month in the book."""
        with db.reading() as session:
            charge = self.charge(month, scheme)
            return book.balances(session, [charge.id])[charge.id]

    def credit(self, scheme: str = NAPSA) -> int:
        """What settles nothing yet."""
        with db.reading() as session:
            return standing.credit(session, self.id, scheme)


@pytest.fixture
def kafue(database: str, _fund: None) -> Story:
    """An employer with two people since January 2025."""
    return Story()


def all_of(session: Session, employer_id: int) -> list[Receipt]:
    """Every receipt of an employer, oldest first."""
    return list(session.scalars(select(Receipt).where(Receipt.employer_id == employer_id).order_by(Receipt.id)))
