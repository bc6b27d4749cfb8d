"""
The blocks a scheme pack is made of, as frozen values.

A pack is data: the same few functions of this package read every pack.  Dated values carry
the days from which and to which they hold (both included), and the source that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Generic, TypeVar

from portal.scheme.calendars import CALENDARS, Calendar
from portal.scheme.money import Currency, Minor, Rounding
from portal.words import Words, _

T = TypeVar("T")


class NotKnown(Exception):
    """The pack has no value for this, and *words* say which rule, when, and why.  Never means zero."""

    def __init__(self, words: Words) -> None:
        super().__init__(str(words))
        self.words = words


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule was found.  *kind* is page (public, found), memory, or assumed (nobody published it)."""

    key: str
    title: str
    url: str | None
    kind: str

    def __str__(self) -> str:
        return f"{self.title} ({self.url})" if self.url else self.title


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """
    One value and the days it holds; *until* is included, None means until further notice.

    With *unknown* there is no value and the text says why.  *provisional* repeats the value
    before, because the one in force is not published yet.
    """

    since: date
    until: date | None
    value: T | None
    source: str
    unknown: str | None = None
    provisional: bool = False
    unverified: str | None = None


@dataclass(frozen=True, slots=True)
class Series(Generic[T]):
    """All values one rule ever had, in order of time and without a hole between them."""

    name: Words
    values: tuple[Dated[T], ...]

    def at(self, day: date) -> Dated[T]:
        """The value in force on *day*; :class:`NotKnown` where the pack has none."""
        for dated in reversed(self.values):
            if dated.since <= day:
                if dated.until is not None and dated.until < day:
                    break
                if dated.value is None:
                    reason = dated.unknown
                    raise NotKnown(_("%(rule)s is not known on %(day)s: %(why)s", rule=self.name, day=day, why=reason))
                return dated
        raise NotKnown(self._outside(day))

    def value_at(self, day: date) -> T:
        """Only the value in force on *day*."""
        value = self.at(day).value
        assert value is not None  # at() refuses a gap
        return value

    def _outside(self, day: date) -> Words:
        first, last = self.values[0].since, self.values[-1].until
        if day < first or last is None:
            return _(
                "%(rule)s is not known on %(day)s: the first value in the pack is that of %(first)s.",
                rule=self.name, day=day, first=first,
            )  # fmt: skip
        return _(
            "%(rule)s is not known on %(day)s: the last value in the pack ends on %(last)s.",
            rule=self.name, day=day, last=last,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missing:
    """Something the fund has to tell us: *what* it is, *why* the portal does not know it, where it stands."""

    what: str
    why: str
    where: str


@dataclass(frozen=True, slots=True)
class Component:
    """A part of pay that some scheme counts."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Branch:
    """One insured risk: which pay counts, up to where, and the two rates; all by wage month."""

    code: str
    name: str
    base: tuple[str, ...]
    base_source: str
    ceiling: Series[Minor] | None
    ceiling_multiple: Fraction | None
    employer_rate: Series[Fraction]
    employee_rate: Series[Fraction]


@dataclass(frozen=True, slots=True)
class Membership:
    """Who has to be declared: from which earnings a month, and between which ages; None is not limited or not known."""

    component: str | None
    minimum_earnings: Series[Minor] | None
    age_from: int | None
    age_to: int | None
    source: str | None


@dataclass(frozen=True, slots=True)
class DueRule:
    """Due on this day of the month after the wage month, never moved for days of rest."""

    day: int


@dataclass(frozen=True, slots=True)
class LatePerMonth:
    """
    A rate of what is unpaid, added for each month or part of a month after the due day.

    Months are counted from the due day to the same day of the following months.  The rate is
    that of the day of default, the first day after the due day, however long the delay lasts.
    """

    name: str
    rate: Series[Fraction]
    rounding: Rounding
    source: str
    unverified: str | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A rule that surely exists and was not found."""

    why: str


@dataclass(frozen=True, slots=True)
class AllocationOrder:
    """
    What a payment settles first.

    *order* lists the kinds ("contribution", "late").  With *months_first* the oldest month is
    settled in full before the next; without, the first kind is settled in all months first.
    """

    order: tuple[str, ...]
    months_first: bool


@dataclass(frozen=True, slots=True)
class OpensNextMonth:
    """A paid month opens the next one when it and the months before it, *waiting_months* in all, are paid."""

    waiting_months: int
    source: str
    unverified: str | None


@dataclass(frozen=True, slots=True)
class OpensNothing:
    """Contributions do not open months of cover; *why* says what they give instead."""

    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """The rules of one scheme.  Two packs are the same only when they are the same object."""

    id: str
    name: str
    short_name: str
    country: str
    timezone: str
    calendar_name: str
    currency: Currency
    rounding: Rounding
    hash: str
    sources: Mapping[str, Source]
    pay: tuple[Component, ...]
    branches: tuple[Branch, ...]
    membership: Membership
    due: Series[DueRule]
    late: LatePerMonth | Unknown
    allocation: Series[AllocationOrder]
    entitlement: OpensNextMonth | OpensNothing
    missing: tuple[Missing, ...]
    unverified: tuple[Missing, ...]

    @property
    def calendar(self) -> Calendar:
        """The calendar its months are counted in."""
        return CALENDARS[self.calendar_name]

    @property
    def components(self) -> tuple[str, ...]:
        """The codes of the pay components its branches count."""
        return tuple(component.code for component in self.pay)

    @property
    def opens_coverage(self) -> bool:
        """Whether paid months open months of cover, of which the core is told."""
        return isinstance(self.entitlement, OpensNextMonth)

    @property
    def late_known(self) -> bool:
        """Whether the pack knows what being late costs."""
        return isinstance(self.late, LatePerMonth)

    def label_of(self, component: str) -> str:
        """The name of a pay component: "Basic pay"."""
        return next(one.label for one in self.pay if one.code == component)

    def branch(self, code: str) -> Branch:
        """The branch of this code."""
        return next(branch for branch in self.branches if branch.code == code)

    def source_of(self, key: str) -> Source:
        """The source that the pack's file calls *key*."""
        return self.sources[key]
