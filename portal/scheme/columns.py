"""
Whole numbers, one or a column of them, under the same rules.

A rule is written once, with ordinary operators and the functions here.  Given one person's figures
it works on a plain ``int``; given a column of a hundred thousand people it works on all at once.
Both are exact: a column whose figures might not fit into 64 bits is carried on as Python's own
whole numbers, which are slower and have no largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from types import ModuleType
from typing import Any, TypeAlias

#: A whole number, or a numpy array of them (64 bits, or Python's own in an array of objects).
Numbers: TypeAlias = Any
#: A yes or no, or a numpy array of them.
Truths: TypeAlias = Any

#: A product stays below this, so that what rounding adds to it still fits into 64 bits.
ROOM = 2**61


def _numpy() -> ModuleType:
    """numpy, loaded only when there is a column: one person needs none, and it takes a moment to load."""
    import numpy

    return numpy


def column(values: Sequence[int]) -> Numbers:
    """
    A list of whole numbers as a column; an array that already is one stays as it is.

    ``TypeError`` where something in it is no whole number: a fraction, a text, nothing at all.
    """
    numpy = _numpy()
    if isinstance(values, numpy.ndarray):
        if values.dtype.kind == "i":
            return values.astype(numpy.int64, copy=False)
        values = values.tolist()
    kinds = set(map(type, values))
    if not kinds <= {int}:
        raise TypeError("not a whole number")
    return _array(values)


def _array(values: Sequence[int]) -> Numbers:
    numpy = _numpy()
    try:
        return numpy.array(values, dtype=numpy.int64)
    except OverflowError:
        return numpy.array(values, dtype=object)


def is_one(numbers: Numbers) -> bool:
    """Whether this is a single number (or a single yes or no) and no column."""
    return isinstance(numbers, int)


def choose(condition: Truths, yes: Numbers, no: Numbers) -> Numbers:
    """*yes* where the condition holds, *no* elsewhere."""
    if isinstance(condition, bool):
        return yes if condition else no
    return _numpy().where(condition, yes, no)


def least(one: Numbers, other: Numbers) -> Numbers:
    """The smaller of the two."""
    if isinstance(one, int) and isinstance(other, int):
        return one if one <= other else other
    return _numpy().minimum(*_alike(one, other))


def most(one: Numbers, other: Numbers) -> Numbers:
    """The larger of the two."""
    if isinstance(one, int) and isinstance(other, int):
        return one if one >= other else other
    return _numpy().maximum(*_alike(one, other))


def _alike(one: Numbers, other: Numbers) -> tuple[Numbers, Numbers]:
    """Both as they are, or the column as Python's own numbers beside one that has more than 64 bits."""
    for number, beside in ((one, other), (other, one)):
        if isinstance(number, int) and abs(number) >= 2**63 and not isinstance(beside, int):
            return (one, _own(other)) if beside is other else (_own(one), other)
    return one, other


def pick(values: Sequence[int], index: Numbers) -> Numbers:
    """The value that stands at *index*, for each."""
    if isinstance(index, int):
        return values[index]
    return _array(values)[index]


def pick_truth(values: Sequence[bool], index: Numbers) -> Truths:
    """The yes or no that stands at *index*, for each."""
    if isinstance(index, int):
        return values[index]
    return _numpy().array(values, dtype=bool)[index]


def times(one: Numbers, other: Numbers) -> Numbers:
    """The product, exact however large it is."""
    if isinstance(one, int) and isinstance(other, int):
        return one * other
    here, there = _reach(one), _reach(other)
    if max(here, there, here * there) < ROOM:
        return one * other
    return _own(one) * _own(other)


def together(numbers: Numbers) -> int:
    """The sum over a column, exact; one number is its own sum."""
    if isinstance(numbers, int):
        return numbers
    if _reach(numbers) * max(len(numbers), 1) < ROOM:
        return int(numbers.sum())
    return int(_own(numbers).sum())


def roomy(numbers: Numbers, beside: int) -> Numbers:
    """The same numbers, able to be added to *beside* without running out of 64 bits."""
    if isinstance(numbers, int) or (beside < ROOM and _reach(numbers) < ROOM):
        return numbers
    return _own(numbers)


def opposite(truths: Truths) -> Truths:
    """No for yes and yes for no."""
    return not truths if isinstance(truths, bool) else ~truths


def any_of(truths: Truths) -> bool:
    """Whether it holds for anybody."""
    return truths if isinstance(truths, bool) else bool(truths.any())


def every(conditions: Sequence[Truths]) -> Truths:
    """Whether all of the conditions hold, for each; yes where there is none."""
    open_ones = [one for one in conditions if one is not True]
    return reduce(and_, open_ones) if open_ones else True


def either(conditions: Sequence[Truths]) -> Truths:
    """Whether one of the conditions holds, for each; no where there is none."""
    return reduce(or_, conditions, False)


def spread(numbers: Numbers, count: int | None) -> Numbers:
    """One number for everybody as a column of *count*; without a count, or already a column, as it is."""
    if count is None or not isinstance(numbers, int):
        return numbers
    return _numpy().full(count, numbers, dtype=_numpy().int64 if abs(numbers) < 2**63 else object)


def _reach(numbers: Numbers) -> int:
    """The largest distance from zero; of Python's own numbers 0, because they never run out of room."""
    if isinstance(numbers, int):
        return abs(numbers)
    if numbers.dtype == object or not len(numbers):
        return 0
    return max(abs(int(numbers.min())), abs(int(numbers.max())))


def _own(numbers: Numbers) -> Numbers:
    """The same numbers as Python's own."""
    return numbers if isinstance(numbers, int) else numbers.astype(object)
