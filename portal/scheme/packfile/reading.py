"""
Reading the TOML of packs and of the fund, collecting every mistake instead of stopping at the first.

A :class:`Section` hands out its values one by one.  A value that is missing or wrong becomes a
:class:`Mistake` and a harmless stand-in, so that the rest is still read; what nobody asked for is
a mistake too, because a misspelt key would otherwise silently mean nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from portal.scheme.money import MODES, Currency, Rounding, parse_amount, parse_rate
from portal.words import Words, _

T = TypeVar("T")

#: No pack is near this size; a file beyond it is not read at all.
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a file: where it stands, and in words what to do about it."""

    file: str
    where: str
    words: Words

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.words}" if self.where else f"{self.file}: {self.words}"


class PackRefused(Exception):
    """A pack or a fund is not loaded; every mistake found in it stands in *mistakes*."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class Report:
    """The mistakes found in one file so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []

    def say(self, where: str, words: Words) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(self.file, where, words))

    def refuse_if_any(self) -> None:
        """Stop here when something was wrong."""
        if self.mistakes:
            raise PackRefused(tuple(self.mistakes))


class Section:
    """One table of the file, by the name under which it stands there."""

    def __init__(self, content: Mapping[str, Any], where: str, report: Report) -> None:
        self._content = content
        self._asked: set[str] = set()
        self.where = where
        self.report = report

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def at(self, key: str) -> str:
        """Where *key* stands, as a mistake names it."""
        return f"{self.where}.{key}" if self.where else key

    def wrong(self, key: str, words: Words) -> None:
        """Note a mistake about *key*."""
        self.report.say(self.at(key), words)

    def _raw(self, key: str) -> Any:
        self._asked.add(key)
        return self._content.get(key)

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
            self.wrong(key, _("found %(found)s. %(remedy)s", found=repr(found), remedy=remedy))
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
        return self.text(key) if key in self._content else None

    def choice(self, key: str, among: tuple[str, ...]) -> str:
        """One of a closed list of words."""

        def parse(found: str) -> str:
            if found not in among:
                raise ValueError(found)
            return found

        return self.read(key, parse, among[0], _("Write one of: %(words)s.", words=", ".join(among)))

    def number(self, key: str) -> int:
        """A whole number, zero or more."""

        def parse(found: str) -> int:
            if not re.fullmatch(r"\d{1,9}", found):
                raise ValueError(found)
            return int(found)

        return self.read(key, parse, 1, _('Write a whole number in quotes, such as "10".'))

    def rate(self, key: str, most: Fraction = Fraction(1)) -> Fraction:
        """A rate in per cent, from 0 % up to *most*."""

        def parse(found: str) -> Fraction:
            rate = parse_rate(found)
            if rate > most:
                raise ValueError(found)
            return rate

        remedy = _('Write a rate between 0 and %(most)s in quotes, such as "4.5 %%".', most=f"{most * 100} %")
        return self.read(key, parse, Fraction(0), remedy)

    def amount(self, key: str, currency: Currency) -> int:
        """An amount of money, not below zero, in minor units."""

        def parse(found: str) -> int:
            minor = parse_amount(found, currency)
            if not 0 <= minor <= 10**15:
                raise ValueError(found)
            return minor

        return self.read(key, parse, 0, _('Write an amount in quotes, such as "1708.20".'))

    def rounding(self, key: str) -> Rounding:
        """How to round; no rule may leave it open."""
        inner = self.section(key)
        rounding = Rounding(inner.choice("mode", MODES), inner.number("unit"))
        if rounding.unit == 0:
            inner.wrong("unit", _('the unit is zero. Write how many minor units it rounds to, such as "1".'))
        inner.optional("source")
        inner.optional("unverified")
        inner.close()
        return rounding

    def day(self, key: str) -> date:
        """A day, written bare: 2026-10-01."""
        found = self._raw(key)
        if isinstance(found, date) and not isinstance(found, datetime):
            return found
        self.wrong(key, _("found %(found)s. Write a day without quotes, such as 2026-10-01.", found=repr(found)))
        return date(1, 1, 1)

    def yes(self, key: str) -> bool:
        """True where the key says so; false where it is left out."""
        found = self._raw(key)
        if found is not None and not isinstance(found, bool):
            self.wrong(key, _("found %(found)s. Write true or false, without quotes.", found=repr(found)))
        return found is True

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts with at least one in it."""
        found = self._raw(key)
        if isinstance(found, list) and found and all(isinstance(one, str) and one.strip() for one in found):
            return tuple(found)
        self.wrong(key, _('found %(found)s. Write a list of texts, such as ["basic"].', found=repr(found)))
        return ()

    def section(self, key: str) -> Section:
        """The table under *key*; an empty one, and a mistake, when there is none."""
        found = self._raw(key)
        if not isinstance(found, dict):
            self.wrong(key, _("this section is missing. Add [%(where)s].", where=self.at(key)))
            found = {}
        return Section(found, self.at(key), self.report)

    def named(self, key: str) -> Iterator[tuple[str, Section]]:
        """The tables under *key* by name, such as [branch.health] and [branch.injury]."""
        inner = self.section(key)
        for name in inner._content:
            yield name, inner.section(name)

    def each(self, key: str) -> list[Section]:
        """The tables of the list [[key]], in the order of the file; none where it is left out."""
        found = self._raw(key)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            self.wrong(key, _("this is not a list of sections. Write [[%(where)s]].", where=self.at(key)))
            return []
        return [Section(one, f"{self.at(key)}[{number}]", self.report) for number, one in enumerate(found, 1)]

    def plain(self, key: str) -> Any:
        """Whatever stands under *key*, unread: the inputs and results of a pack's own tests."""
        return self._raw(key)

    def close(self) -> None:
        """Note every key nobody asked for."""
        for key in self._content:
            if key not in self._asked:
                self.wrong(key, _("this word means nothing here. Correct its spelling, or remove it."))


def read_file(path: Path, report: Report) -> tuple[Section, str]:
    """The file as a section, and the SHA-256 of what it says (comments and layout do not count)."""
    content = _parsed(path, report)
    report.refuse_if_any()
    _refuse_bare_numbers(content, "", report)
    meaning = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    return Section(content, "", report), hashlib.sha256(meaning.encode()).hexdigest()


def _parsed(path: Path, report: Report) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            report.say("", _("this file is too large to be a pack. Check that it is the right file."))
            return {}
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        report.say("", _("this file cannot be read. Check that it is there and may be read."))
    except UnicodeDecodeError:
        report.say("", _("this file is not in UTF-8. Save it as UTF-8."))
    except tomllib.TOMLDecodeError as fault:
        report.say("", _("this is not TOML: %(fault)s. Correct that place.", fault=str(fault)))
    return {}


def _refuse_bare_numbers(content: object, where: str, report: Report) -> None:
    """Numbers stand in quotes: a bare 4.1 is read as a float, which is already another number."""
    if isinstance(content, dict):
        for key, inner in content.items():
            _refuse_bare_numbers(inner, f"{where}.{key}" if where else key, report)
    elif isinstance(content, list):
        for number, inner in enumerate(content, 1):
            _refuse_bare_numbers(inner, f"{where}[{number}]", report)
    elif isinstance(content, (int, float)) and not isinstance(content, bool):
        report.say(where, _('%(number)s stands without quotes. Write "%(number)s".', number=str(content)))
