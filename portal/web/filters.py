"""
How values are written for people: amounts, days, months and sentences, in the reader's language.

The same functions serve pages, PDFs and letters.  They need an application context and no
request: a job wraps them in ``flask_babel.force_locale``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum

from flask import Flask
from flask_babel import get_translations, gettext
from markupsafe import Markup

from portal import installation
from portal.scheme.calendars import Month
from portal.scheme.explain import words_from_json
from portal.web import charts, numbers
from portal.web.catalogue import PACK
from portal.web.days import day, gregorian, moment, month_name
from portal.web.numbers import WRITTEN, count, figure, figures, locale, money, own_digits, sign, size, whole, written
from portal.words import Amount, Words, _

__all__ = [
    "count",
    "day",
    "figures",
    "moment",
    "money",
    "month_name",
    "pack_words",
    "register",
    "say",
    "sign",
    "size",
    "source",
    "whole",
]

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


def register(app: Flask, digits: Mapping[str, int] | None = None) -> None:
    """
    Give templates the filters of this module.

    *digits* is how many digits the minor unit of each active scheme's currency has; a pack may
    know better than the tables of Babel, which are used for any other currency.
    """
    numbers.register(app, digits)
    filters = {
        "money": money,
        "figures": figures,
        "day": day,
        "moment": moment,
        "month_name": month_name,
        "say": say,
        "pack_words": pack_words,
        "source": source,
        "sign": sign,
        "size": size,
        "whole": whole,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.filters["percent"] = charts.percent


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
            return gregorian(value) if name == "gregorian" else day(value)
        case Month():
            return month_name(value)
    return written(name, value)


def _text(name: str, text: str) -> str:
    """Text inside a sentence: a role or state of the portal, words of a pack, or somebody's own."""
    if name == "currency":
        return sign(text)
    if name in ("role", "state"):
        return gettext(text.replace("_", " "))
    if name in ("day", "year") and text.isdecimal():
        return own_digits(text)
    return _called(text) if name in _PACK_PLACES else figure(text)


def pack_words(words: object) -> str:
    """What a pack or the fund says, in the reader's language: a sentence of the portal about it, or text of its own."""
    return _called(words) if isinstance(words, str) and words else say(words)


def source(title: str | None) -> str:
    """
    Where a rule stands: the title of a text or page as it is; that there is none, in the reader's language.

    A decision of the fund is called one, so that nobody takes it for law.
    """
    if not title:
        return ""
    known = _cited(title)
    if known != title or "; " not in title:
        return known
    return "; ".join(_cited(each) for each in title.split("; "))


def _cited(title: str) -> str:
    known = str(get_translations().upgettext(PACK, title))
    if not installation.is_decision(title):
        return known
    if installation.fund().practice:
        return gettext("%(source)s (decision of the practice fund, not law)", source=known)
    return gettext("%(source)s (decision of the fund)", source=known)


def _called(text: str) -> str:
    """Words of a pack, alone or beside each other, in the reader's language where the catalogue knows them."""
    known = str(get_translations().upgettext(PACK, text))
    if known == text:
        known = installation.called(text, str(locale()))
    if known != text or WRITTEN.fullmatch(text):
        return figure(known)
    for joint in _JOINTS:
        if joint in text:
            parts = text.split(joint)
            called = [*map(_called, parts)]
            between = f"\u00a0{joint}" if joint[0] in ":;" and locale().language == "fr" else joint
            return text if called == parts else between.join(called)
    beside = _BESIDE.fullmatch(text)
    if not beside:
        return text
    if beside["label"]:
        return f"{_called(beside['label'])} {figure(beside['rate'])}"
    return f"{beside['code']} ({_called(beside['inside'])})"
