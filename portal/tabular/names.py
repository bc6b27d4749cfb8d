"""Names of people in any script: kept as written, told apart from what cannot be a name."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from portal.tabular.cells import noted, tidied
from portal.tabular.table import Fault
from portal.words import _

LONGEST = 120

#: The most ordinary names, which need no further look.
_ORDINARY = re.compile(r"[A-Z][a-z]+(?:[ -][A-Z][a-z]+)*").fullmatch

#: Signs that stand in names: initials, O'Brien, ወ/ሮ, two joiners that Persian and Indic scripts need.
_SIGNS = frozenset(" .'’ʻʼ`-‐‑/,·\u200c\u200d")  # noqa: RUF001
_WORD_SPACE = str.maketrans({"\u1361": " ", "\u180e": " "})
_PRESENTATION = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]+")
_DAMAGED = re.compile("[ÃÂÐÑØÙà][\x80-\xbf\u2018-\u203a\u20ac]")
_MANY_MARKS = 4
_MINGLING = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK", "BOPOMOFO": "CJK"}

LOST = Fault("E_MOJIBAKE", _("The name was damaged when the file was saved. Save it again as “CSV UTF-8”."))
NO_LETTER = Fault("E_NAME_NO_LETTER", _("“%(found)s”: a name needs at least one letter."))
UNPRINTABLE = Fault("E_NAME_CHAR", _("The name holds a character that cannot be printed. Type it again."))
MARKS = Fault("E_NAME_MARKS", _("The name has too many accents on one letter. Type it again."))
SWAPPED = Fault("E_COLUMNS_SWAPPED", _("“%(found)s” looks like a number, not a name. Are two columns swapped?"))
LOOKALIKE = Fault(
    "W_NAME_LOOKALIKE", _("“%(found)s” uses an unusual letter form. Is it written as on the card?"), blocking=False
)
ONE_LETTER = Fault("W_NAME_SHORT", _("“%(found)s” has one letter. Is it the whole name?"), blocking=False)
ALPHABETS = Fault("W_MIXED_SCRIPT", _("“%(found)s” mixes two alphabets. Is it right?"), blocking=False)
SIGN_FIRST = Fault("W_NAME_PUNCT", _("“%(found)s” starts with a sign. Is it right?"), blocking=False)
LOOKS_DAMAGED = Fault("W_MOJIBAKE", _("“%(found)s” looks damaged by a wrong encoding. Is it right?"), blocking=False)


def read_name(text: str) -> object:
    """A name, or one part of it: the text, a fault, or a name that needs a look."""
    if _ORDINARY(text) and len(text) <= LONGEST:
        return text
    return unusual_name(text) if len(text) <= LONGEST else tidied(text, LONGEST)


@lru_cache(maxsize=8192)
def unusual_name(text: str) -> object:
    """A name that is more than plain letters."""
    clean = tidied(text, LONGEST)
    if isinstance(clean, Fault) or not clean:
        return clean or None
    name = _PRESENTATION.sub(lambda found: unicodedata.normalize("NFKC", found[0]), clean.translate(_WORD_SPACE))
    name = unicodedata.normalize("NFC", name)
    if fault := name_fault(name):
        return fault
    return noted(name, name, text, *name_doubts(name))


def name_fault(name: str) -> Fault | None:
    """Why this cannot be a name."""
    if "\ufffd" in name:
        return LOST
    kinds = [unicodedata.category(letter) for letter in name]
    if {"Co", "Cn", "Cs"} & set(kinds):
        return UNPRINTABLE
    if len(name) > 4 and all(letter.isdecimal() or letter in " -/" for letter in name):
        return SWAPPED
    strange = dict.fromkeys(
        letter for letter, kind in zip(name, kinds, strict=True) if kind[0] not in "LM" and letter not in _SIGNS
    )
    if strange:
        signs = " ".join(strange)[:20]
        return Fault("E_NAME", _("“%(found)s” holds %(signs)s, which names cannot have.", signs=signs))
    if not any(kind[0] == "L" for kind in kinds):
        return NO_LETTER
    return MARKS if re.search(f"M{{{_MANY_MARKS + 1}}}", "".join(kind[0] for kind in kinds)) else None


def name_doubts(name: str) -> list[Fault]:
    """What makes this name worth a second look."""
    letters = [letter for letter in name if unicodedata.category(letter) in ("Lu", "Ll", "Lt", "Lo")]
    scripts = {script_of(letter) for letter in letters}
    doubts = []
    if len(scripts) > 1:
        doubts.append(ALPHABETS)
    if len(letters) == 1 and scripts != {"CJK"}:
        doubts.append(ONE_LETTER)
    if not name[0].isalpha() and unicodedata.category(name[0]) != "Lm":
        doubts.append(SIGN_FIRST)
    if any(unicodedata.combining(mark) and script_of(base) == "CYRILLIC" for base, mark in pairwise(name)):
        doubts.append(LOOKALIKE)
    if _DAMAGED.search(name):
        doubts.append(LOOKS_DAMAGED)
    return doubts


@lru_cache(maxsize=4096)
def script_of(letter: str) -> str:
    """The alphabet of a letter, by the first word of its Unicode name."""
    script = unicodedata.name(letter, "").partition(" ")[0]
    return _MINGLING.get(script, script)
