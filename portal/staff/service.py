"""The fund's own people: their roles and districts; nobody changes their own, and one system administrator stays."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.auth import service as accounts
from portal.auth.models import Account, FundRole, FundRoleName
from portal.auth.visits import end_visits
from portal.colleagues import invitations
from portal.db import day_range
from portal.errors import NotFound, Refused
from portal.installation import fund
from portal.words import _

_OWN = _("Nobody changes what they may do themselves. Ask another system administrator.")
_LAST = _("This is the last system administrator. Give somebody else this role first.")


def worked_here(session: Session, account: Account) -> bool:
    """Whether somebody has, had or will have a role at the fund."""
    return session.scalar(select(FundRole.id).where(FundRole.account_id == account.id).limit(1)) is not None


def give_role(
    session: Session, account: UUID, role: FundRoleName, *, from_day: date, to_day: date | None, by: int, today: date,
    at: datetime,
) -> None:  # fmt: skip
    """Another role at the fund, from day to day, both included."""
    found = _other(session, account, by)
    if to_day is not None and to_day < from_day:
        raise Refused(_("The last day is before the first. Correct one of them."), field="to_day", status=422)
    if from_day < today:
        raise Refused(_("Choose today or a later day."), field="from_day", status=422)
    accounts.give_fund_role(session, found, role, from_day=from_day, to_day=to_day, by=by, at=at)


def end_role(session: Session, account: UUID, role: UUID, *, by: int, today: date, at: datetime) -> None:
    """From now on no longer in this role.  Again: nothing changes."""
    found = _other(session, account, by)
    held = session.scalar(select(FundRole).where(FundRole.public_id == role, FundRole.account_id == found.id))
    if held is None or (held.to_day is not None and held.to_day < today):
        return
    if held.role == FundRoleName.SYSTEM_ADMINISTRATOR:
        _keep_one(session, found, today)
    held.to_day = today - timedelta(days=1)  # before its first day, it held on no day at all
    audit.record(session, Event.FUND_ROLE_ENDED, at=at, by=by, account=str(found.public_id), role=held.role)
    if held.role == FundRoleName.SYSTEM_ADMINISTRATOR:
        invitations.withdraw_of(session, None, found.id, by=by, at=at)


def change_districts(
    session: Session, account: UUID, districts: Collection[str], *, by: int, today: date, at: datetime
) -> None:
    """The places somebody works for, with all that lies in them; none means the whole fund."""
    found = _other(session, account, by)
    wanted = sorted(set(districts))
    check_places(wanted)
    if found.districts == wanted:
        return
    found.districts = wanted
    audit.record(session, Event.DISTRICTS_CHANGED, at=at, by=by, account=str(found.public_id), districts=wanted)


def check_places(districts: Collection[str]) -> None:
    """Refused when one of these is no place of the fund."""
    if any(fund().location(code) is None for code in districts):
        raise Refused(_("Choose places of the list."), field="districts", status=422)


def disable(session: Session, account: Account, *, by: int, today: date, at: datetime) -> None:
    """Nobody signs in with this account any more; its visits end at once.  Again: nothing changes."""
    if account.id == by:
        raise Refused(_OWN, status=409)
    if account.disabled_at is not None:
        return
    _keep_one(session, account, today)
    account.disabled_at = at
    end_visits(session, account.id)
    invitations.withdraw_of(session, None, account.id, by=by, at=at)
    audit.record(session, Event.ACCOUNT_DISABLED, at=at, by=by, account=str(account.public_id))


def enable(session: Session, account: Account, *, by: int, at: datetime) -> None:
    """The account may be used again, with what it may do still."""
    if account.id == by:
        raise Refused(_OWN, status=409)
    if account.disabled_at is not None:
        account.disabled_at = None
        audit.record(session, Event.ACCOUNT_ENABLED, at=at, by=by, account=str(account.public_id))


def locked_account(session: Session, account: UUID) -> Account:
    """Any account, locked; NotFound when there is none."""
    found = session.scalar(select(Account).where(Account.public_id == account).with_for_update(key_share=True))
    if found is None:
        raise NotFound("account")
    return found


def _other(session: Session, account: UUID, by: int) -> Account:
    """The account of an officer who is not the one that acts; NotFound for one that never worked at the fund."""
    found = locked_account(session, account)
    if not worked_here(session, found):
        raise NotFound("account")
    if found.id == by:
        raise Refused(_OWN, status=409)
    return found


def _keep_one(session: Session, leaving: Account, today: date) -> None:
    if is_last_administrator(session, leaving, today):
        raise Refused(_LAST, status=409)


def is_last_administrator(session: Session, account: Account, today: date) -> bool:
    """Whether nobody else can sign in as system administrator; two who end each other wait for one another."""
    holding = (
        select(Account.id)
        .join(FundRole, FundRole.account_id == Account.id)
        .where(
            FundRole.role == FundRoleName.SYSTEM_ADMINISTRATOR.value, Account.disabled_at.is_(None),
            day_range(today, FundRole.from_day, FundRole.to_day),
        )
        .order_by(Account.id)
        .with_for_update(of=FundRole)
    )  # fmt: skip
    return set(session.scalars(holding)) == {account.id}
