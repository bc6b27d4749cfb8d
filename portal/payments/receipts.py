"""
Receipts: a number without gaps and a snapshot that never changes; the PDF is drawn from it once and kept.

A receipt tells what the money settled when it was recorded.  A payment taken back keeps its
receipt; the pages, and the public page behind its QR, then say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, defer

from portal import audit, series
from portal.audit import Event
from portal.auth.models import Account
from portal.contributions.acknowledgement import fund_head
from portal.employers.models import Employer
from portal.errors import NotFound
from portal.installation import fund, pack
from portal.ledger import book
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.ledger.standing import standings
from portal.payments import telling
from portal.payments.models import Bill, Payment, PaymentReversal, Receipt, Refund
from portal.scheme.allocation import order_in_words
from portal.scheme.explain import steps_to_json, words_to_json
from portal.words import Amount, Words, _

PDF = "application/pdf"
#: Who pays, and who received it (None: nobody who has an account).
_PARTIES = select(
    Employer.number, Employer.legal_name, select(Account.name).where(Account.id == bindparam("by")).scalar_subquery()
).where(Employer.id == bindparam("employer"))


@dataclass(frozen=True, slots=True)
class ReceiptOnPage:
    """A receipt with its payment, its employer, and its reversal when it was taken back."""

    receipt: Receipt
    payment: Payment
    employer: Employer
    reversal: PaymentReversal | None

    @property
    def state(self) -> str:
        """paid, or reversed."""
        return "reversed" if self.reversal else "paid"

    @property
    def short_name(self) -> str:
        """The scheme as pages name it."""
        return pack(self.payment.scheme).short_name


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of receipts is narrowed to; None is not narrowed.  Days of payment, both included."""

    employer_id: int | None = None
    text: str = ""
    scheme: str = ""
    from_day: date | None = None
    to_day: date | None = None


def next_in_series(session: Session, kind: str, at: datetime) -> str:
    """The next number of the year of a series, without gaps: R-2026-000123.  Take it last: it holds the series."""
    year = at.astimezone(ZoneInfo(fund().timezone)).year
    return f"{fund().series[kind]}-{year}-{series.next_number(session, f'{kind}/{year}'):06d}"


def issue(session: Session, payment: Payment, method: Words, *, by: int | None, at: datetime) -> Receipt:
    """The receipt of a payment that was just recorded, with everything it settled."""
    snapshot = _snapshot(session, payment, method, by=by, at=at)
    number = next_in_series(session, "receipt", at)
    receipt = Receipt(
        public_id=uuid4(), number=number, employer_id=payment.employer_id, payment_id=payment.id, issued_at=at,
        snapshot={**snapshot, "number": number},
    )  # fmt: skip
    session.add(receipt)
    audit.record(
        session, Event.RECEIPT_ISSUED, at=at, by=by, employer=payment.employer_id,
        subject=f"receipt:{receipt.public_id}", receipt=number, payment=payment.public_id,
    )  # fmt: skip
    session.flush()
    telling.received(session, payment, receipt, at=at)
    return receipt


def _snapshot(session: Session, payment: Payment, method: Words, *, by: int | None, at: datetime) -> dict[str, Any]:
    """What ``templates/pdf/receipt.html`` wants, without the number."""
    number, name, received_by = session.execute(_PARTIES, {"employer": payment.employer_id, "by": by}).one()
    allocations = _allocations(session, payment)
    settled = sum(part["amount"] for part in allocations)
    return {
        "issued_on": at.astimezone(ZoneInfo(fund().timezone)).date().isoformat(),
        "language": fund().languages[0],
        "practice": fund().practice,
        "fund": fund_head(),
        "employer": {"number": number, "name": name},
        "scheme": pack(payment.scheme).name,
        "paid_on": payment.paid_on.isoformat(),
        "method": words_to_json(method),
        "bank_reference": payment.bank_reference or None,
        "amount": payment.amount,
        "currency": payment.currency,
        "allocations": allocations,
        "credit_left": payment.amount - settled,
        "received_by": received_by,
        "steps": steps_to_json([order_in_words(pack(payment.scheme), payment.paid_on)]),
        "pack": pack(payment.scheme).hash,
    }


def _allocations(session: Session, payment: Payment) -> list[dict[str, Any]]:
    """What the payment settled, in the order in which it did; in all never more than its amount."""
    found: list[dict[str, Any]] = []
    left = payment.amount
    rows = _reached(session, payment)
    balances = {one.charge.id: one.balance for one in standings(session, payment.employer_id, payment.scheme)}
    for charge, account, amount in rows:
        late = account == AccountName.LATE_DUE
        part, still = min(amount, left), balances[charge.id].late if late else balances[charge.id].contribution
        left -= part
        note = _("%(left)s still open", left=Amount(still, payment.currency)) if still > 0 else _("paid in full")
        kind = _("Late charge") if late else _("Contribution")
        row = {"month": str(charge.month), "kind": words_to_json(kind), "amount": part, "note": words_to_json(note)}
        found += [row] if part > 0 else []
    return found


#: Built once, with the payment's transaction, employer, scheme and day to be filled in.
_REACHED = (
    select(Charge, Posting.account, -func.sum(Posting.amount))
    .join(Posting, Posting.charge_id == Charge.id)
    .join(Transaction, Posting.transaction_id == Transaction.id)
    .where(
        or_(
            Transaction.id == bindparam("own"),
            and_(
                Transaction.id > bindparam("own"),
                Transaction.employer_id == bindparam("employer"),
                Transaction.scheme == bindparam("scheme"),
                Transaction.effective_day == bindparam("paid_on"),
                Transaction.name.startswith("credit/use/"),
            ),
        ),
        Posting.account.in_(book.DUE_ACCOUNTS),
    )
    .group_by(Charge.id, Posting.account)
    .order_by(func.min(Posting.id))
)


def _reached(session: Session, payment: Payment) -> list[tuple[Charge, str, int]]:
    """The charges the payment's own entries settled, and those that what was left of it settled in the same breath."""
    filled = {
        "own": payment.transaction_id, "employer": payment.employer_id, "scheme": payment.scheme,
        "paid_on": payment.paid_on,
    }  # fmt: skip
    return [(charge, account, int(total)) for charge, account, total in session.execute(_REACHED, filled)]


def receipt_of(session: Session, payment: Payment) -> Receipt:
    """The receipt of a payment: every payment has one."""
    return session.scalars(select(Receipt).where(Receipt.payment_id == payment.id)).one()


def receipt_on_page(session: Session, public_id: UUID, employer_id: int | None = None) -> ReceiptOnPage:
    """One receipt; NotFound when there is none, or when it is not of the employer asked for."""
    wanted = [
        Receipt.public_id == public_id,
        *([Receipt.employer_id == employer_id] if employer_id is not None else []),
    ]
    row = session.execute(_rows().where(*wanted)).one_or_none()
    if row is None:
        raise NotFound("receipt")
    return ReceiptOnPage(*row)


def receipts(session: Session, wanted: Wanted, *, page: int, per_page: int) -> tuple[list[ReceiptOnPage], int]:
    """One page of receipts, the newest first, and how many there are in all."""
    conditions = _conditions(wanted)
    total = session.scalar(select(func.count()).select_from(_rows().where(*conditions).subquery())) or 0
    statement = _rows().where(*conditions).order_by(Receipt.id.desc()).limit(per_page).offset((page - 1) * per_page)
    statement = statement.options(defer(Receipt.snapshot, raiseload=True))  # a list shows nothing of it
    return [ReceiptOnPage(*row) for row in session.execute(statement)], total


def _rows() -> Select[Receipt, Payment, Employer, PaymentReversal | None]:
    return (
        select(Receipt, Payment, Employer, PaymentReversal)
        .join(Payment, Receipt.payment_id == Payment.id)
        .join(Employer, Receipt.employer_id == Employer.id)
        .outerjoin(PaymentReversal, PaymentReversal.payment_id == Payment.id)
    )


def _conditions(wanted: Wanted) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.employer_id is not None:
        found.append(Receipt.employer_id == wanted.employer_id)
    if wanted.text:
        columns = (Receipt.number, Employer.number, Employer.legal_name, Payment.bank_reference)
        found.append(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    if wanted.scheme:
        found.append(Payment.scheme == wanted.scheme)
    if wanted.from_day:
        found.append(Payment.paid_on >= wanted.from_day)
    if wanted.to_day:
        found.append(Payment.paid_on <= wanted.to_day)
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What the public may know of a document: its kind (receipt, bill or refund), its number, and whether it still holds.

    *cancelled* is the day on which the payment of a receipt was taken back, in the fund's zone.
    """

    kind: str
    number: str
    holds: bool
    cancelled: date | None = None


def verdict_on(session: Session, public_id: UUID) -> Verdict | None:
    """Whether the fund issued a document; None when it did not."""
    taken = select(PaymentReversal.recorded_at).where(PaymentReversal.payment_id == Receipt.payment_id)
    wanted = select(Receipt.number, taken.scalar_subquery()).where(Receipt.public_id == public_id)
    receipt = session.execute(wanted).one_or_none()
    if receipt is not None:
        number, at = receipt
        day = at.astimezone(ZoneInfo(fund().timezone)).date() if at else None
        return Verdict("receipt", number, day is None, day)
    bill = session.scalar(select(Bill).where(Bill.public_id == public_id))
    if bill is None:
        refund = session.scalar(select(Refund.number).where(Refund.public_id == public_id))
        return Verdict("refund", refund, holds=True) if refund else None
    later = select(func.count()).where(Bill.charge_id == bill.charge_id, Bill.id > bill.id)
    return Verdict("bill", bill.number, not session.scalar(later))
