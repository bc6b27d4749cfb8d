"""``flask demo load``: a practice fund by hand, small as `make run` makes it or large for figures and measuring."""

from __future__ import annotations

import shutil
import time
from datetime import date

import click
from flask import current_app

from config import Config
from portal import clock
from portal.demo import fund_maker, large, loading, snapshot, stories
from portal.demo.fund_maker import Made
from portal.installation import fund


@click.group("demo")
def demo_command() -> None:
    """Fill an empty portal with a practice fund."""


@demo_command.command("load")
@click.option("--size", type=click.Choice(["small", "large"]), default="small", help="12 employers, or 200.")
def demo_load(size: str) -> None:
    """
    Make the practice fund of DEMO, through the services, in a database without employers.

    Large: 200 employers, 20,000 people and 24 months, in about three minutes on two cores.  Give it a folder of
    its own, as in `VAR_DIR=var/large flask --app wsgi demo load --size large`.
    """
    config: Config = current_app.config["PORTAL"]
    if not config.practice:
        raise click.ClickException("This is for practice only; the settings say this is not practice.")
    if stories.known(fund()) is None:
        raise click.ClickException("No practice story is told of this fund. Set DEMO=practice or DEMO=nepal.")
    if not fund_maker.is_empty():
        raise click.ClickException("There are employers already. Load into an empty database: name another VAR_DIR.")
    began, story = time.monotonic(), stories.of(fund())
    made = _large(config) if size == "large" else fund_maker.make(_today())
    if size == "small":
        shutil.rmtree(config.var / "practice", ignore_errors=True)
        snapshot.take(config.owner_url, config.var / "practice")
    months = f"{story.months if size == 'small' else large.MONTHS} months"
    click.echo(
        f"{made.employers} employers and {made.people} people over {months} in {time.monotonic() - began:.0f} s."
    )


def _large(config: Config) -> Made:
    """Marked as unfinished until it is whole, as the supervisor does it."""
    click.echo("Making the large practice fund; it takes some minutes …")
    mark = config.var / "practice-unfinished"
    mark.touch()
    try:
        made = loading.load_large(config.database_url, config.owner_url, _today())
    except loading.NotMade:
        raise click.ClickException(f"A part could not be made; the lines above say why. Remove {config.var}.") from None
    mark.unlink()
    return made


def _today() -> date:
    return clock.today(fund().timezone)
