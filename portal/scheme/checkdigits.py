"""
Digits that catch a slip of the pen: Luhn, and ISO 7064 MOD 97-10 as used by ISO 11649 (RF references).

Both catch every digit taken for another and the exchange of two neighbours; Luhn misses 09 for 90.
"""

from __future__ import annotations

import re

_RF = re.compile(r"RF\d{2}[0-9A-Z]{1,21}")


def luhn_digit(digits: str) -> str:
    """
    The digit to write behind *digits*.

    >>> luhn_digit("7992739871")
    '3'
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def luhn_holds(number: str) -> bool:
    """Whether the last digit of *number* is the Luhn digit of the others."""
    return len(number) > 1 and number.isascii() and number.isdigit() and luhn_digit(number[:-1]) == number[-1]


def mod97_digits(body: str) -> str:
    """The two digits to write behind *body* (digits and capital letters; letters count as 10 to 35)."""
    return f"{98 - int(_as_digits(body) + '00') % 97:02d}"


def mod97_holds(number: str) -> bool:
    """Whether the last two digits of *number* are those of the rest."""
    return bool(re.fullmatch(r"[0-9A-Z]+\d{2}", number)) and mod97_digits(number[:-2]) == number[-2:]


def _as_digits(body: str) -> str:
    return "".join(str(int(character, 36)) for character in body)


def rf_reference(body: str) -> str:
    """
    The creditor reference of ISO 11649 around *body*: up to 21 digits and capital letters.

    >>> rf_reference("539007547034")
    'RF18539007547034'
    """
    if not re.fullmatch(r"[0-9A-Z]{1,21}", body):
        raise ValueError(f"cannot stand in a reference: {body!r}")
    return f"RF{mod97_digits(body + 'RF')}{body}"


def is_rf_reference(text: str) -> bool:
    """Whether a reference, typed with or without spaces, is a whole and right ISO 11649 reference."""
    compact = compact_reference(text)
    return bool(_RF.fullmatch(compact)) and mod97_digits(compact[4:] + "RF") == compact[2:4]


def compact_reference(text: str) -> str:
    """The reference as it is kept: no spaces, capital letters."""
    return re.sub(r"\s", "", text).upper()


def printed_reference(reference: str) -> str:
    """
    The reference as it is printed, in groups of four.

    >>> printed_reference("RF18539007547034")
    'RF18 5390 0754 7034'
    """
    return " ".join(reference[place : place + 4] for place in range(0, len(reference), 4))
