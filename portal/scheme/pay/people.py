"""
Who was paid what: one person's figures or columns of many people's, checked before any rule looks at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, TypeAlias

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Condition
from portal.scheme.calendars import Month
from portal.scheme.columns import Numbers, Truths, any_of, column, every, pick, pick_truth
from portal.scheme.money import Currency, Minor
from portal.scheme.pay.answers import Answered, answered, default_of, unanswered
from portal.scheme.pay.unusable import Unusable
from portal.words import Amount, Words, _

#: Beyond this an amount is a slip of the keyboard, not a wage.
MOST_EARNINGS = 10**15

#: No month of any calendar has more days.
MOST_DAYS = 32

#: One whole number, or many: a list or a column of them.
Figures: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was paid in an earlier month of the same year, in minor units by component."""

    month: Month
    earnings: Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class People:
    """
    One person, or many: then every figure is one for all of them, or a list or column with one for each.

    *earnings*: pay of the month in minor units by component.  *answers*: what the pack's inputs ask
    about a person.  *birth*: the day, as ``date.toordinal`` counts.  *days*: worked in the month; None:
    all of it.  *earlier*: other months of the same year.  *elsewhere*: pay of the month at another employer.
    """

    earnings: Mapping[str, Figures]
    answers: Mapping[str, Any] = field(default_factory=dict)
    birth: Figures | None = None
    days: Figures | None = None
    earlier: Sequence[Earlier] = ()
    elsewhere: Mapping[str, Figures] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Who:
    """The people of one calculation, checked; *count* is None for one person."""

    pack: Pack
    month: Month
    known_on: date | None
    count: int | None
    earnings: Mapping[str, Numbers]
    answers: Mapping[str, Answered]
    born: Numbers | None
    days: Numbers | None
    earlier: tuple[Earlier, ...]
    elsewhere: Mapping[str, Numbers]

    @property
    def month_length(self) -> int:
        """How many days the month has."""
        calendar = self.pack.calendar
        return (self.month.last_day(calendar) - self.month.first_day(calendar)).days + 1

    def pay(self, component: str) -> Numbers:
        """The pay of this component, or the amount chosen where an input of this name asks for one."""
        found = self.earnings.get(component)
        if found is not None:
            return found
        if component in self.pack.inputs:
            chosen = self.answer(component)
            return pick(chosen.values, chosen.index)
        raise Unusable(
            component,
            _("%(component)s is missing. Give an amount, 0 if nothing was paid.", component=self.label_of(component)),
        )

    def label_of(self, code: str) -> str:
        """How the pack calls a component of pay or an input."""
        return labels_of(self.pack).get(code) or (self.pack.inputs[code].label if code in self.pack.inputs else code)

    def answer(self, code: str) -> Answered:
        """What was answered to an input, or its default; :class:`Unusable` where it has to be said and was not."""
        found = self.said(code)
        if found is None:
            raise unanswered(self.pack, self.pack.inputs[code])
        return found

    def said(self, code: str) -> Answered | None:
        """The same, None where nothing was said."""
        return self.answers.get(code) or default_of(self.pack, code)

    def meets(self, condition: Condition) -> Truths:
        """Whether these answers were given, for each."""
        if not condition:
            return True
        truths = []
        for code, accepted in condition.items():
            given = self.answer(code)
            truths.append(pick_truth(tuple(value in accepted for value in given.values), given.index))
        return every(truths)

    def birth(self) -> Numbers:
        """The day of birth, which has to be known."""
        if self.born is None:
            raise Unusable("date_of_birth", _("The date of birth is missing; the rate depends on the age."))
        return self.born


@lru_cache(maxsize=256)
def labels_of(pack: Pack) -> Mapping[str, str]:
    """How the pack calls each component of pay that it counts."""
    return {each.code: each.label for each in pack.pay}


def checked(
    pack: Pack, month: Month, people: People, others: Iterable[Mapping[str, Any]], known_on: date | None
) -> Who:
    """The people with every figure looked at; *others* are the answers about the employer and its options."""
    counting = _Counting(pack.currency)
    answers: dict[str, Answered] = {}
    for given in (*others, people.answers):
        for code, value in given.items():
            if value is not None and code in pack.inputs:
                answers[code] = counting.answers(answered(pack, pack.inputs[code], value))
    labels = labels_of(pack)
    earnings = counting.all_pay(people.earnings, labels)
    return Who(
        pack, month, known_on,
        earnings=earnings,
        answers=answers,
        born=None if people.birth is None else counting.between(
            "date_of_birth", _("The date of birth is missing or no day."), people.birth, 1, date.max.toordinal()
        ),
        days=None if people.days is None else counting.between(
            "days", _("Days worked are a whole number from 0 to %(most)s.", most=MOST_DAYS), people.days, 0, MOST_DAYS
        ),
        earlier=tuple(
            Earlier(one.month, counting.all_pay(one.earnings, labels)) for one in people.earlier
        ),
        elsewhere=counting.all_pay(people.elsewhere, labels),
        count=counting.count,
    )  # fmt: skip


class _Counting:
    """Looks at every figure, and that all columns are of one length."""

    def __init__(self, currency: Currency) -> None:
        self.currency = currency
        self.count: int | None = None

    def all_pay(self, earnings: Mapping[str, Figures], labels: Mapping[str, str]) -> dict[str, Numbers]:
        """The components of pay that the pack counts; what it does not count is not its business."""
        return {code: self.pay(code, labels[code], paid) for code, paid in earnings.items() if code in labels}

    def pay(self, code: str, label: str, given: Figures) -> Numbers:
        """Pay that can be: a whole number of minor units from 0 to the most."""
        if type(given) is int and 0 <= given <= MOST_EARNINGS:
            return given
        most = Amount(MOST_EARNINGS, self.currency.code, self.currency.digits)
        words = _("%(component)s: give an amount of pay from 0 to %(most)s.", component=label, most=most)
        return self.between(code, words, given, 0, MOST_EARNINGS)

    def between(self, code: str, words: Words, given: Figures, lowest: int, highest: Minor) -> Numbers:
        """Whole numbers from *lowest* to *highest*."""
        try:
            found = given if type(given) is int else self._column(code, given)
        except TypeError:
            raise Unusable(code, words) from None
        if any_of(found < lowest) or any_of(found > highest):
            raise Unusable(code, words)
        return found

    def answers(self, given: Answered) -> Answered:
        """Answers of one, or of as many as there are people."""
        if not isinstance(given.index, int):
            self._of_one_length(given.code, len(given.index))
        return given

    def _column(self, code: str, given: Figures) -> Numbers:
        if isinstance(given, str | bytes | bool) or not hasattr(given, "__len__"):
            raise TypeError("not a whole number")
        found = column(given)
        self._of_one_length(code, len(found))
        return found

    def _of_one_length(self, code: str, length: int) -> None:
        if self.count is not None and self.count != length:
            raise Unusable(
                code,
                _("%(field)s has %(n)s values for %(people)s people.", field=code, n=length, people=self.count),
            )
        self.count = length
