"""
Credit that an employer asks back: asked for by one person, approved by a second one, then given back at once.

Nothing is reserved while a request waits: what is owed comes first.  Whether the credit is still there is asked again
when it is approved, after everything owed by then was settled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import approvals, audit
from portal.approvals import Action, Approval, Decider, Row, action
from portal.audit import Event
from portal.contributions.acknowledgement import fund_head
from portal.employers.models import Employer
from portal.errors import NotFound, Refused
from portal.installation import fund, pack
from portal.ledger import book, crediting
from portal.ledger.standing import credit
from portal.payments import telling
from portal.payments.models import Refund
from portal.payments.receipts import next_in_series
from portal.payments.settlement import scheme_day, settle, settled_months
from portal.scheme.explain import Step, steps_to_json
from portal.words import Amount, _

REFUND = "credit.refund"
#: Longest name of an account or bank, and longest account number, in characters.
LONGEST_NAME, LONGEST_ACCOUNT = 120, 40


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where the money goes, as the employer told it."""

    name: str
    number: str
    bank: str


def subject_of(employer: UUID, scheme: str) -> str:
    """How requests name an employer's credit in one scheme: only one refund of it is asked for at a time."""
    return f"credit:{employer}/{scheme}"


def ask_for_refund(
    session: Session, employer_id: int, scheme: str, amount: int, to: BankAccount, *, reason: str, by: int, at: datetime
) -> Approval:
    """
    Ask that *amount* (minor units) of the credit is given back.  The same again gets the open request.

    `Refused` (422) where the amount is not above zero and within the credit or the bank account is not told, (409)
    while another request waits.  `NotFound` for a scheme the fund does not run.
    """
    book.lock(session, employer_id)
    currency = pack(scheme).currency.code
    left = credit(session, employer_id, scheme)
    if not left:
        raise Refused(_("There is no credit in this account."), status=409)
    if not 0 < amount <= left:
        words = _("Write an amount above zero and up to your credit, %(left)s.", left=Amount(left, currency))
        raise Refused(words, field="amount", status=422)
    for field, text in (("account_name", to.name), ("account_number", to.number)):
        if not text.strip():
            raise Refused(_("Tell which bank account the money goes to."), field=field, status=422)
    employer = session.get_one(Employer, employer_id)
    shown = {"scheme": scheme, "amount": amount, "currency": currency, "to": asdict(to)}
    return approvals.ask(
        session, REFUND, subject_of(employer.public_id, scheme), shown=shown, reason=reason, by=by, at=at,
        employer=employer_id,
    )  # fmt: skip


def waiting_refund(session: Session, employer: UUID, scheme: str) -> Approval | None:
    """The refund of this credit that waits for a second person."""
    return approvals.open_about(session, REFUND, subject_of(employer, scheme))


def _rows(session: Session, request: Approval) -> list[Row]:
    shown = request.shown
    to, currency = shown["to"], shown["currency"]
    rows: list[Row] = [
        (_("For"), pack(shown["scheme"]).name),
        (_("To give back"), Amount(shown["amount"], currency)),
        (_("Account holder"), to["name"]),
        (_("Account number"), to["number"]),
        *([(_("Bank"), to["bank"])] if to["bank"] else []),
    ]
    if request.is_open:
        left = credit(session, request.employer_id or 0, shown["scheme"])
        rows.insert(2, (_("Credit in the account now"), Amount(left, currency)))
        employer = session.get_one(Employer, request.employer_id)
        if employer.bank_account and _plain(employer.bank_account) != _plain(to["number"]):
            rows.append((_("Another account stands on the employer's file"), employer.bank_account))
    return rows


def _plain(number: str) -> str:
    """An account number without the signs that only make it easier to read."""
    return "".join(sign for sign in number if sign.isalnum()).upper()


def _carry_out(session: Session, request: Approval, by: Decider) -> None:
    """Settle what is owed by now, then give the amount back; Refused when the credit does not reach any more."""
    assert request.employer_id is not None  # every refund is an employer's
    employer_id, shown = request.employer_id, request.shown
    scheme, amount = str(shown["scheme"]), int(shown["amount"])
    book.lock(session, employer_id)
    settle(
        session, employer_id, scheme, before=settled_months(session, employer_id, scheme), at=by.at, reason=""
    )  # fmt: skip
    left = credit(session, employer_id, scheme)
    if left < amount:
        raise Refused(
            _(
                "Only %(left)s of the credit is left, because the rest settled what was owed meanwhile. Refuse this "
                "request; a new one can ask for what is left.",
                left=Amount(left, shown["currency"]),
            )
        )  # fmt: skip
    posted = crediting.pay_back(
        session, employer_id, scheme, amount, name=f"refund/{request.public_id}", on=scheme_day(scheme, by.at),
        at=by.at, by=by.account,
    )  # fmt: skip
    _issue(session, request, posted.id, by)


def _issue(session: Session, request: Approval, transaction_id: int, by: Decider) -> Refund:
    """The note of the refund, with a number of its series."""
    shown = request.shown
    employer = session.get_one(Employer, request.employer_id)
    number = next_in_series(session, "credit_note", by.at)
    made = Refund(
        public_id=uuid4(), number=number, employer_id=employer.id, scheme=shown["scheme"], currency=shown["currency"],
        amount=shown["amount"], approval_id=request.id, transaction_id=transaction_id, recorded_at=by.at,
        recorded_by=by.account, snapshot={**_snapshot(employer, shown, request, by), "number": number},
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, Event.CREDIT_REFUNDED, at=by.at, by=by.account, employer=employer.id,
        subject=f"refund:{made.public_id}", refund=number, scheme=made.scheme, amount=made.amount,
    )  # fmt: skip
    telling.given_back(session, made)
    return made


def _snapshot(employer: Employer, shown: Mapping[str, Any], request: Approval, by: Decider) -> dict[str, Any]:
    """What ``templates/pdf/refund.html`` wants, without the number."""
    zone = ZoneInfo(fund().timezone)
    steps = [
        Step(_("More was paid than is owed, so it stood as credit in the account of the employer.")),
        Step(_("Two people of whom neither decides alone asked for it and approved it.")),
    ]
    return {
        "issued_on": by.at.astimezone(zone).date().isoformat(),
        "asked_on": request.asked_at.astimezone(zone).date().isoformat(),
        "language": fund().languages[0],
        "practice": fund().practice,
        "fund": fund_head(),
        "employer": {"number": employer.number, "name": employer.legal_name},
        "scheme": pack(shown["scheme"]).name,
        "amount": shown["amount"],
        "currency": shown["currency"],
        "to": shown["to"],
        "steps": steps_to_json(steps),
        "pack": pack(shown["scheme"]).hash,
    }


def refunds_of(session: Session, employer_id: int, scheme: str) -> Sequence[Refund]:
    """What was given back to an employer in one scheme, the newest first."""
    wanted = (Refund.employer_id == employer_id, Refund.scheme == scheme)
    return session.scalars(select(Refund).where(*wanted).order_by(Refund.id.desc())).all()


def refund_by_id(session: Session, employer_id: int, refund: UUID) -> Refund:
    """One refund of the employer; NotFound when it is another's or none."""
    wanted = (Refund.employer_id == employer_id, Refund.public_id == refund)
    found = session.scalar(select(Refund).where(*wanted))
    if found is None:
        raise NotFound("refund")
    return found


action(Action(REFUND, "decide", _("Give credit back to an employer"), _rows, _carry_out))
