"""
What every cell goes through before it is read as anything: invisible characters, spaces, formulas, foreign digits.

A reader takes the text of one cell and returns its value, ``None`` when it is blank, a :class:`Fault` when it cannot be
taken, or :class:`Noted` when it was taken but must be talked about.  Readers never raise and never guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from portal.tabular.table import Fault, Noted
from portal.words import _

#: Text of a cell -> its value, None, a Fault or a Noted value.
Reader = Callable[[str], Any]

#: Turn text around when shown, so that it reads as something else.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
#: Pasted along unseen; no word needs them.
_UNSEEN = re.compile("[\u200b\u200e\u200f\u00ad\u2060\ufeff]")
#: Text nobody has to tidy: ASCII, single spaces, no sign in front.
_TIDY = re.compile(r"[A-Za-z0-9][!-~]*(?: [!-~]+)*").fullmatch
#: Python's own idea of a space, plus the zero-width ones above: includes line breaks, NBSP and U+2028.
_SPACES = re.compile(r"\s+")

FORMULA = Fault("E_FORMULA", _("This cell holds a formula. Paste it as a value."))
CONTROL = Fault("E_CONTROL_CHAR", _("This cell has an invisible control character. Type the value again."))
TURNING = Fault("E_BIDI_CONTROL", _("This cell has an invisible text-direction mark. Type the value again."))
CELL_ERROR = Fault("E_CELL_ERROR", _("This cell shows a spreadsheet error such as #N/A. Correct the cell."))
REQUIRED = Fault("E_REQUIRED", _("This cell is empty. Fill it in."))


def too_long(longest: int) -> Fault:
    """The fault of a cell with more than *longest* characters."""
    return Fault("E_TOO_LONG", _("This is longer than %(longest)s characters. Shorten it.", longest=longest))


def tidied(text: str, longest: int) -> str | Fault:
    """The text without what nobody meant to type; the fault of what cannot be left out without asking."""
    if len(text) > longest:
        return too_long(longest)
    if _TIDY(text):
        return text
    if _CONTROL.search(text):
        return CONTROL
    if _TURNING.search(text):
        return TURNING
    text = _SPACES.sub(" ", _UNSEEN.sub("", text)).strip()
    return FORMULA if text.startswith(("=", "@")) else text


def noted(value: object, written: str, found: str, *faults: Fault) -> object:
    """*value*, with a word about it when it would now be *written* otherwise than it was *found*."""
    if written != found:
        changed = Fault("W_NORMALISED", _("“%(found)s” was read as “%(value)s”.", value=written), blocking=False)
        faults = (changed, *faults)
    return Noted(value, faults) if faults else value


def ascii_digits(text: str) -> str | None:
    """The text with the digits of any script as 0 to 9; None when it mixes the digits of two scripts."""
    if text.isascii():
        return text
    zeros = {ord(letter) - unicodedata.decimal(letter) for letter in text if letter.isdecimal()}
    if len(zeros) > 1:
        return None
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


def text_reader(longest: int = 60) -> Reader:
    """Reads free text: a staff number, a category, a reason."""

    def read(text: str) -> object:
        clean = tidied(text, longest)
        return clean if isinstance(clean, Fault) else noted(clean, clean, text) if clean else None

    return read


def choice_reader(choices: Mapping[str, str]) -> Reader:
    """Reads one of a few words; *choices* says which value each accepted spelling (in lower case) stands for."""
    offered = ", ".join(dict.fromkeys(choices.values()))
    wrong = Fault("E_CHOICE", _("“%(found)s” is not one of %(choices)s.", choices=offered))

    def read(text: str) -> object:
        clean = tidied(text, 60)
        if isinstance(clean, Fault):
            return clean
        if not clean:
            return None
        value = choices.get(clean.casefold())
        return wrong if value is None else noted(value, value, text)

    return read


#: Spellings of the sex as identity cards have it; the Cyrillic letter looks the same.
SEXES = {"m": "M", "male": "M", "\u043c": "M", "f": "F", "female": "F"}

read_sex = choice_reader(SEXES)


def days_reader(most: int) -> Reader:
    """Reads days worked: a whole number from 0 to *most*, the days of the month."""
    wrong = Fault("E_DAYS", _("“%(found)s”: days must be a whole number from 0 to %(most)s.", most=most))

    def read(text: str) -> object:
        if len(text) <= 2 and text.isascii() and text.isdigit():
            days = int(text)
            return days if days <= most else wrong
        clean = tidied(text, 20)
        if isinstance(clean, Fault):
            return clean
        if not clean:
            return None
        plain = ascii_digits(clean)
        if plain is None or not plain.isascii() or not plain.isdigit() or int(plain) > most:
            return wrong
        return noted(int(plain), str(int(plain)), text)

    return read
