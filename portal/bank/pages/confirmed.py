"""What the page of a confirmation shows: how far it is, what was left and why, what was booked and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.auth.models import Account
from portal.bank.models import BankConfirmation, BankConfirmed, BankEntry
from portal.employers.models import Employer
from portal.payments.models import Receipt
from portal.scheme.explain import words_from_json
from portal.words import Words


@dataclass(frozen=True, slots=True)
class Row:
    """One proposal with what became of it."""

    line: BankConfirmed
    entry: BankEntry
    employer: Employer | None
    receipt: Receipt | None

    @property
    def why(self) -> Words:
        """Why it was proposed."""
        return words_from_json(self.line.why)

    @property
    def said(self) -> Words:
        """Why it was left."""
        return words_from_json(self.line.said)


@dataclass(frozen=True, slots=True)
class Shown:
    """A confirmation as its page shows it."""

    confirmation: BankConfirmation
    by: str
    rows: Sequence[Row]

    def of(self, outcome: str) -> list[Row]:
        """Those with an outcome."""
        return [row for row in self.rows if row.line.outcome == outcome]


def read(session: Session, found: BankConfirmation) -> Shown:
    """Everything of one confirmation; a form holds a few."""
    asked = (
        select(BankConfirmed, BankEntry, Employer, Receipt)
        .join(BankEntry, BankEntry.id == BankConfirmed.entry_id)
        .outerjoin(Receipt, Receipt.payment_id == BankConfirmed.payment_id)
        .outerjoin(Employer, Employer.id == Receipt.employer_id)
        .where(BankConfirmed.confirmation_id == found.id).order_by(BankConfirmed.id)
    )  # fmt: skip
    rows = [Row(*row) for row in session.execute(asked)]
    return Shown(found, session.get_one(Account, found.asked_by).name, rows)
