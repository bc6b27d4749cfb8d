"""
The payer's reference in whatever a bank sends back: found in six places, read past blanks and a letter O for a nought.

A reference that its check digits refuse is never taken.  The bills it may have meant are one slip of the hand away:
a character wrong, missing or too many, or two exchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from portal.words import Words, _

#: Where a reference can stand, in the order in which it is trusted, and what a page calls the place.
PLACES: dict[str, Words] = {
    "creditor_reference": _("the payment reference"),
    "end_to_end": _("the payer's own number"),
    "instruction": _("the number of the order"),
    "remittance": _("the text of the payer"),
    "additional": _("the text of the bank"),
    "bank_reference": _("the bank's reference"),
}
#: Letters typed for a digit.
ALIKE = str.maketrans("OIL", "011")
_RUN = re.compile(r"RF[0-9OIL]{2}[0-9A-Z]{5,21}")
_BILL_NUMBER = re.compile(r"\b([A-Z]{1,4})[ -]?(\d{4})[ -]?(\d{6,9})\b")
_TOKEN = re.compile(r"[0-9A-Z]{5,20}")
#: Shortest reference of ours: RF, two digits, a letter and four digits.
SHORTEST = 9


@dataclass(frozen=True, slots=True)
class Sighting:
    """A reference in one place: as it stands there, and what of it agrees with its check digits."""

    place: str
    run: str
    right: Sequence[str]


def squashed(text: str) -> str:
    """Capital letters and digits only."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def sightings(place: str, text: str, prefix: str) -> Iterator[Sighting]:
    """Every reference in a text; *prefix* are the letters of the fund's bills."""
    if "F" not in text.upper():
        return
    for found in _RUN.finditer(squashed(text)):
        run = with_digits(found.group(), prefix)
        yield Sighting(place, run, _right(run, prefix))


#: Letters as the numbers their check digits count with.
_AS_NUMBERS = {ord(letter): str(int(letter, 36)) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def agrees(reference: str) -> bool:
    """Whether the check digits of a squashed reference hold (ISO 11649); asked so often that it is done in one go."""
    digits = (reference[4:] + reference[:4]).translate(_AS_NUMBERS)
    return digits.isdigit() and int(digits) % 97 == 1


def with_digits(run: str, prefix: str) -> str:
    """The reference with digits where only digits can stand."""
    if run[4:].startswith(prefix):
        after = 4 + len(prefix)
        return run[:2] + run[2:4].translate(ALIKE) + prefix + run[after:].translate(ALIKE)
    return run[:2] + run[2:4].translate(ALIKE) + run[4:]


def _right(run: str, prefix: str) -> tuple[str, ...]:
    """What of a run agrees with its check digits: words may have run into it from behind."""
    usual = usual_length(prefix)
    if agrees(run[:usual]):
        return (run[:usual],)
    return tuple(run[:end] for end in range(len(run), SHORTEST - 1, -1) if agrees(run[:end]))


def usual_length(prefix: str) -> int:
    """Characters of a bill's reference: RF, check digits, the bill's letters, year and number."""
    return 4 + len(prefix) + 10


@lru_cache(maxsize=4096)
def one_slip_away(run: str, prefix: str) -> frozenset[str]:
    """Every right reference that one slip of the hand turns into this run."""
    usual, found = usual_length(prefix), set[str]()
    body = run[:usual]
    found.update(_exchanged(body))
    for place in range(2, len(body)):
        found.update(body[:place] + digit + body[place + 1 :] for digit in "0123456789")
    found.update(run[:place] + run[place + 1 : usual + 1] for place in range(2, min(len(run), usual + 1)))
    for place in range(2, usual):
        found.update(body[:place] + digit + body[place : usual - 1] for digit in "0123456789")
    if len(body) > 4 and prefix:
        found.add(body[:4] + prefix + body[4 + len(prefix) :])
    return frozenset(one for one in found if one != run and one[4:].startswith(prefix) and agrees(one))


def _exchanged(body: str) -> Iterator[str]:
    for place in range(2, len(body) - 1):
        yield body[:place] + body[place + 1] + body[place] + body[place + 2 :]


def bill_numbers(text: str, prefix: str) -> set[str]:
    """Numbers of bills, quoted instead of the reference, as they are printed."""
    found = _BILL_NUMBER.findall(text.upper())
    return {f"{letters}-{year}-{number}" for letters, year, number in found if letters == prefix}


def tokens(text: str) -> set[str]:
    """Words that may be the number of an employer: letters and digits with a digit among them."""
    return {word for word in _TOKEN.findall(text.upper()) if any(letter.isdigit() for letter in word)}
