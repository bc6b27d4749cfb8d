"""What the fund sees of the gateway: what waits for an officer, what came, and the days compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.employers.models import Employer
from portal.gateway.models import (
    GatewayBill,
    GatewayDay,
    GatewayOddity,
    GatewayPart,
    GatewayPayment,
    GatewayPayout,
)
from portal.payments.models import Receipt
from portal.scheme.explain import words_from_json
from portal.words import Words, _

STATES: dict[str, Words] = {
    "booked": _("Booked"),
    "waiting": _("Waits for an officer"),
    "reversed": _("Taken back"),
    "stuck": _("Taken back by the gateway, not in the book"),
}
WAYS: dict[str, Words] = {
    "call": _("Told by the gateway"),
    "enquiry": _("Found by asking"),
    "list": _("Found in the list of the day"),
}
DIFFERENCES: dict[str, Words] = {
    "missing": _("We had not heard of it; it came in with the list"),
    "reversed": _("We had not heard that it was taken back; now it is"),
    "different": _("The gateway says another amount"),
    "extra": _("The gateway does not list it"),
    "payout": _("The gateway says something else of this payout"),
}
#: Why a call-back was refused, by the status it heard.
REFUSED: dict[int, Words] = {
    400: _("It could not be read in one way only"),
    401: _("The signature did not hold, or the message was too old"),
    413: _("It was too long, or did not say how long"),
    422: _("It was signed, and a part of it cannot be"),
}
SEVERAL = _("More than one employer is called like this. Write the number.")
#: Days and messages shown.
MOST = 60


@dataclass(frozen=True, slots=True)
class Row:
    """A payment the gateway told of, with its employer and receipt where it has them."""

    payment: GatewayPayment
    employer: Employer | None
    receipt: Receipt | None

    @property
    def state(self) -> Words:
        """What became of it."""
        return STATES[self.payment.state]

    @property
    def why(self) -> Words | None:
        """Why it waits for an officer."""
        open_one = self.payment.state in ("waiting", "stuck") and self.payment.why
        return words_from_json(self.payment.why) if open_one else None


@dataclass(frozen=True, slots=True)
class Odd:
    """A message that did not fit, and the payment as we know it."""

    oddity: GatewayOddity
    payment: GatewayPayment


def given_to_another(number: str) -> Words:
    """That a colleague was quicker, and decided otherwise."""
    return _("A colleague gave it to another employer meanwhile: receipt %(number)s.", number=number)


def _rows() -> Select[GatewayPayment, Employer | None, Receipt | None]:
    return (
        select(GatewayPayment, Employer, Receipt)
        .outerjoin(Employer, Employer.id == GatewayPayment.employer_id)
        .outerjoin(Receipt, Receipt.payment_id == GatewayPayment.payment_id)
    )


def waiting(session: Session) -> list[Row]:
    """What an officer must look at, the oldest first."""
    open_ones = _rows().where(GatewayPayment.state.in_(("waiting", "stuck"))).order_by(GatewayPayment.id)
    return [Row(*row) for row in session.execute(open_ones.limit(MOST))]


def payments(session: Session, *, limit: int, offset: int) -> tuple[list[Row], int]:
    """Every payment, the newest first, and how many there are."""
    total = session.scalar(select(func.count()).select_from(GatewayPayment)) or 0
    rows = session.execute(_rows().order_by(GatewayPayment.id.desc()).limit(limit).offset(offset))
    return [Row(*row) for row in rows], total


def one(session: Session, payment: GatewayPayment) -> Row:
    """One payment as a page shows it."""
    return Row(*session.execute(_rows().where(GatewayPayment.id == payment.id)).one())


def oddities(session: Session) -> list[Odd]:
    """Messages nobody has dealt with yet, the oldest first."""
    statement = (
        select(GatewayOddity, GatewayPayment)
        .join(GatewayPayment, GatewayPayment.id == GatewayOddity.gateway_payment_id)
        .where(GatewayOddity.closed_at.is_(None)).order_by(GatewayOddity.id).limit(MOST)
    )  # fmt: skip
    return [Odd(*row) for row in session.execute(statement)]


def days(session: Session) -> Sequence[GatewayDay]:
    """The days compared, the latest first."""
    return session.scalars(select(GatewayDay).order_by(GatewayDay.day.desc()).limit(MOST)).all()


def refused_bills(session: Session) -> int:
    """How many bills the gateway does not take, or did not answer for."""
    troubled = (GatewayBill.state == "refused") | ((GatewayBill.state == "asked") & (GatewayBill.problem != ""))
    return session.scalar(select(func.count()).where(troubled)) or 0


@dataclass(frozen=True, slots=True)
class PartRow:
    """A payment in a payout; *row* is none where we do not know it."""

    part: GatewayPart
    row: Row | None


@dataclass(frozen=True, slots=True)
class Still:
    """Booked payments of one currency that no payout holds yet."""

    currency: str
    amount: int
    count: int


def still_there(session: Session) -> list[Still]:
    """What the gateway took in and has not sent to the bank, by currency."""
    sent = select(GatewayPart.id).where(GatewayPart.transaction == GatewayPayment.transaction).exists()
    statement = select(GatewayPayment.currency, func.sum(GatewayPayment.amount), func.count())
    wanted = (GatewayPayment.state.in_(("booked", "waiting")), ~sent)
    rows = session.execute(statement.where(*wanted).group_by(GatewayPayment.currency).order_by(GatewayPayment.currency))
    return [Still(currency, int(amount), count) for currency, amount, count in rows]


def payouts(session: Session) -> Sequence[GatewayPayout]:
    """What the gateway sent to the bank, the latest first."""
    latest = select(GatewayPayout).order_by(GatewayPayout.day.desc(), GatewayPayout.id.desc())
    return session.scalars(latest.limit(MOST)).all()


def parts(session: Session, payout: GatewayPayout, *, limit: int, offset: int) -> tuple[list[PartRow], int]:
    """The payments in a payout, the first told first, and how many there are."""
    wanted = GatewayPart.payout_id == payout.id
    total = session.scalar(select(func.count()).select_from(GatewayPart).where(wanted)) or 0
    same = (GatewayPayment.transaction == GatewayPart.transaction) & (GatewayPayment.provider == payout.provider)
    statement = (
        select(GatewayPart, GatewayPayment, Employer, Receipt)
        .outerjoin(GatewayPayment, same)
        .outerjoin(Employer, Employer.id == GatewayPayment.employer_id)
        .outerjoin(Receipt, Receipt.payment_id == GatewayPayment.payment_id)
        .where(wanted).order_by(GatewayPart.id).limit(limit).offset(offset)
    )  # fmt: skip
    rows = session.execute(statement)
    return [PartRow(part, Row(told, whose, receipt) if told else None) for part, told, whose, receipt in rows], total
