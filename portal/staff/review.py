"""Who may do what in the portal, and when they were last here: to be gone through, say, each quarter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.auth import factor
from portal.auth.models import Account, FundRole, Mandate
from portal.employers.models import Employer
from portal.errors import NotFound

#: Whoever was not here for so long may not need their access any more.
LONG = timedelta(days=90)
KINDS = ("fund", "employers", "nothing", "all")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to: people of the fund, of employers, or with no access; *away*: long not here."""

    kind: str = "fund"
    away: bool = False
    text: str = ""


@dataclass(slots=True)
class Access:
    """An account with every role and mandate that has not ended; some may begin later."""

    account: Account
    two_steps: bool
    roles: list[FundRole] = field(default_factory=list)
    mandates: list[tuple[Mandate, Employer]] = field(default_factory=list)

    def away(self, now: datetime) -> bool:
        """Whether they were not here for long, or never."""
        return self.account.last_seen_at is None or self.account.last_seen_at < now - LONG


def reviewed(
    session: Session, wanted: Wanted, today: date, now: datetime, *, limit: int | None = None, offset: int = 0
) -> tuple[list[Access], int]:
    """The accounts by name, and how many there are; *now* is the real time."""
    conditions = _conditions(wanted, today, now)
    total = session.scalar(select(func.count()).select_from(Account).where(*conditions)) or 0
    listed = select(Account).where(*conditions).order_by(func.lower(Account.name), Account.id)
    return _with_access(session, session.scalars(listed.limit(limit).offset(offset)).all(), today), total


def access_of(session: Session, account: UUID, today: date) -> Access:
    """One account; NotFound when there is none."""
    found = session.scalar(select(Account).where(Account.public_id == account))
    if found is None:
        raise NotFound("account")
    return _with_access(session, [found], today)[0]


def _with_access(session: Session, accounts: Sequence[Account], today: date) -> list[Access]:
    ids = [one.id for one in accounts]
    two_steps = factor.those_with_it(session, ids)
    found = {one.id: Access(one, one.id in two_steps) for one in accounts}
    of_them = (FundRole.account_id.in_(ids), _lasts(FundRole, today))
    for role in session.scalars(select(FundRole).where(*of_them).order_by(FundRole.from_day, FundRole.role)):
        found[role.account_id].roles.append(role)
    for mandate, employer in session.execute(_mandates(today).where(Mandate.account_id.in_(ids))):
        found[mandate.account_id].mandates.append((mandate, employer))
    return list(found.values())


def _mandates(today: date) -> Select[Mandate, Employer]:
    return (
        select(Mandate, Employer)
        .join(Employer, Employer.id == Mandate.employer_id)
        .where(_lasts(Mandate, today))
        .order_by(func.lower(Employer.legal_name), Mandate.role, Mandate.from_day)
    )


def _lasts(table: type[FundRole] | type[Mandate], today: date) -> ColumnElement[bool]:
    return or_(table.to_day.is_(None), table.to_day >= today)


def _conditions(wanted: Wanted, today: date, now: datetime) -> list[ColumnElement[bool]]:
    at_fund = exists().where(FundRole.account_id == Account.id, _lasts(FundRole, today))
    for_employers = exists().where(Mandate.account_id == Account.id, _lasts(Mandate, today))
    kinds = {"fund": at_fund, "employers": for_employers, "nothing": ~at_fund & ~for_employers}
    found = [kinds[wanted.kind]] if wanted.kind in kinds else []
    if wanted.away:
        found.append(or_(Account.last_seen_at.is_(None), Account.last_seen_at < now - LONG))
    if wanted.text:
        text = wanted.text.lower()
        found.append(func.lower(Account.name).contains(text, autoescape=True) | _has(Account.email, text))
    return found


def _has(column: ColumnElement[str] | object, text: str) -> ColumnElement[bool]:
    return func.lower(column).contains(text, autoescape=True)
