"""``flask scheme diff``: two versions of a pack, in words and on a roster."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from portal import clock
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import month_of
from portal.scheme.candidate import is_overlay
from portal.scheme.told.changes import changes
from portal.scheme.told.who_pays import Pays, compared
from portal.scheme_commands.printing import Answers, in_language, pack_named, pairs, print_line, say, speaking
from portal.words import Amount


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--roster",
    type=click.Path(path_type=Path),
    help="A CSV file: a row for each person, a column for each pay component.",
)
@click.option("--month", help="The wage month for the roster; the present one where it is left out.")
@pairs("--employer", "What the scheme asks about the employer.")
@pairs("--option", "What was chosen.")
@in_language
def diff(
    old: str, new: str, roster: Path | None, month: str | None, employer: Answers, option: Answers, lang: str
) -> None:
    """What changes from the pack OLD to NEW: another pack, its file, or a fund's file laid over OLD."""
    before = pack_named(old)
    after = pack_named(old, Path(new)) if is_overlay(Path(new)) else pack_named(new)
    today = clock.today(before.timezone)
    with speaking(lang, before, after):
        found = changes(before, after, today)
        for title, group in groupby(found, key=lambda change: change.title):
            click.echo(f"\n{say(title)}")
            for change in group:
                for sign, line in (("-", change.before), ("+", change.after)):
                    print_line(line, sign) if line is not None else None
        click.echo(f"\n{len(found)} differences." if found else "Nothing is different.")
        if roster is not None:
            said = {"employer": dict(employer), "options": dict(option)}
            _print_roster(before, after, month or str(month_of(today, before.calendar)), roster, said)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise click.ClickException(f"{path.name} cannot be read as CSV: {fault}") from None


def _print_roster(old: Pack, new: Pack, month: str, roster: Path, said: dict[str, dict[str, str]]) -> None:
    """Everybody for whom something changes, and the sums of all."""
    people = changed = failed = 0
    sums = (Pays(), Pays())
    click.echo(f"\n{month}: employer + employee")
    for one in compared(old, new, month, _rows(roster), said):
        people += 1
        changed += one.changes
        failed += one.fails
        sums = (_added(sums[0], one.before), _added(sums[1], one.after))
        if one.changes or one.fails:
            click.echo(f"{one.name}: {_shown(old, one.before)} -> {_shown(new, one.after)}")
    click.echo(f"All {people}: {_shown(old, sums[0])} -> {_shown(new, sums[1])}")
    click.echo(f"Something changes for {changed} people; {failed} could not be worked out.")


def _added(total: Pays, pays: Pays) -> Pays:
    return Pays(total.employer + pays.employer, total.employee + pays.employee)


def _shown(pack: Pack, pays: Pays) -> str:
    if pays.why is not None:
        return say(pays.why)
    code, digits = pack.currency.code, pack.currency.digits
    return " + ".join(say(Amount(minor, code, digits)) for minor in (pays.employer, pays.employee))
