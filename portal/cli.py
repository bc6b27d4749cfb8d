"""The ``flask …`` commands: for those who run a portal."""

from __future__ import annotations

import shutil
import time
from datetime import date, timedelta

import click
from flask import Flask

from config import Config
from portal import clock, db, migrate
from portal.audit_commands import audit_command
from portal.auth import passwords, service
from portal.auth.models import FundRoleName
from portal.backup_commands import backup_command
from portal.core_commands import core_command
from portal.declaration_commands import declarations_command
from portal.demo import fund_maker, snapshot, stories
from portal.demo.commands import demo_command
from portal.installation import fund
from portal.ledger_commands import ledger_command
from portal.reports.commands import report_command
from portal.scheme_commands import scheme_command


def register(app: Flask, config: Config) -> None:
    """Add the portal's commands to Flask's own."""
    app.config["PORTAL"] = config
    for command in (
        migrate_command,
        clock_command,
        practice_command,
        demo_command,
        account_command,
        scheme_command,
        declarations_command,
        report_command,
        audit_command,
        backup_command,
        ledger_command,
        core_command,
    ):
        app.cli.add_command(command)


def _config() -> Config:
    from flask import current_app

    config: Config = current_app.config["PORTAL"]
    return config


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database to the version of this code."""
    migrate.upgrade(_config().owner_url)
    click.echo("The database is up to date.")


@click.group("clock")
def clock_command() -> None:
    """Move the practice clock."""


@clock_command.command("set")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
def clock_set(day: date) -> None:
    """Make it DAY, as in 2026-11-30; for web, worker and timetable alike."""
    _practice_only()
    wanted = day.date() if hasattr(day, "date") else day
    shift = timedelta(days=(wanted - clock.real_now().date()).days)
    with db.writing() as session:
        db.store_offset(session, shift)
    click.echo(f"The practice clock shows {wanted}.")


@click.group("practice")
def practice_command() -> None:
    """Make the practice fund, or put it back as it was made."""


@practice_command.command("load")
def practice_load() -> None:
    """Make the practice fund, unless there are employers already."""
    _practice_only()
    if not fund_maker.is_empty():
        return
    config, began = _config(), time.monotonic()
    story = stories.of(fund())
    click.echo(f"Making the practice fund ({story.months} months of {len(story.characters)} employers, once) …")
    made = fund_maker.make(clock.today(fund().timezone))
    shutil.rmtree(config.var / "practice", ignore_errors=True)
    snapshot.take(config.owner_url, config.var / "practice")
    click.echo(f"{made.employers} employers and {made.people} people in {time.monotonic() - began:.1f} s.")


@practice_command.command("reset")
def practice_reset() -> None:
    """Put the practice fund back as it was made."""
    _practice_only()
    snapshot.put_back(_config().owner_url, _config().var / "practice")
    click.echo("The practice fund is as it was made.")


@click.group("account")
def account_command() -> None:
    """Accounts of the fund's own people."""


@account_command.command("add")
@click.argument("email")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in FundRoleName]), required=True)
@click.password_option(help="At least 12 characters.")
def account_add(email: str, name: str, role: str, password: str) -> None:
    """Make an account for someone who works at the fund."""
    if passwords.problem_of_password(password, email):
        raise click.ClickException("Use at least 12 characters that nobody guesses, without the e-mail address.")
    now = clock.now()
    with db.writing() as session:
        if service.account_by_email(session, email):
            raise click.ClickException("There is an account with this address already.")
        account = service.add_account(session, email, name, at=now, password=password)
        service.give_fund_role(session, account, FundRoleName(role), from_day=clock.today(fund().timezone), at=now)
    click.echo(f"{email} may sign in as {role}.")


def _practice_only() -> None:
    if not _config().practice:
        raise click.ClickException("This is for practice only; the settings say this is not practice.")
