"""
Calculations in words, step by step, each with its legal source.

Receipts and statements keep the steps as they were shown, so they go to plain JSON and come
back the same: amounts, dates, months and sentences inside sentences included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from portal.scheme.calendars import Month
from portal.scheme.money import rate_in_words
from portal.words import Amount, Words


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a calculation: what was done, the amount it gave (minor units), and where the rule stands."""

    words: Words
    result: int | None = None
    source: str | None = None


def steps_to_json(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """The steps as lists, texts and whole numbers only."""
    return [{"words": _out(step.words), "result": step.result, "source": step.source} for step in steps]


def steps_from_json(kept: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps that :func:`steps_to_json` wrote."""
    return tuple(Step(words_from_json(step["words"]), step["result"], step["source"]) for step in kept)


def words_to_json(words: Words) -> dict[str, Any]:
    """One sentence, with its values, as plain JSON."""
    values = {name: _out(value) for name, value in words.values.items()}
    kept: dict[str, Any] = {"is": "words", "msgid": words.msgid, "values": values}
    if words.plural is not None:
        kept |= {"plural": words.plural, "n": words.n}
    return kept


def words_from_json(kept: Mapping[str, Any]) -> Words:
    """The sentence that :func:`words_to_json` wrote."""
    values = {name: _in(value) for name, value in kept["values"].items()}
    return Words(kept["msgid"], values, kept.get("plural"), kept.get("n"))


def _out(value: object) -> object:
    """A value of a sentence as JSON; what JSON has no word for carries its kind."""
    match value:
        case None | str() | bool() | int():
            return value
        case Words():
            return words_to_json(value)
        case Amount():
            kept = {"is": "amount", "minor": value.minor, "currency": value.currency}
            return kept if value.digits == 2 else kept | {"digits": value.digits}
        case date():
            return {"is": "date", "day": value.isoformat()}
        case Month():
            return {"is": "month", "month": str(value)}
        case Fraction():
            return rate_in_words(value)
    raise TypeError(f"a sentence cannot keep a {type(value).__name__}: {value!r}")


def _in(kept: object) -> object:
    """The value that :func:`_out` wrote."""
    if not isinstance(kept, dict):
        return kept
    match kept["is"]:
        case "words":
            return words_from_json(kept)
        case "amount":
            return Amount(kept["minor"], kept["currency"], kept.get("digits", 2))
        case "date":
            return date.fromisoformat(kept["day"])
        case "month":
            year, number = kept["month"].split("-")
            return Month(int(year), int(number))
    raise ValueError(f"a sentence kept something of an unknown kind: {kept!r}")
