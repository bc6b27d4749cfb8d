"""Which open claims money may answer, and when booking it for a claim needs a second person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Date, cast, select
from sqlalchemy.orm import Session

from portal.bank.claims import NEAR
from portal.bank.models import BankEntry
from portal.cases.kinds import UNPOSTED
from portal.cases.models import Case, CaseState
from portal.errors import Refused
from portal.installation import fund
from portal.words import Amount, Words, _

OPEN = (Case.kind == UNPOSTED.code, Case.state != CaseState.CLOSED.value)


def open_claims(
    session: Session, employer: int, *, amount: int, currency: str, day: date, lock: bool = False
) -> Sequence[Case]:
    """Claims of an employer that money of this amount (minor units) and day may answer, the oldest first."""
    facts, paid_on = Case.facts, cast(Case.facts["paid_on"].as_string(), Date)
    wanted = select(Case).where(
        *OPEN, Case.employer_id == employer, facts["amount"].as_integer() == amount,
        facts["currency"].as_string() == currency, paid_on.between(day - NEAR, day + NEAR),
    ).order_by(Case.id)  # fmt: skip
    return session.scalars(wanted.with_for_update() if lock else wanted).all()


def second_person(entry: BankEntry, employer: int, amount: int) -> list[Words]:
    """Why one officer is not enough to book *amount* (minor units) of an entry to who claims it; empty: one is."""
    alone, currency = fund().limits.claim_alone, fund().currency.code
    found = []
    if entry.currency != currency:
        found.append(_("It is in another currency than that in which the fund says what one officer may book."))
    elif amount > alone:
        limit = Amount(alone, currency)
        found.append(_("It is more than %(limit)s, which one officer may book on a claim alone.", limit=limit))
    elsewhere = entry.found_employer_id not in (None, employer)
    if elsewhere or (entry.found == "likely" and entry.found_employer_id is None):
        found.append(_("What the bank tells points to another employer."))
    return found


def refuse_alone(session: Session, entry: BankEntry, employer: int, amount: int) -> None:
    """Refused (409) where *employer* claims this very money and a second person has to agree: it goes by the claim."""
    if not second_person(entry, employer, amount):
        return
    for claim in open_claims(session, employer, amount=amount, currency=entry.currency, day=entry.value_day):
        words = _(
            "The employer claims this money, and a second person has to agree. Book it from case %(number)s.",
            number=claim.number,
        )
        raise Refused(words, field="employer", status=409)
