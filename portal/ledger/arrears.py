"""
Late charges: what the rule says is owed, less what the book already holds, is posted.

Nothing is remembered beside the book, so a second run, a killed job and a back-dated payment need no special case.
What is paid too much on a charge becomes credit, which settles other charges from the day the money reached the fund.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal import audit
from portal.installation import pack
from portal.ledger import book, standing
from portal.ledger.book import Entry
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.ledger.standing import Standing, standings
from portal.scheme.allocation import OpenCharge, Settled, allocate, order_in_words
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


def accrue(session: Session, employer_id: int, *, on: date, at: datetime) -> Accrued:
    """
    Post for every charge what the rule owes at the end of day *on* less what was posted before; again adds nothing.

    The difference is below zero after a back-dated payment.  A charge already reckoned to a later
    day is reckoned to that day: asking for an earlier one does not turn time back.  What is then
    overpaid becomes credit.
    """
    book.lock(session, employer_id)
    found, histories = standings(session, employer_id), standing.histories(session, employer_id)
    amounts: dict[str, int] = {}
    changed = 0
    for one in found:
        charge, day = one.charge, max(on, one.late_on)
        late = late_on(charge, histories[charge.id], day)
        if late.known and late.amount != one.late_posted:
            _post_late(session, one, late, day, at)
            amounts[charge.currency] = amounts.get(charge.currency, 0) + late.amount - one.late_posted
            changed += 1
    _release_overpaid(session, employer_id, on=on, at=at)
    return Accrued(amounts, changed)


def _post_late(session: Session, before: Standing, late: LateCharge, day: date, at: datetime) -> None:
    """One entry for the difference, with the whole calculation behind it."""
    charge, amount = before.charge, late.amount - before.late_posted
    steps = [*late.steps, *_difference_steps(before, late, day)]
    book.post(
        session, charge.employer_id, scheme=charge.scheme, currency=charge.currency,
        name=f"late/{charge.public_id}/{before.late_entries + 1}", kind="late", effective=day, at=at,
        entries=[Entry(AccountName.LATE_DUE, amount, charge.id), Entry(AccountName.LATE_INCOME, -amount, charge.id)],
        explanation=_explained(charge.scheme, steps, on=day.isoformat(), owed=late.amount, before=before.late_posted),
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


def _explained(scheme: str, steps: Sequence[Step], **facts: Any) -> dict[str, Any]:
    """What a transaction keeps of its calculation, with the version of the rules it was made by."""
    return {"steps": steps_to_json(steps), "pack": pack(scheme).hash, **facts}


def _release_overpaid(session: Session, employer_id: int, *, on: date, at: datetime) -> None:
    """Turn what is overpaid on a charge into credit: no charge keeps a balance below zero."""
    for one in standings(session, employer_id):
        charge, contribution, late = one.charge, max(-one.balance.contribution, 0), max(-one.balance.late, 0)
        if not contribution and not late:
            continue
        words = _("More was paid for %(month)s than is owed; it stays in the account as credit",
                  month=month_in_words(charge.month, pack(charge.scheme).calendar))  # fmt: skip
        book.post(
            session, employer_id, scheme=charge.scheme, currency=charge.currency,
            name=f"credit/overpaid/{_credits(session, employer_id) + 1}", kind="credit", effective=on, at=at,
            entries=[
                Entry(AccountName.CONTRIBUTION_DUE, contribution, charge.id),
                Entry(AccountName.LATE_DUE, late, charge.id),
                Entry(AccountName.CREDIT, -contribution - late),
            ],
            explanation=_explained(charge.scheme, [Step(words, contribution + late)]),
        )  # fmt: skip


def _credits(session: Session, employer_id: int) -> int:
    """How many movements of credit one employer's book holds: the number in the name of the next."""
    wanted = (Transaction.employer_id == employer_id, Transaction.kind == "credit")
    return session.scalar(select(func.count()).select_from(Transaction).where(*wanted)) or 0


def settle_credit(session: Session, employer_id: int, scheme: str, *, on: date, at: datetime) -> list[int]:
    """
    Let credit settle what is open, in the pack's order, and bring the late charges up to day *on*.

    Call it after every payment, reversal and declaration.  Gives the ids of the charges whose
    contribution it settled in full.  Money counts from the day it reached the fund, so it first
    settles what was owed on that day; only what is left then settles late charges of later days.
    Where a payment was taken back, what had followed from it is taken back first.
    """
    book.lock(session, employer_id)
    accrue(session, employer_id, on=on, at=at)
    if not standing.ever_had_credit(session, employer_id, scheme):
        return []
    while _take_back_release(session, employer_id, scheme, at) or _take_back_uses(session, employer_id, scheme, at):
        accrue(session, employer_id, on=on, at=at)
    if not _credit_by_day(session, employer_id, scheme):
        return []
    used: set[int] = set()
    while found := _use_once(session, employer_id, scheme, at=at, on=None):
        used |= found
        accrue(session, employer_id, on=on, at=at)
    _use_once(session, employer_id, scheme, at=at, on=on)  # late charges only: nothing else is open and within reach
    return sorted(one.charge.id for one in standings(session, employer_id) if one.charge.id in used and one.settled)


def _take_back_uses(session: Session, employer_id: int, scheme: str, at: datetime) -> bool:
    """Where more credit of a day was used than came in on it (a payment was taken back), take its uses back."""
    changed = False
    while overdrawn := [day for day, amount in _credit_by_day(session, employer_id, scheme) if amount < 0]:
        uses = (Transaction.name.startswith("credit/use/"), Transaction.effective_day == overdrawn[0])
        statement = select(Transaction).where(*_stands(employer_id, scheme), *uses).order_by(Transaction.id.desc())
        changed = _take_back(session, session.scalars(statement.limit(1)).one(), at)
    return changed


def _take_back_release(session: Session, employer_id: int, scheme: str, at: datetime) -> bool:
    """Take back the latest release of what was overpaid on a charge on which something is open again."""
    releases = (Transaction.name.startswith("credit/overpaid/"), Posting.charge_id.is_not(None))
    statement = (
        select(Transaction, Posting.charge_id, Posting.account)
        .join(Posting, Posting.transaction_id == Transaction.id)
        .where(*_stands(employer_id, scheme), *releases)
        .order_by(Transaction.id.desc())
    )
    found = {one.charge.id: one.balance for one in standings(session, employer_id, scheme)}
    for release, charge_id, account in session.execute(statement).all():
        balance = found[charge_id or 0]
        if (balance.late if account == AccountName.LATE_DUE else balance.contribution) > 0:
            return _take_back(session, release, at)
    return False


def _take_back(session: Session, one: Transaction, at: datetime) -> bool:
    """Reverse a movement of credit on its own day: done."""
    book.reverse(session, one, name=f"reversal/{one.public_id}", at=at, by=None, effective=one.effective_day)
    return True


def _use_once(session: Session, employer_id: int, scheme: str, *, at: datetime, on: date | None) -> set[int]:
    """Spend every lot of credit on what was owed on its own day, or else on day *on*; the charges it reached."""
    reached: set[int] = set()
    for day, amount in _credit_by_day(session, employer_id, scheme):
        opened = _open_on(session, employer_id, scheme, on or day)
        spent = allocate(pack(scheme), opened, amount, day)
        if spent.allocations:
            _post_use(session, employer_id, scheme, spent, day, at)
            reached |= {int(one.key) for one in spent.allocations}
    return reached


def _open_on(session: Session, employer_id: int, scheme: str, day: date) -> list[OpenCharge]:
    """What is open, with no more late charges than the rule had added by the end of *day*."""
    histories = standing.histories(session, employer_id)
    opened = []
    for one in standings(session, employer_id, scheme):
        charge, rule = one.as_open_charge(), late_on(one.charge, histories[one.charge.id], day)
        later = one.late_posted - rule.amount if rule.known else 0
        charge = replace(charge, late=min(max(charge.late - later, 0), charge.late))
        opened += [charge] if charge.contribution or charge.late else []
    return opened


def _post_use(session: Session, employer_id: int, scheme: str, spent: Settled, day: date, at: datetime) -> None:
    """Credit of one day settles charges: nothing is owed more or less by it in all."""
    total = sum(one.amount for one in spent.allocations)
    step = Step(_("Money already in the account since %(day)s settles this", day=day), total)
    book.post(
        session, employer_id, scheme=scheme, currency=pack(scheme).currency.code,
        name=f"credit/use/{_credits(session, employer_id) + 1}", kind="credit", effective=day, at=at,
        entries=[
            Entry(AccountName.CREDIT, total),
            *(Entry(ACCOUNT_OF[one.kind], -one.amount, int(one.key)) for one in spent.allocations),
        ],
        explanation=_explained(scheme, [step, order_in_words(pack(scheme), day)]),
    )  # fmt: skip


def _credit_by_day(session: Session, employer_id: int, scheme: str) -> list[tuple[date, int]]:
    """
    Credit that came in on each day less what was used of it, oldest first; days with nothing left are not there.

    A use carries the day of the money it uses.  What was taken back never came.
    """
    left = -func.sum(Posting.amount)
    statement = (
        select(Transaction.effective_day, left)
        .join(Posting, Posting.transaction_id == Transaction.id)
        .where(Posting.account == AccountName.CREDIT, *_stands(employer_id, scheme))
        .group_by(Transaction.effective_day)
        .having(left != 0)
        .order_by(Transaction.effective_day)
    )
    return [(day, int(amount)) for day, amount in session.execute(statement)]


def _stands(employer_id: int, scheme: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a transaction of this account that was not taken back, and takes nothing back."""
    taking_back = aliased(Transaction)
    return (
        Transaction.employer_id == employer_id,
        Transaction.scheme == scheme,
        Transaction.reverses_id.is_(None),
        ~exists().where(taking_back.reverses_id == Transaction.id),
    )
