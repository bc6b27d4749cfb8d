"""Whether enough people can work: two who decide, each with a password and, where it is there, a second step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.auth.access import FUND_RIGHTS, Right
from portal.auth.models import Account, FundRole, FundRoleName
from portal.db import Base, day_range
from portal.opening.check import Check, done, look, missing
from portal.words import _

_ADD = _("Invite them, or type: flask account add E-MAIL NAME --role supervisor")


def staff_checks(session: Session, on: date) -> Iterator[Check]:
    """Every line about people."""
    roles = _roles(session, on)
    yield _two_people(roles)
    yield _supervisors(roles)
    yield from _second_steps(session, roles)


def _roles(session: Session, on: date) -> dict[int, set[FundRoleName]]:
    """Who can sign in and works at the fund on a day, with their roles."""
    statement = (
        select(FundRole.account_id, FundRole.role)
        .join(Account, Account.id == FundRole.account_id)
        .where(day_range(on, FundRole.from_day, FundRole.to_day))
        .where(Account.disabled_at.is_(None), Account.password_hash.is_not(None), Account.confirmed_at.is_not(None))
    )
    found: dict[int, set[FundRoleName]] = {}
    for account, role in session.execute(statement):
        found.setdefault(account, set()).add(FundRoleName(role))
    return found


def _who(roles: dict[int, set[FundRoleName]], right: Right) -> set[int]:
    return {account for account, held in roles.items() if any(right in FUND_RIGHTS[role] for role in held)}


def _two_people(roles: dict[int, set[FundRoleName]]) -> Check:
    title = _("Two people for what one may not do alone")
    working = _who(roles, Right.REGISTER) | _who(roles, Right.CONTRIBUTIONS) | _who(roles, Right.CASH)
    deciding = _who(roles, Right.DECIDE)
    if not deciding or len(working | deciding) < 2:
        found = _("%(working)s people work on cases, %(deciding)s of them decide.",
                  working=len(working | deciding), deciding=len(deciding))  # fmt: skip
        return missing("staff", title, found, _ADD)
    return done("staff", title, _("%(working)s people work on cases, %(deciding)s of them decide.",
                                  working=len(working | deciding), deciding=len(deciding)))  # fmt: skip


def _supervisors(roles: dict[int, set[FundRoleName]]) -> Check:
    title, deciding = _("Somebody decides when the supervisor is away"), _who(roles, Right.DECIDE)
    if len(deciding) < 2:
        return look("supervisors", title, _("What a supervisor asks for, nobody else can decide."), _ADD)
    return done("supervisors", title, _("%(number)s people decide.", number=len(deciding)))


def _second_steps(session: Session, roles: dict[int, set[FundRoleName]]) -> Iterator[Check]:
    table = Base.metadata.tables.get("second_factor")
    if table is None:
        return
    title = _("A second step of signing in")
    confirmed = select(table.c.account_id).where(table.c.confirmed_at.is_not(None))
    without = set(roles) - set(session.scalars(confirmed))
    if without:
        found = _("%(number)s of %(all)s people of the fund sign in with a password only.",
                  number=len(without), all=len(roles))  # fmt: skip
        yield missing("second_step", title, found, _("Each sets it up on the page of their own account."), "/account/")
    else:
        yield done("second_step", title, _("All people of the fund have one."))
