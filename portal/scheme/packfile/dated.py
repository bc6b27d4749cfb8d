"""
Reading values with their dates and sources: in order, none overlapping, no hole that is not written down.

What a file says it does not know, or did not verify, is gathered here too, for the lists of the pack.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

from portal.scheme.blocks import Dated, Missing, Series, Source
from portal.scheme.reading import Section
from portal.words import Words, _

T = TypeVar("T")

_ONE_DAY = timedelta(days=1)


class Sources:
    """The sources of one file, which values cite them, and what is missing or not verified."""

    def __init__(self, content: Section) -> None:
        self._sections = dict(content.named("source"))
        self.by_key = {key: _source(key, section) for key, section in self._sections.items()}
        self._used: set[str] = set()
        self.missing: list[Missing] = []
        self.unverified: list[Missing] = []

    def cite(self, section: Section) -> str:
        """The source that a value names, as it is printed."""
        named = section.text("source")
        if named in self.by_key:
            self._used.add(named)
            return str(self.by_key[named])
        if named:
            section.wrong("source", _("there is no [source.%(name)s]. Add it, or name another.", name=named))
        return named

    def doubt(self, section: Section, what: str) -> str | None:
        """What is not verified about a value."""
        found = section.optional("unverified")
        if found:
            self.unverified.append(Missing(what, found, section.where))
        return found

    def close(self) -> None:
        """Note every source that nothing cites."""
        for key, section in self._sections.items():
            if key not in self._used:
                section.wrong("title", _("nothing cites this source. Cite it, or remove it."))

    def series(self, outer: Section, key: str, name: Words, parse: Callable[[Section], T]) -> Series[T]:
        """The dated values of the list [[key]]; *parse* reads what one of them says."""
        sections = outer.each(key)
        if not sections:
            outer.wrong(key, _("there is no value. Add [[%(where)s]] with the first one.", where=outer.at(key)))
        values: list[Dated[T]] = []
        for section in sections:
            values.append(self._dated(section, name, parse, values[-1] if values else None))
            section.close()
        return Series(name, _in_order(values, sections))

    def _dated(self, section: Section, name: Words, parse: Callable[[Section], T], before: Dated[T] | None) -> Dated[T]:
        """One value: known, written down as unknown, or the one before used provisionally."""
        since, until = _days(section)
        if "unknown" in section:
            why = section.text("unknown")
            self.missing.append(Missing(str(name), why, section.where))
            return Dated(since, until, None, "", unknown=why)
        if section.yes("provisional"):
            if before is None or before.value is None:
                section.wrong("provisional", _("there is no value before it to go on using. Write a value."))
            value, source = (before.value, before.source) if before else (None, "")
            return Dated(since, until, value, source, provisional=True)
        value, source = parse(section), self.cite(section)
        return Dated(since, until, value, source, unverified=self.doubt(section, str(name)))


def _source(key: str, section: Section) -> Source:
    url = section.optional("url")
    source = Source(key, section.text("title"), url, section.choice("kind", ("page", "memory", "assumed")))
    if source.kind == "page" and url is not None and not url.startswith(("http://", "https://")):
        section.wrong("url", _("this is no address of a page. Write it with https://."))
    section.close()
    return source


def _days(section: Section) -> tuple[date, date | None]:
    """The first and the last day of a value: a year, or from a day to a day, or from a day on."""
    if "year" in section:
        year = section.number("year")
        if not 1900 <= year <= 9000:
            section.wrong("year", _('found %(year)s. Write a year in quotes, such as "2026".', year=str(year)))
            year = 1900
        return date(year, 1, 1), date(year, 12, 31)
    since = section.day("from")
    until = section.day("to") if "to" in section else None
    if until is not None and until < since:
        section.wrong("to", _("this is before the first day. Exchange the two, or correct one."))
        until = since
    return since, until


def _in_order(values: list[Dated[T]], sections: list[Section]) -> tuple[Dated[T], ...]:
    """The values with every last day filled in; what overlaps or leaves a hole is a mistake."""
    filled: list[Dated[T]] = []
    for number, dated in enumerate(values):
        following = values[number + 1].since if number + 1 < len(values) else None
        if following is not None:
            dated = _until_next(dated, following, sections[number + 1])
        filled.append(dated)
    return tuple(filled)


def _until_next(dated: Dated[T], following: date, section: Section) -> Dated[T]:
    """The value held until the day before *following*, where it does not say so itself."""
    if following <= dated.since:
        section.wrong("from", _("it begins no later than the value before it. Put the values in order of time."))
        return dated
    if dated.until is None:
        return Dated(
            dated.since, following - _ONE_DAY, dated.value, dated.source,
            dated.unknown, dated.provisional, dated.unverified,
        )  # fmt: skip
    if dated.until >= following:
        section.wrong("from", _("it begins while the value before it still holds. Correct one of the days."))
    elif dated.until + _ONE_DAY < following:
        section.wrong(
            "from",
            _(
                "from %(first)s to %(last)s there is no value. Add it, or a value that says unknown and why.",
                first=dated.until + _ONE_DAY, last=following - _ONE_DAY,
            ),
        )  # fmt: skip
    return dated
