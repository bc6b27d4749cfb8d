"""One line of a described pack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class Line:
    """
    What a rule (*name*) says in *sentences*, from *since* to *until* (included; None: no such day).

    *holds*: in force on the day asked about; rules without dates always are.
    """

    name: Words
    sentences: tuple[Words, ...]
    since: date | None = None
    until: date | None = None
    holds: bool = True
    source: str | None = None
    notes: tuple[Words, ...] = ()


def plain(name: Words, *sentences: Words) -> Line:
    """A line without dates and source."""
    return Line(name, sentences)


def noted(name: Words, sentences: tuple[Words, ...], source: str | None, unverified: str | None = None) -> Line:
    """A line with its source and what is not verified about it."""
    notes = (_("not verified: %(why)s", why=unverified),) if unverified else ()
    return Line(name, sentences, source=source, notes=notes)


def bare(value: object) -> Words:
    """A value that needs no sentence around it."""
    return Words("%(value)s", {"value": value})
