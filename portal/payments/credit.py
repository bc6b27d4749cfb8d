"""Where an employer's credit comes from and what it will settle, as pages tell it.  Minor units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.approvals import Approval
from portal.employers.models import Employer
from portal.installation import pack
from portal.ledger import crediting
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.ledger.standing import credit
from portal.payments.models import Payment, PaymentReversal, Receipt, Refund
from portal.payments.refunds import refunds_of, waiting_refund
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import month_in_words
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class Source:
    """What brought credit on a day: a payment with its receipt, or a month on which more was paid than is owed."""

    words: Words
    amount: int
    receipt: UUID | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Lot:
    """The credit of one day: what is left of it, and what it came from."""

    day: date
    left: int
    sources: Sequence[Source]


@dataclass(frozen=True, slots=True)
class CreditAccount:
    """An employer's credit in one scheme: what is left, where it came from, what was asked and given back."""

    rules: Pack
    left: int
    lots: Sequence[Lot]
    waiting: Approval | None
    refunds: Sequence[Refund]

    @property
    def currency(self) -> str:
        """The currency of every amount in it."""
        return self.rules.currency.code


def credit_account(session: Session, employer_id: int, scheme: str) -> CreditAccount:
    """The credit of an employer in one scheme; `NotFound` for a scheme the fund does not run."""
    rules = pack(scheme)
    employer = session.get_one(Employer, employer_id)
    days = crediting.credit_by_day(session, employer_id, scheme)
    lots = [Lot(day, left, _sources(session, employer_id, rules, day)) for day, left in days]
    waiting = waiting_refund(session, employer.public_id, scheme)
    return CreditAccount(
        rules, credit(session, employer_id, scheme), lots, waiting, refunds_of(session, employer_id, scheme)
    )  # fmt: skip


def _sources(session: Session, employer_id: int, rules: Pack, day: date) -> list[Source]:
    """What brought credit of a day: amounts as they came, before any of it was used."""
    return [*_paid(session, employer_id, rules, day), *_released(session, employer_id, rules, day)]


def _paid(session: Session, employer_id: int, rules: Pack, day: date) -> list[Source]:
    statement = (
        select(Receipt.public_id, Receipt.number, -Posting.amount)
        .join(Payment, Payment.id == Receipt.payment_id)
        .join(Posting, Posting.transaction_id == Payment.transaction_id)
        .outerjoin(PaymentReversal, PaymentReversal.payment_id == Payment.id)
        .where(Payment.employer_id == employer_id, Payment.scheme == rules.id, Payment.paid_on == day)
        .where(Posting.account == AccountName.CREDIT, PaymentReversal.id.is_(None))
        .order_by(Receipt.id)
    )
    return [
        Source(_("Payment, beyond what was owed"), int(amount), receipt, number)
        for receipt, number, amount in session.execute(statement)
    ]


def _released(session: Session, employer_id: int, rules: Pack, day: date) -> list[Source]:
    statement = (
        select(Charge.month, func.sum(Posting.amount))
        .join(Posting, Posting.charge_id == Charge.id)
        .join(Transaction, Transaction.id == Posting.transaction_id)
        .where(*crediting.stands(employer_id, rules.id), Transaction.effective_day == day)
        .where(Transaction.name.startswith("credit/overpaid/"))
        .group_by(Charge.month)
        .order_by(Charge.month)
    )
    return [
        Source(
            _("More was paid for %(month)s than is owed", month=month_in_words(month, rules.calendar)), int(amount)
        )
        for month, amount in session.execute(statement)
    ]  # fmt: skip
