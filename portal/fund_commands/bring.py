"""``flask fund import-employers`` and ``import-balances``: a file from the books before, first looked at, then done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from portal import clock, db
from portal.auth.access import Right
from portal.bringing import balances, employers_import, uploads
from portal.bringing.balances_file import MOST
from portal.bringing.models import Kind
from portal.errors import Refused
from portal.fund_commands.who import practice_clock, who_may
from portal.installation import fund
from portal.tabular.amounts import AmountRule, amount_reader
from portal.tabular.table import FileRefused, Problem
from portal.web.filters import say

_FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
_BY = click.option("--by", required=True, metavar="E-MAIL", help="Who does this: somebody who works at the fund.")


@click.command("import-employers")
@_FILE
@_BY
@click.option("--do", is_flag=True, help="Add them; without it the file is only looked at.")
@with_appcontext
def import_employers(file: Path, by: str, do: bool) -> None:
    """Bring over the employers in FILE (CSV or XLSX).  Without --do: what it would do, and every problem."""
    practice_clock()
    try:
        with db.writing() as session:
            who = who_may(session, by, Right.REGISTER)
            row = uploads.keep(
                session, Kind.EMPLOYERS, file.read_bytes(), file.name, options={}, by=who, at=clock.now()
            )
            found = employers_import.plan(session, uploads.upload_of(session, row.public_id), _today())
            click.echo(f"{len(found.new)} to add, {found.known} on file already, {found.faulty} rows with problems.")
            _tell(found.problems)
            if do:
                done = employers_import.bring(session, row.public_id, by=who, at=clock.now(), today=_today())
                click.echo(f"{done['added']} employers were added.")
    except (Refused, FileRefused) as refused:
        raise click.ClickException(str(refused)) from None


@click.command("import-balances")
@_FILE
@_BY
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day the balances are of.")
@click.option("--owed", required=True, help="What is owed in all, copied from the books before.")
@click.option("--credit", required=True, help="The credit in all, copied from the books before; 0 for none.")
@click.option("--ask", metavar="REASON", help="Ask a second person to agree; without it the file is only looked at.")
@with_appcontext
def import_balances(file: Path, by: str, as_of: datetime, owed: str, credit: str, ask: str | None) -> None:
    """Bring over the balances in FILE (CSV or XLSX): looked at, then asked for; a second person decides."""
    practice_clock()
    options = {"as_of": as_of.date().isoformat(), "owed": _minor(owed), "credit": _minor(credit)}
    if as_of.date() > _today():
        raise click.ClickException("The day of the balances is still to come.")
    try:
        with db.writing() as session:
            who = who_may(session, by, Right.CONTRIBUTIONS)
            content, now = file.read_bytes(), clock.now()
            row = uploads.keep(session, Kind.BALANCES, content, file.name, options=options, by=who, at=now)
            found = balances.plan(session, uploads.upload_of(session, row.public_id))
            click.echo(f"{len(found.rows)} rows about {found.employers} employers.")
            _tell(found.problems)
            if found.difference is not None:
                click.echo(say(found.difference))
            if ask:
                made = balances.ask(session, row.public_id, reason=ask, by=who, at=now)
                click.echo(f"A second person decides at /fund/approvals/{made.public_id}")
    except (Refused, FileRefused) as refused:
        raise click.ClickException(str(refused)) from None


def _tell(problems: Iterable[Problem]) -> None:
    for one in problems:
        found = f" (found: {one.found})" if one.found else ""
        click.echo(f"  {say(one.placed)}{found}")


def _minor(text: str) -> int:
    found = amount_reader(AmountRule(fund().currency.code, fund().currency.digits, MOST))(text)
    if not isinstance(found, int):
        raise click.ClickException(f"{text} is not an amount. Write it like 12500.00.")
    return found


def _today() -> date:
    return clock.today(fund().timezone)
