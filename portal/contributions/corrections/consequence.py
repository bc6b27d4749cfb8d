"""
What follows from a revision or a supplementary return before anybody submits it, scheme by scheme.

The late charges are those of the rule on the history the charge would have, so that the page, the night job and the
posting cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from portal.contributions.acknowledgement import when_late
from portal.contributions.assessment import Sums
from portal.contributions.models import Payroll
from portal.contributions.standing import Declared, standing_declarations
from portal.employers.given import given_from_json
from portal.installation import pack
from portal.ledger import arrears, standing
from portal.ledger.standing import Standing, standings
from portal.scheme.blocks.pack import Pack
from portal.scheme.late import ChargeHistory, LateCharge
from portal.words import Amount, Words, _


@dataclass(frozen=True, slots=True)
class Consequence:
    """
    One scheme of a month: what is owed *before* and *now*, in minor units, and what being late with it costs to a day.

    *amended* is the part of the difference that only later rules brought; *paid* what was paid of the contribution;
    *posted* the late charges that stand in the book.
    """

    rules: Pack
    before: int
    now: int
    amended: int
    paid: int
    posted: int
    due_day: date
    on: date
    late_before: LateCharge
    late_now: LateCharge

    @property
    def difference(self) -> int:
        """What is charged (below zero: taken back)."""
        return self.now - self.before

    @property
    def overpaid(self) -> int:
        """How much more is paid than would be owed: it would become credit."""
        return max(self.paid - self.now, 0)

    @property
    def lowers_paid(self) -> bool:
        """Whether less would be owed than was paid, so that an officer has to decide."""
        return self.now < self.before and self.overpaid > 0

    @property
    def late_difference(self) -> int | None:
        """What it changes in the late charges to the day; None where the rule is not known."""
        if not (self.late_before.known and self.late_now.known):
            return None
        return self.late_now.amount - self.late_before.amount

    @property
    def explained(self) -> list[Words]:
        """What follows, in sentences: the due day, the late charges, what was paid."""
        return [*self._lateness(), *self._amendment(), *self._payment()]

    def _amount(self, minor: int) -> Amount:
        return Amount(minor, self.rules.currency.code)

    def _lateness(self) -> list[Words]:
        if not self.difference:
            return [_("What is owed does not change, so nothing changes in the late charges either.")]
        if self.on <= self.due_day:
            return [_("It is due on %(day)s like the rest of the month. Nothing is late yet.", day=self.due_day)]
        if self.late_difference is None:
            return [when_late(self.rules, self.due_day)]
        values = {"before": self._amount(self.late_before.amount), "now": self._amount(self.late_now.amount)}
        if not (self.late_difference or self.late_now.amount):
            return [_("No late charge is owed, neither before nor now.")]
        if not self.late_difference:
            return [_("The late charge does not change: to today it is %(now)s.", now=values["now"])]
        if self.late_difference < 0:
            words = _(
                "Less was owed from the beginning. By the rule, the late charge to today becomes %(now)s instead of "
                "%(before)s.",
                **values,
            )
        else:
            words = _(
                "It was due on %(day)s like the rest of the month, so it is late. By the rule, the late charge to "
                "today becomes %(now)s instead of %(before)s.",
                day=self.due_day, **values,
            )  # fmt: skip
        return [words, *self._next()]

    def _next(self) -> list[Words]:
        if self.late_now.next_begins is None:
            return []
        return [_("If it is not paid before, more is added on %(day)s.", day=self.late_now.next_begins)]

    def _amendment(self) -> list[Words]:
        if self.amended <= 0:
            return []
        words = _(
            "Of the difference, %(amount)s comes from rules that became known after the month was declared. Being late "
            "with this part counts from today only.",
            amount=self._amount(self.amended),
        )
        return [words]

    def _payment(self) -> list[Words]:
        if not self.overpaid or self.difference >= 0:
            return []
        words = _(
            "%(paid)s is paid already: %(credit)s more than would be owed. An officer of the fund decides on this "
            "revision; then what was paid too much becomes credit for what you owe next.",
            paid=self._amount(self.paid), credit=self._amount(self.overpaid),
        )  # fmt: skip
        return [words]


def consequences(session: Session, draft: Payroll, on: date) -> list[Consequence]:
    """What follows from a draft that changes a declared month, for each scheme of it, at the end of day *on*."""
    before = standing_declarations(session, draft.employer_id, draft.month)
    charges = {
        one.charge.scheme: one for one in standings(session, draft.employer_id) if one.charge.month == draft.month
    }
    sums = {scheme: Sums(**kept) for scheme, kept in draft.checked.get("sums", {}).items()}
    return [
        _consequence(session, draft, pack(scheme), before.get(scheme), charges.get(scheme), sums[scheme].total, on)
        for scheme in draft.checked.get("schemes", ())
    ]


def _consequence(
    session: Session,
    draft: Payroll,
    rules: Pack,
    declared: Declared | None,
    charge: Standing | None,
    total: int,
    on: date,
) -> Consequence:
    stood = declared.total if declared else 0
    now = stood + total if draft.adds else total
    amended = int(draft.checked.get("amended", {}).get(rules.id, 0))
    due = declared.main.due_day if declared else _due_day(draft, rules)
    history = standing.history(session, charge.charge) if charge else ChargeHistory(due, ())
    then = _with(history, ((now - stood - amended, "declaration"), (amended, "amendment")), on)
    return Consequence(
        rules, stood, now, amended, charge.charged - charge.balance.contribution if charge else 0,
        charge.late_posted if charge else 0, due, on,
        arrears.late_by(rules, history, on), arrears.late_by(rules, then, on),
    )  # fmt: skip


def _with(history: ChargeHistory, added: Sequence[tuple[int, str]], on: date) -> ChargeHistory:
    """The history as it would be with these entries of *on*."""
    more = tuple(standing.movement(amount, kind, on, history.due) for amount, kind in added if amount)
    return replace(history, movements=(*history.movements, *more))


def _due_day(draft: Payroll, rules: Pack) -> date:
    """When a scheme that is declared for the first time is due."""
    return given_from_json(rules, draft.checked.get("given", {}).get(rules.id, {})).due_day(draft.month)
