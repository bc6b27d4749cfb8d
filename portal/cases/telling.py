"""Telling the other side by mail that the fund has written: that there is something to read, and not what it says."""

from __future__ import annotations

import re

from sqlalchemy import column, select, table
from sqlalchemy.orm import Session

from portal import clock, outbox
from portal.cases.models import Case, CaseEntry, Side
from portal.installation import fund
from portal.words import Words, _

# The rooms of employers and people stand above this one: only their addresses are read.
_employer, _person, _account = (
    table(name, column("id"), column("email")) for name in ("employer", "person", "account")
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def tell(session: Session, case: Case, entry: CaseEntry) -> None:
    """Mail the other side about an entry of the fund, if it may read the case and left or has an address."""
    to = _address(session, case) if case.shared else ""
    if to:
        subject = _("%(fund)s has written to you: case %(number)s", fund=fund().short_name, number=case.number)
        outbox.put_mail(session, f"mail/case/{entry.id}", to, subject, _text(case, entry), at=clock.real_now())


def _address(session: Session, case: Case) -> str:
    match Side(case.side):
        case Side.EMPLOYER:
            found = session.scalar(select(_employer.c.email).where(_employer.c.id == case.employer_id))
        case Side.PERSON:
            found = session.scalar(select(_person.c.email).where(_person.c.id == case.person_id))
        case Side.ACCOUNT:
            found = session.scalar(select(_account.c.email).where(_account.c.id == case.account_id))
        case Side.NOBODY:
            found = case.contact if _EMAIL.fullmatch(case.contact) else ""
    return found or ""


def _text(case: Case, entry: CaseEntry) -> Words:
    match Side(case.side):
        case Side.EMPLOYER:
            return _("There is something to read in case %(number)s. Sign in and open Questions.", number=case.number)
        case Side.PERSON:
            return _(
                "The fund has written about case %(number)s. Come in with your insurance number, your birth date and "
                "a code to read it.",
                number=case.number,
            )
        case Side.ACCOUNT:
            return _("There is something to read in case %(number)s. Sign in and open your cases.", number=case.number)
    return _(
        "You told us that something was wrong on a page, and we gave it the number %(number)s. This is our answer:\n\n"
        "%(text)s",
        number=case.number, text=entry.text,
    )  # fmt: skip
