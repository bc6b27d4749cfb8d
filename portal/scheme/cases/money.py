"""Amounts in questions and answers: decimal texts, exact."""

from __future__ import annotations

from fractions import Fraction

from portal.scheme.blocks.pack import Pack
from portal.scheme.cases.inputs import BadInput, Inputs, needed, wrong
from portal.scheme.money import Currency, Minor, format_amount, parse_amount, parse_decimal
from portal.words import _

#: Nothing real is larger, in whole units of the currency.
LARGEST = 10**15


def amount(inputs: Inputs, key: str, pack: Pack) -> Minor:
    """An amount in the pack's currency that may not be left out, in minor units; not below zero."""
    return amount_from(needed(inputs, key), key, pack)


def amount_from(found: object, key: str, pack: Pack) -> Minor:
    """An amount that stands in a list or on its own."""
    return amount_in(found, key, pack.currency)


def amount_in(found: object, key: str, currency: Currency) -> Minor:
    """An amount in a currency; refused with its name where it is none, below zero or beyond everything real."""
    remedy = _("Write an amount such as 1250.00, without separators.")
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise wrong(key, found, remedy)
    try:
        minor = parse_amount(str(found).strip(), currency)
    except ValueError:
        raise wrong(key, found, remedy) from None
    if not 0 <= minor <= LARGEST * 10**currency.digits:
        raise wrong(key, found, _("It may not be below zero or beyond 1,000,000,000,000,000."))
    return minor


def share(inputs: Inputs, key: str) -> Fraction:
    """A part of the whole, such as 0.40."""
    found = needed(inputs, key)
    try:
        value = parse_decimal(str(found)) if isinstance(found, str | int) else None
    except ValueError:
        value = None
    if value is None or not 0 <= value <= 1:
        raise BadInput(_("%(key)s: write a part of the whole, such as 0.40.", key=key))
    return value


def money(minor: Minor, pack: Pack) -> str:
    """Minor units as the vectors write them."""
    return format_amount(minor, pack.currency)


def decimal(value: Fraction, places: int = 10) -> str:
    """
    An exact number as decimal text; what never ends is cut off after so many *places*.

    >>> decimal(Fraction(1, 5)), decimal(Fraction(57, 2)), decimal(Fraction(1, 3), 4)
    ('0.2', '28.5', '0.3333')
    """
    whole = abs(value) * 10**places // 1
    digits = f"{whole:0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 and text != "0" else text
