"""
Asking a pack, and comparing its answer with the one expected.

Only what is expected is compared, at every level; numbers as numbers, so that "28" is "28.00".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from importlib import import_module
from typing import Any

from portal.scheme.blocks.case import Case as Case
from portal.scheme.blocks.pack import Pack
from portal.scheme.cases.inputs import Answer as Answer
from portal.scheme.cases.inputs import BadInput as BadInput
from portal.scheme.cases.inputs import Inputs
from portal.words import Words, _

Answering = Callable[[Pack | None, Inputs], Answer]

#: What can be asked without a scheme.
FREE = ("calendar", "allocation")

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@cache
def categories() -> Mapping[str, Answering]:
    """Who answers which category; loaded when first asked, because they know all the rules."""
    found: dict[str, Answering] = {}
    for module in ("contribution", "late", "time"):
        found |= import_module(f"portal.scheme.cases.{module}").ANSWERS
    return found


def run(pack: Pack | None, category: str, inputs: Inputs) -> Answer:
    """
    What the pack answers, in the vocabulary of the test vectors.

    ``NotKnown`` where it has no value, :class:`BadInput` (or another ``ValueError`` with *words*) where the
    inputs cannot be used.
    """
    answering = categories().get(category) if isinstance(category, str) else None
    if answering is None:
        listed = ", ".join(sorted(categories()))
        raise BadInput(_("There is no category %(kind)s. There are: %(all)s.", kind=str(category), all=listed))
    if not isinstance(inputs, Mapping):
        raise BadInput(_("The inputs have to be names and values."))
    if pack is None and category not in FREE:
        raise BadInput(_("This needs a scheme: %(kind)s.", kind=category))
    return answering(pack, inputs)


def attempt(pack: Pack | None, category: str, inputs: Inputs) -> Answer | Words:
    """The answer, or in words why there is none; never an exception."""
    try:
        return run(pack, category, inputs)
    except Exception as fault:
        # Whatever a file holds, one question must not end the others.
        return fault_in_words(fault)


def fault_in_words(fault: Exception) -> Words:
    """Why there is no answer."""
    words = getattr(fault, "words", None)
    if isinstance(words, Words):
        return words
    if isinstance(fault, KeyError):
        return _("%(key)s is missing from the inputs.", key=str(fault.args[0]) if fault.args else "?")
    if isinstance(fault, OverflowError):
        return _("A day or a number in the inputs is too large.")
    kind = type(fault).__name__
    return _("The inputs cannot be used: %(fault)s.", fault=f"{kind}: {fault}" if str(fault) else kind)


def differences(pack: Pack, case: Case) -> list[Words]:
    """Where the pack's answer is not the expected one, in words; empty when the test passes."""
    answer = attempt(pack, case.category, case.inputs)
    if isinstance(answer, Words):
        return [answer]
    return list(compare(case.expected, answer))


def compare(expected: Any, answer: Any, where: str = "") -> Iterator[Words]:
    """Every expected value that the answer does not have."""
    if isinstance(expected, Mapping):
        for key, wanted in expected.items():
            inner = answer.get(key) if isinstance(answer, Mapping) else None
            yield from compare(wanted, inner, f"{where}.{key}" if where else str(key))
    elif _is_list(expected) and _is_list(answer) and len(expected) == len(answer):
        for number, (wanted, inner) in enumerate(zip(expected, answer, strict=True), 1):
            yield from compare(wanted, inner, f"{where}[{number}]")
    elif not same(expected, answer):
        found = _("nothing") if answer is None else str(answer)
        yield _("%(key)s is %(answer)s, expected %(expected)s.", key=where, answer=found, expected=str(expected))


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def same(expected: object, answer: object) -> bool:
    """Equal as numbers where both are numbers, else as they stand; yes and no are no numbers."""
    if isinstance(expected, bool) or isinstance(answer, bool):
        return expected is answer
    left, right = str(expected), str(answer)
    if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
        return Fraction(left) == Fraction(right)
    return left == right
