"""
Reading values with their dates and sources: in order, none overlapping, no hole that is not written down.

What a file says it does not know, or did not verify, is gathered here too, for the lists of the pack.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import groupby, pairwise
from typing import TypeVar

from portal.scheme.blocks.values import Dated, Missing, Series
from portal.scheme.money import Currency
from portal.scheme.packfile.reading import NO_DAY, Section
from portal.scheme.packfile.sources import Sources
from portal.scheme.packfile.timeline import ONE_DAY, Entry, Piece, believed, values_of
from portal.words import Words, _

T = TypeVar("T")

_FIRST_YEAR, _LAST_YEAR = 1800, 9000


def series(
    sources: Sources, outer: Section, key: str, name: Words, parse: Callable[[Section], T],
    bounded_in: Currency | None = None,
) -> Series[T]:  # fmt: skip
    """
    The dated values of the list [[key]]; *parse* reads what one of them says.

    An unknown value may say at_most in the currency *bounded_in*, where that is given.
    """
    entries = [_entry(sources, [one], name, lambda ones: parse(ones[0]), bounded_in) for one in _listed(outer, key)]
    return _series(sources, name, entries)


def amounts(sources: Sources, outer: Section, key: str, name: Words, currency: Currency) -> Series[int]:
    """Dated amounts in minor units."""
    return series(sources, outer, key, name, lambda one: one.amount("value", currency), bounded_in=currency)


def grouped(sources: Sources, outer: Section, key: str, name: Words, parse: Callable[[list[Section]], T]) -> Series[T]:
    """The same, where neighbouring entries with the same days are one value together."""
    entries = []
    for _days_of, ones in groupby(_listed(outer, key), key=lambda one: [one.plain(day) for day in _DAYS]):
        entries.append(_entry(sources, list(ones), name, parse, None))
    return _series(sources, name, entries)


#: What says when an entry holds and since when it is known.
_DAYS = ("from", "to", "year", "known")


def _listed(outer: Section, key: str) -> list[Section]:
    sections = outer.each(key)
    if not sections:
        outer.wrong(key, _("there is no value. Add [[%(where)s]] with the first one.", where=outer.at(key)))
    return sections


def _entry(
    sources: Sources, sections: list[Section], name: Words, parse: Callable[[list[Section]], T],
    bounded_in: Currency | None,
) -> Entry[T]:  # fmt: skip
    """One value: known, written down as unknown, or the one before used provisionally."""
    first = sections[0]
    spans = [_span(one) for one in sections]
    since, until = spans[0]
    known = [one.day("known") for one in sections if "known" in one]
    value: T | None = None
    source, doubt, at_most = "", None, None
    unknown = next((one.text("unknown") for one in sections if "unknown" in one), None)
    provisional = True in [one.yes("provisional") for one in sections]
    if unknown is None and not provisional:
        value = parse(sections)
        cited = [sources.read(one) for one in sections]
        source = "; ".join(dict.fromkeys(each for each, _doubt in cited))
        doubt = "; ".join(dict.fromkeys(each for _source, each in cited if each)) or None
    elif "source" in first:
        source = sources.read(first)[0]
    if unknown is not None and bounded_in is not None and "at_most" in first:
        at_most = first.amount("at_most", bounded_in)
    for one in sections:
        one.close()
    dated = Dated(since, until, value, source, unknown, provisional, doubt, known[0] if known else None, at_most)
    return Entry(first, name, dated, added=first.place.added)


def _span(section: Section) -> tuple[date, date | None]:
    """The first and the last day of a value: a year, or from a day to a day, or from a day on."""
    if "year" in section:
        year = section.number("year", _FIRST_YEAR, _LAST_YEAR)
        return date(year, 1, 1), date(year, 12, 31)
    since = section.day("from")
    until = section.day("to") if "to" in section else None
    if until is not None and NO_DAY not in (since, until) and until < since:
        section.wrong("to", _("this is before the first day. Exchange the two, or correct one."))
        until = since
    return since, until


def _series(sources: Sources, name: Words, entries: list[Entry[T]]) -> Series[T]:
    """The values as they are known today, and as they were believed before each later entry."""
    if any(one.dated.since == NO_DAY for one in entries):
        return Series(name, values_of(believed(entries)))  # refused anyway; what follows from it need not be said
    _check_base_line([one for one in entries if one.dated.known is None and not one.added])
    if entries and entries[0].dated.known is not None:
        entries[0].section.wrong("known", _("nothing was known before the first value. Leave this out."))
        return Series(name, values_of(believed(entries)))
    today = believed(entries)
    _check_holes(today)
    _check_provisional(today)
    _gather(sources, today)
    knowing = sorted({one.dated.known for one in entries if one.dated.known is not None})
    amended = tuple((day, values_of(believed(entries, day))) for day in knowing)
    return Series(name, values_of(today), amended)


def _check_base_line(entries: list[Entry[T]]) -> None:
    """Values that were known in time stand in order of time and do not overlap; holes are written down."""
    for before, entry in pairwise(entries):
        earlier, since, section = before.dated, entry.dated.since, entry.section
        if since <= earlier.since:
            section.wrong(
                "from",
                _("it begins no later than the value before it. Put the values in order of time, or say known."),
            )
        elif earlier.until is not None and earlier.until >= since:
            section.wrong("from", _("it begins while the value before it still holds. Correct one of the days."))
        elif earlier.until is not None:
            _check_hole(earlier.until, since, section)


def _check_holes(pieces: list[Piece[T]]) -> None:
    for before, piece in pairwise(pieces):
        if before.until is not None:
            section = before.entry.section if before.entry.added else piece.entry.section
            _check_hole(before.until, piece.since, section)


def _check_hole(until: date, since: date, section: Section) -> None:
    if until + ONE_DAY < since:
        section.wrong(
            "from",
            _(
                "from %(first)s to %(last)s there is no value. Add it, or a value that says unknown and why.",
                first=until + ONE_DAY, last=since - ONE_DAY,
            ),
        )  # fmt: skip


def _check_provisional(pieces: list[Piece[T]]) -> None:
    for before, piece in zip([None, *pieces], pieces, strict=False):
        dated = piece.entry.dated
        if dated.provisional and (before is None or before.entry.dated.unknown is not None):
            words = _("there is no value before it to go on using. Write a value.")
            piece.entry.section.wrong("provisional", words)


def _gather(sources: Sources, pieces: list[Piece[T]]) -> None:
    """Note what is not known and what is not verified among the values that count today, each once."""
    for entry in dict.fromkeys(piece.entry for piece in pieces):
        if entry.dated.unknown is not None:
            sources.missing.append(Missing.called(entry.what, entry.dated.unknown, entry.section.where))
        elif entry.dated.unverified:
            sources.unverified.append(Missing.called(entry.what, entry.dated.unverified, entry.section.where))
