"""``flask fund link``: another link to choose a password, for somebody who works at the fund."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from config import Config
from portal import clock, db
from portal.errors import Refused
from portal.founding import administrator
from portal.installation import fund


@click.command("link")
@click.argument("email")
@with_appcontext
def link(email: str) -> None:
    """Another link by which EMAIL, who works at the fund, chooses a password; earlier ones end."""
    config: Config = current_app.config["PORTAL"]
    try:
        with db.writing() as session:
            today = clock.today(fund().timezone)
            made = administrator.new_link(session, email, on=today, url=config.base_url)
    except Refused as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{email} chooses a password here, once, within three days:\n  {made}")
