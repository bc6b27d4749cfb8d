"""
Texts with places: ``{month}`` is replaced by the month, and nothing else ever happens.

A text of the fund is checked when it is saved.  What is put into a place is only ever written out, never read again,
so that nobody's name or reason can become a place or a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar

from portal.notices.kinds import EVERYWHERE, Spec
from portal.words import Words, _

_PLACE = re.compile(r"\{([a-z_]+)\}")
_BRACED = re.compile(r"\{([^{}]*)\}")
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
    """Why a text cannot be used for this kind, by field: the line, what is wrong in it, what to do.  Empty: it can."""
    found: dict[str, Words] = {}
    for field, given, most in (("subject", subject, LONGEST_SUBJECT), ("text", text, LONGEST_TEXT)):
        problem = _problem(spec, given, most)
        if problem is not None:
            found[field] = problem
    missing = [name for name, place in spec.places.items() if place.required and f"{{{name}}}" not in subject + text]
    if missing and not found:
        names = ", ".join(f"{{{name}}}" for name in missing)
        found["text"] = _(
            "%(names)s is missing: without it nobody knows what the message is about. Write it where it belongs.",
            names=names,
        )
    return found


def problems_of_letter(subject: str, text: str) -> dict[str, Words]:
    """Why a letter cannot be sent as it stands, by field: nothing in it is filled in any more."""
    found: dict[str, Words] = {}
    for field, given, most in (("subject", subject, LONGEST_SUBJECT), ("text", text, LONGEST_TEXT)):
        left = _BRACE.search(given)
        if not given.strip() or len(given) > most:
            found[field] = _length(given, most)
        elif left is not None:
            line = given[: left.start()].count("\n") + 1
            found[field] = _("Line %(line)s: there is a brace. Write there what the reader should read.", line=line)
    return found


def _length(given: str, most: int) -> Words:
    if not given.strip():
        return _("Write something here.")
    return _("This is too long: %(n)s characters, and %(most)s is the most.", n=len(given), most=most)


def _problem(spec: Spec, given: str, most: int) -> Words | None:
    if not given.strip() or len(given) > most:
        return _length(given, most)
    known = (*spec.places, *EVERYWHERE)
    for number, line in enumerate(given.splitlines(), 1):
        problem = _of_line(line, number, known)
        if problem is not None:
            return problem
    return None


def _of_line(line: str, number: int, known: Sequence[str]) -> Words | None:
    """What is wrong with one line; of several things the first."""
    for found in _BRACED.finditer(line):
        name = found.group(1)
        if name in known:
            continue
        meant = get_close_matches(name.strip().lower(), known, 1)
        if meant:
            return _(
                "Line %(line)s: %(name)s is not known here. Did you mean %(meant)s?",
                line=number, name=found.group(), meant=f"{{{meant[0]}}}",
            )  # fmt: skip
        every = ", ".join(f"{{{one}}}" for one in known)
        return _(
            "Line %(line)s: %(name)s is not known here. You can use %(known)s.",
            line=number, name=found.group(), known=every,
        )  # fmt: skip
    brace = _BRACE.search(_BRACED.sub(lambda found: "·" * len(found.group()), line))
    if brace is None:
        return None
    near = " ".join(line[max(0, brace.start() - 12) : brace.start() + 13].split())
    return _(
        "Line %(line)s: there is a brace too many or too few near “%(near)s”. A place is written in two braces, "
        "like %(example)s.",
        line=number, near=near, example=f"{{{known[0]}}}",
    )  # fmt: skip
