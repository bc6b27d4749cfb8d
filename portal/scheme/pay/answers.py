"""
What was answered to a pack's inputs: checked against what the input accepts, one answer or a column of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Input
from portal.scheme.calendars import Month
from portal.scheme.columns import Numbers, column
from portal.scheme.money import format_amount, parse_amount, parse_decimal, parse_rate, rate_in_words
from portal.scheme.pay.unusable import Unusable
from portal.words import Words, _

_MONTH = re.compile(r"\d{4}-\d{2}")
_YES = {True: "yes", False: "no", "yes": "yes", "no": "no"}


@dataclass(frozen=True, slots=True)
class Answered:
    """
    The answers to one input: the different ones, and for each person which of them (a single place for one person).

    A choice or a yes or no is a text, a rate a ``Fraction``, an amount minor units, a date its ordinal, or
    None for somebody who has none.
    """

    code: str
    values: tuple[Any, ...]
    index: Numbers


def answered(pack: Pack, asked: Input, given: Any) -> Answered:
    """One answer or a list of them, each accepted by the input; :class:`Unusable` says what is accepted."""
    if not hasattr(given, "__len__") or isinstance(given, str):
        return Answered(asked.code, (_accepted(pack, asked, given),), 0)
    places: dict[Any, int] = {}
    index = column([places.setdefault(one, len(places)) for one in given])
    return Answered(asked.code, tuple(_accepted(pack, asked, one) for one in places), index)


@lru_cache(maxsize=4096)
def default_of(pack: Pack, code: str) -> Answered | None:
    """The answer that holds where nothing is said, None where the input has no such."""
    asked = pack.inputs[code]
    if asked.default is None:
        return None
    return Answered(code, (answer_from_text(pack, code, asked.default),), 0)


def answer_from_text(pack: Pack, code: str, given: str | bool | int) -> Any:
    """
    What a form, an address or a test says in text, as the rules take it.

    Rates as "1.75 %" or "0.0175", amounts in the main unit, dates as 2025-06-01; a month alone is its last day.
    """
    asked = pack.inputs[code]
    try:
        return _read(pack, asked, given)
    except (ValueError, ZeroDivisionError):
        raise _refused(pack, asked) from None


def _read(pack: Pack, asked: Input, given: str | bool | int) -> Any:
    if isinstance(given, bool):
        return _YES[given]
    text = str(given).strip()
    match asked.kind:
        case "rate":
            return parse_rate(text) if text.endswith("%") else parse_decimal(text)
        case "amount":
            return parse_amount(text, pack.currency)
        case "count":
            return int(text)
        case "date" if _MONTH.fullmatch(text):
            return Month(int(text[:4]), int(text[5:])).last_day(pack.calendar).toordinal()
        case "date":
            return date.fromisoformat(text).toordinal()
    return text


def _accepted(pack: Pack, asked: Input, given: Any) -> Any:
    """The answer as the rules take it, when the input accepts it."""
    match asked.kind:
        case "choice":
            found = given if given in asked.choices else None
        case "yes_no":
            found = _YES.get(given) if isinstance(given, bool | str) else None
        case "rate":
            found = _rate(given, asked.rates)
        case "amount":
            found = _number(given, 0) if not asked.amounts or given in asked.amounts else None
        case "date" if given is None:
            return None
        case "date":
            found = given.toordinal() if isinstance(given, date) else _number(given, 1)
        case _:
            found = _number(given, 0)
    if found is None:
        raise _refused(pack, asked)
    return found


def _number(given: Any, lowest: int) -> int | None:
    return given if type(given) is int and lowest <= given <= 10**15 else None


def _rate(given: Any, allowed: Sequence[Fraction]) -> Fraction | None:
    if isinstance(given, bool) or not isinstance(given, Fraction | int) or not 0 <= given <= 1:
        return None
    return Fraction(given) if not allowed or given in allowed else None


def unanswered(pack: Pack, asked: Input) -> Unusable:
    """An input that has to be said and was not."""
    words = _("%(input)s has to be said. %(accepted)s", input=asked.label, accepted=_what_to_give(pack, asked))
    return Unusable(asked.code, words)


def _refused(pack: Pack, asked: Input) -> Unusable:
    """An answer that the input does not accept."""
    words = _(
        "%(input)s: this answer is not among those possible. %(accepted)s",
        input=asked.label, accepted=_what_to_give(pack, asked),
    )  # fmt: skip
    return Unusable(asked.code, words)


def _what_to_give(pack: Pack, asked: Input) -> Words:
    """What the input accepts, as an instruction."""
    if asked.kind == "yes_no":
        return _("Answer yes or no.")
    if asked.choices or asked.rates or asked.amounts:
        return _("Choose one of: %(list)s.", list=_listed(pack, asked))
    if asked.kind == "rate":
        return _("Give a rate between nothing and the whole.")
    if asked.kind == "date":
        return _("Give a date.")
    return _("Give a number, 0 or more.")


def _listed(pack: Pack, asked: Input) -> str:
    """The answers that an input accepts, one after the other."""
    if asked.choices:
        return ", ".join(asked.choices)
    if asked.rates:
        return ", ".join(rate_in_words(rate) for rate in asked.rates)
    return ", ".join(format_amount(amount, pack.currency) for amount in asked.amounts)
