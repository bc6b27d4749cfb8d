"""
Values with their dates, their sources, and what is not known about them.

A value knows since when it holds and since when it was known: a law of the 28th that holds from
the 1st changes what is due for the month, and who paid by the old one was not late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Generic, TypeVar

from portal.scheme.money import Minor
from portal.words import Words, _

T = TypeVar("T")


class NotKnown(Exception):
    """The pack has no value for this, and *words* say which rule, when, and why.  Never means zero."""

    def __init__(self, words: Words) -> None:
        super().__init__(str(words))
        self.words = words


@dataclass(frozen=True, slots=True)
class Source:
    """
    Where a rule was found.

    *kind*: page (public, found), law (the text itself), memory, assumed (nobody published it),
    or decision (of the fund that runs the portal, in its overlay); *day* of the law or decision.
    """

    key: str
    title: str
    url: str | None
    kind: str
    day: date | None = None

    def __str__(self) -> str:
        return f"{self.title} ({self.url})" if self.url else self.title


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """
    One value and the days it holds; *until* is included, None means until further notice.

    *known* is the day it became known, where that was later than *since*; None means in time.
    With *unknown* there is no value and the text says why.  *provisional* repeats the value
    before, because the one in force is not published yet.  *at_most*, in minor units, bounds an
    unknown limit: earnings at or above it cannot be touched by it.
    """

    since: date
    until: date | None
    value: T | None
    source: str
    unknown: str | None = None
    provisional: bool = False
    unverified: str | None = None
    known: date | None = None
    at_most: Minor | None = None

    def holds_on(self, day: date) -> bool:
        """Whether *day* lies between its first and its last day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Series(Generic[T]):
    """
    All values one rule ever had, in order of time and without a hole between them.

    *values* is what is known today; *amended* keeps what was believed before a later law said
    otherwise: pairs of the day the amendment became known and the values believed until then,
    oldest amendment first.
    """

    name: Words
    values: tuple[Dated[T], ...]
    amended: tuple[tuple[date, tuple[Dated[T], ...]], ...] = ()

    def dated(self, day: date, known_on: date | None = None) -> Dated[T]:
        """The entry in force on *day*, known or not, as it was believed on *known_on* (today's knowledge if None)."""
        values = self.believed(known_on)
        for entry in reversed(values):
            if entry.since <= day:
                if entry.until is not None and entry.until < day:
                    break
                return entry
        raise NotKnown(self._outside(day, values))

    def at(self, day: date, known_on: date | None = None) -> Dated[T]:
        """The value in force on *day*; :class:`NotKnown` where the pack has none."""
        entry = self.dated(day, known_on)
        if entry.value is None:
            raise self.not_known(entry, day)
        return entry

    def value_at(self, day: date, known_on: date | None = None) -> T:
        """Only the value in force on *day*."""
        value = self.at(day, known_on).value
        assert value is not None  # at() refuses a gap
        return value

    def not_known(self, entry: Dated[T], day: date) -> NotKnown:
        """What to raise for an entry that has no value."""
        return NotKnown(_("%(rule)s is not known on %(day)s: %(why)s", rule=self.name, day=day, why=entry.unknown))

    def believed(self, known_on: date | None) -> tuple[Dated[T], ...]:
        """The values as they were known at the end of *known_on*."""
        if known_on is not None:
            for amendment, before in self.amended:
                if known_on < amendment:
                    return before
        return self.values

    def _outside(self, day: date, values: tuple[Dated[T], ...]) -> Words:
        first, last = values[0].since, values[-1].until
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
class Unknown:
    """A rule that surely exists and was not found; *why* says what was tried."""

    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    """
    Something the fund has to tell us: *what* it is, *why* the portal does not know it, where it stands.

    *words* is *what* as a sentence that can be translated, where it is not the pack's own text.
    """

    what: str
    why: str
    where: str
    words: Words | None = field(default=None, compare=False)

    @classmethod
    def called(cls, what: Words | str, why: str, where: str) -> Missing:
        """A gap by its name: a sentence, or the pack's own text."""
        return cls(str(what), why, where, what if isinstance(what, Words) else None)


@dataclass(frozen=True, slots=True)
class Component:
    """A part of pay that some branch counts."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Input:
    """
    Something about the employer, the person or a choice they made, on which a rule depends.

    *of*: employer, person or options.  *kind*: choice (one of *choices*, code to label), rate (one of
    *rates*, or any where that is empty), amount (one of *amounts*, or any), yes_no, count or date.
    *default* holds where nothing is said (choice: a code; yes_no: "yes" or "no"); None: it has to be said.
    """

    code: str
    of: str
    kind: str
    label: str
    choices: Mapping[str, str] = field(default_factory=dict)
    rates: tuple[Fraction, ...] = ()
    amounts: tuple[Minor, ...] = ()
    default: str | None = None


#: Which inputs have to have which of the listed answers: {"category": ("cadre",)}.  Empty: always.
Condition = Mapping[str, tuple[str, ...]]
