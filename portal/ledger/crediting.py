"""
Credit: money of an employer that settles nothing yet.

It settles what is owed from the day on which it reached the fund, in the pack's order.  What is left of each day is
counted apart (a lot), so that a payment taken back takes exactly its own money along.  What is given back to the
employer is set aside on the day of its lot first, and leaves the fund on the day of the refund.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.errors import Refused
from portal.installation import pack
from portal.ledger import arrears, book, standing
from portal.ledger.book import Entry
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.ledger.standing import standings
from portal.scheme.allocation import OpenCharge, Settled, allocate, order_in_words
from portal.scheme.explain import Step
from portal.words import Amount, _


def settle_credit(session: Session, employer_id: int, scheme: str, *, on: date, at: datetime) -> list[int]:
    """
    Let credit settle what is open, in the pack's order, and bring the scheme's late charges up to day *on*.

    Call it after every payment, reversal and declaration.  Gives the ids of the charges whose
    contribution it settled in full.  Money counts from the day it reached the fund, so it first
    settles what was owed on that day; only what is left then settles late charges of later days.
    Where a payment was taken back, what had followed from it is taken back first.
    """
    book.lock(session, employer_id)
    arrears.accrue(session, employer_id, on=on, at=at, scheme=scheme)
    if not standing.ever_had_credit(session, employer_id, scheme):
        return []
    while _take_back_release(session, employer_id, scheme, at) or _take_back_uses(session, employer_id, scheme, at):
        arrears.accrue(session, employer_id, on=on, at=at, scheme=scheme)
    _move_refunds(session, employer_id, scheme, at)
    if not credit_by_day(session, employer_id, scheme):
        return []
    used: set[int] = set()
    while found := _use_once(session, employer_id, scheme, at=at, on=None):
        used |= found
        arrears.accrue(session, employer_id, on=on, at=at, scheme=scheme)
    _use_once(session, employer_id, scheme, at=at, on=on)  # late charges only: nothing else is open and within reach
    now = standings(session, employer_id, scheme)
    return sorted(one.charge.id for one in now if one.charge.id in used and one.settled)


def _take_back_uses(session: Session, employer_id: int, scheme: str, at: datetime) -> bool:
    """Where more credit of a day was used than came in on it (a payment was taken back), take its uses back."""
    changed = False
    while overdrawn := [day for day, amount in credit_by_day(session, employer_id, scheme) if amount < 0]:
        use = session.scalar(_latest(employer_id, scheme, "credit/use/", overdrawn[0]))
        if use is None:
            break  # the money was given back: see _move_refunds
        changed = _take_back(session, use, at)
    return changed


def _latest(employer_id: int, scheme: str, name: str, day: date) -> Select[Transaction]:
    """The latest movement of credit with such a name that draws on the lot of a day."""
    drawn = (Transaction.name.startswith(name), Transaction.effective_day == day)
    return select(Transaction).where(*stands(employer_id, scheme), *drawn).order_by(Transaction.id.desc()).limit(1)


def _take_back_release(session: Session, employer_id: int, scheme: str, at: datetime) -> bool:
    """Take back the latest release of what was overpaid on a charge on which something is open again."""
    releases = (Transaction.name.startswith("credit/overpaid/"), Posting.charge_id.is_not(None))
    statement = (
        select(Transaction, Posting.charge_id, Posting.account)
        .join(Posting, Posting.transaction_id == Transaction.id)
        .where(*stands(employer_id, scheme), *releases)
        .order_by(Transaction.id.desc())
    )
    found = {one.charge.id: one.balance for one in standings(session, employer_id, scheme)}
    for release, charge_id, account in session.execute(statement).all():
        balance = found[charge_id or 0]
        opened = (balance.late if account == AccountName.LATE_DUE else balance.contribution) > 0
        if opened and _may_leave(session, release):
            return _take_back(session, release, at)
    return False


def _may_leave(session: Session, release: Transaction) -> bool:
    """Whether the lot of a release holds its amount still, uses aside: what was refunded cannot come back."""
    of_lot = (*stands(release.employer_id, release.scheme), Transaction.effective_day == release.effective_day)
    came = select(-func.sum(Posting.amount)).join(Transaction, Posting.transaction_id == Transaction.id)
    credit = Posting.account == AccountName.CREDIT
    left = session.scalar(came.where(*of_lot, credit, ~Transaction.name.startswith("credit/use/")))
    own = session.scalar(came.where(Transaction.id == release.id, credit))
    return int(left or 0) >= int(own or 0)


def _take_back(session: Session, one: Transaction, at: datetime) -> bool:
    """Reverse a movement of credit on its own day: done."""
    book.reverse(session, one, name=f"reversal/{one.public_id}", at=at, by=None, effective=one.effective_day)
    return True


def _use_once(session: Session, employer_id: int, scheme: str, *, at: datetime, on: date | None) -> set[int]:
    """Spend every lot of credit on what was owed on its own day, or else on day *on*; the charges it reached."""
    reached: set[int] = set()
    for day, amount in credit_by_day(session, employer_id, scheme):
        opened = _open_on(session, employer_id, scheme, on or day)
        spent = allocate(pack(scheme), opened, amount, day)
        if spent.allocations:
            _post_use(session, employer_id, scheme, spent, day, at)
            reached |= {int(one.key) for one in spent.allocations}
    return reached


def _open_on(session: Session, employer_id: int, scheme: str, day: date) -> list[OpenCharge]:
    """What is open, with no more late charges than the rule had added by the end of *day*."""
    histories = standing.histories(session, employer_id, scheme)
    opened = []
    for one in standings(session, employer_id, scheme):
        charge, rule = one.as_open_charge(), arrears.late_on(one.charge, histories[one.charge.id], day)
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
        name=f"credit/use/{arrears.movements_of_credit(session, employer_id) + 1}", kind="credit", effective=day, at=at,
        entries=[
            Entry(AccountName.CREDIT, total),
            *(Entry(arrears.ACCOUNT_OF[one.kind], -one.amount, int(one.key)) for one in spent.allocations),
        ],
        explanation=arrears.explained(scheme, [step, order_in_words(pack(scheme), day)]),
    )  # fmt: skip


def pay_back(
    session: Session, employer_id: int, scheme: str, amount: int, *, name: str, on: date, at: datetime, by: int
) -> Transaction:
    """
    Give *amount* of the credit back on day *on*: the money that came last goes first.

    `Refused` (409) when less credit is left.  The caller has settled what is owed before.
    """
    book.lock(session, employer_id)
    _set_aside(session, employer_id, scheme, amount, at=at)
    entries = [Entry(AccountName.SET_ASIDE, amount), Entry(AccountName.MONEY_REFUNDED, -amount)]
    return book.post(
        session, employer_id, scheme=scheme, currency=pack(scheme).currency.code, name=name, kind="refund",
        effective=on, entries=entries, at=at, by=by,
        explanation=arrears.explained(scheme, [Step(_("Credit given back to the employer"), amount)]),
    )  # fmt: skip


def _set_aside(session: Session, employer_id: int, scheme: str, amount: int, *, at: datetime) -> None:
    """Take *amount* out of the lots, the latest first: each on its own day, so that the others stay what they are."""
    left, currency = amount, pack(scheme).currency.code
    for day, lot in reversed(credit_by_day(session, employer_id, scheme)):
        part = min(lot, left)
        if part <= 0:
            continue
        left -= part
        step = Step(_("Money in the account since %(day)s is given back", day=day), part)
        book.post(
            session, employer_id, scheme=scheme, currency=currency, effective=day, at=at, kind="credit",
            name=f"credit/refund/{arrears.movements_of_credit(session, employer_id) + 1}",
            entries=[Entry(AccountName.CREDIT, part), Entry(AccountName.SET_ASIDE, -part)],
            explanation=arrears.explained(scheme, [step]),
        )  # fmt: skip
    if left:
        words = _("Only %(left)s of credit is left. Ask for no more than that.", left=Amount(amount - left, currency))
        raise Refused(words, field="amount", status=409)


def _move_refunds(session: Session, employer_id: int, scheme: str, at: datetime) -> None:
    """
    Where a payment was taken back whose money was given back, let the refund rest on other credit.

    `Refused` (409) where there is not enough: then the fund would have given back what it never got.
    """
    while overdrawn := [day for day, amount in credit_by_day(session, employer_id, scheme) if amount < 0]:
        refund = session.scalars(_latest(employer_id, scheme, "credit/refund/", overdrawn[0])).one()
        amount = -sum(one.amount for one in book.entries_of(session, refund) if one.account == AccountName.SET_ASIDE)
        _take_back(session, refund, at)
        try:
            _set_aside(session, employer_id, scheme, amount, at=at)
        except Refused:
            raise refunded(scheme, amount) from None


def refunded(scheme: str, amount: int) -> Refused:
    """Why a payment cannot be taken back: what it left over was given back to the employer."""
    return Refused(
        _(
            "%(amount)s that came from this payment was given back to the employer. Record the money that comes back "
            "as a payment first, then take this one back.",
            amount=Amount(amount, pack(scheme).currency.code),
        )
    )  # fmt: skip


def check_refunds(session: Session, employer_id: int, scheme: str) -> None:
    """`Refused` (409) where a month would owe more than was ever charged for it, because its money was given back."""
    for one in standings(session, employer_id, scheme):
        more = max(one.balance.contribution - one.charged, one.balance.late - one.late_posted)
        if more > 0:
            raise refunded(scheme, more)


def credit_by_day(session: Session, employer_id: int, scheme: str) -> list[tuple[date, int]]:
    """
    Credit that came in on each day less what was used of it, oldest first; days with nothing left are not there.

    A use carries the day of the money it uses.  What was taken back never came.
    """
    left = -func.sum(Posting.amount)
    statement = (
        select(Transaction.effective_day, left)
        .join(Posting, Posting.transaction_id == Transaction.id)
        .where(Posting.account == AccountName.CREDIT, *stands(employer_id, scheme))
        .group_by(Transaction.effective_day)
        .having(left != 0)
        .order_by(Transaction.effective_day)
    )
    return [(day, int(amount)) for day, amount in session.execute(statement)]


def used_on(session: Session, charge: Charge) -> int:
    """How much credit settles a charge, late charges included."""
    statement = select(-func.sum(Posting.amount)).join(Transaction, Posting.transaction_id == Transaction.id)
    uses = (Transaction.name.startswith("credit/use/"), Posting.charge_id == charge.id)
    return int(session.scalar(statement.where(*stands(charge.employer_id, charge.scheme), *uses)) or 0)


def stands(employer_id: int, scheme: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a transaction of this account that was not taken back, and takes nothing back."""
    taking_back = aliased(Transaction)
    return (
        Transaction.employer_id == employer_id,
        Transaction.scheme == scheme,
        Transaction.reverses_id.is_(None),
        ~exists().where(taking_back.reverses_id == Transaction.id),
    )
