"""
Laying dated entries over each other: which one holds on which day, for whoever knows what.

Entries are laid down in the order of the file, each over those before it.  One that became known later is
left out for whoever asks with earlier knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Generic, TypeVar

from portal.scheme.blocks.values import Dated
from portal.scheme.packfile.reading import Section
from portal.words import Words

T = TypeVar("T")

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Generic[T]):
    """
    One entry of a list of dated values, as the file has it; *added*: it stands in a fund's overlay.

    An added one without a last day holds as long as the one that it falls into.
    """

    section: Section
    what: Words
    dated: Dated[T]
    added: bool


@dataclass(frozen=True, slots=True, eq=False)
class Piece(Generic[T]):
    """The days, from *since* to *until* (included, None: until further notice), on which an entry is not covered."""

    since: date
    until: date | None
    entry: Entry[T]


def laid(entries: list[Entry[T]]) -> list[Piece[T]]:
    """What is seen of the entries when each is laid over those before it, in order of time."""
    pieces: list[Piece[T]] = []
    for entry in entries:
        since = entry.dated.since
        until = entry.dated.until or (_end_around(pieces, since) if entry.added else None)
        pieces = [*_without(pieces, since, until), Piece(since, until, entry)]
        pieces.sort(key=lambda piece: piece.since)
    return pieces


def _end_around(pieces: list[Piece[T]], day: date) -> date | None:
    """The last day of the piece that *day* falls into, or the day before the next one."""
    for piece in pieces:
        if piece.since > day:
            return piece.since - ONE_DAY
        if piece.until is None or piece.until >= day:
            return piece.until
    return None


def _without(pieces: list[Piece[T]], since: date, until: date | None) -> list[Piece[T]]:
    """What is left of the pieces beside the days from *since* to *until*."""
    left = []
    for piece in pieces:
        if piece.since < since:
            ends = since - ONE_DAY
            left.append(replace(piece, until=ends if piece.until is None else min(piece.until, ends)))
        if until is not None and (piece.until is None or piece.until > until):
            left.append(replace(piece, since=max(piece.since, until + ONE_DAY)))
    return left


def believed(entries: list[Entry[T]], before: date | None = None) -> list[Piece[T]]:
    """What was known on the day *before* a later entry became known; everything, where that is None."""
    if before is None:
        return laid(entries)
    return laid([one for one in entries if one.dated.known is None or one.dated.known < before])


def values_of(pieces: list[Piece[T]]) -> tuple[Dated[T], ...]:
    """The dated values themselves; a provisional one goes on with the value before it."""
    values: list[Dated[T]] = []
    for piece in pieces:
        dated = replace(piece.entry.dated, since=piece.since, until=piece.until)
        if dated.provisional and values:
            dated = replace(dated, value=values[-1].value, source=values[-1].source)
        values.append(dated)
    return tuple(values)
