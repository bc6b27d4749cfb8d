"""How the tables look on a page: figures written for the reader, and charts whose titles say the finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from portal.reports.contents import Contents
from portal.reports.measures import PARTS, rate
from portal.reports.tables import Cell, Content, Row, Table
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.web.charts import Chart, bars, columns
from portal.web.filters import figures as amount_figures
from portal.web.filters import money, month_name, say
from portal.words import Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with the sentence that says what it shows; its table is named by *table*."""

    chart: Chart
    finding: str
    table: str


def written(content: Content, currency: str, *, signed: bool = False) -> str:
    """A cell as a page shows it; what is not known is a hyphen, which the page explains."""
    if not isinstance(content, Cell):
        return say(content)
    if content.value is None:
        return "-"
    sign = "+" if signed and content.value > 0 else ""
    match content.unit:
        case "amount":
            return sign + amount_figures(content.value, currency)
        case "rate":
            return sign + percent(content.value)
        case "days":
            return sign + str(ngettext("%(num)s day", "%(num)s days", content.value))
    return sign + str(format_decimal(content.value))


def percent(tenths: int) -> str:
    """Tenths of a per cent as people write them: "92.5 %"; the space does not break."""
    return f"{format_decimal(Decimal(tenths).scaleb(-1), '#,##0.0')}\u00a0%"


def drawings(page: str, contents: Contents, rules: Pack, month: Month) -> list[Drawing]:
    """The charts of a page, in the order of their tables."""
    drawn = _DRAWN.get(page)
    return [one for one in drawn(contents, rules, month) if one.chart.rects] if drawn else []


def _overview(contents: Contents, rules: Pack, month: Month) -> list[Drawing]:
    months = contents.table("months")
    rows = list(reversed(months.rows))
    at = _places(months)
    filed = [(row.code, [_value(row, at[name]) for name in ("on_time", "late", "silent")]) for row in rows]
    paid = [
        (row.code, [_value(row, at["collected"]), max(_value(row, at["due"]) - _value(row, at["collected"]), 0)])
        for row in rows
    ]
    last = rows[-1]
    return [
        Drawing(
            columns(filed, _count, [_("On time"), _("Late"), _("Not declared")]),
            _(
                "%(declared)s of %(registered)s employers declared %(month)s, %(on_time)s of them on time",
                declared=_count(_value(last, at["declaring"])),
                registered=_count(_value(last, at["declaring"]) + _value(last, at["silent"])),
                month=month_name(month, rules.calendar), on_time=_count(_value(last, at["on_time"])),
            ),
            months.code,
        ),
        Drawing(
            columns(paid, _money(rules), [_("Collected"), _("Not collected")]),
            _collected(_value(last, at["collected"]), _value(last, at["due"]), rules, month),
            months.code,
        ),
    ]  # fmt: skip


def _collected(collected: int, due: int, rules: Pack, month: Month) -> str:
    """What came in of what was due, as a sentence."""
    if due <= 0:
        return str(_("Nothing is due for %(month)s", month=month_name(month, rules.calendar)))
    return str(
        _(
            "%(collected)s of the %(due)s due for %(month)s is collected (%(share)s)",
            collected=money(collected, rules.currency.code), due=money(due, rules.currency.code),
            month=month_name(month, rules.calendar), share=percent(rate(collected, due) or 0),
        )
    )  # fmt: skip


def _groups(contents: Contents, rules: Pack, month: Month) -> list[Drawing]:
    filed, brought = contents.table("employers"), contents.table("money")
    rows, sums = [row for row in filed.rows if not row.strong], [row for row in brought.rows if not row.strong]
    if not rows:
        return []
    at, of = _places(filed), _places(brought)
    least = min(
        rows, key=lambda row: (rate(_value(row, at["declaring"]), _value(row, at["registered"])) or 0, row.code)
    )
    most = max(sums, key=lambda row: (_value(row, of["arrears"]), row.code))
    return [
        Drawing(
            bars([(say(row.cells[0]), [_value(row, at[n]) for n in ("on_time", "late", "silent")]) for row in rows],
                 _count, [_("On time"), _("Late"), _("Not declared")]),
            _(
                "%(name)s: %(declared)s of %(registered)s employers declared, the smallest share",
                name=say(least.cells[0]), declared=_count(_value(least, at["declaring"])),
                registered=_count(_value(least, at["registered"])),
            ),
            filed.code,
        ),
        Drawing(
            bars([(say(row.cells[0]), [_value(row, of["collected"]), _value(row, of["unpaid"])]) for row in sums],
                 _money(rules), [_("Collected"), _("Still unpaid")]),
            _("%(name)s has the most in arrears: %(amount)s", name=say(most.cells[0]),
              amount=money(_value(most, of["arrears"]), rules.currency.code))
            if _value(most, of["arrears"]) else _("Nothing of this month is in arrears"),
            brought.code,
        ),
    ]  # fmt: skip


def _people(contents: Contents, rules: Pack, month: Month) -> list[Drawing]:
    found = []
    for table in contents.tables:
        whole = table.rows[-1]
        women, everybody = _value(whole, 1), _value(whole, len(whole.cells) - 1)
        if not everybody:
            continue
        amounts = table.code == "contributions"
        shown: Callable[[int], str] = _money(rules) if amounts else _count
        finding = _SAID[table.code](shown(women), shown(everybody), percent(rate(women, everybody) or 0))
        rows = [
            (say(row.cells[0]), [_value(row, at) for at in range(1, len(row.cells) - 1)]) for row in table.rows[:-1]
        ]
        names = [say(name) for name in table.head[1:-1]]
        found.append(Drawing(bars(rows, shown, names), finding, table.code))
    return found


def _ages(contents: Contents, rules: Pack, month: Month) -> list[Drawing]:
    found = []
    for table in contents.tables:
        at = len(table.head) - 2
        rows = [row for row in table.rows if not row.strong and _value(row, at)]
        if not rows:
            continue
        most = max(rows, key=lambda row: _value(row, at))
        finding = _(
            "%(name)s owes the most: %(part)s of %(whole)s", name=say(most.cells[0]),
            part=money(_value(most, at), rules.currency.code),
            whole=money(_value(table.rows[-1], at), rules.currency.code),
        )  # fmt: skip
        drawn = bars([(say(row.cells[0]), [_value(row, at)]) for row in rows], _money(rules))
        found.append(Drawing(drawn, finding, table.code))
    return found


_SAID: dict[str, Callable[[str, str, str], str]] = {
    "declared": lambda part, whole, share: _(
        "%(part)s of the %(whole)s people declared are women (%(share)s)", part=part, whole=whole, share=share
    ),
    "contributions": lambda part, whole, share: _(
        "%(part)s of the %(whole)s declared is for women (%(share)s)", part=part, whole=whole, share=share
    ),
    "covered": lambda part, whole, share: _(
        "%(part)s of the %(whole)s people covered are women (%(share)s)", part=part, whole=whole, share=share
    ),
}


_DRAWN: dict[str, Callable[[Contents, Pack, Month], list[Drawing]]] = {
    "overview": _overview, "regions": _groups, "sectors": _groups, "people": _people,
    "ages": _ages,
}  # fmt: skip


def headline(contents: Contents, rules: Pack) -> list[tuple[str, str, str]]:
    """The big figures at the top: name, value and what stands under it."""
    rows = {row.code: row for row in contents.table("month").rows}
    currency = rules.currency.code

    def shown(code: str) -> str:
        cell = rows[code].cells[1]
        value = cell.value if isinstance(cell, Cell) else None
        return money(value, currency) if isinstance(cell, Cell) and cell.unit == "amount" else written(cell, currency)

    def figure(code: str, note: str = "") -> tuple[str, str, str]:
        return say(rows[code].cells[0]), shown(code), note

    found = [
        figure("declaring", _("of %(n)s registered employers", n=shown("registered"))),
        figure("on_time", _("%(share)s came electronically", share=shown("electronic_rate"))),
        figure("collection_rate", _("of %(amount)s due", amount=shown("due"))),
        figure("arrears", _("of this month")),
        figure("people"),
    ]
    return [*found, figure("covered")] if "covered" in rows else found


def _places(table: Table) -> dict[str, int]:
    """Where the column of each figure stands; the codes are those the table was made with."""
    return {code: place for place, code in enumerate(table.codes, 1)}


def _value(row: Row, place: int) -> int:
    """A figure of a row; what is not known draws nothing."""
    cell = row.cells[place]
    return cell.value or 0 if isinstance(cell, Cell) else 0


def _count(number: int) -> str:
    return str(format_decimal(number))


def _money(rules: Pack) -> Callable[[int], str]:
    def shown(minor: int) -> str:
        return money(minor, rules.currency.code)

    return shown


def says(head: Sequence[Words | str]) -> list[str]:
    """The names of columns in the reader's language."""
    return [say(one) for one in head]


def parts_of(table: Table) -> list[tuple[Words | None, list[Row]]]:
    """The rows under the headings they stand under; one part without a heading where there are none."""
    found: dict[str, list[Row]] = {}
    for row in table.rows:
        found.setdefault(row.part, []).append(row)
    return [(PARTS.get(part), rows) for part, rows in found.items()]


def amounts_in(table: Table) -> bool:
    """Whether a table holds amounts, so that its currency is named."""
    return any(isinstance(cell, Cell) and cell.unit == "amount" for row in table.rows for cell in row.cells)


def numeric(table: Table) -> Sequence[bool]:
    """Which columns hold figures, so that they stand to the right."""
    return [any(isinstance(row.cells[place], Cell) for row in table.rows) for place in range(len(table.head))]
