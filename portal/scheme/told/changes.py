"""What is different between two versions of a pack, in the words in which a pack is described."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from portal.scheme.blocks.pack import Pack
from portal.scheme.told.described import described
from portal.scheme.told.lines import Line
from portal.words import Words

#: Chapter, rule, first day, and which of several with the same: what makes two lines the same line.
_Key = tuple[str, str, date | None, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a chapter that was added (*before* is None), removed (*after* is None), or says something else."""

    title: Words
    before: Line | None
    after: Line | None


def changes(old: Pack, new: Pack, today: date) -> tuple[Change, ...]:
    """Every change from *old* to *new*, in the order of the chapters; removed lines after the others."""
    was, becomes = _lines(old, today), _lines(new, today)
    found = [
        Change(title, before, after)
        for key, (title, after) in becomes.items()
        if (before := was[key][1] if key in was else None) != after
    ]
    gone = [Change(title, before, None) for key, (title, before) in was.items() if key not in becomes]
    return (*found, *gone)


def _lines(pack: Pack, today: date) -> dict[_Key, tuple[Words, Line]]:
    """The lines of a pack by what they are about; whether one holds today is no change of the rule."""
    found: dict[_Key, tuple[Words, Line]] = {}
    seen: Counter[tuple[str, str, date | None]] = Counter()
    for part in described(pack, today):
        for line in _without_today(part.lines):
            about = (str(part.title), str(line.name), line.since)
            found[*about, seen[about]] = (part.title, line)
            seen[about] += 1
    return found


def _without_today(lines: Iterable[Line]) -> Iterable[Line]:
    return (replace(line, holds=True) for line in lines)
