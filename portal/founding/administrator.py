"""The first account of a fund: its system administrator, who chooses a password by a link that is good once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock, outbox
from portal.auth import service
from portal.auth.models import Account, FundRole, FundRoleName
from portal.employers.models import Employer
from portal.errors import Refused
from portal.words import _

#: How long the first link is good: somebody makes a fund on a Friday.
LINK_FOR = timedelta(days=3)


def refuse_unless_empty(session: Session) -> None:
    """Refuse a database in which somebody works already."""
    accounts = session.scalar(select(func.count()).select_from(Account)) or 0
    employers = session.scalar(select(func.count()).select_from(Employer)) or 0
    if accounts or employers:
        raise Refused(
            _("The database already holds a fund: %(accounts)s accounts and %(employers)s employers. Nothing was "
              "changed. Name an empty one in DATABASE_URL.", accounts=accounts, employers=employers)
        )  # fmt: skip


def first_administrator(session: Session, email: str, name: str, *, today: date, at: datetime, url: str) -> str:
    """Make the account with the role of a system administrator; gives its link, which is mailed as well."""
    refuse_unless_empty(session)
    account = service.add_account(session, email, name, at=at)
    service.give_fund_role(session, account, FundRoleName.SYSTEM_ADMINISTRATOR, from_day=today, at=at)
    return link_for(session, account, url=url)


def new_link(session: Session, email: str, *, on: date, url: str) -> str:
    """Another link for somebody who works at the fund; earlier ones end.  Refused for anybody else."""
    account = service.account_by_email(session, email)
    if account is None or account.disabled_at is not None or not _works_here(session, account.id, on):
        raise Refused(_("Nobody who works at the fund has this address."))
    return link_for(session, account, url=url)


def link_for(session: Session, account: Account, *, url: str) -> str:
    """The address at which this account chooses a password; good once, for three days."""
    link = f"{url}/account/reset/{service.issue_token(session, account, 'reset', LINK_FOR)}"
    text = _("An account was made for you at the fund. Choose your password within three days: %(url)s", url=link)
    name = f"mail/first/{account.public_id}/{clock.real_now().isoformat()}"
    outbox.put_mail(session, name, account.email, _("Your account at the fund"), text, at=clock.real_now())
    return link


def _works_here(session: Session, account: int, on: date) -> bool:
    held = select(FundRole.id).where(
        FundRole.account_id == account, (FundRole.to_day.is_(None)) | (FundRole.to_day >= on)
    )
    return session.scalar(held.limit(1)) is not None
