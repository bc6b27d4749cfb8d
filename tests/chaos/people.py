"""Who takes part: employers with their people, each with a signatory, a cashier and a supervisor who are signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.models import Account, FundRoleName
from portal.bank import accounts
from portal.contributions import drafts, service
from portal.installation import calendar, pack
from portal.payments.service import record_payment
from portal.scheme.calendars import Month
from tests.factories import begun_visit, give_mandate, hire, make_employer, make_officer, make_person

#: Of the people of an employer, of whom there are at most so many: a file is refused in which a name is none.
NAMES = ("Agnes", "Bwalya", "Chanda", "Dorothy", "Esther")


@dataclass(frozen=True, slots=True)
class Firm:
    """An employer's number, the fund's bank account its money comes to, and the tokens of those who act."""

    number: str
    account: str
    employer: str
    cashier: str
    supervisor: str


def firms(count: int, people: int, paid: Sequence[Month]) -> list[Firm]:
    """So many employers with so many people each, who have *paid* these months: what follows opens cover at once."""
    made = []
    for _ in range(count):
        with db.writing() as session:
            firm, employer = _firm(session, people)
            made.append(firm)
        for month in paid:
            _live(employer, month)
    return made


def _live(employer: int, month: Month) -> None:
    """A month declared, and paid in the scheme that covers."""
    at = clock.now()
    with db.writing() as session:
        payroll = drafts.start_from_roster(session, employer, month, at=at, by=None)
        declared = service.submit_payroll(session, employer, payroll.public_id, version=payroll.version, by=None, at=at)
        for one in declared:
            if pack(one.scheme).opens_coverage:
                record_payment(
                    session, employer, scheme=one.scheme, amount=one.total, method="bank", by=None, at=at,
                    paid_on=month.last_day(calendar()), bank_reference=str(one.public_id),
                )  # fmt: skip


def _firm(session: Session, people: int) -> tuple[Firm, int]:
    employer = make_employer(session)
    for name in NAMES[:people]:
        hire(session, employer, make_person(session, first_name=name))
    signatory = give_mandate(session, employer)
    cashier, supervisor = make_officer(session, FundRoleName.CASHIER), make_officer(session)
    who = (signatory, cashier, supervisor)
    account = accounts.add(
        session, bank="Practice Bank", number=f"0012345{employer.id:06d}", currency="ZMW", scheme=None, by=None,
        at=clock.now(),
    )  # fmt: skip
    return Firm(employer.number, account.number, *(_signed_in(session, one) for one in who)), employer.id


def _signed_in(session: Session, account: Account) -> str:
    token, visit = begun_visit(account)
    visit.content = {**visit.content, "proved_at": clock.real_now().isoformat()}
    session.add(visit)
    session.flush()
    return token
