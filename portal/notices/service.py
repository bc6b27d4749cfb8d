"""
Telling somebody something, in the transaction of what it is about.

    notices.tell(session, Kind.PAYMENT_RECEIVED, name=f"receipt/{receipt.public_id}", employer=employer_id, at=at,
                 about={"receipt_id": …}, amount=…, scheme=…, receipt=…, paid_on=…)

One statement, however many read it: who they are and by which way it reaches them is found out by the worker
(``addressing``).  A name is used once, so telling twice tells once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.db import WAKE
from portal.notices.catalogue import CATALOGUE
from portal.notices.kinds import Audience, Kind, kept
from portal.notices.models import Notice, Template

#: Compiled once: rows come as parameters.
_NEW = (
    insert(Notice)
    .values(edition=select(func.coalesce(func.max(Template.id), 0)).scalar_subquery())
    .on_conflict_do_nothing(index_elements=["name"])
    .returning(Notice.id)
)


@dataclass(frozen=True, slots=True)
class Telling:
    """One notice to be told: to whom, what about, and what stands in its places."""

    kind: Kind
    name: str
    values: Mapping[str, Any]
    employer: int | None = None
    account: int | None = None
    person: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


def tell(
    session: Session, kind: Kind, *, name: str, at: datetime, employer: int | None = None,
    account: int | None = None, person: int | None = None, about: Mapping[str, Any] | None = None, **values: Any,
) -> None:  # fmt: skip
    """
    Tell those whom *kind* concerns; the same *name* again tells nobody.  One statement.

    *values* fill the places of the kind (amounts, days, months, text, lists of sentences); *about* are the ids its
    link wants, and with `people` the ids of the persons it concerns, parted by commas.  ValueError when they are not
    what the kind says: our own mistake.
    """
    tell_many(session, [Telling(kind, name, values, employer, account, person, about or {})], at=at)


def tell_many(session: Session, tellings: Iterable[Telling], *, at: datetime) -> int:
    """Tell many at once, a statement for each thousand; how many of them were new."""
    rows = [_row(one, at) for one in tellings]
    new = len(session.execute(_NEW, rows).all()) if rows else 0
    if new:
        session.info[WAKE] = True
    return new


def _row(one: Telling, at: datetime) -> dict[str, Any]:
    spec = CATALOGUE[one.kind]
    spec.check(one.values)
    if spec.audience is Audience.EMPLOYER and one.employer is None:
        raise ValueError(f"{one.kind} is told to an employer")
    if spec.audience is Audience.ACCOUNT and one.account is None:
        raise ValueError(f"{one.kind} is told to an account")
    return {
        "name": f"{one.kind}/{one.name}",
        "kind": one.kind.value,
        "audience": spec.audience.value,
        "employer_id": one.employer,
        "account_id": one.account,
        "person_id": one.person,
        "values": kept(one.values),
        "about": {key: str(value) for key, value in one.about.items()},
        "at": at,
    }
