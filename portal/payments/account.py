"""
What an employer owes and why: every charge with its late charge reckoned to a day.

Amounts are minor units of the scheme's currency.  The book says what was charged and paid; the
rule, not the last night's job, says what lateness costs "to today".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration
from portal.contributions.standing import GONE
from portal.employers.service import enrolments_of
from portal.errors import NotFound
from portal.installation import pack, packs
from portal.ledger import arrears, book
from portal.ledger.models import Charge, Posting, Transaction
from portal.ledger.standing import Standing, credits, histories, standings
from portal.payments.models import Payment, Receipt
from portal.scheme.allocation import OpenCharge
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.scheme.explain import Step, steps_from_json
from portal.scheme.late import LateCharge
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class OpenMonth:
    """One charge as it stands, with the late charge the rule gives at the end of day *on*."""

    charge: Charge
    on: date
    charged: int
    #: What is still open of the contribution, and of the late charge to the day; neither below zero.
    contribution: int
    late: int
    rule: LateCharge

    @property
    def late_owed(self) -> int:
        """All that the rule has added for lateness, paid or not."""
        return self.rule.amount

    @property
    def total(self) -> int:
        """What is open in all."""
        return self.contribution + self.late

    @property
    def overdue(self) -> bool:
        """Whether something is open after the due day."""
        return self.total > 0 and self.charge.due_day < self.on

    @property
    def state(self) -> str:
        """unpaid, part_paid, paid or overdue."""
        if not self.total:
            return "paid"
        if self.overdue:
            return "overdue"
        return "part_paid" if self.contribution < self.charged else "unpaid"

    @property
    def pay_by(self) -> date:
        """
        The last day on which this amount is enough: the due day, and after it the day before more is added.

        A due day that has passed where the rule adds nothing more, or is not known.
        """
        following = self.rule.next_begins
        if self.charge.due_day >= self.on or following is None:
            return self.charge.due_day
        return date.fromordinal(following.toordinal() - 1)

    def as_open_charge(self) -> OpenCharge:
        """The charge as the rule of allocation reads it."""
        return OpenCharge(
            str(self.charge.id), self.charge.month, self.charge.due_day, self.contribution, self.late
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SchemeAccount:
    """An employer's account in one scheme, the latest month first."""

    rules: Pack
    months: Sequence[OpenMonth]
    credit: int

    @property
    def currency(self) -> str:
        """The currency of every amount in it."""
        return self.rules.currency.code

    @property
    def owed(self) -> int:
        """All that is open; what the fund holds as credit stands beside it."""
        return sum(month.total for month in self.months)

    @property
    def overdue(self) -> int:
        """What of it is past its due day."""
        return sum(month.total for month in self.months if month.overdue)

    @property
    def late_not_known(self) -> Words | None:
        """Why nothing can be said about late charges, where the scheme's pack does not know them."""
        if self.rules.late_known:
            return None
        return _(
            "What %(scheme)s charges for paying late is not known here, because: %(why)s Nothing is added on this "
            "page; that does not mean that nothing is owed.",
            scheme=self.rules.short_name, why=getattr(self.rules.late, "why", ""),
        )  # fmt: skip


def months_on(session: Session, employer_id: int, on: date, scheme: str | None = None) -> list[OpenMonth]:
    """
    Every charge of an employer as the book stands now, with late charges as the rule has them at the end of *on*.

    Oldest month first; two queries, however many months.
    """
    found, movements = standings(session, employer_id, scheme), histories(session, employer_id, scheme)
    return [_open_month(one, on, arrears.late_on(one.charge, movements[one.charge.id], on)) for one in found]


def open_on(session: Session, employer_id: int, on: date, scheme: str) -> list[OpenCharge]:
    """What money of day *on* can settle in a scheme, as the rule of allocation reads it.  Two queries."""
    found, movements = standings(session, employer_id, scheme), histories(session, employer_id, scheme)
    return [
        _open_month(one, on, arrears.late_on(one.charge, movements[one.charge.id], on)).as_open_charge()
        for one in found if not (one.settled and arrears.never_late(one, movements[one.charge.id], on))
    ]  # fmt: skip


def _open_month(one: Standing, on: date, rule: LateCharge) -> OpenMonth:
    late = _late_open(rule, one.late_posted, one.balance.late)
    return OpenMonth(one.charge, on, one.charged, max(one.balance.contribution, 0), late, rule)


def _late_open(rule: LateCharge, posted: int, balance: int) -> int:
    """What the rule owes less what was settled of it; where the rule is not known, what stands in the book."""
    settled = posted - balance
    return max(rule.amount - settled if rule.known else balance, 0)


def accounts_of(session: Session, employer_id: int, today: date) -> list[SchemeAccount]:
    """What the employer owes in each scheme it is or was enrolled in, in the fund's order."""
    found, left = months_on(session, employer_id, today), credits(session, employer_id)
    schemes = {one.scheme for one in enrolments_of(session, employer_id)} | {one.charge.scheme for one in found}
    return [
        SchemeAccount(
            rules,
            [one for one in reversed(found) if one.charge.scheme == scheme],
            left.get(scheme, 0),
        )
        for scheme, rules in packs().items()
        if scheme in schemes
    ]


@dataclass(frozen=True, slots=True)
class Settling:
    """Money that reached one charge, or was taken off it again: minor units, above zero when it settled something."""

    day: date
    words: Words
    amount: int
    receipt: UUID | None
    number: str


@dataclass(frozen=True, slots=True)
class ChargeAccount:
    """One charge explained: what was declared, how lateness was reckoned, what settled it."""

    month: OpenMonth
    declarations: Sequence[tuple[Declaration, Sequence[Step]]]
    settlings: Sequence[Settling]

    @property
    def rules(self) -> Pack:
        """The rules of its scheme."""
        return pack(self.month.charge.scheme)

    @property
    def wage_month(self) -> Month:
        """The month it was declared for."""
        return self.month.charge.month


#: How the entries of one declaration end: what was declared, and what a later change of the rules added to it.
PARTS = ("", "/amendment")


def charge_of(session: Session, employer_id: int, public_id: UUID) -> Charge:
    """The employer's charge of this name; NotFound when it is another's or none."""
    wanted = (Charge.employer_id == employer_id, Charge.public_id == public_id)
    charge = session.scalar(select(Charge).where(*wanted))
    if charge is None:
        raise NotFound("charge")
    return charge


def charge_account(session: Session, employer_id: int, public_id: UUID, today: date) -> ChargeAccount:
    """One charge of the employer with everything behind it; NotFound when it is another's or none."""
    charge = charge_of(session, employer_id, public_id)
    month = next(one for one in months_on(session, employer_id, today, charge.scheme) if one.charge.id == charge.id)
    return ChargeAccount(month, _declared(session, charge), _settlings(session, charge))


def _declared(session: Session, charge: Charge) -> list[tuple[Declaration, Sequence[Step]]]:
    """The declarations that were charged, oldest first, each with its calculation as it was kept."""
    statement = (
        select(Declaration, Transaction.explanation)
        .join(
            Transaction,
            (Transaction.employer_id == Declaration.employer_id)
            & Transaction.name.in_([func.concat("declaration/", Declaration.public_id, end) for end in PARTS]),
        )
        .where(
            Declaration.employer_id == charge.employer_id,
            Declaration.scheme == charge.scheme,
            Declaration.month == charge.month,
        )
        .order_by(Declaration.submitted_at, Transaction.id)
    )
    return [(one, steps_from_json(kept.get("steps", []))) for one, kept in session.execute(statement)]


def standing(declaration: Declaration) -> bool:
    """Whether a declaration counts: a later one has not taken its place."""
    return declaration.state not in GONE


def _settlings(session: Session, charge: Charge) -> list[Settling]:
    """What payments, credit and reversals did to one charge, oldest first."""
    net = -func.sum(Posting.amount)
    statement = (
        select(Transaction.effective_day, Transaction.kind, net, Receipt.public_id, Receipt.number)
        .join(Posting, Posting.transaction_id == Transaction.id)
        .outerjoin(Payment, Payment.transaction_id == Transaction.id)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .where(Posting.charge_id == charge.id, Transaction.kind.in_(("payment", "credit", "reversal")))
        .where(Posting.account.in_(book.DUE_ACCOUNTS))
        .group_by(Transaction.id, Receipt.id)
        .having(net != 0)
        .order_by(Transaction.effective_day, Transaction.id)
    )
    return [
        Settling(day, _settling_words(kind, int(amount)), int(amount), receipt, number or "")
        for day, kind, amount, receipt, number in session.execute(statement)
    ]


def _settling_words(kind: str, amount: int) -> Words:
    """What one of them was."""
    if kind == "payment":
        return _("Payment")
    if kind == "credit" and amount > 0:
        return _("From the credit in your account")
    if kind == "credit":
        return _("More was paid than is owed; it went to the credit in your account")
    return _("Payment taken back") if amount < 0 else _("Entry taken back")
