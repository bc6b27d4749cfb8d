"""
A payment is taken back by two people: one asks and says why, another approves, and then it is done.

A correction of a month that lowers what was paid, and the reversal of what paid it, are not decided beside each other:
the one asked for first is decided first, because each is shown what the other would change.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import approvals
from portal.approvals import Action, Approval, Decider, Row, action
from portal.contributions.models import Payroll
from portal.errors import NotFound, Refused
from portal.installation import month_from, month_words, pack
from portal.ledger import book
from portal.payments.models import Payment, PaymentReversal, Receipt
from portal.payments.receipts import ReceiptOnPage, receipt_on_page
from portal.payments.service import reverse_payment
from portal.scheme.calendars import Month
from portal.words import Amount, _

REVERSE = "payment.reverse"
#: The request to lower a month that was paid, which the room of declarations registers.
LOWER = "declaration.lower"


def subject_of(payment: Payment) -> str:
    """How requests and the audit log name a payment."""
    return f"payment:{payment.public_id}"


def ask_to_take_back(session: Session, receipt: UUID, *, reason: str, by: int, at: datetime) -> Approval:
    """
    Ask that the payment of a receipt is taken back.  The same person asking again gets the open request.

    `Refused` (409) when it was taken back, or while a correction of a month it paid waits for a decision; (422) without
    a reason.  `NotFound` when there is no such receipt.
    """
    found = receipt_on_page(session, receipt)
    book.lock(session, found.employer.id)
    _may_be_taken_back(session, found.payment, found.receipt)
    return approvals.ask(
        session, REVERSE, subject_of(found.payment), shown=_shown(found), reason=reason, by=by, at=at,
        employer=found.employer.id,
    )  # fmt: skip


def waiting_request(session: Session, payment: Payment) -> Approval | None:
    """The request to take this payment back that nobody has decided yet."""
    return approvals.open_about(session, REVERSE, subject_of(payment))


def _shown(found: ReceiptOnPage) -> dict[str, Any]:
    """What the checker decides on: the payment, and what its receipt says it settled.  Minor units."""
    settled = [[part["month"], part["amount"]] for part in found.receipt.snapshot["allocations"]]
    return {
        "receipt": found.receipt.number,
        "scheme": found.payment.scheme,
        "amount": found.payment.amount,
        "currency": found.payment.currency,
        "paid_on": found.payment.paid_on.isoformat(),
        "settled": settled,
        "months": sorted({month for month, _amount in settled}),
    }


def _rows(_session: Session, request: Approval) -> list[Row]:
    shown = request.shown
    return [
        (_("Receipt"), shown["receipt"]),
        (_("Received"), Amount(shown["amount"], shown["currency"])),
        (_("Paid on"), date.fromisoformat(shown["paid_on"])),
        (_("For"), pack(shown["scheme"]).name),
        *((_("It settled"), _settled(part, shown["currency"])) for part in shown["settled"]),
        (_("What follows"), _(
            "What it settled is open again, late charges are reckoned as if it had never been made, cover that rested "
            "on it closes, and the core is told."
        )),
    ]  # fmt: skip


def _settled(part: list[Any], currency: str) -> object:
    month, amount = part
    return _("%(amount)s of %(month)s", amount=Amount(amount, currency), month=month_words(month_from(month)))


def _carry_out(session: Session, request: Approval, by: Decider) -> None:
    """Take the payment back, unless it was already or a correction of its months waits."""
    payment = _payment(session, request)
    book.lock(session, payment.employer_id)
    receipt = session.scalars(select(Receipt).where(Receipt.payment_id == payment.id)).one()
    _may_be_taken_back(session, payment, receipt)
    reverse_payment(
        session, payment.employer_id, receipt.public_id, reason=request.reason, by=by.account, at=by.at
    )  # fmt: skip
    for follow in _FOLLOWING:
        follow(session, payment.id, by)


#: What other rooms do once a payment was taken back, in the same transaction.
_FOLLOWING: list[Callable[[Session, int, Decider], None]] = []


def once_taken_back(follow: Callable[[Session, int, Decider], None]) -> None:
    """Let *follow* be told of every payment that two people took back: its row's number, and who decided."""
    _FOLLOWING.append(follow)


def _payment(session: Session, request: Approval) -> Payment:
    wanted = Payment.public_id == UUID(request.subject.partition(":")[2])
    found = session.scalar(select(Payment).where(wanted))
    if found is None:
        raise NotFound("payment")
    return found


def _may_be_taken_back(session: Session, payment: Payment, receipt: Receipt) -> None:
    done = session.scalar(select(PaymentReversal).where(PaymentReversal.payment_id == payment.id))
    if done is not None:
        words = _("Receipt %(number)s was already taken back on %(day)s.", number=receipt.number, day=done.recorded_at)
        raise Refused(words, status=409)
    months = {month_from(part["month"]) for part in receipt.snapshot["allocations"]}
    for month in sorted(months & _corrected(session, payment.employer_id)):
        words = _(
            "A correction of %(month)s, which this payment paid, waits for a decision. Decide on that first, "
            "then take the payment back.", month=month_words(month),
        )  # fmt: skip
        raise Refused(words, status=409)


def _corrected(session: Session, employer_id: int) -> set[Month]:
    """The months for which a correction to less than was paid waits for a decision."""
    waiting = (Approval.employer_id == employer_id, Approval.action == LOWER, Approval.decision.is_(None))
    subjects = session.scalars(select(Approval.subject).where(*waiting))
    payrolls = [UUID(subject.partition(":")[2]) for subject in subjects]
    found = select(Payroll.month).where(Payroll.employer_id == employer_id, Payroll.public_id.in_(payrolls))
    return set(session.scalars(found)) if payrolls else set()


action(Action(REVERSE, "decide", _("Take a payment back"), _rows, _carry_out))
