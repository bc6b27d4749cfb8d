"""What the fund's lists show: the age of arrears with its chart and finding, and the same cells as a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from portal.installation import pack
from portal.ledger.statement import Age
from portal.officers.queries import ArrearsRow, EmployerRow, Owed
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Unknown
from portal.scheme.money import format_amount
from portal.tabular.writing import Cell, write_csv
from portal.web.charts import Chart, bars
from portal.web.filters import money, say

EMPLOYER_STATES = ("active", "suspended", "closed")


@dataclass(frozen=True, slots=True)
class SchemeAges:
    """What is overdue in one scheme, by the fund's buckets, in minor units of the scheme's currency."""

    pack: Pack
    ages: tuple[Age, ...]

    @property
    def currency(self) -> str:
        """The currency of every amount here."""
        return self.pack.currency.code

    @property
    def contribution(self) -> int:
        """Contributions overdue."""
        return sum(age.contribution for age in self.ages)

    @property
    def late(self) -> int | None:
        """Late charges unpaid; None where the pack does not know what being late costs."""
        return sum(age.late for age in self.ages) if self.pack.late_known else None

    @property
    def total(self) -> int:
        """Everything overdue that is known."""
        return self.contribution + (self.late or 0)

    @property
    def charges(self) -> int:
        """How many months of employers are overdue."""
        return sum(age.charges for age in self.ages)

    @property
    def why(self) -> str:
        """Why the late charge is not known; empty where it is."""
        return self.pack.late.why if isinstance(self.pack.late, Unknown) else ""

    @property
    def finding(self) -> str:
        """What the chart shows, as its title."""
        if not self.total:
            return str(_("%(scheme)s: nothing is overdue", scheme=self.pack.short_name))
        largest = max(self.ages, key=lambda age: age.total)
        return str(
            _(
                "%(scheme)s: %(amount)s is overdue, the largest part (%(part)s) for %(age)s",
                scheme=self.pack.short_name,
                amount=money(self.total, self.currency),
                part=money(largest.total, self.currency),
                age=say(largest.bucket.name),
            )
        )

    @property
    def chart(self) -> Chart | None:
        """Bars by age, contributions and late charges apart; None when there is nothing to draw."""
        if not self.total:
            return None

        def shown(minor: int) -> str:
            return money(minor, self.currency)

        # The names come with a single series too: contributions have the same colour in every scheme's chart.
        names = [_("Contributions"), _("Late charges")][: 2 if self.pack.late_known else 1]
        rows = [(say(age.bucket.name), [age.contribution, age.late][: len(names)]) for age in self.ages]
        return bars(rows, shown, names)


def by_scheme(ages: Sequence[Age]) -> list[SchemeAges]:
    """The ages scheme by scheme, in the order given."""
    schemes = dict.fromkeys(age.scheme for age in ages)
    return [SchemeAges(pack(scheme), tuple(age for age in ages if age.scheme == scheme)) for scheme in schemes]


def employer_csv(rows: Iterable[EmployerRow], schemes: Sequence[str]) -> bytes:
    """The list of employers: who, since when in arrears, and two amounts for each scheme shown."""
    header = [_("Number"), _("Employer"), _("State"), _("Schemes"), _("Overdue since")]
    for scheme in schemes:
        values = {"scheme": pack(scheme).short_name, "currency": pack(scheme).currency.code}
        header.append(_("%(scheme)s contributions overdue, %(currency)s", **values))
        header.append(_("%(scheme)s late charges, %(currency)s", **values))
    return write_csv(header, (_employer_cells(row, schemes) for row in rows))


def _employer_cells(row: EmployerRow, schemes: Sequence[str]) -> list[Cell]:
    names = ", ".join(pack(scheme).short_name for scheme in row.schemes)
    cells: list[Cell] = [row.number, row.name, row.state, names, row.since]
    for scheme in schemes:
        cells += _amounts(scheme, row.owed[scheme])
    return cells


def _amounts(scheme: str, owed: Owed) -> list[Cell]:
    """Contributions and late charges; where the rule is not known the file says so, as the page does."""
    rules = pack(scheme)
    late = format_amount(owed.late, rules.currency) if rules.late_known else _("not known")
    return [format_amount(owed.contribution, rules.currency), late]


def arrears_csv(rows: Iterable[ArrearsRow]) -> bytes:
    """The list of arrears: one row for each employer and scheme."""
    header = [
        _("Number"), _("Employer"), _("Scheme"), _("Months overdue"), _("Overdue since"), _("Currency"),
        _("Contributions"), _("Late charges"), _("Total"),
    ]  # fmt: skip
    return write_csv(header, (_arrears_cells(row) for row in rows))


def _arrears_cells(row: ArrearsRow) -> list[Cell]:
    rules = pack(row.scheme)
    total = format_amount(row.owed.total, rules.currency)
    facts: list[Cell] = [row.number, row.name, rules.short_name, row.owed.months, row.owed.since, row.currency]
    return [*facts, *_amounts(row.scheme, row.owed), total]
