"""Packs made in a test, where the rule matters and not the file that says it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, TypeVar

from portal.scheme.blocks.cover import OpensNothing
from portal.scheme.blocks.due import DaysOfRest, Due, DueTerms
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import Membership
from portal.scheme.blocks.values import Dated, Series, Unknown
from portal.scheme.money import Currency, Rounding
from portal.words import _

T = TypeVar("T")

LONG_AGO = date(1, 1, 1)


def always(value: T, since: date = LONG_AGO) -> Series[T]:
    """A value that holds from *since* on."""
    return Series(_("The rule"), (Dated(since, None, value, "the act"),))


def versions(*values: tuple[date, T]) -> Series[T]:
    """Values one after the other, each from its own first day."""
    ends = [date.fromordinal(since.toordinal() - 1) for since, _value in values[1:]]
    dated = (Dated(since, until, value, "the act") for (since, value), until in zip(values, [*ends, None], strict=True))
    return Series(_("The rule"), tuple(dated))


def pack_due(*terms: DueTerms, **changes: Any) -> Pack:
    """A pack that asks for nothing but a due day."""
    due = Due(always(terms) if terms else Unknown("no page says it"))
    return replace(_EMPTY, **{"due": due, **changes})


_EMPTY = Pack(
    id="xx-test",
    name="Test scheme",
    short_name="TEST",
    status="scheme",
    country="SG",
    timezone="Asia/Singapore",
    calendar_name="gregorian",
    fiscal_year=(1, 1),
    version_day="last",
    age_counts="month_after_birthday",
    currency=Currency("SGD", 2),
    rounding=Rounding("half_up"),
    hash="",
    sources=MappingProxyType({}),
    pay=(),
    inputs=MappingProxyType({}),
    branches=(),
    split=None,
    membership=Membership(),
    due=Due(Unknown("")),
    rest=DaysOfRest((5, 6), None),
    late=Unknown(""),
    allocation=always(None),  # type: ignore[arg-type]  # no test of time asks for it
    entitlement=OpensNothing("it is a test"),
    waivers=(),
    instalments=None,
    estimate=None,
    clearance=None,
    formulas=(),
    file_lines=(),
    missing=(),
    unverified=(),
)
