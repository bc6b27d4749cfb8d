"""
Numbers that name a person, an enterprise or a telephone: how they are written, kept and checked.

The rules are the fund's; :mod:`portal.scheme.fund` reads them.  ``normalise`` gives the one
form that is kept, ``problem`` says in words what to do about a number that cannot be right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.scheme.checkdigits import luhn_digit, luhn_holds, mod97_digits, mod97_holds
from portal.words import Words, _

#: How many digits each check adds.
CHECKS = {"luhn": 1, "mod97": 2, "none": 0}


def _check_holds(check: str, number: str) -> bool:
    if check == "luhn":
        return luhn_holds(re.sub(r"\D", "", number))
    return mod97_holds(number) if check == "mod97" else True


def _letters_and_digits(text: str) -> str:
    return "".join(character for character in text.upper() if character.isascii() and character.isalnum())


@dataclass(frozen=True, slots=True)
class IdentityKind:
    """
    One kind of number: in *pattern* 9 stands for a digit, A for a letter, all else for itself.

    With a *check* ("luhn", "mod97" or "none") the last digits have to fit the others.
    """

    code: str
    name: str
    pattern: str
    check: str
    example: str

    def fits(self, text: str) -> str | None:
        """The number in its kept form, when its letters and digits stand where the pattern has them."""
        given = list(_letters_and_digits(text))
        written = []
        for place in self.pattern:
            if not place.isalnum():
                written.append(place)
            elif given and _stands_for(place, given[0]):
                written.append(given.pop(0))
            else:
                return None
        return None if given else "".join(written)

    def check_holds(self, kept: str) -> bool:
        """Whether the check digits of a number in its kept form are right."""
        return _check_holds(self.check, _letters_and_digits(kept))


def _stands_for(place: str, character: str) -> bool:
    if place == "9":
        return character.isdigit()
    return character.isalpha() if place == "A" else character == place


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """The kinds of number a fund takes for one purpose, the most usual first."""

    kinds: tuple[IdentityKind, ...]

    def normalise(self, text: str) -> str:
        """The form that is kept: separators as the pattern has them; unchanged but trimmed if no kind fits."""
        for kind in self.kinds:
            kept = kind.fits(text)
            if kept is not None and kind.check_holds(kept):
                return kept
        return next((kept for kind in self.kinds if (kept := kind.fits(text))), " ".join(text.split()))

    def kind_of(self, text: str) -> IdentityKind | None:
        """The first kind whose pattern and check the number fits."""
        for kind in self.kinds:
            kept = kind.fits(text)
            if kept is not None and kind.check_holds(kept):
                return kind
        return None

    def problem(self, text: str) -> Words | None:
        """What to do about a number that no kind allows; None when it is in order."""
        if self.kind_of(text):
            return None
        for kind in self.kinds:
            if kind.fits(text) is not None:
                return _(
                    "%(number)s cannot be right: a digit is wrong, or two are exchanged. Compare it with the document.",
                    number=self.normalise(text),
                )  # fmt: skip
        first = self.kinds[0]
        return _(
            "Write the %(name)s as %(pattern)s, for example %(example)s.",
            name=_("%(label)s", label=first.name), pattern=first.pattern, example=first.example,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NumberRule:
    """
    Numbers the fund gives itself: *prefix*, a counter of so many *digits*, and the check digits.

    The counter starts at *first*, high enough that spreadsheets have no leading zero to drop.
    """

    name: str
    prefix: str
    digits: int
    check: str
    first: int
    given_by_portal: bool = True

    @property
    def example(self) -> str:
        """The first number."""
        return self.issue(1)

    def issue(self, count: int) -> str:
        """The number given to the *count*-th, counted from 1."""
        counter = self.first + count - 1
        if count < 1 or counter >= 10**self.digits:
            raise ValueError(f"the {self.name} has no room for number {count}")
        body = f"{counter:0{self.digits}d}"
        if self.check == "luhn":
            return self.prefix + body + luhn_digit(body)
        if self.check == "mod97":
            return self.prefix + body + mod97_digits(self.prefix + body)
        return self.prefix + body

    def normalise(self, text: str) -> str:
        """Capital letters and digits only; the prefix is put before bare digits."""
        kept = _letters_and_digits(text)
        if self.prefix and kept.isdigit() and len(kept) == self._length:
            return self.prefix + kept
        return kept

    def problem(self, text: str) -> Words | None:
        """What to do about a number that this fund cannot have given; None when it is in order."""
        kept = self.normalise(text)
        digits = kept.removeprefix(self.prefix)
        if not kept.startswith(self.prefix) or len(digits) != self._length or not digits.isdigit():
            return _(
                "Write the %(name)s in full, for example %(example)s.",
                name=_("%(label)s", label=self.name),
                example=self.example,
            )
        if not _check_holds(self.check, digits if self.check == "luhn" else kept):
            return _(
                "%(number)s is not a %(name)s: a digit is wrong, or two are exchanged. Compare it with the letter.",
                number=kept, name=_("%(label)s", label=self.name),
            )  # fmt: skip
        return None

    @property
    def _length(self) -> int:
        return self.digits + CHECKS[self.check]


@dataclass(frozen=True, slots=True)
class PhoneRule:
    """Telephone numbers: those of the fund's country in short, all others with + and their country."""

    country: str
    digits: int
    example: str

    def normalise(self, text: str) -> str:
        """The number with + and country: 0977 123 456 is kept as +260977123456."""
        compact = re.sub(r"[\s().\-/]", "", text)
        if compact.startswith("00"):
            compact = "+" + compact[2:]
        if compact.startswith("+"):
            return compact
        if compact.startswith(self.country) and len(compact) == len(self.country) + self.digits:
            return "+" + compact
        national = compact.removeprefix("0")
        return f"+{self.country}{national}" if len(national) == self.digits else compact

    def problem(self, text: str) -> Words | None:
        """What to do about a number nobody can be called on; None when it is in order."""
        kept = self.normalise(text)
        home = kept.startswith(f"+{self.country}")
        if re.fullmatch(r"\+[1-9][0-9]{6,14}", kept) and (not home or len(kept) == 1 + len(self.country) + self.digits):
            return None
        return _("Write the telephone number with all its digits, for example %(example)s.", example=self.example)
