"""What one pack says on two days, rule beside rule, in the words in which a pack is described."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.scheme.blocks.pack import Pack
from portal.scheme.told.described import Part, described
from portal.scheme.told.lines import Line
from portal.words import Words


@dataclass(frozen=True, slots=True)
class Beside:
    """One rule of a chapter: the lines that hold on the one day, and those on the other."""

    title: Words
    name: Words
    one: tuple[Line, ...]
    other: tuple[Line, ...]

    @property
    def differs(self) -> bool:
        """Whether the rule is another one."""
        return self.one != self.other


def two_days(pack: Pack, one: date, other: date) -> tuple[Beside, ...]:
    """Every dated rule on both days, in the order of the chapters."""
    found = []
    for before, after in zip(described(pack, one), described(pack, other), strict=True):
        names = {str(line.name): line.name for line in before.lines if line.since is not None}
        for name, words in names.items():
            found.append(Beside(before.title, words, _holding(before, name), _holding(after, name)))
    return tuple(found)


def _holding(part: Part, name: str) -> tuple[Line, ...]:
    """The dated lines of this rule that hold."""
    return tuple(line for line in part.lines if line.since is not None and line.holds and str(line.name) == name)
