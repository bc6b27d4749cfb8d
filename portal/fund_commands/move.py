"""``flask fund export`` and ``flask fund import``: the whole fund as files, and back."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from config import Config
from portal import clock, db, migrate
from portal.auth.access import Right
from portal.errors import Refused
from portal.fund_commands.who import practice_clock, who_may
from portal.installation import fund
from portal.moving import back, consent, out


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--by", required=True, metavar="E-MAIL", help="Who does this: a system administrator of the fund.")
@click.option("--consent", "request", type=click.UUID, help="With personal data: the request two people agreed to.")
@with_appcontext
def export(folder: Path, by: str, request: UUID | None) -> None:
    """Write everything into FOLDER as CSV and JSON with a dictionary; without --consent, nobody is named in it."""
    config: Config = current_app.config["PORTAL"]
    practice_clock()
    now = clock.now()
    try:
        place = out.free_place(folder)
        with db.reading() as session:
            who = who_may(session, by, Right.SYSTEM)
            if request:
                consent.consent_for(session, request, at=now)
        wanted = out.Wanted(now, migrate.head(), str(request or ""))
        written = out.write(config.database_url, place, fund(), config.fund_file, wanted)
        with db.writing() as session:
            sha256 = out.manifest_hash(written)
            consent.register(session, request=request, rows=written.rows, sha256=sha256, by=who, at=now)
        out.put(written, folder)
    except (Refused, out.CannotMove) as problem:
        raise click.ClickException(str(problem)) from None
    told = "with personal data" if request else "without personal data"
    click.echo(f"{written.rows} rows of {len(written.files)} files are in {folder}, {told}.\nManifest: {sha256}")


@click.command("import")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@with_appcontext
def import_fund(folder: Path) -> None:
    """Read an export into this empty fund: everything or nothing, and every balance is compared."""
    config: Config = current_app.config["PORTAL"]
    try:
        done = back.read(config.owner_url, folder, fund(), at=clock.now())
    except out.CannotMove as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"{done.rows} rows and {done.files} documents are here. {done.balances} balances are as they were.")
    for note in done.notes:
        click.echo(f"  {note}")
