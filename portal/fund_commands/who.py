"""Who a command acts for."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.access import FUND_RIGHTS, Right
from portal.auth.service import account_by_email, fund_roles
from portal.installation import fund


def practice_clock() -> None:
    """A command lives on the same day as the pages: in practice, that of the practice clock."""
    with db.reading() as session:
        clock.shift(db.stored_offset(session))


def who_may(session: Session, email: str, right: Right) -> int:
    """The account of somebody who works at the fund today and may do this; the command ends otherwise."""
    account = account_by_email(session, email)
    today = clock.today(fund().timezone)
    roles = fund_roles(session, account.id, today) if account and account.disabled_at is None else set()
    if account is None or not any(right in FUND_RIGHTS[role] for role in roles):
        raise click.ClickException(f"{email} is nobody who may do this at the fund.")
    return account.id
