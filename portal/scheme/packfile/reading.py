"""
Reading the TOML of packs and of the fund, collecting every mistake instead of stopping at the first.

A :class:`Section` hands out its values one by one.  A value that is missing or wrong becomes a
:class:`Mistake` and a harmless stand-in, so that the rest is still read; what nobody asked for is
a mistake too, because a misspelt key would otherwise silently mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from portal.scheme.money import Currency, parse_amount, parse_rate
from portal.scheme.packfile.tree import Mistake as Mistake
from portal.scheme.packfile.tree import PackRefused as PackRefused
from portal.scheme.packfile.tree import Place, Table, digest_of, plain, read_tree
from portal.scheme.packfile.tree import Report as Report
from portal.words import Words, _

T = TypeVar("T")

#: The finest rate a pack may state is a millionth, so that a product of a rate and an amount stays a machine number.
FINEST = 10**6
#: Amounts stay below this many minor units.
MOST_AMOUNT = 10**15

#: What stands in for a day that cannot be read; no pack reaches back so far.
NO_DAY = date.min

_DECIMAL = re.compile(r"\d{1,9}(\.\d{1,6})?")


class Section:
    """One table of the file, by the name under which it stands there."""

    def __init__(self, table: Table, report: Report) -> None:
        self.table = table
        self._asked: set[str] = set()
        self.report = report

    def __contains__(self, key: str) -> bool:
        return key in self.table.values

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.table.place

    @property
    def where(self) -> str:
        """Its name in the file: branch.health."""
        return self.table.place.where

    def at(self, key: str) -> str:
        """Where *key* stands, as a mistake names it."""
        return self.table.at(key).where

    def wrong(self, key: str, words: Words) -> None:
        """Note a mistake about *key*."""
        self.report.say(self.table.at(key), words)

    def _raw(self, key: str) -> Any:
        self._asked.add(key)
        return self.table.values.get(key)

    def read(self, key: str, parse: Callable[[str], T], stand_in: T, remedy: Words) -> T:
        """The text under *key* as *parse* understands it; *remedy* says how it has to be written."""
        found = self._raw(key)
        if found is None:
            self.wrong(key, _("this is missing. %(remedy)s", remedy=remedy))
            return stand_in
        try:
            if not isinstance(found, str):
                raise ValueError(found)
            return parse(found)
        except ValueError:
            self.wrong(key, _("found %(found)s. %(remedy)s", found=shown(found), remedy=remedy))
            return stand_in

    def text(self, key: str, *, like: str = r"(?s).*\S.*", remedy: Words | None = None) -> str:
        """A text that has to be there and to look *like* the given pattern."""
        pattern = re.compile(like)

        def parse(found: str) -> str:
            if not pattern.fullmatch(found):
                raise ValueError(found)
            return found

        return self.read(key, parse, "", remedy or _("Write a text in quotes."))

    def optional(self, key: str) -> str | None:
        """A text that may be left out."""
        return self.text(key) if key in self else None

    def choice(self, key: str, among: tuple[str, ...], default: str | None = None) -> str:
        """One of a closed list of words; *default* where it is left out, if there is one."""
        if default is not None and key not in self:
            return default

        def parse(found: str) -> str:
            if found not in among:
                raise ValueError(found)
            return found

        return self.read(key, parse, among[0], _("Write one of: %(words)s.", words=", ".join(among)))

    def number(self, key: str, least: int = 0, most: int = 999_999_999) -> int:
        """A whole number from *least* to *most*."""

        def parse(found: str) -> int:
            if not re.fullmatch(r"\d{1,9}", found) or not least <= int(found) <= most:
                raise ValueError(found)
            return int(found)

        remedy = _('Write a whole number in quotes, such as "10".')
        if (least, most) != (0, 999_999_999):
            remedy = _("Write a whole number from %(least)s to %(most)s in quotes.", least=str(least), most=str(most))
        return self.read(key, parse, least or 1, remedy)

    def decimal(self, key: str) -> Fraction:
        """A number of zero or more, with up to six decimals."""

        def parse(found: str) -> Fraction:
            if not _DECIMAL.fullmatch(found):
                raise ValueError(found)
            return Fraction(found)

        return self.read(key, parse, Fraction(1), _('Write a number in quotes, such as "3" or "0.6".'))

    def rate(self, key: str, most: Fraction = Fraction(1)) -> Fraction:
        """A rate in per cent, from 0 % up to *most*."""

        def parse(found: str) -> Fraction:
            rate = parse_rate(found)
            if rate > most or rate.denominator > FINEST:
                raise ValueError(found)
            return rate

        remedy = _('Write a rate between 0 and %(most)s in quotes, such as "4.5 %%".', most=f"{most * 100} %")
        return self.read(key, parse, Fraction(0), remedy)

    def amount(self, key: str, currency: Currency) -> int:
        """An amount of money, not below zero, in minor units."""

        def parse(found: str) -> int:
            minor = parse_amount(found, currency)
            if not 0 <= minor <= MOST_AMOUNT:
                raise ValueError(found)
            return minor

        return self.read(key, parse, 0, _('Write an amount in quotes, such as "1708.20".'))

    def day(self, key: str) -> date:
        """A day, written bare: 2026-10-01."""
        found = self._raw(key)
        if isinstance(found, date) and not isinstance(found, datetime) and 1800 <= found.year <= 9000:
            return found
        self.wrong(key, _("found %(found)s. Write a day without quotes, such as 2026-10-01.", found=shown(found)))
        return NO_DAY

    def days(self, key: str) -> tuple[date, ...]:
        """A list of days, written bare; none where it is left out."""
        found = self._raw(key)
        if found is None:
            return ()
        if isinstance(found, list) and all(isinstance(one, date) and not isinstance(one, datetime) for one in found):
            return tuple(found)
        self.wrong(key, _("found %(found)s. Write a list of days, such as [2026-10-01].", found=shown(found)))
        return ()

    def yes(self, key: str) -> bool:
        """True where the key says so; false where it is left out."""
        found = self._raw(key)
        if found is not None and not isinstance(found, bool):
            self.wrong(key, _("found %(found)s. Write true or false, without quotes.", found=shown(found)))
        return found is True

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts with at least one in it."""
        found = self._raw(key)
        if isinstance(found, list) and found and all(isinstance(one, str) and one.strip() for one in found):
            return tuple(found)
        self.wrong(key, _('found %(found)s. Write a list of texts, such as ["basic"].', found=shown(found)))
        return ()

    def section(self, key: str) -> Section:
        """The table under *key*; an empty one, and a mistake, when there is none."""
        found = self._raw(key)
        if not isinstance(found, Table):
            self.wrong(key, _("this section is missing. Add [%(where)s].", where=self.at(key)))
            found = Table(self.table.at(key))
        return Section(found, self.report)

    def named(self, key: str) -> Iterator[tuple[str, Section]]:
        """The tables under *key* by name, such as [branch.health] and [branch.injury]."""
        yield from self.section(key).rest()

    def rest(self) -> Iterator[tuple[str, Section]]:
        """Every table in here that nobody asked for yet, by its name."""
        for name in self.table.values:
            if name not in self._asked:
                yield name, self.section(name)

    def is_list(self, key: str) -> bool:
        """Whether a list of tables stands under *key*."""
        found = self.table.values.get(key)
        return isinstance(found, list) and bool(found) and all(isinstance(one, Table) for one in found)

    def each(self, key: str) -> list[Section]:
        """The tables of the list [[key]], in the order of the file; none where it is left out."""
        found = self._raw(key)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(one, Table) for one in found):
            self.wrong(key, _("this is not a list of sections. Write [[%(where)s]].", where=self.at(key)))
            return []
        return [Section(one, self.report) for one in found]

    def pairs(self, key: str) -> Mapping[str, Any]:
        """The keys and values of the small table under *key*; none where it is left out."""
        found = self._raw(key)
        if found is None:
            return {}
        if isinstance(found, Table) and found.values:
            return {name: plain(value) for name, value in found.values.items()}
        self.wrong(key, _('found %(found)s. Write it as { name = "value" }.', found=shown(found)))
        return {}

    def plain(self, key: str) -> Any:
        """Whatever stands under *key*, unread: the inputs and results of a pack's own tests."""
        return plain(self._raw(key))

    def close(self) -> None:
        """Note every key nobody asked for."""
        for key in self.table.values:
            if key not in self._asked:
                self.wrong(key, _("this word means nothing here. Correct its spelling, or remove it."))


def shown(found: object) -> str:
    """What was found, short enough for a sentence."""
    if found is None:
        return "nothing"
    if isinstance(found, Table):
        return "a section"
    if isinstance(found, date):
        return found.isoformat()
    text = repr(plain(found))
    return text if len(text) <= 80 else f"{text[:77]}..."


def read_file(path: Path, report: Report) -> tuple[Section, str]:
    """The file as a section, and the SHA-256 of what it says (comments and layout do not count)."""
    tree, meaning = read_tree(path, report)
    return Section(tree, report), digest_of(meaning)
