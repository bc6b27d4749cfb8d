"""``flask ledger …``: find out whether the book is what happened."""

from __future__ import annotations

import json

import click

from portal import db
from portal.verifying.faults import MEANINGS
from portal.verifying.verify import verify


@click.group("ledger")
def ledger_command() -> None:
    """The book."""


@ledger_command.command("verify")
@click.option("--employer", default="", metavar="NUMBER", help="Only the accounts of this employer.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def verify_command(employer: str, as_json: bool) -> None:
    """
    Work out balances, allocations and late charges again from what happened, and compare them with the book.

    Ends with 1 when anything differs.  Nothing is written; the portal may go on working meanwhile.
    """
    with db.reading() as session:
        found = verify(session, employer)
    if as_json:
        facts = {"ok": found.ok, "employers": found.employers, "charges": found.charges, "entries": found.entries}
        faults = [one.as_json() for one in found.faults]
        click.echo(json.dumps({**facts, "not_compared": found.not_compared, "faults": faults}, indent=2))
    else:
        for one in found.faults:
            click.echo(f"WRONG: {one.employer}, {one.about}: {MEANINGS[one.code]} ({one.code}); "
                       f"expected {one.expected}, found {one.found} (minor units).")  # fmt: skip
        click.echo(f"{found.entries} entries on {found.charges} charges of {found.employers} employers were compared.")
        if found.not_compared:
            click.echo(f"{found.not_compared} were made by rules of another version and not worked out again.")
    if not found.ok:
        raise SystemExit(1)
