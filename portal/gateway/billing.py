"""
Bills at the gateway: asked for with the bill, told by the worker, withdrawn when they are paid or a later one is made.

Nothing here waits for the gateway: what it must hear lies in the outbox, in the transaction of the bill.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, db, outbox
from portal.employers.models import Employer
from portal.errors import Refused
from portal.gateway.models import GatewayBill, GatewayPayment
from portal.gateway.providers.provider import BillOut, GatewayRefused, GatewayUnavailable, Opened, Provider
from portal.installation import fund, pack
from portal.outbox import Message
from portal.payments import bills
from portal.payments.account import charge_account, months_on
from portal.payments.models import Bill, Receipt
from portal.payments.service import once_recorded
from portal.payments.settlement import scheme_day
from portal.words import Amount, _

TOPIC = "gateway"
#: A gateway that has not answered for so long will not answer in a moment.
A_MOMENT = timedelta(minutes=5)
#: How long after somebody went there to pay the gateway is asked, where it says nothing; then twice as long each time
#: up to the longest, so often in all.  The lists of the days find the rest.
FIRST_ENQUIRY, LONGEST_WAIT, ENQUIRIES = timedelta(minutes=2), timedelta(days=1), 16
OPEN = ("asked", "open")


def ask(session: Session, bill: Bill, at: datetime) -> None:
    """
    A bill is to be payable at the gateway, and earlier ones of its charge are not any more.

    The same bill again: nothing while it can be paid there, and a new last day once it cannot.
    """
    chosen = fund().gateway
    if chosen is None:
        return
    row = session.scalar(select(GatewayBill).where(GatewayBill.bill_id == bill.id).with_for_update())
    if row is not None and row.state in OPEN and row.expires_at > at:
        return
    if row is None:
        row = GatewayBill(bill_id=bill.id, employer_id=bill.employer_id, turn=0)
        session.add(row)
    row.state, row.problem, row.asked_at, row.expires_at = "asked", "", at, at + timedelta(days=chosen.days)
    _put(session, row, "open", at)
    for older in _older(session, bill):
        _withdraw(session, older, at)


def _older(session: Session, bill: Bill) -> list[GatewayBill]:
    statement = (
        select(GatewayBill).join(Bill, Bill.id == GatewayBill.bill_id)
        .where(Bill.charge_id == bill.charge_id, Bill.id < bill.id, GatewayBill.state.in_(OPEN))
    )  # fmt: skip
    return list(session.scalars(statement.order_by(GatewayBill.id)))


def _withdraw(session: Session, row: GatewayBill, at: datetime) -> None:
    row.state = "withdrawn"
    _put(session, row, "withdraw", at)


def _put(session: Session, row: GatewayBill, deed: str, at: datetime) -> None:
    """The next thing the gateway must hear of a bill; what it was to hear before no longer counts."""
    row.turn += 1
    session.flush()
    payload = {"gateway_bill": row.id, "deed": deed, "turn": row.turn}
    outbox.put(session, TOPIC, f"gateway/{row.id}/{row.turn}", payload, at=at, employer=row.employer_id)


def withdraw_paid(session: Session, employer_id: int, at: datetime) -> None:
    """
    After a payment: what is paid, in whatever way, cannot be paid at the gateway once more by mistake.

    Nor can what is paid in part, where the gateway takes the whole amount only.
    """
    chosen = fund().gateway
    if chosen is None:
        return
    statement = (
        select(GatewayBill, Bill).join(Bill, Bill.id == GatewayBill.bill_id)
        .where(GatewayBill.employer_id == employer_id, GatewayBill.state.in_(OPEN)).order_by(GatewayBill.id)
    )  # fmt: skip
    found = session.execute(statement).all()
    for scheme in {bill.scheme for _row, bill in found}:
        months = months_on(session, employer_id, scheme_day(scheme, at), scheme)
        left = {month.charge.id: month.total for month in months}
        for row, bill in found:
            now = left.get(bill.charge_id)
            if now == 0 or (chosen.pays == "exact" and now is not None and now < bill.amount):
                _withdraw(session, row, at)


bills.once_issued(ask)
once_recorded(withdraw_paid)


# -- on the page ------------------------------------------------------------------------


def payable(session: Session, bill: Bill, at: datetime) -> GatewayBill | None:
    """The bill at the gateway while it can be paid there; None before it was told, after its last day, or withdrawn."""
    row = _row(session, bill)
    return row if row is not None and row.state == "open" and row.expires_at > at else None


def _row(session: Session, bill: Bill) -> GatewayBill | None:
    return session.scalar(select(GatewayBill).where(GatewayBill.bill_id == bill.id))


def _is_asked(row: GatewayBill | None, at: datetime) -> bool:
    """Whether the gateway was told a moment ago and is about to answer."""
    return row is not None and row.state == "asked" and not row.problem and at - row.asked_at < A_MOMENT


def _shown(session: Session, bill: Bill, at: datetime) -> bills.Beside:
    """
    What the page of a bill says of the gateway: where to pay it, or what was heard of it.

    *came*: what was booked with it (minor units); *soon*: the page will say more in a moment.
    """
    row = _row(session, bill)
    heard = session.execute(
        select(GatewayPayment, Receipt).outerjoin(Receipt, Receipt.payment_id == GatewayPayment.payment_id)
        .where(GatewayPayment.bill_id == bill.id, GatewayPayment.employer_id == bill.employer_id)
        .order_by(GatewayPayment.id)
    ).all()  # fmt: skip
    asked, waits = _is_asked(row, at), row is not None and row.next_enquiry_at is not None and not row.nothing_at
    came = sum(one.amount for one, _receipt in heard if one.state == "booked" and one.currency == bill.currency)
    return "gateway/beside_bill.html", {
        "gateway": fund().gateway, "row": payable(session, bill, at), "asked": asked, "waits": waits, "heard": heard,
        "came": came, "soon": asked or (waits and row is not None and row.enquiries == 0),
    }  # fmt: skip


def _on_paper(session: Session, bill: Bill, at: datetime) -> bills.OnPaper:
    """Where it can be paid with which number; while the gateway is about to say that, the paper is not kept."""
    row, chosen = payable(session, bill, at), fund().gateway
    if row is None or chosen is None:
        return {}, not _is_asked(_row(session, bill), at)
    until = row.expires_at.astimezone(ZoneInfo(fund().timezone)).date().isoformat()
    return {"gateway": {"name": chosen.name, "number": row.control_number, "until": until}}, True


bills.beside_bill(_shown)
bills.once_on_paper(_on_paper)


def go(session: Session, public_id: UUID, employer_id: int, *, at: datetime) -> str:
    """
    Somebody goes to pay: the address of the gateway's page.  If it then says nothing, it will be asked.

    NotFound when the bill is another employer's; Refused when it is paid, asks for another amount than is open, or
    cannot be paid there now.
    """
    found = bills.bill_on_page(session, public_id, employer_id)
    left = charge_account(session, employer_id, found.charge.public_id, scheme_day(found.bill.scheme, at)).month.total
    if not left:
        raise Refused(_("This bill is paid. Nothing is left to pay."))
    if found.replaced or left != found.bill.amount:
        amount = Amount(left, found.bill.currency)
        raise Refused(_("%(left)s is left to pay now. Get the bill of today, and pay that one.", left=amount))
    row = payable(session, found.bill, at)
    if row is None or not row.pay_url:
        raise Refused(_("This bill cannot be paid online now. Get the bill of today, or pay at the bank."))
    row.enquiries, row.nothing_at, row.next_enquiry_at = 0, None, clock.real_now() + wait_before(1)
    return row.pay_url


def wait_before(enquiry: int) -> timedelta:
    """
    How long to wait before the first, second… question.

    >>> [wait_before(one) // timedelta(minutes=1) for one in (1, 2, 3, 11)]
    [2, 4, 8, 1440]
    >>> sum(map(wait_before, range(1, ENQUIRIES + 1)), timedelta()).days
    7
    """
    return min(FIRST_ENQUIRY * (1 << (enquiry - 1)), LONGEST_WAIT)


# -- in the worker ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """A message this sender has leased, with what it says."""

    effect: UUID
    attempts: int
    row: int
    deed: str
    bill: BillOut


def send_one(provider: Provider, base_url: str) -> bool:
    """Tell the gateway of the oldest message that may be sent now; False when none may."""
    with db.writing() as session:
        message = outbox.claim(session, TOPIC, at=clock.real_now())
        held = _held(session, message, base_url) if message is not None else None
    if held is None:
        return message is not None
    opened: Opened | None = None
    problem, again = "", False
    try:
        if held.deed == "open":
            opened = provider.open(held.bill, again=held.attempts > 1)
        else:
            provider.withdraw(held.bill.reference)
    except GatewayUnavailable as lost:
        problem, again = str(lost.words), True
    except GatewayRefused as refused:
        problem = str(refused.words)
    _finish(held, opened, problem, again)
    return True


def _held(session: Session, message: Message, base_url: str) -> Held | None:
    """What the message says; None where something later was put that the gateway must hear instead."""
    row = session.get_one(GatewayBill, message.payload["gateway_bill"])
    deed = message.payload["deed"]
    if message.payload["turn"] != row.turn:
        outbox.done(session, message, at=clock.real_now())
        return None
    bill = session.get_one(Bill, row.bill_id)
    employer = session.get_one(Employer, row.employer_id)
    chosen = fund().gateway
    out = BillOut(
        bill.reference, bill.number, bill.amount, bill.currency, pack(bill.scheme).currency.digits,
        chosen.pays if chosen else "any", row.expires_at, clock.now(), employer.legal_name,
        f"{base_url}/employers/{employer.number}/account/bills/{bill.public_id}",
    )  # fmt: skip
    return Held(message.effect, message.attempts, row.id, deed, out)


def _finish(held: Held, opened: Opened | None, problem: str, again: bool) -> None:
    with db.writing() as session:
        message = outbox.still_leased(session, held.effect, held.attempts)
        if message is None:
            return
        row = session.get_one(GatewayBill, held.row, with_for_update=True)
        still = message.payload["turn"] == row.turn
        row.problem = problem if still else row.problem
        if problem and again and not outbox.worn_out(message):
            outbox.again(message, problem, at=clock.real_now())
            return
        if problem:
            row.state = "refused" if held.deed == "open" and still else row.state
            outbox.refused(session, message, problem, at=clock.real_now())
            return
        if opened is not None:
            row.control_number, row.pay_url, row.told_at = opened.control_number, opened.pay_url, clock.now()
            row.state = "open" if still else row.state
        outbox.done(session, message, at=clock.real_now())
