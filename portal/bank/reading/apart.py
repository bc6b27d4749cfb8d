"""A bank's file is read in a child process with a bounded share, like every file that comes from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from portal.bank.reading.values import Line, Statement, wrong
from portal.scheme.explain import words_from_json, words_to_json
from portal.tabular.apart import BrokeDown, Share, TooMuchWork, call
from portal.tabular.table import FileRefused, Limits
from portal.words import _

_LINE = [field.name for field in fields(Line)]
_STATEMENT = [field.name for field in fields(Statement) if field.name != "lines"]


def in_a_child(work: str, content: bytes, asked: Any) -> Any:
    """
    What *work* (``module:function``, which answers with `answered`) makes of *content*, worked out in a child.

    Raises FileRefused as the reader did, or because the child was stopped at its share of memory or time.
    """
    limits = Limits()
    try:
        said = call(work, content, asked, Share(limits.memory_bytes, limits.seconds))
    except TooMuchWork:
        raise wrong(_("It takes too much work to read this file. Ask the bank for shorter ones.")) from None
    except BrokeDown:
        raise wrong(_("The file cannot be read. Download it from the bank again.")) from None
    if "refused" in said:
        raise wrong(words_from_json(said["refused"]))
    return said["read"]


def answered(read: Callable[[], Any]) -> dict[str, Any]:
    """In the child: what was read, or why not, as JSON carries it."""
    try:
        return {"read": read()}
    except FileRefused as refused:
        return {"refused": words_to_json(refused.problem.words)}


def flat(statements: Sequence[Statement]) -> list[list[Any]]:
    """Statements as JSON carries them, the days in ISO."""
    return [
        [*_values(one, _STATEMENT), [_values(line, _LINE) for line in one.lines]] for one in statements
    ]  # fmt: skip


def statements_of(told: Sequence[Sequence[Any]]) -> list[Statement]:
    """The statements `flat` took apart."""
    return [
        Statement(**_named(_STATEMENT, values), lines=[Line(**_named(_LINE, line)) for line in lines])
        for *values, lines in told
    ]


def _values(one: object, names: Sequence[str]) -> list[Any]:
    found = (getattr(one, name) for name in names)
    return [value.isoformat() if isinstance(value, date) else value for value in found]


def _named(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return {
        name: date.fromisoformat(value) if value and name.endswith("_day") else value
        for name, value in zip(names, values, strict=True)
    }
