"""
Sentences that are not yet in any language.

Rules, services and refusals speak in :class:`Words`; only ``web`` and ``pdf`` turn them
into the reader's language.  A sentence is translated as a whole, never put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

#: Currencies that ISO 4217 gives no minor unit; all others that a pack can name have two digits.
WITHOUT_MINOR_UNIT = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)


@dataclass(frozen=True, slots=True)
class Amount:
    """Money inside a sentence: *minor* units of *currency* with its *digits*, written out in the reader's way."""

    minor: int
    currency: str
    digits: int = 2


@dataclass(frozen=True, slots=True)
class Words:
    """
    An English sentence with named places, and the values for them.

    A value may be text, a whole number, a ``date``, an :class:`Amount` or other Words.
    ``str()`` gives plain English, for logs and tests.

    >>> str(Words("Row %(row)s: fill in %(column)s.", {"row": 3, "column": "basic"}))
    'Row 3: fill in basic.'
    """

    msgid: str
    values: Mapping[str, Any] = field(default_factory=dict)
    plural: str | None = None
    n: int | None = None

    def __str__(self) -> str:
        text = self.plural if self.plural is not None and self.n != 1 else self.msgid
        return text % {name: plain(value) for name, value in self.values.items()} if self.values else text


def plain(value: object) -> str:
    """A value inside a sentence in plain English: 1,234.50 ZMW, 10 November 2026."""
    if isinstance(value, Amount):
        sign, minor = ("-" if value.minor < 0 else ""), abs(value.minor)
        if value.currency in WITHOUT_MINOR_UNIT:
            return f"{sign}{minor:,} {value.currency}"
        whole, rest = divmod(minor, 10**value.digits)
        decimals = f".{rest:0{value.digits}d}" if value.digits else ""
        return f"{sign}{whole:,}{decimals} {value.currency}"
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    return str(value)


def _(msgid: str, **values: Any) -> Words:
    """Mark a sentence for translation and keep its values beside it."""
    return Words(msgid, values)


def _n(singular: str, plural: str, n: int, **values: Any) -> Words:
    """A sentence with a number in it, in its singular and plural form; ``%(n)s`` is the number."""
    return Words(singular, {"n": n, **values}, plural, n)
