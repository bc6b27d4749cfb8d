"""One line of "Ready to go live?": what is asked, how it stands, why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.words import Words


class Standing(StrEnum):
    """How one line stands: in order, worth a look, or missing."""

    DONE = "done"
    LOOK = "look"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """*found* says how it is now, *to_do* what to do about it, *url* where; both are empty where it is done."""

    code: str
    title: Words
    standing: Standing
    found: Words
    to_do: Words | None = None
    url: str = ""


def done(code: str, title: Words, found: Words) -> Check:
    """It is in order."""
    return Check(code, title, Standing.DONE, found)


def look(code: str, title: Words, found: Words, to_do: Words, url: str = "") -> Check:
    """The fund can go live with it, but somebody should know."""
    return Check(code, title, Standing.LOOK, found, to_do, url)


def missing(code: str, title: Words, found: Words, to_do: Words, url: str = "") -> Check:
    """The fund cannot go live without it."""
    return Check(code, title, Standing.MISSING, found, to_do, url)
