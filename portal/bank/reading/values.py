"""A bank's statement as plain values, whatever format it came in; amounts in minor units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.tabular.table import FileRefused, Problem, shown
from portal.words import WITHOUT_MINOR_UNIT, Words, _

#: Currencies with a thousandth as their minor unit (ISO 4217).
THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
#: Entries of one file, characters kept of one text, and the largest amount in minor units.
MOST_ENTRIES, LONGEST, MOST = 100_000, 500, 10**15


@dataclass(frozen=True, slots=True)
class Line:
    """
    One entry of a statement.  *amount* is above zero for money in and below for money out.

    *reversal* and *return_reason* say that it takes an earlier entry back.  The texts after them are the places in
    which a payer's reference can come back.
    """

    position: int
    amount: int
    booking_day: date
    value_day: date
    ordered_day: date | None = None
    reversal: bool = False
    return_reason: str = ""
    bank_reference: str = ""
    creditor_reference: str = ""
    end_to_end: str = ""
    instruction: str = ""
    remittance: str = ""
    additional: str = ""
    payer_name: str = ""
    payer_account: str = ""
    code: str = ""
    #: What the account holds after it, where the bank says so with every entry.
    balance: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One account's entries from day to day, with what it held before and after, where the bank says so."""

    format: str
    account: str
    currency: str
    number: str
    from_day: date
    to_day: date
    opening: int | None
    closing: int | None
    lines: Sequence[Line]


def wrong(sentence: Words, *, entry: int | None = None, field: str = "") -> FileRefused:
    """The refusal of a file: which entry and field (as the format calls it), what was found, what to do."""
    words = sentence
    if entry is not None and field:
        words = _("Entry %(entry)s, %(field)s: %(sentence)s", entry=entry, field=field, sentence=sentence)
    elif field:
        words = _("%(field)s: %(sentence)s", field=field, sentence=sentence)
    return FileRefused(Problem("E_STATEMENT", words))


def digits_of(currency: str) -> int:
    """How many digits the minor unit of a currency has."""
    if currency in WITHOUT_MINOR_UNIT:
        return 0
    return 3 if currency in THOUSANDTHS else 2


_PLAIN = re.compile(r"(\d*)(?:\.(\d*))?")


def minor_of(text: str, currency: str, *, mark: str = ".", entry: int | None = None, field: str = "") -> int:
    """
    An amount without a sign as a bank writes it, exactly in minor units; *mark* stands before the decimals.

    >>> minor_of("1 234,5", "ZMW", mark=","), minor_of("1500.000", "XOF")
    (123450, 1500)
    """
    other = "." if mark == "," else ","
    plain = re.sub(r"[\s\u00a0\u202f'\u2019]", "", text).replace(other, "").replace(mark, ".")
    found, digits = _PLAIN.fullmatch(plain), digits_of(currency)
    whole, rest = (found.group(1), (found.group(2) or "").rstrip("0")) if found else ("", "")
    if not found or not (found.group(1) or found.group(2)) or len(whole) > 15:
        raise wrong(
            _("“%(found)s” is not an amount. Ask the bank for the file again.", found=shown(text)),
            entry=entry, field=field,
        )  # fmt: skip
    if len(rest) > digits:
        words = _(
            "“%(found)s” has more decimals than %(currency)s has. Ask the bank for the file again.",
            found=shown(text), currency=currency,
        )  # fmt: skip
        raise wrong(words, entry=entry, field=field)
    return int((whole or "0") + rest.ljust(digits, "0"))


def iso_day(text: str, *, entry: int | None = None, field: str = "") -> date:
    """The day of an ISO 8601 day or moment; the bank's own day, whatever its time zone."""
    try:
        return date.fromisoformat(text[:10]) if len(text) == 10 else datetime.fromisoformat(text).date()
    except ValueError:
        words = _("“%(found)s” is not a day. Ask the bank for the file again.", found=shown(text))
        raise wrong(words, entry=entry, field=field) from None


def tidy(text: str) -> str:
    """A text on one line, at most as long as is kept."""
    if not text.isprintable():  # seldom, and asking letter by letter takes long
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())[:LONGEST]
