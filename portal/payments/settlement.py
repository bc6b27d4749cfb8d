"""
After something changed in an employer's book: let credit settle what is open, and let cover follow what is paid.

    before = settled_months(session, employer_id, scheme)
    …post…
    settle(session, employer_id, scheme, before=before, at=at, reason="…")
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.contributions.standing import declared_people
from portal.coverage import service as coverage
from portal.coverage.service import DeclaredPerson
from portal.installation import pack
from portal.ledger import book, crediting
from portal.ledger.standing import standings
from portal.scheme.calendars import Month

#: Why cover closes when a declaration was revised upwards and the difference is not paid yet.
NO_LONGER_PAID = "the charge is no longer paid in full"


def scheme_day(scheme: str, at: datetime) -> date:
    """The day it is for a scheme."""
    return at.astimezone(ZoneInfo(pack(scheme).timezone)).date()


def settled_months(session: Session, employer_id: int, scheme: str) -> frozenset[Month]:
    """The months whose contribution is paid in full; a late charge may still be open."""
    return frozenset(one.charge.month for one in standings(session, employer_id, scheme) if one.settled)


def settle(
    session: Session, employer_id: int, scheme: str, *, before: Collection[Month], at: datetime, reason: str
) -> None:
    """
    Bring late charges up to today, spend the credit, then open and close cover by what is now paid.

    *before* is what `settled_months` said before the change; *reason* is kept where cover closes.  Again: nothing.
    """
    crediting.settle_credit(session, employer_id, scheme, on=scheme_day(scheme, at), at=at)
    if not pack(scheme).opens_coverage:
        return
    after = settled_months(session, employer_id, scheme)
    people = {month: _people(session, employer_id, scheme, month) for month in sorted(after.difference(before))}
    coverage.open_months(session, employer_id, scheme, people, at=at)
    coverage.close_months(session, employer_id, scheme, sorted(set(before) - after), at=at, reason=reason)


def _people(session: Session, employer_id: int, scheme: str, month: Month) -> list[DeclaredPerson]:
    """Who was declared for the month, as coverage wants them."""
    return [DeclaredPerson(*one) for one in declared_people(session, employer_id, scheme, month)]


def settle_account(session: Session, employer_id: int, *, at: datetime) -> None:
    """
    The same for every scheme of an employer: after a declaration, and each night.

    What cover already rests on is read from the months noted as paid, so a charge that a revision
    brought down to what was paid opens its month, too.
    """
    book.lock(session, employer_id)
    for scheme in sorted({one.charge.scheme for one in standings(session, employer_id)}):
        before = (
            coverage.noted_months(session, employer_id, scheme)
            if pack(scheme).opens_coverage
            else settled_months(session, employer_id, scheme)
        )
        settle(session, employer_id, scheme, before=before, at=at, reason=NO_LONGER_PAID)
