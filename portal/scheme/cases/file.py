"""A file of questions: one answer for each, whatever the others hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from portal.scheme.blocks.pack import Pack
from portal.scheme.cases.inputs import BadInput
from portal.scheme.cases.run import FREE, attempt, fault_in_words
from portal.scheme.pack import PackRefused, find_pack, load_pack
from portal.words import Words, _

#: Larger files are refused unread.
MOST_BYTES = 200_000_000

#: A whole number with more digits is no figure of anybody's pay.
_MOST_DIGITS = 30

_CALENDAR = "calendar-"


def read_questions(path: Path) -> Sequence[Any]:
    """
    The questions in a file shaped like the published test vectors, or a bare list of them.

    :class:`BadInput` where the file is not that; what one question holds is not looked at here.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(_("%(file)s is too large. Split it.", file=path.name))
        # A figure keeps the digits it was written with: 5000.10 is never a binary fraction.
        found = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=str, parse_int=_whole, parse_constant=str)
    except OSError:
        raise BadInput(_("%(file)s cannot be read. Check that it is there and may be read.", file=path.name)) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as fault:
        raise BadInput(_("%(file)s is not JSON: %(fault)s.", file=path.name, fault=str(fault))) from None
    except RecursionError:
        raise BadInput(_("%(file)s is nested too deeply.", file=path.name)) from None
    if isinstance(found, Mapping):
        found = found.get("vectors", [found] if "category" in found else None)
    if not isinstance(found, list):
        raise BadInput(_("%(file)s holds no list of questions under the name vectors.", file=path.name))
    return found


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def answers(questions: Sequence[Any], pack_of: Callable[[str], Pack] | None = None) -> Iterator[dict[str, Any]]:
    """For each question its id and its result, or in words why there is none; never an exception."""
    for number, question in enumerate(questions, 1):
        yield {**_name(question, number), **_answer(question, pack_of or shipped)}


def _name(question: Any, number: int) -> dict[str, Any]:
    """The id, and where there is none the number in the file."""
    id = question.get("id") if isinstance(question, Mapping) else None
    return {"id": id} if id is not None else {"id": None, "number": number}


def _answer(question: Any, pack_of: Callable[[str], Pack]) -> dict[str, Any]:
    if not isinstance(question, Mapping):
        return {"error": str(_("This is no question: names and values are needed."))}
    inputs = question.get("inputs", {})
    try:
        category, scheme = _text(question, "category"), question.get("scheme")
        pack, inputs = _scheme(scheme, category, inputs, pack_of)
    except Exception as fault:
        return {"error": str(_refused_in_words(fault))}
    found = attempt(pack, category, inputs)
    return {"error": str(found)} if isinstance(found, Words) else {"result": found}


def _text(question: Mapping[str, Any], key: str) -> str:
    found = question.get(key)
    if not isinstance(found, str):
        raise BadInput(_("%(key)s is missing, or is no text.", key=key))
    return found


def _scheme(
    scheme: Any, category: str, inputs: Any, pack_of: Callable[[str], Pack]
) -> tuple[Pack | None, Mapping[str, Any]]:
    """The pack asked about, if any; a calendar may be named in place of a scheme."""
    if not isinstance(scheme, str):
        if scheme is None and category in FREE:
            return None, inputs
        raise BadInput(_("%(key)s is missing, or is no text.", key="scheme"))
    if scheme.startswith(_CALENDAR) and isinstance(inputs, Mapping):
        return None, {"calendar": scheme.removeprefix(_CALENDAR), **inputs}
    if scheme == category and category in FREE:
        return None, inputs
    return pack_of(scheme.lower()), inputs


@lru_cache(maxsize=256)
def shipped(id: str) -> Pack:
    """A pack that comes with the portal; its own tests are not run, because what is asked here is one itself."""
    return load_pack(find_pack(id), tests=False)


def _refused_in_words(fault: Exception) -> Words | str:
    return str(fault) if isinstance(fault, PackRefused) else fault_in_words(fault)
