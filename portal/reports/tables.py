"""
The tables of the month in figures, as values: what a page shows and what a file holds are the same rows.

Nothing here is in a language or written out yet; cells keep their figure and its unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from portal.employers.answers import place_in_words
from portal.installation import fund
from portal.reports.counting.ageing import GroupAges
from portal.reports.counting.figures import Figures
from portal.reports.counting.people import BEGINS, SEXES, Band, band_names
from portal.reports.counting.scope import Key, Scope
from portal.reports.counting.silent import SilentRow
from portal.reports.measures import PARTS, Measure, measure, measures, value_of
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month, month_in_words
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure with its unit: count, amount (minor units), rate (tenths of a per cent), days; None is not known."""

    value: int | None
    unit: str


Content: TypeAlias = str | Words | Cell


@dataclass(frozen=True, slots=True)
class Row:
    """One line; *code* names what it is about, *meaning* says it in words, *strong* marks the line of all together."""

    cells: tuple[Content, ...]
    code: str = ""
    part: str = ""
    meaning: Words | None = None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table under its title; *code* names it in addresses and files.

    *codes* are the figures in its columns after the first one; *meanings* say what those hold, where the rows do not
    say it themselves.
    """

    code: str
    title: Words
    head: tuple[Words | str, ...]
    rows: tuple[Row, ...]
    codes: tuple[str, ...] = ()
    meanings: tuple[tuple[Words, Words], ...] = ()


#: The columns of the tables by region and by sector.
EMPLOYERS = ("registered", "declaring", "declaring_rate", "on_time", "late", "silent", "electronic_rate")
MONEY = ("due", "collected", "collection_rate", "unpaid", "arrears", "late_charged", "estimated_loss")
PEOPLE = ("people", "covered", "days_declared", "days_paid", "days_covered", "days_known")
#: The columns of the months behind the charts.
SERIES = (
    "declaring", "on_time", "late", "silent", "due", "collected", "collection_rate", "arrears", "covered",
)  # fmt: skip
#: How a sex is called as a column.
SEX_NAMES: Mapping[str, Words] = {"F": _("Women"), "M": _("Men"), "O": _("Other")}
_ALL = _("All together")


def comparison(rules: Pack, month: Month, found: Mapping[Key, Figures]) -> Table:
    """Every figure of a month beside the month before and the same month of the year before."""
    before, year = month.previous(rules.calendar), month.plus(-rules.calendar.months_in_year, rules.calendar)
    rows = []
    for one in measures(rules):
        now, then, earlier = (value_of(one, found[each, None], rules) for each in (month, before, year))
        change = None if now is None or then is None else now - then
        cells = [Cell(value, one.unit) for value in (now, then, change, earlier)]
        rows.append(Row((one.name, *cells), one.code, one.part, one.meaning))
    head = (_("Figure"), month_in_words(month, rules.calendar), month_in_words(before, rules.calendar),
            _("Change on the month before"), month_in_words(year, rules.calendar))  # fmt: skip
    return Table("month", _("Month against month"), head, tuple(rows))


def series(rules: Pack, months: Sequence[Month], found: Mapping[Key, Figures]) -> Table:
    """The months up to the one that is looked at, the newest first."""
    listed = _known(rules, SERIES)
    rows = [
        Row((month_in_words(month, rules.calendar), *_cells(listed, found[month, None], rules)), str(month))
        for month in reversed(months)
    ]
    return Table("months", _("Month by month"), (_("Month"), *_names(listed)), tuple(rows), *_about(listed))


def by_group(
    scope: Scope, what: Words | str, month: Month, found: Mapping[Key, Figures], codes: Sequence[str], code: str
) -> Table:
    """One line a region, district or sector, and one for all together; *what* heads the first column."""
    listed = _known(scope.rules, codes)
    names = {group.code: group.name for group in scope.groups} | {"": _("Not in the fund's list")}
    rows = [
        Row((names[group], *_cells(listed, one, scope.rules)), group)
        for (of, group), one in found.items()
        if of == month and group is not None and (one.filings.registered or one.money.due or one.people)
    ]
    whole = Row((_ALL, *_cells(listed, found[month, None], scope.rules)), strong=True)
    title = PARTS[measure(codes[0]).part]
    return Table(code, title, (what, *_names(listed)), (*rows, whole), *_about(listed))


def by_age(code: str, title: Words, meaning: Words, bands: Iterable[Band], *, amounts: bool = False) -> Table:
    """One line an age band, one column a sex: people, or what was declared for them."""
    found = list(bands)
    sexes = [sex for sex in SEXES if sex != "O" or any(band.sex == "O" for band in found)]
    unit = "amount" if amounts else "count"

    def total(places: Iterable[int], of: Iterable[str]) -> Cell:
        inside = [band for band in found if band.place in places and band.sex in of]
        return Cell(sum(band.contribution if amounts else band.people for band in inside), unit)

    every = range(len(BEGINS) + 1)
    rows = [
        Row((name, *(total([place], [sex]) for sex in sexes), total([place], sexes)))
        for place, name in enumerate(band_names())
    ]
    whole = Row((_ALL, *(total(every, [sex]) for sex in sexes), total(every, sexes)), strong=True)
    head = (_("Age at the end of the month"), *(SEX_NAMES[sex] for sex in sexes), _("All"))
    return Table(code, title, head, (*rows, whole), meanings=((title, meaning),))


def agreement(rules: Pack, month: Month, found: Figures, declared: int) -> Table:
    """The same money read in two ways: from the declarations that stand, and from the book."""
    money = found.money
    pairs = (
        ("declared", _("Contributions due in the book, and the sum of the declarations that stand"),
         money.due, declared),
        ("balance", _("Contributions due less what was collected, and the balance of the charges"),
         money.due - money.paid, money.unpaid),
    )  # fmt: skip
    rows = [
        Row((words, Cell(one, "amount"), Cell(other, "amount"), Cell(one - other, "amount")), code)
        for code, words, one, other in pairs
    ]
    head = (_("What must agree"), _("First"), _("Second"), _("Difference"))
    return Table("agreement", _("How this agrees with the book"), head, tuple(rows))


def by_bucket(scope: Scope, what: Words | str, code: str, title: Words, found: Mapping[str | None, GroupAges]) -> Table:
    """One line a group, one column an age of what is overdue, the sum, and how many employers owe it."""
    names = {group.code: group.name for group in scope.groups} | {"": _("Not in the fund's list")}
    with_late = scope.rules.late_known

    def line(name: Content, ages: GroupAges, group: str, strong: bool) -> Row:
        sums = ages.totals(with_late=with_late)
        amounts = [Cell(amount, "amount") for amount in (*sums, sum(sums))]
        return Row((name, *amounts, Cell(ages.employers, "count")), group, strong=strong)

    rows = [line(name, found[group], group, False) for group, name in names.items() if group in found]
    head = (what, *(bucket.name for bucket in fund().ageing), _("Total"), _("Employers"))
    return Table(
        code, title, head, (*rows, line(_ALL, found[None], "", True)), meanings=((_("Overdue for"), OVERDUE),)
    )  # fmt: skip


OVERDUE = _(
    "What is unpaid after its due day, at the end of today, whatever month it is for: contributions, and late charges "
    "posted up to last night where the scheme's rule for them is known. Its age is counted in days from the due day. "
    "All together it is what the page of arrears shows for the scheme."
)


def silent_list(rules: Pack, rows: Iterable[SilentRow]) -> Table:
    """The employers that did not declare, with the last month before and its amount."""
    head = (_("Employer"), _("Number"), _("Place"), _("Sector"), _("Last month declared"), _("Estimated loss"))
    lines = [
        Row(
            (
                one.name, one.number, place_in_words(fund(), one.location) or one.location, _sector(one.activity),
                month_in_words(one.last_month, rules.calendar) if one.last_month else _("never declared"),
                Cell(one.amount, "amount"),
            ),
            one.number,
        )
        for one in rows
    ]  # fmt: skip
    loss = measure("estimated_loss")
    return Table("list", _("Who did not declare"), head, tuple(lines), meanings=((loss.name, loss.meaning),))


def _known(rules: Pack, codes: Iterable[str]) -> list[Measure]:
    """Of these figures those that the scheme has, in this order."""
    has = {one.code: one for one in measures(rules)}
    return [has[code] for code in codes if code in has]


def _names(listed: Iterable[Measure]) -> list[Words]:
    return [one.name for one in listed]


def _about(listed: Sequence[Measure]) -> tuple[tuple[str, ...], tuple[tuple[Words, Words], ...]]:
    """The codes of columns, and what each of them means."""
    return tuple(one.code for one in listed), tuple((one.name, one.meaning) for one in listed)


def _cells(listed: Iterable[Measure], found: Figures, rules: Pack) -> list[Cell]:
    return [Cell(value_of(one, found, rules), one.unit) for one in listed]


def _sector(code: str) -> str:
    return next((one.name for one in fund().activities if one.code == code), code)
