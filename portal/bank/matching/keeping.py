"""What matching says of an entry, kept with it; and the entries that are booked without an officer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.bank.models import BankEntry
from portal.gateway.models import GatewayPayout
from portal.ledger.cashbook import CashMove
from portal.scheme.explain import words_to_json
from portal.words import Words

#: What is booked without an officer.  Everything else is a proposal.
SURE = frozenset({"reference", "quoted", "account", "recorded"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What matching says of one entry; see `BankEntry`."""

    found: str
    why: Words
    employer: int | None = None
    scheme: str | None = None
    bill: int | None = None
    payment: int | None = None
    entry: int | None = None


KEEP = text(
    """
    UPDATE bank_entry SET found = said.found, why = said.why, found_employer_id = said.employer,
        found_scheme = said.scheme, found_bill_id = said.bill, found_payment_id = said.payment,
        found_entry_id = said.entry
    FROM jsonb_to_recordset(CAST(:said AS jsonb)) AS said(
        id bigint, found varchar, why jsonb, employer bigint, scheme varchar, bill bigint, payment bigint, entry bigint
    )
    WHERE bank_entry.id = said.id
    """
)


def keep(session: Session, answers: Mapping[int, Answer]) -> None:
    """Write down what matching says of each entry, by its row."""
    said = [
        {"id": row, "found": one.found, "why": words_to_json(one.why), "employer": one.employer, "scheme": one.scheme,
         "bill": one.bill, "payment": one.payment, "entry": one.entry}
        for row, one in answers.items()
    ]  # fmt: skip
    session.flush()
    session.execute(KEEP, {"said": json.dumps(said)})
    for entry in [one for one in session.identity_map.values() if isinstance(one, BankEntry)]:
        session.expire(entry)


def settled_before() -> Any:
    """The condition that an entry paid something once: what was taken back by people is not booked again by itself."""
    return select(CashMove.id).where(CashMove.entry_id == BankEntry.id, CashMove.payment_id.is_not(None)).exists()


def is_payout() -> Any:
    """The condition that an entry is a payout of the payment gateway: what is left of it is matched to nobody."""
    return select(GatewayPayout.id).where(GatewayPayout.entry_id == BankEntry.id).exists()


def sure_ones(session: Session, limit: int, *, after: int = 0) -> list[tuple[int, int]]:
    """The next entries that can be booked by themselves, with their employers, in the order of their ids."""
    statement = (
        select(BankEntry.id, BankEntry.found_employer_id)
        .where(BankEntry.found.in_(SURE), BankEntry.unsettled == BankEntry.amount, BankEntry.parked == "")
        .where(BankEntry.id > after, ~settled_before())
        .order_by(BankEntry.id)
        .limit(limit)
    )
    return [(row, employer) for row, employer in session.execute(statement) if employer is not None]
