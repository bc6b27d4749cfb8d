"""The fund's bank accounts: opened here by a supervisor, found by the number in a statement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.bank.models import BankAccount
from portal.bank.reading.csv_layout import Layout
from portal.errors import NotFound, Refused
from portal.installation import packs
from portal.words import _

#: Longest name of a bank and number of an account.
LONGEST = 80


def plain(number: str) -> str:
    """A number as it is compared: letters and digits only."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def accounts(session: Session) -> Sequence[BankAccount]:
    """Every account, in the order they were opened here."""
    return session.scalars(select(BankAccount).order_by(BankAccount.id)).all()


def account_by_id(session: Session, public_id: UUID) -> BankAccount:
    """One account; NotFound when there is none."""
    found = session.scalar(select(BankAccount).where(BankAccount.public_id == public_id))
    if found is None:
        raise NotFound("bank account")
    return found


def add(
    session: Session, *, bank: str, number: str, currency: str, scheme: str | None, by: int | None, at: datetime
) -> BankAccount:
    """Open an account here.  The same number again: the first one.  Refused for a currency or scheme of no pack."""
    if not plain(number):
        raise Refused(_("Write the number of the account."), field="number", status=422)
    if currency not in {one.currency.code for one in packs().values()}:
        words = _("No scheme of the fund counts in %(currency)s.", currency=currency)
        raise Refused(words, field="currency", status=422)
    if scheme is not None and (scheme not in packs() or packs()[scheme].currency.code != currency):
        raise Refused(_("Choose a scheme that counts in the currency of the account."), field="scheme", status=422)
    same = session.scalar(select(BankAccount).where(BankAccount.plain == plain(number)))
    if same is not None:
        return same
    made = BankAccount(
        bank=bank.strip()[:LONGEST], number=number.strip()[:LONGEST], plain=plain(number), currency=currency,
        scheme=scheme, layout={}, created_at=at, created_by=by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, Event.BANK_ACCOUNT_ADDED, at=at, by=by, subject=f"bank_account:{made.public_id}", currency=currency
    )
    return made


def remember(session: Session, account: BankAccount, layout: Layout) -> None:
    """Keep how this bank writes its CSV.  Refused when it does not say which column is what."""
    problem = layout.problem()
    if problem is not None:
        raise Refused(problem, status=422)
    account.layout = layout.as_json()


def find(found: Sequence[BankAccount], number: str, currency: str) -> BankAccount | None:
    """
    The account a statement is of, by what stands in it: the number, alone, behind a bank code, or with its currency.

    None when it is none of the fund's.
    """
    said = {plain(part) for part in (number, number.rpartition("/")[2]) if plain(part)}
    said |= {one.removesuffix(currency) for one in said} | {one.lstrip("0") for one in said}
    return next((one for one in found if one.plain in said or one.plain.lstrip("0") in said), None)
