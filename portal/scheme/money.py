"""
Money is a whole number of minor units; this is the only module that rounds.

Rates are exact fractions, so nothing is lost before a rule says how to round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from portal.scheme.columns import Numbers, choose, roomy, times

#: An amount in minor units (ngwee for the kwacha).
Minor = int

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)[ \u00a0]?%")

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
    """
    How a rule rounds: which way (*mode*) and to a multiple of how many minor units (*unit*).

    *truncate*: what is cut off first, as the number of decimals of the MINOR unit that are kept (a file
    counts those of the main unit: three decimals of a pound are one of a penny; below zero for whole
    tens of it).  *source*: where the law says so.
    """

    mode: str
    unit: int = 1
    truncate: int | None = None
    source: str | None = field(default=None, compare=False)


def round_to(value: Fraction, rounding: Rounding) -> int:
    """
    The amount in minor units that *value*, in minor units too, is rounded to.

    The half modes look at the distance from zero: half_up takes -2.5 to -3.

    >>> round_to(Fraction(5, 2), Rounding("half_up")), round_to(Fraction(5, 2), Rounding("half_even"))
    (3, 2)
    >>> round_to(Fraction(1244), Rounding("half_up", unit=5))
    1245
    """
    return int(round_ratio(value.numerator, value.denominator, rounding))


def round_ratio(numerator: Numbers, denominator: int, rounding: Rounding) -> Numbers:
    """The same for *numerator* / *denominator* (above zero), where the numerator may be a column."""
    if rounding.truncate is not None:
        numerator, denominator = truncated(numerator, denominator, rounding.truncate)
    mode, unit = rounding.mode, rounding.unit
    step = denominator * unit
    numerator = roomy(numerator, step)
    if mode == "floor":
        return numerator // step * unit
    if mode == "ceil":
        return -(-numerator // step) * unit
    size = abs(numerator)
    if mode == "half_up":
        rounded = (2 * size + step) // (2 * step)
    elif mode == "half_down":
        rounded = -((step - 2 * size) // (2 * step))
    elif mode == "half_even":
        whole = size // step
        rest = 2 * (size - whole * step)
        rounded = whole + ((rest > step) | ((rest == step) & (whole % 2 == 1)))
    else:
        raise ValueError(f"no such rounding mode: {mode!r}")
    return choose(numerator < 0, -rounded, rounded) * unit


def truncated(numerator: Numbers, denominator: int, decimals: int) -> tuple[Numbers, int]:
    """
    The ratio with only so many decimals, towards zero; below zero: whole tens, hundreds.

    >>> truncated(874558, 100, 1), truncated(874558, 100, -2)
    ((87455, 10), (8700, 1))
    """
    kept, whole = (10**decimals, 1) if decimals >= 0 else (1, 10**-decimals)
    scaled = roomy(times(numerator, kept), denominator * whole)
    cut = abs(scaled) // (denominator * whole) * whole
    return choose(scaled < 0, -cut, cut), kept


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


def parse_decimal(text: str) -> Fraction:
    """
    A decimal text, exactly; what else Python takes for a number (1e9, 1/3) is none.

    >>> parse_decimal("87.4568")
    Fraction(109321, 1250)
    """
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"not a decimal number: {text!r}")
    return Fraction(text)


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


def exact_in_words(minor: Fraction, currency: Currency) -> str:
    """
    An amount that is not rounded yet, in the main unit, with up to six decimals more than the currency has.

    >>> exact_in_words(Fraction(874558, 100), Currency("GBP", 2)), exact_in_words(Fraction(100, 3), Currency("GBP", 2))
    ('87.4558 GBP', '0.33333333… GBP')
    """
    decimals = currency.digits + 6
    scaled = abs(minor) * 10**6
    whole, rest = divmod(scaled.numerator // scaled.denominator, 10**decimals)
    shown = f"{rest:0{decimals}d}"
    if scaled.denominator == 1:
        shown = shown[: currency.digits] + shown[currency.digits :].rstrip("0")
    else:
        shown += "…"
    return f"{'-' if minor < 0 else ''}{whole:,}{'.' if shown else ''}{shown} {currency.code}"
