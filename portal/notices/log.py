"""The log of what was sent: to whom, by which way, what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.auth.models import Account
from portal.notices.catalogue import CATALOGUE
from portal.notices.kinds import Kind
from portal.notices.models import Delivery, Notice
from portal.notices.written import EMPLOYER
from portal.words import Words

#: What a list may be narrowed to.
STATES, CHANNELS = ("waiting", "queued", "sent", "refused"), ("mail", "sms", "digest")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty: everything.  *employer* is a number."""

    state: str = ""
    channel: str = ""
    employer: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """One delivery with what it was about; the address of a person is shown in part only."""

    delivery: Delivery
    title: Words
    told: str
    to: str
    employer_number: str
    employer_name: str


def deliveries(session: Session, wanted: Wanted, *, limit: int, offset: int) -> tuple[list[Logged], int]:
    """A page of the log, the newest first, and how many rows there are."""
    number = _narrowed(select(func.count()).select_from(Delivery), wanted)
    total = session.scalar(number) or 0
    rows = select(Delivery, Notice.kind, Account.name, EMPLOYER.c.number, EMPLOYER.c.legal_name)
    rows = rows.join(Notice, Notice.id == Delivery.notice_id).outerjoin(Account, Account.id == Delivery.account_id)
    rows = _narrowed(rows.outerjoin(EMPLOYER, EMPLOYER.c.id == Delivery.employer_id), wanted)
    found = session.execute(rows.order_by(Delivery.id.desc()).limit(limit).offset(offset))
    return [
        Logged(one, CATALOGUE[Kind(kind)].title, name or "", _address(one), code or "", legal or "")
        for one, kind, name, code, legal in found
    ], total  # fmt: skip


def _narrowed(rows: Select, wanted: Wanted) -> Select:  # type: ignore[type-arg]  # of whatever it selects
    if wanted.state:
        rows = rows.where(Delivery.state == wanted.state)
    if wanted.channel:
        rows = rows.where(Delivery.channel == wanted.channel)
    if wanted.employer:
        named = select(EMPLOYER.c.id).where(EMPLOYER.c.number == wanted.employer.upper())
        rows = rows.where(Delivery.employer_id == named.scalar_subquery())
    return rows


def _address(one: Delivery) -> str:
    """
    Where it went; of a person no more than tells two addresses apart.

    A person is not an account: officers need to see that somebody was written to, not how to reach them.
    """
    if one.person_id is None or not one.address:
        return one.address
    if "@" in one.address:
        local, _at, domain = one.address.partition("@")
        return f"{local[:1]}…@{domain}"
    return f"{one.address[:4]}…{one.address[-2:]}"
