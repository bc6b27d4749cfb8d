"""
What a gateway tells of a payment, taken in once: however often, by whichever way and in whichever order it is told.

Signed money is never turned away.  Whose it is says the reference; where that tells nothing, it waits for an officer.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import audit
from portal.approvals import Decider
from portal.audit import Event
from portal.db import by_public_id
from portal.errors import NotFound, Refused
from portal.gateway import payouts
from portal.gateway.models import GatewayBill, GatewayOddity, GatewayPayment
from portal.gateway.providers.provider import Kind, Told, Verdict
from portal.installation import fund, pack
from portal.ledger import book
from portal.payments.models import Bill, Payment, Receipt
from portal.payments.service import Preview, record_payment, reverse_payment
from portal.payments.service import preview as preview_payment
from portal.payments.settlement import scheme_day
from portal.payments.taking_back import once_taken_back
from portal.scheme.checkdigits import compact_reference
from portal.scheme.deadlines import effective_day
from portal.scheme.explain import words_to_json
from portal.words import _

#: The key of a payment is made from this and the transaction: it can be booked once, whatever is lost here.
NAMES = UUID("6f0c1a52-6d0e-4f55-9e0f-0f7a4d6f3b11")
UNKNOWN = _("No bill of ours has the reference it names.")
OTHER_CURRENCY = _("It is in another currency than the bill.")
TAKEN_FROM_ONE = _("The fund took it back from an employer. Say whose it is.")
CALLED_BACK = _("The payment gateway took it back.")


def take(session: Session, told: Told, *, way: str, at: datetime) -> Verdict:
    """
    Take one fact in: a payment with its receipt, a reversal, or nothing where it is known.

    *way* is call, enquiry or list.  What contradicts what is known is kept for an officer and changes nothing.
    """
    bill = bill_of(session, told.reference)
    known = _row(session, told)
    owner = (known.employer_id if known else None) or (bill.employer_id if bill else None)
    if owner is not None:
        book.lock(session, owner)
    new = _keep(session, told, bill, way, at)
    row = _row(session, told, lock=True)
    assert row is not None
    if (row.amount, row.currency, row.reference) != (told.amount, told.currency, compact_reference(told.reference)):
        _odd(session, row, told, at)
        return Verdict.OTHER
    if new and told.kind is Kind.PAID:
        _book_by_bill(session, row, bill, at=at)
        return Verdict.TAKEN
    if told.kind is Kind.REVERSED and row.state != "reversed":
        _take_back(session, row, at=at)
        return Verdict.TAKEN
    return Verdict.KNOWN


def bill_of(session: Session, reference: str) -> Bill | None:
    """The bill behind a reference of ours or a number of the gateway's, also one that expired or was replaced."""
    plain = compact_reference(reference)
    statement = (
        select(Bill).outerjoin(GatewayBill, GatewayBill.bill_id == Bill.id)
        .where(or_(Bill.reference == plain, GatewayBill.control_number == plain))
        .order_by(Bill.id).limit(1)
    )  # fmt: skip
    return session.scalar(statement)


def assign(
    session: Session, public_id: UUID, employer_id: int, *, scheme: str, bill: Bill | None, by: int, at: datetime
) -> Receipt:
    """
    An officer says whose a waiting payment is; it is recorded with its receipt.  Again: the first receipt.

    Refused when it was taken back or is in another currency, and as `record_payment` refuses.
    """
    book.lock(session, employer_id)
    row = payment_by_id(session, public_id, lock=True)
    if row.payment_id is not None:
        return session.scalars(select(Receipt).where(Receipt.payment_id == row.payment_id)).one()
    _waits(row, scheme)
    receipt = _record(session, row, employer_id, scheme, bill, by=by, at=at)
    audit.record(
        session, Event.GATEWAY_PAYMENT_ASSIGNED, at=at, by=by, employer=employer_id, subject=row.subject,
        amount=row.amount,
    )  # fmt: skip
    return receipt


def preview(session: Session, public_id: UUID, employer_id: int, *, scheme: str, at: datetime) -> Preview:
    """What `assign` would do now; Refused for the same reasons."""
    row = payment_by_id(session, public_id)
    _waits(row, scheme)
    return preview_payment(
        session, employer_id, scheme=scheme, amount=row.amount, paid_on=paid_on(row, scheme, at), at=at
    )


def paid_on(row: GatewayPayment, scheme: str, at: datetime) -> date:
    """The day from which a payment counts, by the scheme's rule."""
    # Told today, it was paid by today: a gateway whose clock runs ahead does not keep money from its employer.
    day = min(row.paid_at.astimezone(ZoneInfo(pack(scheme).timezone)).date(), scheme_day(scheme, at))
    return effective_day(pack(scheme), day, day)


def _waits(row: GatewayPayment, scheme: str) -> None:
    if row.state != "waiting":
        raise Refused(_("The gateway took this payment back. There is nothing to book."))
    if pack(scheme).currency.code != row.currency:
        raise Refused(_("The scheme counts in another currency."), field="scheme", status=422)


def close_oddity(session: Session, public_id: UUID, *, by: int, at: datetime) -> None:
    """An officer has spoken with the gateway about it.  Again: nothing."""
    odd = session.scalar(select(GatewayOddity).where(GatewayOddity.public_id == public_id).with_for_update())
    if odd is None:
        raise NotFound("oddity")
    if odd.closed_at is None:
        odd.closed_at, odd.closed_by = at, by
        audit.record(session, Event.GATEWAY_ODDITY_CLOSED, at=at, by=by, subject=f"gateway_oddity:{odd.public_id}")


def payment_by_id(session: Session, public_id: UUID, *, lock: bool = False) -> GatewayPayment:
    """One payment the gateway told of; NotFound when there is none."""
    return by_public_id(session, GatewayPayment, public_id, lock=lock)


def provider_name() -> str:
    """Under which name transactions are kept."""
    chosen = fund().gateway
    return chosen.provider if chosen else ""


# -- inside ---------------------------------------------------------------------------


def _row(session: Session, told: Told, *, lock: bool = False) -> GatewayPayment | None:
    wanted = (GatewayPayment.provider == provider_name(), GatewayPayment.transaction == told.transaction)
    statement = select(GatewayPayment).where(*wanted)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def _keep(session: Session, told: Told, bill: Bill | None, way: str, at: datetime) -> bool:
    """Store what was told, once; whether it was new."""
    taken_back = told.kind is Kind.REVERSED
    statement = insert(GatewayPayment).values(
        provider=provider_name(), transaction=told.transaction, reference=compact_reference(told.reference),
        amount=told.amount, currency=told.currency, paid_at=told.at, channel=told.channel, way=way,
        state="reversed" if taken_back else "waiting", why=words_to_json(UNKNOWN), told_at=at,
        bill_id=bill.id if bill else None, employer_id=bill.employer_id if bill else None,
        reversed_at=at if taken_back else None, bookings=0,
    )  # fmt: skip
    kept = statement.on_conflict_do_nothing(index_elements=["provider", "transaction"]).returning(GatewayPayment.id)
    return session.scalar(kept) is not None


def _odd(session: Session, row: GatewayPayment, told: Told, at: datetime) -> None:
    statement = insert(GatewayOddity).values(
        gateway_payment_id=row.id, amount=told.amount, currency=told.currency, told_at=at,
        reference=compact_reference(told.reference),
    )  # fmt: skip
    session.execute(
        statement.on_conflict_do_nothing(index_elements=["gateway_payment_id", "amount", "currency", "reference"])
    )


def _book_by_bill(session: Session, row: GatewayPayment, bill: Bill | None, *, at: datetime) -> None:
    """A payment of the bill's employer; what cannot be recorded waits, with the reason."""
    if bill is None:
        return
    if bill.currency != row.currency:
        row.why = words_to_json(OTHER_CURRENCY)
        return
    try:
        with session.begin_nested():
            _record(session, row, bill.employer_id, bill.scheme, bill, by=None, at=at)
    except Refused as refused:  # an employer no longer enrolled, a day before the scheme began
        session.info.pop(book.HELD, None)  # what was read of the book may be undone with it
        row.why = words_to_json(refused.words)


def _record(
    session: Session, row: GatewayPayment, employer_id: int, scheme: str, bill: Bill | None, *, by: int | None,
    at: datetime,
) -> Receipt:  # fmt: skip
    receipt = record_payment(
        session, employer_id, scheme=scheme, amount=row.amount, paid_on=paid_on(row, scheme, at),
        method=row.channel, bank_reference=row.transaction, bill_reference=bill.reference if bill else None,
        key=uuid5(NAMES, f"{row.provider}/{row.transaction}/{row.bookings}"), by=by, at=at,
    )  # fmt: skip
    row.state, row.employer_id, row.payment_id, row.why = "booked", employer_id, receipt.payment_id, {}
    row.bill_id = bill.id if bill else row.bill_id
    if bill is not None:
        _heard(session, bill)
    payouts.follow(session, row, by=by, at=at)
    return receipt


def _heard(session: Session, bill: Bill) -> None:
    """The gateway told of its own accord: it need not be asked."""
    at_gateway = session.scalar(select(GatewayBill).where(GatewayBill.bill_id == bill.id))
    if at_gateway is not None:
        at_gateway.next_enquiry_at, at_gateway.nothing_at = None, None


def _follow(session: Session, payment: int, by: Decider) -> None:
    """Two people took a payment of the gateway back: the money is still there, unless the gateway has it again."""
    row = session.scalar(select(GatewayPayment).where(GatewayPayment.payment_id == payment).with_for_update())
    if row is None:
        return
    row.state, row.bookings = "reversed" if row.state == "stuck" else "waiting", row.bookings + 1
    if row.state == "waiting":
        row.payment_id, row.employer_id, row.why = None, None, words_to_json(TAKEN_FROM_ONE)
    payouts.follow(session, row, by=by.account, at=by.at)


once_taken_back(_follow)


def _take_back(session: Session, row: GatewayPayment, *, at: datetime) -> None:
    """The gateway took the money back: so does the book, or an officer must, where it cannot."""
    row.reversed_at = row.reversed_at or at
    if row.payment_id is None:
        row.state = "reversed"
        payouts.follow(session, row, by=None, at=at)
        return
    payment = session.get_one(Payment, row.payment_id)
    receipt = session.scalars(select(Receipt).where(Receipt.payment_id == payment.id)).one()
    try:
        with session.begin_nested():
            reverse_payment(
                session, payment.employer_id, receipt.public_id, reason=str(CALLED_BACK), by=None, at=at
            )  # fmt: skip
            row.state, row.why = "reversed", {}
            payouts.follow(session, row, by=None, at=at)
    except Refused as refused:
        session.info.pop(book.HELD, None)
        row.state, row.why = "stuck", words_to_json(refused.words)
