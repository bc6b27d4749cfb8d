"""Packs made in a test that ask for shares of pay."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import Band, Base, Branch, ShareRounding, ShareTerms
from portal.scheme.blocks.values import Component, Input
from portal.scheme.money import Rounding, parse_rate
from tests.scheme.build import always, pack_due

CENT = Rounding("half_up", source="the rounding rule")


def rate(text: str, **terms: Any) -> Any:
    """A share that is a rate of the pay, for ever."""
    return always(ShareTerms(rate=parse_rate(text), **terms))


def branch(code: str = "pension", *plus: str, **terms: Any) -> Branch:
    """A branch that counts gross pay, unless the test says otherwise."""
    made: dict[str, Any] = {
        "base": always(Base(plus or ("gross",))),
        "source": "the act",
        "rounding": ShareRounding(CENT, CENT),
    }
    return Branch(code=code, name=code.capitalize(), **made | terms)


def pack_of(*branches: Branch, inputs: tuple[Input, ...] = (), **changes: Any) -> Pack:
    """A pack of these branches; its components are those that they count."""
    codes = {code for one in branches for dated in one.base.values for code in _parts(dated.value)}
    codes |= {one.additional.component for one in branches if one.additional}
    asked = {one.code: one for one in inputs}
    return pack_due(
        branches=branches,
        pay=tuple(Component(code, code.capitalize()) for code in sorted(codes - set(asked))),
        inputs=asked,
        rounding=CENT,
        **changes,
    )


def _parts(base: Base | None) -> tuple[str, ...]:
    return () if base is None else (*base.plus, *base.minus, *base.not_below)


def choice(code: str, *choices: str, of: str = "employer", default: str | None = None) -> Input:
    """An input with these answers."""
    return Input(
        code, of, "choice", code.capitalize(), choices={one: one.capitalize() for one in choices}, default=default
    )


def band(edge: int, *, inclusive: bool = True, percent: str | None = None, **terms: Any) -> Band:
    """A band from its lower edge, in minor units."""
    return Band(edge, inclusive, rate=None if percent is None else parse_rate(percent), **terms)


def table(by: str, **rates: str) -> Any:
    """A share whose rate depends on an answer or the age."""
    return always(ShareTerms(by=by, table={key.lstrip("_"): parse_rate(text) for key, text in rates.items()}))


HALF = Fraction(1, 2)
