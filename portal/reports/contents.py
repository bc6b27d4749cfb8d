"""What each page of figures holds, as tables: asked once, then shown, saved as a file or printed by the command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration
from portal.contributions.standing import GONE
from portal.employers.models import Employer
from portal.installation import fund
from portal.reports import tables
from portal.reports.counting.ageing import ages_by_group
from portal.reports.counting.figures import figures
from portal.reports.counting.people import covered_by_age, declared_by_age
from portal.reports.counting.scope import By, Scope, year_of_months
from portal.reports.counting.silent import silent
from portal.reports.tables import Table
from portal.scheme.calendars import Month
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What somebody wants to see: the employers, the month, the place it is narrowed to ("" for none), and today.

    *limit* and *offset* cut the list of employers that did not declare.
    """

    scope: Scope
    month: Month
    on: date
    place: str = ""
    limit: int | None = None
    offset: int = 0

    @property
    def narrowed(self) -> Scope:
        """The employers of the place, or all of them."""
        return self.scope.inside(self.place) if self.place else self.scope


@dataclass(frozen=True, slots=True)
class Contents:
    """The tables of one page; *listed* is how long its list is in all, where it has one that was cut."""

    tables: tuple[Table, ...]
    listed: int = 0

    def table(self, code: str) -> Table:
        """One of them; the first when there is none of this code."""
        return next((one for one in self.tables if one.code == code), self.tables[0])


def overview(session: Session, asked: Asked) -> Contents:
    """A month beside others, the months up to it, and how it agrees with the book."""
    scope, month = asked.narrowed, asked.month
    months = year_of_months(month, scope.rules)
    whole = [months[0], *months[-2:]]
    found = figures(session, scope, months, asked.on, whole=whole)
    declared = declared_in_all(session, scope, month)
    return Contents(
        (
            tables.comparison(scope.rules, month, found),
            tables.series(scope.rules, months, found),
            tables.agreement(scope.rules, month, found[month, None], declared),
        )
    )


def declared_in_all(session: Session, scope: Scope, month: Month) -> int:
    """The sum of the declarations that stand for a month, in minor units: the book must hold the same."""
    here = [] if scope.places is None else [Employer.location.in_(scope.places)]
    statement = (
        select(func.coalesce(func.sum(Declaration.total), 0))
        .join(Employer, Employer.id == Declaration.employer_id)
        .where(Declaration.scheme == scope.rules.id, Declaration.month == month, Declaration.state.not_in(GONE), *here)
    )
    return int(session.scalar(statement) or 0)


def by_region(session: Session, asked: Asked) -> Contents:
    """A month by the widest places, or by the parts of the place that was chosen."""
    return _by_group(session, asked, asked.narrowed.grouped(By.REGION, asked.place), _level(asked))


def _level(asked: Asked) -> str:
    """What the places shown are called: provinces, or districts of the province that was chosen."""
    levels = fund().location_levels
    depth = len(fund().path_to(asked.place)) if asked.place else 0
    return levels[min(depth, len(levels) - 1)]


def by_sector(session: Session, asked: Asked) -> Contents:
    """A month by section of economic activity."""
    return _by_group(session, asked, asked.narrowed.grouped(By.SECTOR), _("Sector"))


def _by_group(session: Session, asked: Asked, scope: Scope, what: Words | str) -> Contents:
    found = figures(session, scope, [asked.month], asked.on)
    parts = (("employers", tables.EMPLOYERS), ("money", tables.MONEY), ("people", tables.PEOPLE))
    return Contents(tuple(tables.by_group(scope, what, asked.month, found, codes, code) for code, codes in parts))


def people(session: Session, asked: Asked) -> Contents:
    """Who is behind a month, by sex and age."""
    scope, month = asked.narrowed, asked.month
    declared = declared_by_age(session, scope, month)
    found = [
        tables.by_age("declared", _("People declared"), PEOPLE, declared),
        tables.by_age("contributions", _("Contributions declared"), CONTRIBUTIONS, declared, amounts=True),
    ]
    if scope.rules.opens_coverage:
        covered = covered_by_age(session, scope, month)
        found.append(tables.by_age("covered", _("People covered"), COVERED, covered))
    return Contents(tuple(found))


PEOPLE = _(
    "People with a line in a declaration that stands for the month, each counted once, by the sex in their record and "
    "their age in whole years on the month's last day."
)
CONTRIBUTIONS = _(
    "Both shares of the contributions declared for these people. All together they are the contributions due for the "
    "month."
)
COVERED = _("People with cover that is open for this month, by sex and age on its last day.")


def missing(session: Session, asked: Asked) -> Contents:
    """Who did not declare: by region, and one by one with the estimated loss."""
    scope = asked.narrowed.grouped(By.REGION, asked.place)
    found = figures(session, scope, [asked.month], asked.on)
    rows, total = silent(session, asked.narrowed, asked.month, limit=asked.limit, offset=asked.offset)
    by_place = tables.by_group(
        scope, _("Place"), asked.month, found,
        ("silent", "registered", "declaring_rate", "estimated_loss"), "employers",
    )  # fmt: skip
    return Contents((tables.silent_list(scope.rules, rows), replace(by_place, title=_("By region"))), total)


def ages(session: Session, asked: Asked) -> Contents:
    """What is overdue today by age: by region (or district) and by sector."""
    by_place = asked.narrowed.grouped(By.REGION, asked.place)
    by_activity = asked.narrowed.grouped(By.SECTOR)
    return Contents(
        (
            tables.by_bucket(
                by_place, _level(asked), "regions", _("By region"), ages_by_group(session, by_place, asked.on)
            ),
            tables.by_bucket(
                by_activity, _("Sector"), "sectors", _("By sector"), ages_by_group(session, by_activity, asked.on)
            ),
        )
    )


#: The pages by the name they have in addresses.
PAGES: Mapping[str, Callable[[Session, Asked], Contents]] = {
    "overview": overview, "regions": by_region, "sectors": by_sector, "people": people, "silent": missing,
    "ages": ages,
}  # fmt: skip
