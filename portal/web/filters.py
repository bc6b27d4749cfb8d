"""
How values are written for people: amounts, days, months and sentences, in the reader's language.

The same functions serve pages, PDFs and letters.  They need an application context and no
request: a job wraps them in ``flask_babel.force_locale``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache

from babel import Locale
from babel.numbers import (
    NumberPattern,
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)
from flask import Flask, current_app
from flask_babel import format_date, format_datetime, get_locale, get_translations, gettext
from markupsafe import Markup

from portal import installation
from portal.scheme.calendars import Calendar, Month, month_in_words
from portal.scheme.explain import words_from_json
from portal.web import charts
from portal.web.catalogue import PACK
from portal.words import Amount, Words, _

_DIGITS = "currency_digits"
#: What roles and states are called inside a sentence, for the translators.
_ROLES_AND_STATES = (
    _("administrator"), _("clerk"), _("signatory"), _("viewer"),
    _("registrar"), _("contribution officer"), _("cashier"), _("supervisor"), _("auditor"), _("system administrator"),
    _("draft"), _("submitted"), _("under review"), _("returned"), _("approved"), _("rejected"), _("accepted"),
    _("superseded"), _("cancelled"),
)  # fmt: skip
#: Places of a sentence that may hold words of a pack; any other text is somebody's own.
_PACK_PLACES = frozenset(
    ("answer", "beneficiary", "branch", "certificate", "choices", "component", "condition", "input", "label", "list",
     "of", "off", "other", "part", "parts", "question", "rates", "rule", "value", "waiver", "what", "whom", "whose",
     "why")
)  # fmt: skip
#: How rules put words of a pack beside each other.
_JOINTS = (" + ", "; ", ": ", " / ", ", ")
#: A word of a pack with a rate behind it, or in brackets behind its code.
_BESIDE = re.compile(r"(?P<label>.+) (?P<rate>[0-9.]+\u00a0%)|(?P<code>[\w/-]+) \((?P<inside>.+)\)")
#: 12.5 % or 1,234.5678… ZMW: figures as ``portal.scheme.money`` writes them, whose space does not break in a rate.
_WRITTEN = re.compile(r"-?[0-9]+(,[0-9]{3})*(\.[0-9]+)?(\u00a0%|…? [A-Z]{3})")


def register(app: Flask, digits: Mapping[str, int] | None = None) -> None:
    """
    Give templates the filters of this module.

    *digits* is how many digits the minor unit of each active scheme's currency has; a pack may
    know better than the tables of Babel, which are used for any other currency.
    """
    app.extensions[_DIGITS] = dict(digits or {})
    filters = {
        "money": money,
        "figures": figures,
        "day": day,
        "moment": moment,
        "month_name": month_name,
        "say": say,
        "pack_words": pack_words,
        "source": source,
        "size": size,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.filters["percent"] = charts.percent


def money(minor: int | None, currency: str) -> str:
    """
    An amount of *minor* units with its currency, as in "ZMW 1,234.50"; None is "not known yet".

    The space does not break, so an amount never falls apart at the end of a line.
    """
    if minor is None:
        return gettext("not known yet")
    locale = _locale()
    symbol = get_currency_symbol(currency, locale=locale)
    gap = "\u00a0"
    pattern = _pattern(str(locale), _digits(currency), with_currency=True)
    written = str(pattern.apply(_decimal(minor, currency), locale, currency="\u00a4", currency_digits=False))
    # A symbol of letters needs a gap beside the figures; one like € or £ has the place its language gives it.
    before, mark, after = written.partition("\u00a4")
    if before[-1:].isdigit() and symbol[:1].isalpha():
        before += gap
    if after[:1].isdigit() and symbol[-1:].isalpha():
        after = gap + after
    return before + (symbol if mark else "") + after


def figures(minor: int | None, currency: str) -> str:
    """The same without the currency, for columns whose head names it: "1,234.50"."""
    if minor is None:
        return gettext("not known yet")
    locale = _locale()
    return str(_pattern(str(locale), _digits(currency)).apply(_decimal(minor, currency), locale))


def day(when: date | str | None) -> str:
    """
    A day, or its ISO 8601 text, as in "15 November 2026"; None is "not known yet".

    Of a moment: the day it is in the fund's zone.
    """
    if isinstance(when, str):
        when = date.fromisoformat(when)
    return gettext("not known yet") if when is None else _first(str(format_date(when, "d MMMM y")))


def moment(when: datetime | str | None) -> str:
    """A moment, or its ISO 8601 text, in the fund's zone: "15 November 2026, 14:05"."""
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    return gettext("not known yet") if when is None else _first(str(format_datetime(when, "d MMMM y, HH:mm")))


def _first(written: str) -> str:
    """In French the first day of a month is an ordinal, and only that one: 1er mars, 2 mars."""
    return f"1er{written[1:]}" if written.startswith("1 ") and _locale().language == "fr" else written


def month_name(month: Month | str | None, calendar: Calendar | None = None) -> str:
    """A month of *calendar* (the fund's when none is given), or its text "2026-10", as in "October 2026"."""
    calendar = calendar or installation.calendar()
    if isinstance(month, str):
        month = Month.parse(month, calendar)
    return gettext("not known yet") if month is None else say(month_in_words(month, calendar))


def size(count: int) -> str:
    """The size of a file of *count* bytes, in whole kB or MB: "4 kB"."""
    kilobytes = max(1, -(-count // 1000))
    if kilobytes < 1000:
        return gettext("%(n)s kB", n=kilobytes)
    return gettext("%(n)s MB", n=-(-kilobytes // 1000))


def say(words: object) -> str:
    """
    A sentence in the reader's language, translated as a whole, with its values written as people write them.

    Text that is already in a language is given back as it is; a sentence kept as JSON in a snapshot is read first.
    """
    if words is None:
        return ""
    if isinstance(words, Mapping):
        words = words_from_json(words)
    if not isinstance(words, Words):
        return words if isinstance(words, Markup) else str(words)
    translations = get_translations()
    if words.plural is not None and words.n is not None:
        text = str(translations.ungettext(words.msgid, words.plural, words.n))
    else:
        text = str(translations.ugettext(words.msgid))
    return text % {name: _value(name, value) for name, value in words.values.items()} if words.values else text


def _value(name: str, value: object) -> object:
    """One value inside a sentence, at its place *name*, written out."""
    match value:
        case Enum():
            return gettext(str(value.value).replace("_", " "))
        case str() if value:
            return _text(name, value)
        case Words():
            return say(value)
        case Amount():
            return money(value.minor, value.currency)
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case Month():
            return month_name(value)
    return value


def _text(name: str, text: str) -> str:
    """Text inside a sentence: a role or state of the portal, words of a pack, or somebody's own."""
    if name in ("role", "state"):
        return gettext(text.replace("_", " "))
    return _called(text) if name in _PACK_PLACES else _figure(text)


def pack_words(words: object) -> str:
    """What a pack says, in the reader's language: a sentence of the portal about it, or text of its own."""
    return _called(words) if isinstance(words, str) and words else say(words)


def source(title: str | None) -> str:
    """Where a rule stands: the title of a text or page as it is; that there is none, in the reader's language."""
    if not title:
        return ""
    known = str(get_translations().upgettext(PACK, title))
    if known != title or "; " not in title:
        return known
    return "; ".join(str(get_translations().upgettext(PACK, each)) for each in title.split("; "))


def _called(text: str) -> str:
    """Words of a pack, alone or beside each other, in the reader's language where the catalogue knows them."""
    known = str(get_translations().upgettext(PACK, text))
    if known != text or _WRITTEN.fullmatch(text):
        return _figure(known)
    for joint in _JOINTS:
        if joint in text:
            parts = text.split(joint)
            called = [*map(_called, parts)]
            between = f"\u00a0{joint}" if joint[0] in ":;" and _locale().language == "fr" else joint
            return text if called == parts else between.join(called)
    beside = _BESIDE.fullmatch(text)
    if not beside:
        return text
    if beside["label"]:
        return f"{_called(beside['label'])} {_figure(beside['rate'])}"
    return f"{beside['code']} ({_called(beside['inside'])})"


def _figure(text: str) -> str:
    """A rate or an amount that a rule wrote out with all its digits, as the reader's language writes figures."""
    if not _WRITTEN.fullmatch(text):
        return text
    signs = str.maketrans({".": get_decimal_symbol(_locale()), ",": get_group_symbol(_locale())})
    return text.translate(signs)


def _locale() -> Locale:
    """The reader's locale; English where nobody has asked for one."""
    return get_locale() or Locale("en")


def _digits(currency: str) -> int:
    """How many digits the minor unit of *currency* has."""
    known: Mapping[str, int] = current_app.extensions.get(_DIGITS, {})
    return known[currency] if currency in known else get_currency_precision(currency)


@lru_cache
def _pattern(locale: str, digits: int, *, with_currency: bool = False) -> NumberPattern:
    """How a locale writes amounts, with exactly *digits* behind the point."""
    known = Locale.parse(locale)
    pattern = copy(known.currency_formats["standard"] if with_currency else known.decimal_formats[None])
    pattern.frac_prec = (digits, digits)
    return pattern


def _decimal(minor: int, currency: str) -> Decimal:
    """Minor units as a decimal of whole units, exactly: for writing, never for reckoning."""
    return Decimal(minor).scaleb(-_digits(currency))
