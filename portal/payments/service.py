"""
Money received: recorded once, settled in the scheme's order, proven by a receipt; or taken back with a reason.

Everything of one payment happens in one transaction: late charges up to the day of payment, the
payment, credit, late charges up to today, cover, the receipt.  A payment for an earlier day needs
nothing special: what lateness cost is reckoned anew and the difference posted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.employers.service import enrolments_of, first_day_of
from portal.errors import NotFound, Refused
from portal.installation import pack
from portal.ledger import arrears, book, cashbook, crediting
from portal.ledger.book import Entry
from portal.ledger.models import AccountName, Charge, Transaction
from portal.ledger.standing import open_charges, standings
from portal.payments import receipts, telling
from portal.payments.account import months_on, open_on
from portal.payments.bills import bill_by_reference
from portal.payments.models import Payment, PaymentReversal, Receipt
from portal.payments.settlement import scheme_day, settle, settled_months
from portal.scheme.allocation import Settled, allocate, explain_allocation
from portal.scheme.explain import Step, steps_to_json
from portal.words import Amount, Words, _

#: How money comes in; the words a receipt uses.
METHODS: dict[str, Words] = {
    "bank": _("Bank transfer"),
    "cheque": _("Cheque"),
    "cash": _("Cash"),
    "mobile": _("Mobile money"),
}
#: Longest reason and bank reference that are kept, in characters.
LONGEST_REASON, LONGEST_REFERENCE = 500, 80
#: More than this in one payment is a slip of the hand: minor units.
MOST = 10**13


@dataclass(frozen=True, slots=True)
class Preview:
    """What a payment would settle, in words, and what would be open after it; minor units."""

    steps: Sequence[Step]
    owed_before: int
    left_open: int
    credit: int


def preview(session: Session, employer_id: int, *, scheme: str, amount: int, paid_on: date, at: datetime) -> Preview:
    """What `record_payment` would do now; Refused for the same reasons."""
    _check(session, employer_id, scheme, amount, paid_on, at)
    months = months_on(session, employer_id, paid_on, scheme)
    opened = [one.as_open_charge() for one in months]
    settled = allocate(pack(scheme), opened, amount, paid_on)
    owed = sum(one.total for one in months)
    spent = sum(one.amount for one in settled.allocations)
    steps = explain_allocation(pack(scheme), opened, amount, paid_on)
    return Preview(steps, owed, owed - spent, settled.leftover)


@dataclass(frozen=True, slots=True)
class Received:
    """Money as a cashier has it before them: the scheme it is for, minor units, and the day it counts from."""

    scheme: str
    amount: int
    paid_on: date
    method: str
    bank_reference: str

    @property
    def currency(self) -> str:
        """The currency of its scheme."""
        return pack(self.scheme).currency.code


def record_payment(
    session: Session,
    employer_id: int,
    *,
    scheme: str,
    amount: int,
    paid_on: date,
    method: str,
    bank_reference: str = "",
    bill_reference: str | None = None,
    key: UUID | None = None,
    by: int | None,
    at: datetime,
) -> Receipt:
    """
    Record *amount* received in *scheme* on *paid_on* (the day that counts for lateness), and issue its receipt.

    *key* names the form it came from: sent twice, the first receipt is given back.  Refused when
    the same form comes with other amounts, for a day to come, or for a bill that is another's.
    """
    book.lock(session, employer_id)
    money = Received(scheme, amount, paid_on, method, bank_reference.strip()[:LONGEST_REFERENCE])
    name = f"payment/{key or uuid4()}"
    if key is not None and (first := _recorded(session, employer_id, name)) is not None:
        return _same(session, first, money)
    _check(session, employer_id, scheme, amount, paid_on, at)
    bill = bill_by_reference(session, bill_reference, employer_id) if bill_reference else None
    before = settled_months(session, employer_id, scheme)
    if any(one.due < paid_on for one in open_charges(session, employer_id, scheme)):
        arrears.accrue(session, employer_id, on=paid_on, at=at, scheme=scheme)  # it may settle what lateness cost
    with session.no_autoflush:  # what follows reads nothing that still waits to be written
        payment = _post(session, employer_id, money, name=name, bill_id=bill.id if bill else None, by=by, at=at)
        settle(session, employer_id, scheme, before=before, at=at, reason="")
        receipt = receipts.issue(session, payment, METHODS[method], by=by, at=at)
    for follow in _FOLLOWING:
        follow(session, employer_id, at)
    return receipt


#: What other rooms do once money was recorded, in the same transaction.
_FOLLOWING: list[Callable[[Session, int, datetime], None]] = []


def once_recorded(follow: Callable[[Session, int, datetime], None]) -> None:
    """Let *follow* be told that money of an employer was recorded, and when."""
    _FOLLOWING.append(follow)


def _post(
    session: Session, employer_id: int, money: Received, *, name: str, bill_id: int | None, by: int | None, at: datetime
) -> Payment:
    """The payment and its entries: what it settles as of its day, by the pack's order; the rest is credit."""
    rules = pack(money.scheme)
    opened = open_on(session, employer_id, money.paid_on, money.scheme)
    steps = explain_allocation(rules, opened, money.amount, money.paid_on)
    posted = book.post(
        session, employer_id, scheme=money.scheme, currency=money.currency, name=name, kind="payment",
        effective=money.paid_on, entries=_entries(allocate(rules, opened, money.amount, money.paid_on), money.amount),
        at=at, by=by, explanation={"steps": steps_to_json(steps), "pack": rules.hash},
    )  # fmt: skip
    payment = Payment(
        employer_id=employer_id, currency=money.currency, bill_id=bill_id, transaction_id=posted.id, recorded_at=at,
        recorded_by=by, **asdict(money),
    )  # fmt: skip
    session.add(payment)
    session.flush()
    audit.record(
        session, Event.PAYMENT_RECORDED, at=at, by=by, employer=employer_id, subject=f"payment:{payment.public_id}",
        payment=payment.public_id, scheme=money.scheme, amount=money.amount, paid_on=money.paid_on,
    )  # fmt: skip
    return payment


def _entries(settled: Settled, amount: int) -> list[Entry]:
    """Debit the money, credit what it settles."""
    parts = [Entry(arrears.ACCOUNT_OF[one.kind], -one.amount, int(one.key)) for one in settled.allocations]
    return [Entry(AccountName.MONEY_RECEIVED, amount), *parts, Entry(AccountName.CREDIT, -settled.leftover)]


def _recorded(session: Session, employer_id: int, name: str) -> Payment | None:
    """The payment a form made before."""
    statement = select(Payment).join(Transaction, Payment.transaction_id == Transaction.id)
    return session.scalar(statement.where(Transaction.employer_id == employer_id, Transaction.name == name))


def receipt_of_key(session: Session, employer_id: int, key: UUID) -> Receipt | None:
    """The receipt a form led to, if it was sent before."""
    first = _recorded(session, employer_id, f"payment/{key}")
    return receipts.receipt_of(session, first) if first else None


def _same(session: Session, first: Payment, money: Received) -> Receipt:
    """The first receipt, when the same form comes again as it was."""
    receipt = receipts.receipt_of(session, first)
    if (first.scheme, first.amount, first.paid_on) != (money.scheme, money.amount, money.paid_on):
        raise Refused(
            _(
                "This form was already used: receipt %(number)s over %(amount)s was made from it. "
                "Begin a new payment if there is another one.",
                number=receipt.number, amount=Amount(first.amount, first.currency),
            )
        )  # fmt: skip
    return receipt


def _check(session: Session, employer_id: int, scheme: str, amount: int, paid_on: date, at: datetime) -> None:
    """What cannot be a payment, in words for the cashier."""
    name, today = pack(scheme).short_name, scheme_day(scheme, at)
    if not 0 < amount <= MOST:
        raise Refused(_("Write the amount that was received, above zero."), field="amount", status=422)
    if paid_on > today:
        words = _("%(day)s is still to come. Write the day the money reached the fund.", day=paid_on)
        raise Refused(words, field="paid_on", status=422)
    if paid_on < first_day_of(scheme):
        words = _("%(scheme)s begins on %(day)s. Compare the year.", scheme=name, day=first_day_of(scheme))
        raise Refused(words, field="paid_on", status=422)
    if not standings(session, employer_id, scheme) and scheme not in schemes_of(session, employer_id):
        words = _("This employer is not enrolled in %(scheme)s and owes nothing there.", scheme=name)
        raise Refused(words, field="scheme", status=422)


def schemes_of(session: Session, employer_id: int) -> set[str]:
    """The schemes an employer can pay into: those it is or was enrolled in, or has a charge in."""
    charged = session.scalars(select(Charge.scheme).where(Charge.employer_id == employer_id).distinct())
    return {one.scheme for one in enrolments_of(session, employer_id)} | set(charged)


def similar(session: Session, employer_id: int, *, scheme: str, amount: int, paid_on: date) -> list[Receipt]:
    """Receipts over the same amount, scheme and day that were not taken back: perhaps the same money."""
    statement = (
        select(Receipt)
        .join(Payment, Receipt.payment_id == Payment.id)
        .outerjoin(PaymentReversal, PaymentReversal.payment_id == Payment.id)
        .where(Payment.employer_id == employer_id, Payment.scheme == scheme, Payment.amount == amount)
        .where(Payment.paid_on == paid_on, PaymentReversal.id.is_(None))
        .order_by(Receipt.id)
    )
    return list(session.scalars(statement))


def reverse_payment(
    session: Session, employer_id: int, receipt: UUID, *, reason: str, by: int | None, at: datetime
) -> PaymentReversal:
    """
    Take a payment back: what it settled is open again, as if it had never been made.

    Again: the first reversal.  NotFound when the receipt is another employer's or none; `Refused` when what it left
    over was given back to the employer.
    """
    book.lock(session, employer_id)
    payment = _payment_of(session, employer_id, receipt)
    done = session.scalar(select(PaymentReversal).where(PaymentReversal.payment_id == payment.id))
    if done is not None:
        return done
    if not reason.strip():
        raise Refused(_("Write why the payment is taken back."), field="reason", status=422)
    before = settled_months(session, employer_id, payment.scheme)
    today = scheme_day(payment.scheme, at)
    taken = book.reverse(
        session, session.get_one(Transaction, payment.transaction_id), name=f"reversal/{payment.public_id}",
        at=at, by=by, effective=today,
    )  # fmt: skip
    made = PaymentReversal(
        employer_id=employer_id, payment_id=payment.id, transaction_id=taken.id, reason=reason.strip()[:LONGEST_REASON],
        recorded_at=at, recorded_by=by,
    )  # fmt: skip
    session.add(made)
    cashbook.give_back(session, payment.id, at=at, by=by)
    settle(session, employer_id, payment.scheme, before=before, at=at, reason="payment taken back")
    crediting.check_refunds(session, employer_id, payment.scheme)
    audit.record(
        session, Event.PAYMENT_REVERSED, at=at, by=by, employer=employer_id, subject=f"payment:{payment.public_id}",
        payment=payment.public_id, reason=made.reason,
    )  # fmt: skip
    telling.taken_back(session, payment, receipts.receipt_of(session, payment), made)
    return made


def _payment_of(session: Session, employer_id: int, receipt: UUID) -> Payment:
    statement = select(Payment).join(Receipt, Receipt.payment_id == Payment.id)
    found = session.scalar(statement.where(Receipt.employer_id == employer_id, Receipt.public_id == receipt))
    if found is None:
        raise NotFound("receipt")
    return found
