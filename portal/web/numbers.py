"""
Amounts and counts as the reader's language writes them: signs, groups and digits.

Nepali groups by thousand, then by hundreds (1,00,000) and has digits of its own; so has the English of a
country that reckons in lakh.  Numbers that name something (receipts, employers, telephones) stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.numbers import (
    NumberPattern,
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)
from flask import Flask, current_app
from flask_babel import Domain, get_locale, get_translations, gettext
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

_DIGITS = "currency_digits"
#: The digits of a numbering system of Unicode, from 0 to 9.
_SYSTEMS = {"deva": "०१२३४५६७८९", "beng": "০১২৩৪৫৬৭৮৯"}
_ASCII = "0123456789"
#: Money of countries whose English counts in lakh and crore.
_LAKH = frozenset(("NPR", "INR", "BDT", "PKR"))
#: What readers write instead of the sign that Babel knows.
_SIGNS = {("ne", "NPR"): "रु"}
#: The places of a sentence that say how many; other numbers (a year, a row) are not put in groups.
_COUNTS = frozenset(("n", "num", "people", "total"))
#: 12.5 % or 1,234.5678… ZMW: figures as ``portal.scheme.money`` writes them, whose space does not break in a rate.
WRITTEN = re.compile(r"-?[0-9]+(,[0-9]{3})*(\.[0-9]+)?(\u00a0%|…? [A-Z]{3})")


def register(app: Flask, digits: Mapping[str, int] | None = None) -> None:
    """*digits*: how many the minor unit of each active scheme's currency has; Babel's tables know those of others."""
    app.extensions[_DIGITS] = dict(digits or {})
    app.extensions["babel"].instance.domain_instance = Sentences()
    app.jinja_env.globals.update(gettext=_gettext, ngettext=_ngettext)


def locale() -> Locale:
    """The reader's locale; English where nobody has asked for one."""
    return get_locale() or Locale("en")


def sign(currency: str) -> str:
    """What stands for a currency beside figures and over columns: its code, or the sign that readers write."""
    return _SIGNS.get((locale().language, currency), currency)


def money(minor: int | None, currency: str) -> str:
    """
    An amount of *minor* units with its currency, as in "ZMW 1,234.50"; None is "not known yet".

    The space does not break, so an amount never falls apart at the end of a line.
    """
    if minor is None:
        return gettext("not known yet")
    reader, gap = locale(), "\u00a0"
    symbol = _SIGNS.get((reader.language, currency)) or get_currency_symbol(currency, locale=reader)
    pattern = _pattern(_grouping(reader, currency), _digits(currency), with_currency=True)
    written = str(pattern.apply(_decimal(minor, currency), reader, currency="\u00a4", currency_digits=False))
    # A symbol of letters needs a gap beside the figures; one like € or £ has the place its language gives it.
    before, mark, after = written.partition("\u00a4")
    if before[-1:].isdigit() and symbol[:1].isalpha():
        before += gap
    if after[:1].isdigit() and symbol[-1:].isalpha():
        after = gap + after
    return own_digits(before + (symbol if mark else "") + after)


def figures(minor: int | None, currency: str) -> str:
    """The same without the currency, for columns whose head names it: "1,234.50"."""
    if minor is None:
        return gettext("not known yet")
    reader = locale()
    pattern = _pattern(_grouping(reader, currency), _digits(currency))
    return own_digits(str(pattern.apply(_decimal(minor, currency), reader)))


def count(number: object) -> object:
    """A whole number in the reader's digits; anything else as it is."""
    if isinstance(number, int) and not isinstance(number, bool) and locale().default_numbering_system in _SYSTEMS:
        return own_digits(str(number))
    return number


def whole(number: object) -> object:
    """A count as readers write it, "12,345" or "१२,३४५"; anything that is no whole number as it is."""
    if isinstance(number, int) and not isinstance(number, bool):
        return own_digits(str(_pattern(str(locale()), 0).apply(number, locale())))
    return number


def own_digits(text: str) -> str:
    """The text with the digits that the reader's language is written with."""
    system = locale().default_numbering_system
    return text.translate(str.maketrans(_ASCII, _SYSTEMS[system])) if system in _SYSTEMS else text


def figure(text: str) -> str:
    """A rate or an amount that a rule wrote out with all its digits, as the reader's language writes figures."""
    if not WRITTEN.fullmatch(text):
        return text
    signs = str.maketrans({".": get_decimal_symbol(locale()), ",": get_group_symbol(locale())})
    written = own_digits(_regrouped(text).translate(signs))
    amount, _gap, code = written.rpartition(" ")
    return f"{sign(code)}\u00a0{amount}" if amount and sign(code) != code else written


def size(byte_count: int) -> str:
    """The size of a file of so many bytes, in whole kB or MB: "4 kB"."""
    kilobytes = max(1, -(-byte_count // 1000))
    if kilobytes < 1000:
        return gettext("%(n)s kB", n=kilobytes)
    return gettext("%(n)s MB", n=-(-kilobytes // 1000))


class Sentences(Domain):
    """Translations whose counts are written in the reader's digits."""

    def gettext(self, string: str, **variables: Any) -> str:
        """The sentence in the reader's language with its values."""
        return str(super().gettext(string, **_counted(variables)))

    def ngettext(self, singular: str, plural: str, num: int, **variables: Any) -> str:
        """The form of the sentence for *num*."""
        said = str(self.get_translations().ungettext(singular, plural, num))
        return said % _counted({"num": num, **variables})

    def pgettext(self, context: str, string: str, **variables: Any) -> str:
        """The sentence as it is said in this context."""
        return str(super().pgettext(context, string, **_counted(variables)))


@pass_context
def _gettext(context: Context, sentence: str, **variables: Any) -> str:
    """What ``_("…")`` in a template is."""
    said = get_translations().ugettext(sentence)
    return (Markup(said) if context.eval_ctx.autoescape else said) % _counted(variables)  # noqa: S704  # ours


@pass_context
def _ngettext(context: Context, singular: str, plural: str, num: int, **variables: Any) -> str:
    """What ``ngettext("…", "…", n)`` in a template is."""
    said = get_translations().ungettext(singular, plural, num)
    values = _counted({"num": num, **variables})
    return (Markup(said) if context.eval_ctx.autoescape else said) % values  # noqa: S704  # ours


def _counted(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: written(name, value) for name, value in values.items()}


def written(name: str, value: Any) -> Any:
    """A value at its place in a sentence: a sign of money, a count, or as it is."""
    if name == "currency":
        return sign(value)
    return whole(value) if name in _COUNTS else count(value)


def _regrouped(text: str) -> str:
    """The whole part in groups as the reader's language has them, in commas."""
    whole, dot, rest = text.partition(".")
    grouped = re.match(r"-?[0-9,]+", whole)
    if "," not in whole or grouped is None:
        return text
    plain = Decimal(grouped[0].replace(",", ""))
    return (
        str(_pattern(_grouping(locale(), text[-3:]), 0).apply(plain, Locale("en")))
        + whole[grouped.end() :]
        + dot
        + rest
    )


def _grouping(reader: Locale, currency: str) -> str:
    """Whose way of writing amounts is taken."""
    return "en_IN" if reader.language == "en" and currency in _LAKH else str(reader)


def _digits(currency: str) -> int:
    """How many digits the minor unit of *currency* has."""
    known: Mapping[str, int] = current_app.extensions.get(_DIGITS, {})
    return known[currency] if currency in known else get_currency_precision(currency)


@lru_cache
def _pattern(language: str, digits: int, *, with_currency: bool = False) -> NumberPattern:
    """How a locale writes amounts, with exactly *digits* behind the point."""
    known = Locale.parse(language)
    pattern = copy(known.currency_formats["standard"] if with_currency else known.decimal_formats[None])
    pattern.frac_prec = (digits, digits)
    return pattern


def _decimal(minor: int, currency: str) -> Decimal:
    """Minor units as a decimal of whole units, exactly: for writing, never for reckoning."""
    return Decimal(minor).scaleb(-_digits(currency))
