"""``flask fund ready``: what is missing before the fund can go live; the exit code says whether anything is."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from portal import clock, db
from portal.installation import fund
from portal.opening.check import Standing
from portal.opening.ready import checks
from portal.web.filters import say

_SIGNS = {Standing.MISSING: "missing", Standing.LOOK: "look   ", Standing.DONE: "done   "}


@click.command("ready")
@with_appcontext
def ready() -> None:
    """What is missing before the fund can go live; ends with 1 when anything is."""
    with db.reading() as session:
        found = checks(session, current_app.config["PORTAL"], fund(), on=clock.today(fund().timezone))
    for one in found:
        click.echo(f"{_SIGNS[one.standing]}  {say(one.title)}: {say(one.found)}")
        if one.to_do:
            click.echo(f"         {say(one.to_do)}")
    gaps = sum(one.standing is Standing.MISSING for one in found)
    click.echo(f"\n{gaps} missing." if gaps else "\nNothing is missing.")
    sys.exit(1 if gaps else 0)
