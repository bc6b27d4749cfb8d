"""Who may act for an employer: listed, given another role, ended; the last administrator only with the fund."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.auth import service as accounts
from portal.auth.models import Account, EmployerRole, Mandate
from portal.colleagues import invitations
from portal.employers.models import Employer
from portal.errors import NotFound, Refused
from portal.words import _

LAST_ADMINISTRATOR = _("This is the last administrator: nobody could let anyone in again. The fund has to agree.")


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may act for an employer, now or later, in one role."""

    mandate: Mandate
    account: Account

    @property
    def role(self) -> EmployerRole:
        """What they may do."""
        return EmployerRole(self.mandate.role)

    def begins_later(self, today: date) -> bool:
        """Whether it does not hold yet."""
        return self.mandate.from_day > today


def colleagues(session: Session, employer_id: int, today: date) -> list[Colleague]:
    """Everybody whose mandate has not ended, by name; who has two roles stands there twice."""
    rows = session.execute(
        select(Mandate, Account)
        .join(Account, Account.id == Mandate.account_id)
        .where(Mandate.employer_id == employer_id, or_(Mandate.to_day.is_(None), Mandate.to_day >= today))
        .order_by(func.lower(Account.name), Mandate.role, Mandate.from_day)
    )
    return [Colleague(mandate, account) for mandate, account in rows]


def colleague(session: Session, employer_id: int, mandate: UUID, today: date) -> Colleague:
    """One of them; NotFound when the mandate ended, or is another employer's."""
    for one in colleagues(session, employer_id, today):
        if one.mandate.public_id == mandate:
            return one
    raise NotFound("mandate")


def is_last_administrator(session: Session, one: Mandate, today: date) -> bool:
    """Whether nobody else is an administrator of the employer for as long as this one is."""
    if one.role != EmployerRole.ADMINISTRATOR or one.from_day > today:
        return False
    return not [other for other in _administrators(session, one.employer_id, today) if other.id != one.id]


def refuse_if_held(session: Session, employer_id: int, email: str, role: EmployerRole, today: date) -> None:
    """Refused when the account with this address has the role already, without an end: there is nothing to offer."""
    for one in colleagues(session, employer_id, today):
        same = one.role is role and one.account.email.lower() == email.strip().lower()
        if same and one.mandate.to_day is None and not one.begins_later(today):
            raise Refused(_("This person acts in this role already."), field="email", status=422)


def end(
    session: Session, employer: Employer, mandate: UUID, *, last_day: date | None, by: int, today: date, at: datetime,
    with_the_fund: bool = False,
) -> Mandate:  # fmt: skip
    """
    Let a mandate end after *last_day*, or at once when that is None; what its holder offered to others ends with it.

    Refused for the last administrator, unless the fund agreed: nobody could let anyone in again.
    """
    _lock(session, employer)
    one = _held(session, employer, mandate, today).mandate
    if not with_the_fund and is_last_administrator(session, one, today):
        raise Refused(LAST_ADMINISTRATOR, field="when", status=409)
    _check_last_day(one, last_day, today)
    _end(one, last_day, today)
    _record_end(session, employer, one, by, at)
    if one.role == EmployerRole.ADMINISTRATOR and last_day is None:
        invitations.withdraw_of(session, employer.id, one.account_id, by=by, at=at)
    return one


def change_role(
    session: Session, employer: Employer, mandate: UUID, role: EmployerRole, *, by: int, today: date, at: datetime
) -> None:
    """From today on in another role, until the day the mandate had.  The same role: nothing changes."""
    _lock(session, employer)
    found = _held(session, employer, mandate, today)
    one = found.mandate
    if found.role is role:
        return
    if is_last_administrator(session, one, today):
        raise Refused(LAST_ADMINISTRATOR, field="role", status=409)
    from_day, to_day = max(one.from_day, today), one.to_day
    _end(one, None, today)
    _record_end(session, employer, one, by, at)
    session.flush()
    accounts.give_mandate(session, employer.id, found.account, role, from_day=from_day, to_day=to_day, at=at, by=by)


def holder(session: Session, employer_id: int, mandate: UUID) -> Account:
    """Whose mandate it is or was; NotFound when it is another employer's."""
    of_employer = (Mandate.employer_id == employer_id, Mandate.public_id == mandate)
    found = session.scalar(select(Account).join(Mandate, Mandate.account_id == Account.id).where(*of_employer))
    if found is None:
        raise NotFound("mandate")
    return found


def administrators(session: Session, employer_id: int) -> list[str]:
    """The addresses of everybody who is an administrator without an end."""
    asked = (Mandate.employer_id == employer_id, Mandate.role == EmployerRole.ADMINISTRATOR.value)
    of_them = select(Account.email).join(Mandate, Mandate.account_id == Account.id)
    return list(session.scalars(of_them.where(*asked, Mandate.to_day.is_(None), Account.disabled_at.is_(None))))


def _administrators(session: Session, employer_id: int, today: date) -> Sequence[Mandate]:
    """Those who are administrators today and stay so: a mandate whose end is set does not keep the door open."""
    return session.scalars(
        select(Mandate)
        .join(Account, Account.id == Mandate.account_id)
        .where(
            Mandate.employer_id == employer_id, Mandate.role == EmployerRole.ADMINISTRATOR.value,
            Mandate.from_day <= today, Mandate.to_day.is_(None), Account.disabled_at.is_(None),
        )
    ).all()  # fmt: skip


def _check_last_day(one: Mandate, last_day: date | None, today: date) -> None:
    if last_day is None:
        return
    if last_day < max(today, one.from_day):
        raise Refused(_("Choose today or a later day, not before the first day."), field="last_day", status=422)
    if one.to_day is not None and last_day > one.to_day:
        words = _("It ends on %(day)s already. To let it hold for longer, invite the person again.", day=one.to_day)
        raise Refused(words, field="last_day", status=422)


def _held(session: Session, employer: Employer, mandate: UUID, today: date) -> Colleague:
    """A mandate that has not ended.  Refused in words when somebody else ended it meanwhile."""
    ended = select(Mandate.id).where(Mandate.employer_id == employer.id, Mandate.public_id == mandate)
    try:
        return colleague(session, employer.id, mandate, today)
    except NotFound:
        if session.scalar(ended) is None:
            raise
        raise Refused(_("This mandate has ended already. Go back to the list."), status=409) from None


def _end(one: Mandate, last_day: date | None, today: date) -> None:
    if last_day is not None:
        one.to_day = last_day
    else:
        one.to_day = today - timedelta(days=1)  # before its first day, it held on no day at all


def _record_end(session: Session, employer: Employer, one: Mandate, by: int, at: datetime) -> None:
    account = session.get_one(Account, one.account_id)
    audit.record(
        session, Event.MANDATE_ENDED, at=at, by=by, employer=employer.id, account=str(account.public_id), role=one.role
    )


def _lock(session: Session, employer: Employer) -> None:
    session.scalar(select(Employer.id).where(Employer.id == employer.id).with_for_update())
