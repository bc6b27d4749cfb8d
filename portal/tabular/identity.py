"""Identity and insurance numbers: text, never numbers, read by the rule of the fund."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from portal.tabular.cells import Reader, ascii_digits, noted, tidied
from portal.tabular.table import Fault
from portal.words import _

LONGEST = 40

_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,3}")
#: Each digit doubled, and the two digits of that added up.
_DOUBLED = str.maketrans("0123456789", "0246813579")
_SEPARATED = re.compile(r"\d+(?:[ /-]\d+)*")

#: A number a spreadsheet rounded: it keeps fifteen digits.
ROUNDED = Fault(
    "E_ID_PRECISION",
    _("The spreadsheet changed the last digits of this number. Format the column as Text and type it again."),
)
SCIENTIFIC = Fault(
    "E_ID_SCIENTIFIC",
    _("The spreadsheet shortened this number to “%(found)s”. Format the column as Text and type it again."),
)
MIXED = Fault("E_ID_MIXED_DIGITS", _("The number ending %(found)s mixes two kinds of digits. Type it again."))
RESERVED = Fault("E_ID_RESERVED", _("The number ending %(found)s is a placeholder. Copy it from the card."))
SWAPPED = Fault("E_COLUMNS_SWAPPED", _("This looks like a name, not a number. Are two columns swapped?"))


class IdentityRule(Protocol):
    """How a country writes one kind of number."""

    def normalise(self, text: str) -> str:
        """The one way the number is stored, whatever spaces or strokes it was typed with."""

    def problem(self, text: str) -> Fault | None:
        """What is wrong with a normalised number; None when it can be right."""


@dataclass(frozen=True, slots=True)
class ShapedNumber:
    """
    A number of fixed shape; ``#`` is a digit, anything else stands for itself.  ``######/##/#`` is a Zambian NRC.

    >>> ShapedNumber("######/##/#").normalise("123456 78 1")
    '123456/78/1'
    """

    shape: str

    @property
    def digits(self) -> int:
        """How many digits the number has."""
        return self.shape.count("#")

    def normalise(self, text: str) -> str:
        """Its digits laid into the shape; text that is not digits in groups stays as it is."""
        if not _SEPARATED.fullmatch(text):
            return text
        plain = re.sub("[ /-]", "", text)
        if len(plain) != self.digits:
            return plain
        rest = iter(plain)
        return "".join(next(rest) if mark == "#" else mark for mark in self.shape)

    def problem(self, text: str) -> Fault | None:
        """Not digits in this shape, too few or too many of them, or all of them zero."""
        return shape_problem(text, self.shape)


@dataclass(frozen=True, slots=True)
class LuhnNumber:
    """A number of *digits* digits, the last of them a check digit by Luhn's rule (ISO/IEC 7812-1, annex B)."""

    digits: int

    def normalise(self, text: str) -> str:
        """Its digits alone; text that is not digits in groups stays as it is."""
        return re.sub("[ -]", "", text) if _SEPARATED.fullmatch(text) and "/" not in text else text

    def problem(self, text: str) -> Fault | None:
        """Not this many digits, a placeholder, or a wrong check digit."""
        if fault := shape_problem(text, "#" * self.digits):
            return fault
        if luhn_sum(text) % 10:
            return Fault("E_ID_CHECK", _("The number ending %(found)s has a wrong digit. Check it against the card."))
        return None


def luhn_sum(digits: str) -> int:
    """Luhn's sum of a number with its check digit: a multiple of ten when it is right."""
    return sum(map(int, digits[-2::-2].translate(_DOUBLED))) + sum(map(int, digits[-1::-2]))


def shape_problem(text: str, shape: str) -> Fault | None:
    """What keeps *text* from having this *shape*; a wrong count of digits gets its own word, a zero may be lost."""
    example = shape.replace("#", "0")
    if pattern_of(shape).fullmatch(text):
        return RESERVED if text == example else None
    wanted, found = shape.count("#"), len(text)
    if text.isascii() and text.isdigit() and found != wanted:
        words = _(
            "The number ending %(found)s has %(count)s digits, not %(wanted)s. A leading zero may have been lost: "
            "format the column as Text.",
            count=found,
            wanted=wanted,
        )
        return Fault("E_ID_LENGTH", words)
    words = _(
        "The number ending %(found)s must have %(wanted)s digits, like %(example)s.", wanted=wanted, example=example
    )
    return Fault("E_ID_FORMAT", words)


@lru_cache(maxsize=64)
def pattern_of(shape: str) -> re.Pattern[str]:
    """What text of a shape looks like."""
    return re.compile("".join("[0-9]" if mark == "#" else re.escape(mark) for mark in shape))


def identity_reader(rule: IdentityRule) -> Reader:
    """Reads a number by the fund's *rule*."""

    def read(text: str) -> object:
        if rule.problem(text) is None and rule.normalise(text) == text:
            return text
        clean = tidied(text, LONGEST)
        if isinstance(clean, Fault) or not clean:
            return clean or None
        if (plain := ascii_digits(clean)) is None:
            return MIXED
        if _SCIENTIFIC.fullmatch(plain):
            return SCIENTIFIC
        number = rule.normalise(plain)
        if fault := rule.problem(number):
            return SWAPPED if len(plain) > 2 and plain.replace(" ", "").isalpha() else fault
        return noted(number, number, text)

    return read
