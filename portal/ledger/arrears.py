"""
Late charges: what the rule says is owed, less what the book already holds, is posted.

Nothing is remembered beside the book, so a second run, a killed job and a back-dated payment need no special case.
What is paid too much on a charge becomes credit; `crediting` says what happens to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.installation import pack
from portal.ledger import book, standing
from portal.ledger.book import Entry
from portal.ledger.models import AccountName, Charge, Transaction
from portal.ledger.standing import Standing, standings
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import month_in_words
from portal.scheme.explain import Step, steps_to_json
from portal.scheme.late import ChargeHistory, LateCharge, counts_from, late_charges_on, unpaid_on
from portal.words import _

ACCOUNT_OF = {"contribution": AccountName.CONTRIBUTION_DUE, "late": AccountName.LATE_DUE}


@dataclass(frozen=True, slots=True)
class Accrued:
    """What one run added to the book: minor units by currency (below zero: taken back), and on how many charges."""

    amounts: Mapping[str, int]
    charges: int

    @property
    def posted(self) -> int:
        """The amount, where there is one currency; two are never added up."""
        if len(self.amounts) > 1:
            raise ValueError(f"amounts in {', '.join(self.amounts)} have no sum")
        return sum(self.amounts.values())


def late_to_date(session: Session, charge: Charge, on: date) -> LateCharge:
    """What is owed for lateness by the rule at the end of day *on*, with its steps: "to today" on the pages."""
    return late_to_dates(session, [charge], on)[charge.id]


def late_to_dates(session: Session, charges: Sequence[Charge], on: date) -> dict[int, LateCharge]:
    """The same for many charges, by id, in one query."""
    found = standing.histories_of(session, charges)
    return {charge.id: late_on(charge, found[charge.id], on) for charge in charges}


def late_on(charge: Charge, history: ChargeHistory, on: date) -> LateCharge:
    """The rule applied at the end of day *on* (see `late_by`)."""
    return late_by(pack(charge.scheme), history, on)


def late_by(rules: Pack, history: ChargeHistory, on: date) -> LateCharge:
    """
    What the rules ask for a history, real or supposed, at the end of day *on*; not known where they do not know it.

    Of what was paid in time nothing is owed for being late, whatever a rule nobody knows may say.
    """
    try:
        late = late_charges_on(rules, history, on)
    except NotKnown as gap:
        late = LateCharge(0, False, (), None, (Step(gap.words),))
    if late.known or not _paid_in_time(history, on):
        return late
    words = _("Nothing was unpaid after the due day, %(due)s.", due=history.due)
    return LateCharge(0, True, (), None, (Step(words, 0),))


def _paid_in_time(history: ChargeHistory, on: date) -> bool:
    """Whether all is paid at the end of *on*, and nothing was unpaid at the end of the due day or of a later one."""
    later = {counts_from(movement, history.due) for movement in history.movements}
    days = {on, history.due, *later}
    return all(unpaid_on(history, day) <= 0 for day in days if day == on or history.due <= day < on)


def never_late(one: Standing, history: ChargeHistory, on: date) -> bool:
    """Whether nothing is owed for lateness at the end of *on* and nothing was posted: so it is with most charges."""
    return not one.late_entries and _paid_in_time(history, on)


def accrue(session: Session, employer_id: int, *, on: date, at: datetime, scheme: str | None = None) -> Accrued:
    """
    Post for every charge what the rule owes at the end of day *on* less what was posted before; again adds nothing.

    *scheme*: for the charges of this one only.  The difference is below zero after a back-dated payment.  A charge
    already reckoned to a later day is reckoned to that day: asking for an earlier one does not turn time back.  What
    is then overpaid becomes credit.
    """
    book.lock(session, employer_id)
    found, histories = standings(session, employer_id, scheme), standing.histories(session, employer_id, scheme)
    amounts: dict[str, int] = {}
    changed = 0
    for one in found:
        charge, day = one.charge, max(on, one.late_on)
        if never_late(one, histories[charge.id], day):
            continue
        late = late_on(charge, histories[charge.id], day)
        if late.known and late.amount != one.late_posted:
            _post_late(session, one, late, day, at)
            amounts[charge.currency] = amounts.get(charge.currency, 0) + late.amount - one.late_posted
            changed += 1
    _release_overpaid(session, employer_id, scheme, on=on, at=at)
    return Accrued(amounts, changed)


def _post_late(session: Session, before: Standing, late: LateCharge, day: date, at: datetime) -> None:
    """One entry for the difference, with the whole calculation behind it."""
    charge, amount = before.charge, late.amount - before.late_posted
    steps = [*late.steps, *_difference_steps(before, late, day)]
    book.post(
        session, charge.employer_id, scheme=charge.scheme, currency=charge.currency,
        name=f"late/{charge.public_id}/{before.late_entries + 1}", kind="late", effective=day, at=at,
        entries=[Entry(AccountName.LATE_DUE, amount, charge.id), Entry(AccountName.LATE_INCOME, -amount, charge.id)],
        explanation=explained(charge.scheme, steps, on=day.isoformat(), owed=late.amount, before=before.late_posted),
    )  # fmt: skip
    audit.record(
        session, audit.Event.LATE_CHARGE_POSTED, at=at, employer=charge.employer_id,
        subject=f"charge:{charge.public_id}", charge=charge.public_id, amount=amount, day=day,
    )  # fmt: skip


def _difference_steps(before: Standing, late: LateCharge, day: date) -> list[Step]:
    """From what is owed in all to what this entry adds or takes back."""
    month = month_in_words(before.charge.month, pack(before.charge.scheme).calendar)
    amount = late.amount - before.late_posted
    last = (
        _("Added to the late charge for %(month)s now", month=month)
        if amount > 0
        else _("Taken off the late charge for %(month)s now, because less is owed than was posted", month=month)
    )
    return [
        Step(_("Owed for %(month)s by the rule at the end of %(on)s", month=month, on=day), late.amount),
        Step(_("Posted before"), before.late_posted),
        Step(last, amount),
    ]


def explained(scheme: str, steps: Sequence[Step], **facts: Any) -> dict[str, Any]:
    """What a transaction keeps of its calculation, with the version of the rules it was made by."""
    return {"steps": steps_to_json(steps), "pack": pack(scheme).hash, **facts}


def _release_overpaid(session: Session, employer_id: int, scheme: str | None, *, on: date, at: datetime) -> None:
    """Turn what is overpaid on a charge into credit: no charge keeps a balance below zero."""
    for one in standings(session, employer_id, scheme):
        charge, contribution, late = one.charge, max(-one.balance.contribution, 0), max(-one.balance.late, 0)
        if not contribution and not late:
            continue
        words = _("More was paid for %(month)s than is owed; it stays in the account as credit",
                  month=month_in_words(charge.month, pack(charge.scheme).calendar))  # fmt: skip
        book.post(
            session, employer_id, scheme=charge.scheme, currency=charge.currency,
            name=f"credit/overpaid/{movements_of_credit(session, employer_id) + 1}", kind="credit", effective=on, at=at,
            entries=[
                Entry(AccountName.CONTRIBUTION_DUE, contribution, charge.id),
                Entry(AccountName.LATE_DUE, late, charge.id),
                Entry(AccountName.CREDIT, -contribution - late),
            ],
            explanation=explained(charge.scheme, [Step(words, contribution + late)]),
        )  # fmt: skip


def movements_of_credit(session: Session, employer_id: int) -> int:
    """How many movements of credit one employer's book holds: the number in the name of the next."""
    wanted = (Transaction.employer_id == employer_id, Transaction.kind == "credit")
    return session.scalar(select(func.count()).select_from(Transaction).where(*wanted)) or 0
