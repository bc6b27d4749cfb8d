"""
Money is a whole number of minor units; this is the only module that rounds.

Rates are exact fractions, so nothing is lost before a rule says how to round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

#: An amount in minor units (ngwee for the kwacha).
Minor = int

_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_RATE = re.compile(r"(\d+(?:\.\d+)?)[ \u00a0]?%")

#: What follows the figure of a rate: a space that does not break, and the sign.
_PER_CENT = "\u00a0%"

#: The ways a remainder can go; a pack has to name one.
MODES = ("half_up", "half_down", "half_even", "floor", "ceil")


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency by its ISO 4217 code, and how many digits its minor unit has."""

    code: str
    digits: int


@dataclass(frozen=True, slots=True)
class Rounding:
    """How a rule rounds: which way (*mode*) and to a multiple of how many minor units (*unit*)."""

    mode: str
    unit: int = 1


def round_to(value: Fraction, rounding: Rounding) -> int:
    """
    The amount in minor units that *value*, in minor units too, is rounded to.

    The half modes look at the distance from zero: half_up takes -2.5 to -3.

    >>> round_to(Fraction(5, 2), Rounding("half_up")), round_to(Fraction(5, 2), Rounding("half_even"))
    (3, 2)
    >>> round_to(Fraction(1244), Rounding("half_up", unit=5))
    1245
    """
    return round_ratio(value.numerator, value.denominator, rounding)


def round_ratio(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The same for *numerator* / *denominator* (above zero), for rules that run over thousands of lines."""
    mode, unit = rounding.mode, rounding.unit
    step = denominator * unit
    if mode == "floor":
        return numerator // step * unit
    if mode == "ceil":
        return -(-numerator // step) * unit
    whole, rest = divmod(abs(numerator), step)
    if mode == "half_up":
        up = 2 * rest >= step
    elif mode == "half_down":
        up = 2 * rest > step
    elif mode == "half_even":
        up = 2 * rest > step or (2 * rest == step and whole % 2 == 1)
    else:
        raise ValueError(f"no such rounding mode: {mode!r}")
    rounded = (whole + 1 if up else whole) * unit
    return -rounded if numerator < 0 else rounded


def parse_rate(text: str) -> Fraction:
    """
    A rate as packs write it, in per cent.

    >>> parse_rate("8.33 %")
    Fraction(833, 10000)
    """
    found = _RATE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"not a rate: {text!r}")
    return Fraction(found[1]) / 100


def rate_in_words(rate: Fraction) -> str:
    """
    A rate as people write it; the space does not break, so "10" and "%" stay on one line.

    >>> rate_in_words(Fraction(833, 10000)), rate_in_words(Fraction(1, 10))
    ('8.33\\xa0%', '10\\xa0%')
    """
    hundred = rate * 100
    for digits in range(7):
        scaled = hundred * 10**digits
        if scaled.denominator == 1:
            whole = f"{scaled.numerator:0{digits + 1}d}"
            return (f"{whole[:-digits]}.{whole[-digits:]}" if digits else whole) + _PER_CENT
    return f"{hundred.numerator}/{hundred.denominator}{_PER_CENT}"


def parse_amount(text: str, currency: Currency) -> Minor:
    """
    A decimal text in whole units as minor units; more digits than the currency has are refused.

    >>> parse_amount("1708.20", Currency("ZMW", 2))
    170820
    """
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"not an amount: {text!r}")
    minor = Fraction(text) * Fraction(10) ** currency.digits
    if minor.denominator != 1:
        raise ValueError(f"more digits than {currency.code} has: {text!r}")
    return minor.numerator


def format_amount(minor: Minor, currency: Currency) -> str:
    """
    Minor units as a plain decimal text, the way packs and their tests write amounts.

    >>> format_amount(-5, Currency("ZMW", 2))
    '-0.05'
    """
    if currency.digits == 0:
        return str(minor)
    digits = f"{abs(minor):0{currency.digits + 1}d}"
    return f"{'-' if minor < 0 else ''}{digits[: -currency.digits]}.{digits[-currency.digits :]}"
