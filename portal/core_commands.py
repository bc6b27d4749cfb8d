"""``flask core check``: is the core fit for the portal?"""

from __future__ import annotations

import sys

import click
from flask import current_app

from config import Config
from portal.coverage.core_check import findings


@click.group("core")
def core_command() -> None:
    """The core: openIMIS, which is told who is covered."""


@core_command.command("check")
def check_command() -> None:
    """Look at all the portal needs of the core.  Ends with 1 when anything is missing, 2 when no core is set."""
    config: Config = current_app.config["PORTAL"]
    if not config.core_url:
        click.echo("No core is set. Name it in CORE_URL.", err=True)
        sys.exit(2)
    found = findings(config)
    for one in found:
        click.echo(f"{'ok     ' if one.ok else 'MISSING'} {one.words}")
    sys.exit(0 if all(one.ok for one in found) else 1)
