"""Who pays: the employer behind what a cashier types, which may be a number, a bill's reference or a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.employers.models import Employer
from portal.errors import Refused
from portal.installation import fund
from portal.payments.bills import bill_by_reference
from portal.payments.models import Bill
from portal.words import Words, _

#: So many names are listed; more means that more has to be typed.
MOST_NAMES = 20
_REFERENCE = re.compile(r"RF\s*\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Payers:
    """Who was found: one employer, with the bill when its reference was typed; or several of that name."""

    employers: Sequence[Employer]
    bill: Bill | None = None


def payers(session: Session, typed: str) -> Payers:
    """
    Who pays, by what was typed.

    Refused when nobody is found, in words that tell a mistyped number or reference from one that is right but unknown.
    """
    if _REFERENCE.match(typed):
        bill = bill_by_reference(session, typed)
        return Payers([session.get_one(Employer, bill.employer_id)], bill)
    rule = fund().employer_number
    numbers = (typed.strip().upper(), rule.normalise(typed))
    found = session.scalars(select(Employer).where(Employer.number.in_(numbers))).all()
    if found:
        return Payers(found[:1])
    named = _named(session, typed)
    if not named:
        raise Refused(_nobody(typed), status=422)
    return Payers(named)


def _named(session: Session, typed: str) -> Sequence[Employer]:
    """Employers whose name holds the text."""
    names = (column.icontains(typed.strip(), autoescape=True) for column in (Employer.legal_name, Employer.trade_name))
    statement = select(Employer).where(or_(*names)).order_by(Employer.legal_name).limit(MOST_NAMES)
    return session.scalars(statement).all()


def _nobody(typed: str) -> Words:
    """Why nobody was found: the number cannot be right, or nobody has it."""
    if any(letter.isdigit() for letter in typed):
        problem = fund().employer_number.problem(typed)
        return problem or _("No employer has the number %(number)s.", number=fund().employer_number.normalise(typed))
    return _("No employer is called “%(name)s”. Try a part of the name, or the number.", name=typed.strip())
