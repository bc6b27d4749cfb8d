"""The practice fund's account at the bank: a statement with money that was recorded by hand, and some that waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import files
from portal.bank import accounts, importing, settling
from portal.bank.matching import deciding, keeping
from portal.bank.reading.values import Line, Statement
from portal.employers.models import Employer
from portal.installation import fund, packs
from portal.payments.models import Payment, PaymentReversal

#: Days the statement is about, and payments at most that it shows.
DAYS, MOST = 21, 12
#: Minor units for every unit of the fund's currency; what the account held before.
BEFORE = 250_000


def receive_statement(session: Session, at: datetime, *, by: int) -> None:
    """Open the account of the fund's file, take in a statement that ends on the day of *at*, and book what is sure."""
    currency = fund().currency
    unit, last = 10**currency.digits, at.date()
    account = accounts.add(
        session, bank=fund().bank.bank, number=fund().bank.number, currency=currency.code, scheme=None, by=by, at=at
    )  # fmt: skip
    lines = [*_recorded(session, currency.code, last), *_waiting(session, last, unit)]
    lines = sorted(lines, key=lambda one: one.booking_day)
    numbered = [replace(one, position=place) for place, one in enumerate(lines, 1)]
    opening = BEFORE * unit
    told = Statement(
        "mt940", account.number, currency.code, "1/1", last - timedelta(days=DAYS - 1), last, opening,
        opening + sum(one.amount for one in numbered), numbered,
    )  # fmt: skip
    kept = files.keep(session, b"practice", name="practice-statement.sta", media_type="text/plain", at=at, by=by)
    importing.take_in(session, [told], kept, by=by, at=at)
    deciding.match_waiting(session)
    settling.book_sure(session, keeping.sure_ones(session, MOST), by=by, at=at)


def _recorded(session: Session, currency: str, last: date) -> list[Line]:
    """What the cashier recorded from slips in these weeks, as the bank shows it."""
    statement = (
        select(Payment, Employer.number, Employer.legal_name)
        .join(Employer, Employer.id == Payment.employer_id)
        .where(Payment.paid_on.between(last - timedelta(days=DAYS - 1), last), Payment.currency == currency)
        .where(Payment.method == "bank")
        .where(~select(PaymentReversal.id).where(PaymentReversal.payment_id == Payment.id).exists())
        .order_by(Payment.id)
        .limit(MOST)
    )
    return [
        Line(
            0, payment.amount, payment.paid_on, payment.paid_on, bank_reference=payment.bank_reference,
            payer_name=name, remittance=f"{number} {packs()[payment.scheme].short_name}",
        )
        for payment, number, name in session.execute(statement)
    ]  # fmt: skip


def _waiting(session: Session, last: date, unit: int) -> list[Line]:
    """What nobody can tell for sure: a name alone, a mistyped reference, a deposit; and the bank's charge."""
    yesterday, before = last, last - timedelta(days=3)
    name = session.scalar(select(Employer.legal_name).order_by(Employer.id).limit(1)) or ""
    reference = f"RF00{fund().series['bill']}{last.year}000001"
    return [
        Line(0, 1_840 * unit, before, before, bank_reference="PB-D-1", payer_name=name, remittance="contributions"),
        Line(0, 655 * unit, before, before, bank_reference="PB-D-2", remittance=f"PAY {reference}"),
        Line(0, 300 * unit, yesterday, yesterday, bank_reference="PB-D-3", additional="CASH DEPOSIT MAIN BRANCH"),
        Line(0, -35 * unit, yesterday, yesterday, bank_reference="PB-D-4", additional="ACCOUNT FEE", code="NCHG"),
    ]
