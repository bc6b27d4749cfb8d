"""``flask core …``: is the core fit for the portal, and does it say what the portal says?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click
from flask import current_app

from config import Config
from portal import clock, db
from portal.coverage import comparing
from portal.coverage.core_check import findings
from portal.coverage.core_client import Core, CoreUnavailable
from portal.installation import fund


@click.group("core")
def core_command() -> None:
    """The core: openIMIS, which is told who is covered."""


@core_command.command("check")
def check_command() -> None:
    """Look at all the portal needs of the core.  Ends with 1 when anything is missing, 2 when no core is set."""
    found = findings(_config())
    for one in found:
        click.echo(f"{'ok     ' if one.ok else 'MISSING'} {one.words}")
    sys.exit(0 if all(one.ok for one in found) else 1)


@core_command.command("compare")
def compare_command() -> None:
    """
    Read back who is covered in the months that are not over, and print what differs, one JSON line a person and month.

    "missing": covered here, not there; "extra": there, not here; "different": there for other days.  "waits": the
    portal knows, what it must tell is on its way or was refused.  Ends with 1 when anything differs that does not wait.
    """
    config = _config()
    core = Core(config.core_url, config.core_user, config.core_password, config.core_agent)
    told = False
    try:
        with db.reading() as session:
            for scheme, month in comparing.months_since(session, clock.today(fund().timezone)):
                for one in comparing.compare(session, core, scheme, month):
                    told = told or not one.waits
                    click.echo(json.dumps(asdict(one) | {"month": str(month)}, default=str))
    except CoreUnavailable as lost:
        click.echo(str(lost.words), err=True)
        sys.exit(2)
    sys.exit(1 if told else 0)


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    if not config.core_url:
        click.echo("No core is set. Name it in CORE_URL.", err=True)
        sys.exit(2)
    return config
