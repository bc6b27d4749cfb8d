"""
An entry is booked for the claim of an employer: by one officer, or by two where that is not enough.

The second person decides on what the first one saw.  Books are locked before entries, and entries before cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from portal import approvals
from portal.approvals import Action, Approval, Decider, Row, action
from portal.bank import settling
from portal.bank.claiming import closing, rules
from portal.bank.claims import CLAIM
from portal.bank.models import BankEntry
from portal.cases.kinds import UNPOSTED
from portal.cases.models import Case, CaseState
from portal.cases.service import case_of
from portal.employers.models import Employer
from portal.errors import Refused
from portal.installation import pack
from portal.ledger import book
from portal.payments import service
from portal.payments.models import Receipt
from portal.scheme.explain import words_from_json, words_to_json
from portal.words import Amount, _


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of an entry is booked for a claim (minor units), and in which scheme."""

    scheme: str
    amount: int


def claim_by_name(session: Session, name: UUID, *, lock: bool = False) -> Case:
    """A claim of unposted money; NotFound when there is none."""
    return case_of(session, name, Case.kind == UNPOSTED.code, lock=lock)


def book_claimed(
    session: Session, claim_name: UUID, entry_name: UUID, wanted: Wanted, *, reason: str, key: UUID, by: int,
    at: datetime,
) -> Receipt | Approval:  # fmt: skip
    """
    Book money of an entry to who claims it and close the claim; or ask a second person, where one is not enough.

    *key* names the form: sent twice, the first receipt or request.  Refused for a closed claim, more than is left, and
    without a *reason* where a second person reads it.
    """
    claim, entry = _held(session, claim_name, entry_name)
    employer = claim.employer_id or 0
    first = service.receipt_of_key(session, employer, key)
    if first is not None:
        return first
    _open(claim)
    settling.nobodys(session, entry)
    settling.fits(entry, wanted.amount, wanted.scheme)
    why = rules.second_person(entry, employer, wanted.amount)
    if not why:
        return _book(session, claim, entry, wanted, key=key, by=by, at=at)
    claim.subject = entry.subject  # what becomes of this entry is told to who claims it
    shown = _shown(session, claim, entry, wanted) | {"why": [words_to_json(one) for one in why]}
    return approvals.ask(session, CLAIM, entry.subject, shown=shown, reason=reason, by=by, at=at, employer=employer)


def _held(session: Session, claim_name: UUID, entry_name: UUID) -> tuple[Case, BankEntry]:
    book.lock(session, claim_by_name(session, claim_name).employer_id or 0)
    entry = settling.entry_by_id(session, entry_name, lock=True)
    claim = claim_by_name(session, claim_name, lock=True)
    session.refresh(claim)
    return claim, entry


def _open(claim: Case) -> None:
    if claim.state == CaseState.CLOSED:
        raise Refused(_("Case %(number)s is closed. Reopen it first.", number=claim.number))


def _book(
    session: Session, claim: Case, entry: BankEntry, wanted: Wanted, *, key: UUID, by: int, at: datetime
) -> Receipt:
    receipt = settling.settle(
        session, entry.public_id, claim.employer_id or 0, scheme=wanted.scheme, amount=wanted.amount, key=key,
        checked=True, by=by, at=at,
    )  # fmt: skip
    closing.close(session, claim, closing.paid(receipt.number), settled=True, by=by, at=at)
    return receipt


def _shown(session: Session, claim: Case, entry: BankEntry, wanted: Wanted) -> dict[str, Any]:
    """What the second person decides on.  Minor units."""
    employer = session.get_one(Employer, claim.employer_id)
    points_to = session.get(Employer, entry.found_employer_id) if entry.found_employer_id else None
    return {
        "claim": str(claim.public_id), "case": claim.number, "employer": f"{employer.legal_name}, {employer.number}",
        "claimed": claim.facts["amount"], "paid_on": claim.facts["paid_on"], "scheme": wanted.scheme,
        "amount": wanted.amount, "currency": entry.currency, "day": entry.booking_day.isoformat(),
        "payer": entry.payer_name, "text": entry.remittance or entry.additional,
        "found": entry.why, "points_to": points_to.legal_name if points_to else "",
    }  # fmt: skip


def _rows(_session: Session, request: Approval) -> list[Row]:
    shown = request.shown
    return [
        (_("Employer"), shown["employer"]),
        (_("It claims"), _("%(amount)s paid on %(day)s", amount=Amount(shown["claimed"], shown["currency"]),
                           day=date.fromisoformat(shown["paid_on"]))),
        (_("Case"), shown["case"]),
        (_("Booked by the bank on"), date.fromisoformat(shown["day"])),
        (_("Who paid"), shown["payer"] or "-"),
        (_("Text of the payer"), shown["text"] or "-"),
        (_("What matching found"), words_from_json(shown["found"]) if shown["found"] else "-"),
        (_("It points to"), shown["points_to"] or "-"),
        (_("To book"), Amount(shown["amount"], shown["currency"])),
        (_("For"), pack(shown["scheme"]).name),
        *((_("Why two people"), words_from_json(one)) for one in shown["why"]),
        (_("What follows"), _("A payment of the employer with its receipt; the claim is closed, the employer told.")),
    ]  # fmt: skip


def _carry_out(session: Session, request: Approval, by: Decider) -> None:
    """Book it, unless the claim was closed or less of the entry is left."""
    claim, entry = _held(session, UUID(request.shown["claim"]), UUID(request.subject.partition(":")[2]))
    _open(claim)
    wanted = Wanted(request.shown["scheme"], int(request.shown["amount"]))
    _book(session, claim, entry, wanted, key=uuid5(request.public_id, "claim"), by=by.account, at=by.at)


action(Action(CLAIM, "decide", _("Book money that an employer claims"), _rows, _carry_out))
