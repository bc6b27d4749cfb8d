"""What one late rule asked of one charge, with the figures it was worked out from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from portal.scheme.blocks.late import LateRule, Phase
from portal.scheme.blocks.pack import Pack
from portal.scheme.lateness.counting import Counting
from portal.scheme.lateness.slices import Calm, Piece
from portal.scheme.lateness.terms import Facts, Owed, Version, by_portion, numbers_of, rate_over
from portal.scheme.money import Minor, Rounding


@dataclass(frozen=True, slots=True)
class Given:
    """
    Lateness told in units: *number* of "months", "days" or "periods", for a charge due on *due*.

    *day* picks the rates where the due day is not known.
    """

    kind: str
    number: int
    day: date


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What a rule was applied to, kept so that the amount can be explained by the same figures."""

    pack: Pack
    rule: LateRule
    counting: Counting
    calm: Calm
    versions: tuple[Version, ...]
    slices: tuple[Piece, ...]
    portions: tuple[Piece, ...]
    facts: Facts
    under: int
    #: The part of the charge that the rule is about, where it leaves out branches.
    part: Fraction
    rounding: Rounding
    owed: Owed

    def pieces(self, phase: Phase) -> tuple[Piece, ...]:
        """The pieces the phase counts."""
        return self.portions if by_portion(phase) else self.slices


@dataclass(frozen=True, slots=True)
class Assessed:
    """
    What one rule asks of one charge, in minor units.

    *units*: days, months or quarters that the last phase counted.  *rate*: where only one applied.
    *next_begins*: the day on which it would ask more if nobody pays.
    """

    rule: LateRule
    amount: Minor
    units: int
    rate: Fraction | None
    before_cap: Minor | None
    before_rounding: Fraction
    is_late: bool
    open_now: bool
    next_begins: date | None
    reckoned: Reckoned | None = field(default=None, repr=False, compare=False)

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code


def nothing(rule: LateRule) -> Assessed:
    """Nothing was late by this rule."""
    return Assessed(rule, 0, 0, None, 0 if rule.maximum is not None else None, Fraction(0), False, False, None)


class Applied(NamedTuple):
    """A phase put to a piece: the numbers of its units (after *before*, up to *last*), and the rate."""

    version: Version
    phase: Phase
    piece: Piece
    before: int
    last: int
    rate: Fraction


def applied(reckoned: Reckoned) -> Iterator[Applied]:
    """Every piece with each phase that counts something in it."""
    rule, counting, under = reckoned.rule, reckoned.counting, reckoned.under
    for version in reckoned.versions:
        for phase in version.phases:
            for piece in reckoned.pieces(phase):
                months = counting.full(piece.grid, piece.ends) if phase.slabs else 0
                rate = Fraction(rate_over(rule, phase, months, reckoned.facts, under), under)
                before, last = numbers_of(phase, piece, counting, version)
                if last > before:
                    yield Applied(version, phase, piece, before, last, rate)
