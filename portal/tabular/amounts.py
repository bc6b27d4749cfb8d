"""Amounts of money as people write them, read into whole minor units; whatever can be read two ways is asked back."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from portal.tabular.cells import Reader, ascii_digits, noted, tidied
from portal.tabular.table import Fault
from portal.words import Amount, _

#: Longest amount in characters: looked at before anything counts its digits.
LONGEST = 40

_SPACED = re.compile(r"\d{1,3}(?: \d{3})+(?:\.\d*)?")
#: Thousands by comma, in threes or (India, Nepal) in twos above the first three.
_GROUPED = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3})(?:\.\d*)?")
_PLAIN = re.compile(r"(\d*)(?:\.(\d*))?")
_ONE_COMMA = re.compile(r"\d+,\d+")
_MINUSES = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
_LOCAL = str.maketrans({"\u066c": ",", "\u066b": ".", "\uff0e": ".", "\uff0c": ","})  # Arabic, full-width
_CURRENCY_WORD = re.compile(r"(?:[A-Z]{3}|K|Rs|Br|KSh|TSh|USh)\.? ?[\d.,-]+|[\d.,-]+ ?(?:[A-Z]{3}|K|Rs|Br)\.?")


@dataclass(frozen=True, slots=True)
class AmountRule:
    """The money of a file: its currency, how many decimals it has, and the highest amount taken (minor units)."""

    currency: str
    decimals: int = 2
    maximum: int = 10_000_000_00

    def written(self, minor: int) -> str:
        """The amount as a file holds it: digits and a dot."""
        if not self.decimals:
            return str(minor)
        sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).zfill(self.decimals + 1)
        return f"{sign}{digits[: -self.decimals]}.{digits[-self.decimals :]}"


WRONG = Fault("E_AMOUNT", _("“%(found)s” is not an amount. Use digits and a dot, for example 12500.00."))
AMBIGUOUS = Fault("E_AMOUNT_AMBIGUOUS", _("“%(found)s” can be read two ways. Write it like 1234.00 or 1.23."))
NEGATIVE = Fault("E_NEGATIVE", _("“%(found)s”: an amount cannot be negative. Correct an earlier month instead."))


def above_maximum(rule: AmountRule) -> Fault:
    """The fault of an amount too high to be a month's pay."""
    most = Amount(rule.maximum, rule.currency)
    return Fault("E_AMOUNT_MAX", _("“%(found)s” is above the highest amount accepted (%(most)s).", most=most))


def amount_reader(rule: AmountRule) -> Reader:
    """Reads an amount into minor units of the rule's currency; it is never rounded."""
    decimals, maximum = rule.decimals, rule.maximum
    fast = re.compile(rf"([0-9]{{1,15}})(?:\.([0-9]{{1,{decimals}}}))?" if decimals else r"([0-9]{1,15})()").fullmatch
    above = above_maximum(rule)

    def read(text: str) -> object:
        match = fast(text)
        if match:
            minor = int(match[1] + (match[2] or "").ljust(decimals, "0"))
            return above if minor > maximum else minor
        clean = tidied(text, LONGEST)
        if isinstance(clean, Fault):
            return clean
        return read_amount(clean, text, rule) if clean else None

    return read


def read_amount(clean: str, typed: str, rule: AmountRule) -> object:
    """Minor units of an amount not written in the plain way: other digits, groups, signs."""
    text = ascii_digits(clean)
    if text is None:
        return WRONG
    text = text.translate(_MINUSES).translate(_LOCAL)
    if any(unicodedata.category(letter) == "Sc" for letter in text) or _CURRENCY_WORD.fullmatch(text):
        words = _("“%(found)s”: write amounts in %(currency)s, without a currency sign.", currency=rule.currency)
        return Fault("E_CURRENCY", words)
    negative = text.startswith("-") or text.endswith("-") or (text.startswith("(") and text.endswith(")"))
    digits = text.strip("-()").removeprefix("+").strip()
    result = minor_of(digits, rule)
    if isinstance(result, Fault):
        return result
    if negative and result:
        return NEGATIVE
    if result > rule.maximum:
        return above_maximum(rule)
    wanted = rule.written(result)
    return noted(result, wanted, typed)


def minor_of(text: str, rule: AmountRule) -> int | Fault:
    """Minor units of an amount without sign, in ASCII digits, dots, commas and spaces."""
    if _ONE_COMMA.fullmatch(text):
        return AMBIGUOUS
    if _SPACED.fullmatch(text) or _GROUPED.fullmatch(text):
        text = text.replace(" ", "").replace(",", "")
    match = _PLAIN.fullmatch(text)
    if not match or not text.isascii() or not (match[1] or match[2]):
        return WRONG
    fraction = match[2] or ""
    if len(fraction) > rule.decimals:
        words = _(
            "“%(found)s” has more than %(most)s decimals. Round it yourself; pay is never rounded for you.",
            most=rule.decimals,
        )
        return Fault("E_DECIMALS", words)
    return int((match[1] or "0") + fraction.ljust(rule.decimals, "0"))
