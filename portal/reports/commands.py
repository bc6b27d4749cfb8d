"""``flask report month``: the month in figures as rows for another program, each figure with its unit and meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

import click
from sqlalchemy.orm import Session

from portal import clock, db
from portal.installation import fund, packs
from portal.reports.counting.figures import figures
from portal.reports.counting.people import Band, band_names, covered_by_age, declared_by_age
from portal.reports.counting.scope import By, Scope, fund_scope
from portal.reports.measures import measures, value_of
from portal.reports.saved import plain_figure
from portal.reports.tables import Cell
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.tabular.writing import write_csv


class Line(NamedTuple):
    """One figure: which *part* of the report and which region, sector or sex and age it is about."""

    part: str
    code: str
    name: str
    figure: str
    value: str
    unit: str


@click.group("report")
def report_command() -> None:
    """Figures of the fund for other programs."""


@report_command.command("month")
@click.option("--scheme", required=True, help="The scheme's id, such as zm-napsa.")
@click.option("--month", required=True, help="The month in the scheme's calendar, such as 2026-10.")
@click.option("--place", "places", multiple=True, help="Only this location and all in it; may be given again.")
@click.option("--format", "kind", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
def month_command(scheme: str, month: str, places: tuple[str, ...], kind: str) -> None:
    """The figures of a MONTH: of the fund, by region, by sector, by sex and age."""
    rules, wanted = _scheme(scheme), _month(scheme, month)
    _check_places(places)
    with db.reading() as session:
        clock.shift(db.stored_offset(session))
        at = clock.now()
        lines = list(lines_of(session, fund_scope(rules, places or None), wanted, clock.today(rules.timezone)))
    if kind == "csv":
        click.echo(write_csv(Line._fields, lines), nl=False)
    else:
        click.echo(json.dumps(_as_json(rules, wanted, at, lines), ensure_ascii=False, indent=2))


def _scheme(scheme: str) -> Pack:
    if scheme not in packs():
        raise click.ClickException(f"The fund does not run {scheme}. Write one of: {', '.join(packs())}.")
    return packs()[scheme]


def _month(scheme: str, text: str) -> Month:
    try:
        return Month.parse(text, packs()[scheme].calendar)
    except ValueError:
        raise click.ClickException(f"{text} is not a month. Write it as 2026-10, in the scheme's calendar.") from None


def _check_places(places: tuple[str, ...]) -> None:
    for place in places:
        if fund().location(place) is None:
            raise click.ClickException(f"{place} is not a place of fund.toml. Write its code, such as ZM-09.")


def lines_of(session: Session, scope: Scope, month: Month, today: date) -> Iterator[Line]:
    """Every figure of a month as it stands *today*, the fund's first."""
    for by in (By.FUND, By.REGION, By.SECTOR):
        grouped = scope if by is By.FUND else scope.grouped(by)
        names = {group.code: group.name for group in grouped.groups} | {None: fund().name, "": "not in the fund's list"}
        for (_of, code), found in figures(session, grouped, [month], today).items():
            if (code is None) is (by is By.FUND):
                for one in measures(scope.rules):
                    cell = Cell(value_of(one, found, scope.rules), one.unit)
                    yield Line(by.value, code or "", names[code], one.code, *plain_figure(cell, scope.rules))
    yield from _by_age("declared", declared_by_age(session, scope, month), scope.rules)
    if scope.rules.opens_coverage:
        yield from _by_age("covered", covered_by_age(session, scope, month), scope.rules)


def _by_age(part: str, bands: list[Band], rules: Pack) -> Iterator[Line]:
    """People and, of those declared, what was declared for them, by sex and age."""
    names = [str(name) for name in band_names()]
    for band in sorted(bands, key=lambda one: (one.sex, one.place)):
        code, name = f"{band.sex}{band.place}", f"{band.sex}, {names[band.place]}"
        yield Line(part, code, name, "people", *plain_figure(Cell(band.people, "count"), rules))
        if part == "declared":
            yield Line(part, code, name, "contributions", *plain_figure(Cell(band.contribution, "amount"), rules))


def _as_json(rules: Pack, month: Month, at: datetime, lines: list[Line]) -> dict[str, Any]:
    return {
        "fund": fund().name,
        "scheme": rules.id,
        "month": str(month),
        "calendar": rules.calendar_name,
        "as_of": at.isoformat(timespec="seconds"),
        "currency": rules.currency.code,
        "figures": [line._asdict() for line in lines],
        "meanings": {one.code: {"name": str(one.name), "meaning": str(one.meaning)} for one in measures(rules)},
    }
