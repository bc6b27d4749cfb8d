"""Employers that were brought over get into the portal: an invitation to the address in the register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.auth.models import EmployerRole, Mandate
from portal.colleagues import invitations
from portal.colleagues.invitations import Offer
from portal.db import day_range
from portal.employers.models import Employer


def without_administrator(session: Session, on: date) -> Sequence[Employer]:
    """Active employers for which nobody may act as administrator on a day, by number."""
    acts = select(Mandate.id).where(
        Mandate.employer_id == Employer.id, Mandate.role == EmployerRole.ADMINISTRATOR.value,
        day_range(on, Mandate.from_day, Mandate.to_day),
    )  # fmt: skip
    wanted = select(Employer).where(Employer.state == "active", ~acts.exists())
    return session.scalars(wanted.order_by(Employer.number)).all()


def invite(session: Session, employers: Iterable[Employer], *, by: int, today: date, at: datetime, url: str) -> int:
    """Mail each an invitation to be its first administrator, where there is an address; how many.  Again: new links."""
    offer, count = Offer((EmployerRole.ADMINISTRATOR,), today), 0
    for employer in employers:
        if employer.email:
            invitations.invite(session, employer, employer.email, offer, by=by, today=today, at=at, url=url)
            count += 1
    return count
