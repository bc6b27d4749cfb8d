"""One scheme's rules, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from portal.scheme.blocks.cover import (
    AllocationOrder,
    Clearance,
    Entitlement,
    EstimateTerms,
    FileLine,
    Formula,
    InstalmentTerms,
    OpensNothing,
    Waiver,
)  # fmt: skip
from portal.scheme.blocks.due import DaysOfRest, Due
from portal.scheme.blocks.late import LateRule
from portal.scheme.blocks.shares import Branch, Membership, Split
from portal.scheme.blocks.values import Component, Input, Missing, Series, Source, Unknown
from portal.scheme.calendars import CALENDARS, Calendar, Month
from portal.scheme.money import Currency, Rounding

#: scheme: of a country we work for; reference: proves the language; template: a fund has to fill it in.
STATUSES = ("scheme", "reference", "template")


@dataclass(frozen=True, eq=False)
class Pack:
    """
    The rules of one scheme.  Two packs are the same only when they are the same object.

    *version_day*: the "first" or the "last" day of the wage month picks the version of its rules.
    """

    id: str
    name: str
    short_name: str
    status: str
    country: str
    timezone: str
    calendar_name: str
    fiscal_year: tuple[int, int]
    version_day: str
    age_counts: str
    currency: Currency
    rounding: Rounding
    hash: str
    sources: Mapping[str, Source]
    pay: tuple[Component, ...]
    inputs: Mapping[str, Input]
    branches: tuple[Branch, ...]
    split: Split | None
    membership: Membership
    due: Due
    rest: DaysOfRest
    late: tuple[LateRule, ...] | Unknown
    allocation: Series[AllocationOrder]
    entitlement: Entitlement | Unknown
    waivers: tuple[Waiver, ...]
    instalments: InstalmentTerms | None
    estimate: EstimateTerms | None
    clearance: Clearance | None
    formulas: tuple[Formula, ...]
    file_lines: tuple[FileLine, ...]
    missing: tuple[Missing, ...]
    unverified: tuple[Missing, ...]
    overlay: str | None = None

    @property
    def calendar(self) -> Calendar:
        """The calendar its months are counted in."""
        return CALENDARS[self.calendar_name]

    @cached_property  # every line of every payroll asks
    def components(self) -> tuple[str, ...]:
        """The codes of the pay components its branches count."""
        return tuple(component.code for component in self.pay)

    @property
    def opens_coverage(self) -> bool:
        """Whether paid months open months of cover, of which the core is told."""
        return not isinstance(self.entitlement, OpensNothing | Unknown)

    @property
    def decisions(self) -> frozenset[str]:
        """The sources, as they are printed, that are decisions of the fund and not law."""
        return frozenset(str(source) for source in self.sources.values() if source.kind == "decision")

    @property
    def late_known(self) -> bool:
        """Whether the pack knows what being late costs."""
        return not isinstance(self.late, Unknown)

    @property
    def begins(self) -> date:
        """The first day for which it knows a share of some branch and, where one is known, a due day."""
        shares = [
            series.values[0].since
            for branch in self.branches
            for series in (branch.employer, branch.employee, branch.total)
            if series is not None
        ]
        payment = self.due.payment
        due = date.min if isinstance(payment, Unknown) else payment.values[0].since
        return max(min(shares, default=due), due)

    def deciding_day(self, month: Month) -> date:
        """The day of the wage month that picks the version of a rule."""
        return month.first_day(self.calendar) if self.version_day == "first" else month.last_day(self.calendar)

    def label_of(self, component: str) -> str:
        """The name of a pay component: "Basic pay"."""
        return next(one.label for one in self.pay if one.code == component)

    def branch(self, code: str) -> Branch:
        """The branch of this code."""
        return next(branch for branch in self.branches if branch.code == code)

    def source_of(self, key: str) -> Source:
        """The source that the pack's file calls *key*."""
        return self.sources[key]
