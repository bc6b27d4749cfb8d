"""
Texts with places: ``{month}`` is replaced by the month, and nothing else ever happens.

A text of the fund is checked when it is saved.  What is put into a place is only ever written out, never read again,
so that nobody's name or reason can become a place or a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from portal.notices.kinds import EVERYWHERE, Spec
from portal.words import Words, _

_PLACE = re.compile(r"\{([a-z_]+)\}")
_BRACE = re.compile(r"[{}]")
LONGEST_SUBJECT, LONGEST_TEXT = 120, 4000
Out = TypeVar("Out")


def pieces(text: str, write: Callable[[str], Out], place: Callable[[str], Out]) -> list[Out]:
    """*text* in pieces: what stands between the places as *write* has it, and each place as *place* has it."""
    found: list[Out] = []
    for number, piece in enumerate(_PLACE.split(text)):
        if number % 2:
            found.append(place(piece))
        elif piece:
            found.append(write(piece))
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """*text* with its places filled; a place nobody fills is left out."""
    return "".join(pieces(text, str, lambda name: values.get(name, "")))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, parted by empty lines."""
    return [one.strip() for one in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if one.strip()]


def problems(spec: Spec, subject: str, text: str) -> dict[str, Words]:
    """Why a text cannot be used for this kind, by field; empty when it can."""
    found: dict[str, Words] = {}
    for field, given, most in (("subject", subject, LONGEST_SUBJECT), ("text", text, LONGEST_TEXT)):
        problem = _problem(spec, given, most)
        if problem is not None:
            found[field] = problem
    missing = [name for name, place in spec.places.items() if place.required and f"{{{name}}}" not in subject + text]
    if missing and "text" not in found:
        names = ", ".join(f"{{{name}}}" for name in missing)
        found["text"] = _("%(names)s is missing: without it nobody knows what the message is about.", names=names)
    return found


def _problem(spec: Spec, given: str, most: int) -> Words | None:
    if not given.strip():
        return _("Write something here.")
    if len(given) > most:
        return _("This is too long: %(n)s characters, and %(most)s is the most.", n=len(given), most=most)
    brace = _BRACE.search(_PLACE.sub("", given))
    if brace is not None:
        return _("There is a brace too many or too few near “%(near)s”.", near=_near(given))
    unknown = [name for name in _PLACE.findall(given) if name not in spec.places and name not in EVERYWHERE]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in (*spec.places, *EVERYWHERE))
        return _("%(name)s is not known here. You can use %(known)s.", name=f"{{{unknown[0]}}}", known=known)
    return None


def _near(given: str) -> str:
    """Where the lone brace stands, with a little on both sides."""
    blanked = _PLACE.sub(lambda found: "·" * len(found.group()), given)
    brace = _BRACE.search(blanked)
    at = brace.start() if brace else 0
    return " ".join(given[max(0, at - 12) : at + 13].split())
