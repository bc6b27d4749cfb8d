"""
A file as a tree in which every value knows where it stands: file, place and line.

Two trees, a pack's and a fund's overlay, can be laid over each other and every mistake still names its own file.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from portal.scheme.packfile.lines import inside, lines_of
from portal.words import Words, _

#: No pack is near this size; a file beyond it is not read at all.
MOST_BYTES = 1_000_000

_LINE = re.compile(r"\(at (?:line (\d+), column \d+|end of document)\)")


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where something stands: the *file*, its name in it (branch.health.base), and the line, where there is one.

    *added*: the file is a fund's overlay.
    """

    file: str
    where: str = ""
    line: int | None = None
    added: bool = False


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a file: where it stands, and in words what to do about it."""

    file: str
    where: str
    words: Words
    line: int | None = None

    def __str__(self) -> str:
        file = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{file}: {self.where}: {self.words}" if self.where else f"{file}: {self.words}"


class PackRefused(Exception):
    """A pack or a fund is not loaded; every mistake found in it stands in *mistakes*."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class Report:
    """The mistakes found so far in one file, and in the overlay laid over it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []
        self._settled: set[Place] = set()

    def say(self, place: Place, words: Words, *, no_more: bool = False) -> None:
        """Note a mistake, once; with *no_more* nothing more is said about this place."""
        mistake = Mistake(place.file, place.where, words, place.line)
        if mistake not in self.mistakes and place not in self._settled:
            self.mistakes.append(mistake)
        if no_more:
            self._settled.add(place)

    def refuse_if_any(self) -> None:
        """Stop here when something was wrong."""
        if self.mistakes:
            raise PackRefused(tuple(sorted(self.mistakes, key=lambda one: (one.file != self.file, one.line or 0))))


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file: its values (text, day, yes or no, list, table), and where it and each key stand."""

    place: Place
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def at(self, key: str) -> Place:
        """Where *key* stands, or would stand."""
        return self.places.get(key) or replace(self.place, where=inside(self.place.where, key))


def read_tree(path: Path, report: Report, *, added: bool = False) -> tuple[Table, str]:
    """The file as a tree, and its meaning as text: the same for the same content in another layout."""
    file = Place(f"{path.parent.name}/{path.name}" if added else path.name, added=added)
    text = _text(path, file, report)
    content = _content(text, file, report)
    report.refuse_if_any()
    tree = _Builder(file, lines_of(text), report).table(content, "")
    return tree, json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)


def digest_of(*meanings: str) -> str:
    """The SHA-256 of what one or more files say."""
    return hashlib.sha256("\n".join(meanings).encode()).hexdigest()


def _text(path: Path, file: Place, report: Report) -> str:
    try:
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            report.say(file, _("this file is too large to be a pack. Check that it is the right file."))
            return ""
        return content.decode("utf-8")
    except OSError:
        report.say(file, _("this file cannot be read. Check that it is there and may be read."))
    except UnicodeDecodeError:
        report.say(file, _("this file is not in UTF-8. Save it as UTF-8."))
    return ""


def _content(text: str, file: Place, report: Report) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = _LINE.search(str(fault))
        at_end = text.count("\n") + 1
        place = replace(file, line=int(found[1] or at_end)) if found else file
        reason = _LINE.sub("", str(fault)).strip()
        report.say(place, _("this is not TOML: %(fault)s. Correct that place.", fault=reason))
    except (RecursionError, ValueError):
        report.say(file, _("this is not TOML that can be read: lists in lists, or a number without end. Correct it."))
    return {}


class _Builder:
    """Makes the tree, and refuses bare numbers: a bare 4.1 is read as a float, which is already another number."""

    def __init__(self, file: Place, lines: Mapping[str, int], report: Report) -> None:
        self.file, self.lines, self.report = file, lines, report

    def _place(self, where: str, otherwise: int | None) -> Place:
        return replace(self.file, where=where, line=self.lines.get(where, otherwise))

    def table(self, content: Mapping[str, Any], where: str, line: int | None = None) -> Table:
        place = self._place(where, line)
        table = Table(place)
        for key, value in content.items():
            at = inside(where, key)
            table.places[key] = self._place(at, place.line)
            table.values[key] = self.value(value, table.places[key])
        return table

    def value(self, value: Any, place: Place) -> Any:
        if isinstance(value, dict):
            return self.table(value, place.where, place.line)
        if isinstance(value, list):
            return [
                self.value(one, self._place(f"{place.where}[{number}]", place.line))
                for number, one in enumerate(value, 1)
            ]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            words = _('%(number)s stands without quotes. Write "%(number)s".', number=str(value))
            self.report.say(place, words, no_more=True)
            return str(value)
        return value


def plain(value: Any) -> Any:
    """A value of the tree as it was in the file, without its places."""
    if isinstance(value, Table):
        return {key: plain(inner) for key, inner in value.values.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value
