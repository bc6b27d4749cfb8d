"""What an employer is told when money comes in, is taken back, or is asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.installation import pack
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.notices.service import Telling
from portal.payments.account import OpenMonth
from portal.payments.models import Bill, Payment, PaymentReversal, Receipt, Refund
from portal.scheme.checkdigits import printed_reference
from portal.words import Amount


def received(session: Session, payment: Payment, receipt: Receipt, *, at: datetime) -> None:
    """Money was received, with its receipt; and of what is left over that it is kept.  One statement."""
    scheme = pack(payment.scheme).short_name
    tellings = [
        Telling(
            Kind.PAYMENT_RECEIVED, str(receipt.public_id),
            {
                "amount": Amount(payment.amount, payment.currency), "scheme": scheme, "receipt": receipt.number,
                "paid_on": payment.paid_on,
            },
            payment.employer_id, about={"receipt_id": receipt.public_id},
        )
    ]  # fmt: skip
    if left := receipt.snapshot["credit_left"]:
        values = {"scheme": scheme, "amount": Amount(left, payment.currency)}
        tellings.append(Telling(Kind.CREDIT_THERE, str(receipt.public_id), values, payment.employer_id))
    notices.tell_many(session, tellings, at=at)


def taken_back(session: Session, payment: Payment, receipt: Receipt, reversal: PaymentReversal) -> None:
    """A payment was taken back: its receipt no longer holds."""
    notices.tell(
        session, Kind.RECEIPT_CANCELLED, name=str(receipt.public_id), at=reversal.recorded_at,
        employer=payment.employer_id, about={"receipt_id": receipt.public_id}, receipt=receipt.number,
        amount=Amount(payment.amount, payment.currency), reason=reversal.reason,
    )  # fmt: skip


def given_back(session: Session, refund: Refund) -> None:
    """Credit is paid back."""
    notices.tell(
        session, Kind.CREDIT_REFUNDED, name=str(refund.public_id), at=refund.recorded_at, employer=refund.employer_id,
        scheme=pack(refund.scheme).short_name, amount=Amount(refund.amount, refund.currency),
    )  # fmt: skip


def billed(session: Session, bill: Bill, month: OpenMonth) -> None:
    """A bill was drawn."""
    notices.tell(
        session, Kind.BILL_ISSUED, name=str(bill.public_id), at=bill.issued_at, employer=bill.employer_id,
        about={"bill_id": bill.public_id}, bill=bill.number, scheme=pack(bill.scheme).short_name,
        month=month.charge.month, amount=Amount(bill.amount, bill.currency), due=month.pay_by,
        reference=printed_reference(bill.reference),
    )  # fmt: skip
