"""
On which line of a TOML text each table, entry of a list and key stands.

Only for texts that are TOML already: what reads the values says where a broken one breaks.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'""")
_TEXTS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL),
    re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_BARE = re.compile(r"[^,\]}#\n]+")


def inside(where: str, key: str) -> str:
    """The place of *key* in the table at *where*: "branch.health" and "base" make "branch.health.base"."""
    return f"{where}.{key}" if where else key


def lines_of(text: str) -> dict[str, int]:
    """
    The line, counted from 1, of every place in the text.

    >>> lines_of('id = "x"\\n[[test]]\\nid = "a"\\n')
    {'id': 1, 'test': 2, 'test[1]': 2, 'test[1].id': 3}
    """
    return _Scanner(text).found


class _Scanner:
    """Goes through the text once, without understanding more of it than where things begin."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._starts = [0, *(end.end() for end in re.finditer("\n", text))]
        table = ""
        while not self._at_end():
            if self._takes("["):
                table = self._header()
            else:
                self._pair(table)

    def _at_end(self) -> bool:
        self._skip(_BLANK)
        return self.at >= len(self.text)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        """What the pattern matches here, gone past."""
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match.group()

    def _takes(self, sign: str) -> bool:
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def _note(self, where: str, position: int) -> None:
        self.found.setdefault(where, bisect_right(self._starts, position))

    def _header(self) -> str:
        """A table or an entry of a list of tables; the place that its keys stand in."""
        position = self.at - 1
        is_entry = self._takes("[")
        where = ""
        parts = self._dotted()
        for number, part in enumerate(parts, 1):
            where = inside(where, part)
            if is_entry and number == len(parts):
                self._counts[where] = self._counts.get(where, 0) + 1
            self._note(where, position)
            if where in self._counts:
                where = f"{where}[{self._counts[where]}]"
        self.found[where] = bisect_right(self._starts, position)  # more than a place named on the way to another
        self.at = self.text.index("]", self.at) + (2 if is_entry else 1)
        return where

    def _dotted(self) -> list[str]:
        """The parts of a key: branch.health."employer"."""
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            match = _KEY.match(self.text, self.at)
            if match is None:
                return parts
            parts.append(next(group for group in match.groups() if group is not None))
            self.at = match.end()
            self._skip(_SPACE)
            if not self._takes("."):
                return parts

    def _pair(self, table: str) -> None:
        position, where = self.at, table
        parts = self._dotted()
        for part in parts:
            where = inside(where, part)
            self._note(where, position)
        if not parts or not self._takes("="):  # never in TOML; going on would not end
            self.at = len(self.text)
            return
        self._value(where)

    def _value(self, where: str) -> None:
        self._skip(_SPACE)
        if self._takes("["):
            self._list(where)
        elif self._takes("{"):
            while not self._closes("}"):
                self._pair(where)
        else:
            if not any(self._skip(pattern) for pattern in _TEXTS):
                self._skip(_BARE)

    def _list(self, where: str) -> None:
        number = 0
        while not self._closes("]"):
            number += 1
            place = f"{where}[{number}]"
            self._note(place, self.at)
            self._value(place)

    def _closes(self, sign: str) -> bool:
        """Whether the list or table ends here; what separates its entries is gone past."""
        self._skip(_BLANK)
        if self._takes(","):
            self._skip(_BLANK)
        return self.at >= len(self.text) or self._takes(sign)
