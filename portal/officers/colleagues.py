"""Who works at the fund today, and may do a kind of work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.auth.access import FUND_RIGHTS, Right
from portal.auth.models import Account, FundRole
from portal.db import day_range


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the fund."""

    id: int
    name: str


def colleagues(session: Session, rights: Collection[Right], today: date) -> list[Colleague]:
    """Those who hold any of *rights* today, by name."""
    roles = [role.value for role, has in FUND_RIGHTS.items() if has & set(rights)]
    statement = (
        select(Account.id, Account.name)
        .join(FundRole, FundRole.account_id == Account.id)
        .where(
            FundRole.role.in_(roles), day_range(today, FundRole.from_day, FundRole.to_day),
            Account.disabled_at.is_(None),
        )
        .distinct()
        .order_by(Account.name, Account.id)
    )  # fmt: skip
    return [Colleague(account, name) for account, name in session.execute(statement)]
