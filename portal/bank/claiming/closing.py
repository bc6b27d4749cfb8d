"""
A claim ends by itself once its money is posted, and the employer reads what became of it.

Money that was booked to who claims it is told by the payment, whichever way it came: from the bank, the gateway, or by
hand.  An entry that an officer asked to book for a claim may go another way meanwhile: that is told, too.
"""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.bank.claiming import rules
from portal.bank.models import BankEntry
from portal.bank.settling import once_settled
from portal.cases import service
from portal.cases.models import Case, CaseState
from portal.cases.service import Writer
from portal.installation import fund
from portal.ledger.cashbook import CashMove
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.payments.models import Payment, Receipt
from portal.payments.service import once_recorded
from portal.web.filters import say
from portal.words import Amount, Words, _

#: Nobody is answered past what they wrote: what ends the claim is a fact.
NEWEST = 2**62
ELSEWHERE = _(
    "It was booked to another employer, because what the bank told of it points there. If it is yours, write in the "
    "case and send the slip again."
)
BACK = _("It went back to the account it came from. Pay again, and quote the reference of your bill.")
NOT_OURS = _("The fund found that it is no contribution. If that is wrong, write in the case.")
#: What became of an entry that left suspense for anybody but an employer.
WENT = {"sent_back": BACK, "returned": BACK, "not_ours": NOT_OURS, "out": NOT_OURS, "payout": ELSEWHERE}


def paid(number: str) -> Words:
    """That the money is booked to who claims it."""
    return _("It is booked to your account. Receipt %(number)s says what it settled.", number=number)


def close(session: Session, claim: Case, what: Words, *, settled: bool, by: int | None, at: datetime) -> None:
    """Close a claim the caller has locked, and tell the employer what became of the money; a closed one stays so."""
    if claim.state == CaseState.CLOSED:
        return
    with force_locale(fund().languages[0]):  # what is written in a case stands there in one language
        text = say(what)
    service.close(
        session, claim, text, "settled" if settled else "explained", by=Writer(service.FUND, account=by), seen=NEWEST,
        at=at, mailed=False,
    )  # fmt: skip
    notices.tell(
        session, Kind.CLAIM_CLOSED, name=f"{claim.public_id}/{at.isoformat()}", at=at, employer=claim.employer_id,
        about={"case_id": claim.public_id}, amount=Amount(claim.facts["amount"], claim.facts["currency"]),
        paid_on=date.fromisoformat(claim.facts["paid_on"]), case=claim.number, what=what,
    )  # fmt: skip


def _recorded(session: Session, employer: int, at: datetime) -> None:
    """The newest payment of an employer ends the oldest claim that it answers."""
    newest = select(Payment, Receipt.number).join(Receipt, Receipt.payment_id == Payment.id)
    newest = newest.where(Payment.employer_id == employer).order_by(Payment.id.desc()).limit(1)
    for payment, number in session.execute(newest):
        claims = rules.open_claims(
            session, employer, amount=payment.amount, currency=payment.currency, day=payment.paid_on, lock=True
        )
        for claim in claims[:1]:
            close(session, claim, paid(number), settled=True, by=payment.recorded_by, at=at)


def _settled(session: Session, entry: BankEntry, way: str, by: int | None, at: datetime) -> None:
    """An entry left suspense: what was claimed of it ends, whoever has it now."""
    claims = select(Case).where(*rules.OPEN, Case.subject == entry.subject).order_by(Case.id).with_for_update()
    for claim in session.scalars(claims):
        of_employer = (CashMove.entry_id == entry.id, Receipt.employer_id == claim.employer_id)
        booked = select(Receipt.number).join(CashMove, CashMove.payment_id == Receipt.payment_id).where(*of_employer)
        number = session.scalar(booked.order_by(Receipt.id.desc()).limit(1)) if way in ("paid", "recorded") else None
        what = paid(number) if number else WENT.get(way, ELSEWHERE)
        close(session, claim, what, settled=number is not None, by=by, at=at)


once_recorded(_recorded)
once_settled(_settled)
