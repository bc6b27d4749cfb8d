"""
What matching proposes and is not sure of, as an officer can confirm it with one tick.

A proposal has a mark made of what it says.  What is confirmed is the proposal of that mark: when anything of it changed
since the page was drawn, it has another one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from portal.approvals import Approval
from portal.bank.matching.evidence import owed
from portal.bank.matching.keeping import is_payout
from portal.bank.models import BankAccount, BankConfirmed, BankEntry
from portal.employers.models import Employer, Enrolment
from portal.installation import packs
from portal.payments.models import Bill, Receipt
from portal.scheme.explain import words_from_json
from portal.words import Words, _

#: What can be confirmed, by what matching found; the most certain first.  A return is taken back by two people, and
#: what names nobody needs a look of its own.
KINDS: dict[str, Words] = {
    "out": _("Money that went out"),
    "perhaps_recorded": _("Perhaps recorded by hand already"),
    "mistyped": _("The reference is mistyped, the amount is that of the bill"),
    "likely": _("The employer is known, the amount is another"),
    "name": _("Only the name of the payer says so"),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    One entry with what would be done with all of it.

    out: it is no employer's; *receipt*: it is the money of a receipt made by hand; else a payment of *employer* in
    *scheme*, which is None where only an officer can tell it.
    """

    entry: BankEntry
    employer: Employer | None
    bill: Bill | None
    receipt: Receipt | None
    scheme: str | None

    @property
    def why(self) -> Words:
        """Why it is proposed."""
        return words_from_json(self.entry.why)

    @property
    def ready(self) -> bool:
        """Whether one tick is enough: everything that booking it needs is known."""
        return self.entry.found == "out" or self.receipt is not None or self.scheme is not None

    @property
    def scheme_name(self) -> str:
        """What the scheme is called."""
        return packs()[self.scheme].short_name if self.scheme in packs() else self.scheme or ""

    @property
    def mark(self) -> str:
        """Made of everything the proposal says."""
        entry = self.entry
        said = [
            entry.found, entry.why, entry.unsettled, entry.found_employer_id, entry.found_bill_id,
            entry.found_payment_id, self.scheme,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def waiting(kind: str = "") -> list[ColumnElement[bool]]:
    """The condition that an entry waits with a proposal of a kind, or any, and nobody is at work on it."""
    its_bill = (Bill.id == BankEntry.found_bill_id, Bill.amount == BankEntry.amount)
    right_bill = select(Bill.id).where(*its_bill).correlate(BankEntry).exists()
    named = and_(BankEntry.amount > 0, BankEntry.found_employer_id.is_not(None))
    ways = {
        "out": BankEntry.amount < 0,
        "perhaps_recorded": and_(named, BankEntry.found_payment_id.is_not(None)),
        "mistyped": and_(named, right_bill),
        "likely": named,
        "name": named,
    }
    wanted = or_(*(and_(BankEntry.found == one, way) for one, way in ways.items() if kind in ("", one)))
    about = "bank_entry:" + cast(BankEntry.public_id, String)
    asked = select(Approval.id).where(Approval.subject == about, Approval.decision.is_(None)).exists()
    return [
        wanted, BankEntry.unsettled == BankEntry.amount, BankEntry.unsettled != 0, BankEntry.parked == "",
        ~is_payout(), ~asked,
    ]  # fmt: skip


def not_in_hand() -> ColumnElement[bool]:
    """The condition that an entry is in no confirmation that is still being carried out."""
    return (
        ~select(BankConfirmed.id)
        .where(BankConfirmed.entry_id == BankEntry.id, BankConfirmed.outcome == "waiting")
        .exists()
    )


def counts(session: Session) -> dict[str, int]:
    """How many proposals there are of each kind; kinds without one are left out."""
    asked = select(BankEntry.found, func.count()).where(*waiting(), not_in_hand()).group_by(BankEntry.found)
    found = dict(session.execute(asked).all())
    return {kind: found[kind] for kind in KINDS if kind in found}


def page(session: Session, kind: str, *, limit: int, offset: int) -> list[Proposal]:
    """A part of the proposals of a kind (any for ""), the oldest first."""
    wanted = _asked().where(*waiting(kind), not_in_hand()).order_by(BankEntry.booking_day, BankEntry.id)
    return _read(session, wanted.limit(limit).offset(offset))


def of_entries(session: Session, entries: Collection[int]) -> dict[int, Proposal]:
    """What is proposed for these entries now; those without a proposal are left out."""
    found = _read(session, _asked().where(*waiting(), BankEntry.id == func.any(list(entries))))
    return {one.entry.id: one for one in found}


# -- inside ---------------------------------------------------------------------------

Rows = Select[BankEntry, str | None, Employer | None, Bill | None, Receipt | None]


def _asked() -> Rows:
    return (
        select(BankEntry, BankAccount.scheme, Employer, Bill, Receipt)
        .join(BankAccount, BankAccount.id == BankEntry.bank_account_id)
        .outerjoin(Employer, Employer.id == BankEntry.found_employer_id)
        .outerjoin(Bill, Bill.id == BankEntry.found_bill_id)
        .outerjoin(Receipt, Receipt.payment_id == BankEntry.found_payment_id)
    )


def _read(session: Session, asked: Rows) -> list[Proposal]:
    rows = session.execute(asked.execution_options(populate_existing=True)).all()
    schemes = _schemes(session, {employer.id for _e, _s, employer, _b, _r in rows if employer is not None})
    return [
        Proposal(
            entry, employer, bill, receipt, _scheme(entry, of_account, schemes.get(employer.id if employer else 0))
        )
        for entry, of_account, employer, bill, receipt in rows
    ]


def _schemes(session: Session, employers: Collection[int]) -> Mapping[int, Collection[str]]:
    """The schemes each employer owes in; or is or was enrolled in, where it owes nothing."""
    found: dict[int, set[str]] = {}
    asked = select(Enrolment.employer_id, Enrolment.scheme).where(Enrolment.employer_id == func.any(list(employers)))
    for employer, scheme in session.execute(asked) if employers else ():
        found.setdefault(employer, set()).add(scheme)
    for currency in {rules.currency.code for rules in packs().values()}:
        for employer, charges in owed(session, employers, currency).items():
            found[employer] = {one for one in found[employer] if packs()[one].currency.code != currency} | set(charges)
    return found


def _scheme(entry: BankEntry, of_account: str | None, enrolled: Collection[str] | None) -> str | None:
    """The scheme that matching found, or the account is for, or the only one it can be."""
    if entry.found_scheme or of_account:
        return entry.found_scheme or of_account
    fits: Sequence[str] = [
        one for one in enrolled or () if one in packs() and packs()[one].currency.code == entry.currency
    ]
    return fits[0] if len(fits) == 1 else None
