"""``flask fund create``: an empty fund and its first administrator."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import click
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from config import ROOT, SECRET_FILE, BadSetting, Config, from_environment
from portal import boot, clock, db, installation, migrate, tables  # noqa: F401  # tables: foreign keys cross packages
from portal.errors import Refused
from portal.founding import administrator
from portal.founding.making import CannotMake, answers_in, keep_secret, prepared, put, refuse_if_there
from portal.founding.questions import QUESTIONS, Question, packs_of, problem_of
from portal.scheme.blocks.values import Unknown
from portal.scheme.fund_schemes import OVERLAYS
from portal.wheels import CannotStart

#: From when on the first administrator of a practice fund works there.
LONG_AGO = date(2000, 1, 1)


@click.command("create")
@click.option("--from", "answers", type=click.Path(path_type=Path), help="A file with the answers; see docs.")
def create(answers: Path | None) -> None:
    """Make an empty fund and its first administrator, from questions or from a file with the answers."""
    try:
        config = from_environment()
        _not_the_shipped_one(config)
        refuse_if_there(config.fund_file)
        given = answers_in(answers) if answers else _asked()
        with prepared(given, config.fund_file, answers.parent / OVERLAYS if answers else None) as fund:
            installation.use(fund.folder / config.fund_file.name)
            config = _database(config)
            with db.writing() as session:
                name, email = given["administrator_name"], given["administrator_email"]
                # In practice the clock may be moved back, and the administrator must still be there.
                today = LONG_AGO if given["practice"] == "yes" else clock.today(given["timezone"])
                now = clock.now()
                link = administrator.first_administrator(
                    session, email, name, today=today, at=now, url=config.base_url
                )  # fmt: skip
                put(fund)
        keep_secret(config.var / SECRET_FILE)
    except (CannotMake, CannotStart, BadSetting, Refused) as problem:
        sys.exit("\n".join(f"portal: {line}" for line in str(problem).splitlines()))
    _say(config, given, link)


def _not_the_shipped_one(config: Config) -> None:
    if config.demo != "none":
        raise CannotMake("this is the practice fund. For a fund of your own, type: DEMO=none flask fund create")


def _database(config: Config) -> Config:
    """Its database, up to date and empty."""
    boot.named_servers_answer(config)
    config = boot.with_servers(config)
    try:
        migrate.upgrade(config.owner_url)
    except (DBAPIError, CommandError) as problem:
        why = str(problem.orig if isinstance(problem, DBAPIError) else problem).strip().splitlines()[0]
        raise CannotMake(f"the database could not be brought up to date: {why}. OWNER_URL names its owner.") from None
    db.bind(config.database_url)
    return config


def _asked() -> Mapping[str, str]:
    """Every question at the terminal; an answer that cannot be is asked for again."""
    click.echo("A new fund. Enter takes what stands in brackets; all of it can be changed later.\n")
    given: dict[str, str] = {}
    for question in QUESTIONS:
        given[question.name] = _one(question, given)
        if question.name == "country":
            _show_packs(given["country"])
    return given


def _one(question: Question, given: Mapping[str, str]) -> str:
    while True:
        usual = question.usual(given)
        text: str = click.prompt(question.text, default=usual or None, type=str).strip()
        problem = problem_of(question, text, given)
        if problem is None:
            return text
        click.echo(f"  {problem}")


def _show_packs(country: str) -> None:
    for pack in packs_of(country):
        lacks = "; the day by which to pay is not known" if isinstance(pack.due.payment, Unknown) else ""
        click.echo(f"  {pack.id}: {pack.name} ({len(pack.missing)} not known{lacks})")
    click.echo("  `flask scheme list` shows every pack, templates as well." if not packs_of(country) else "")


def _say(config: Config, given: Mapping[str, str], link: str) -> None:
    flask = shlex.quote(str(Path(sys.prefix) / "bin" / "flask"))
    usual = config.var / "fund" / "fund.toml"
    named = "" if config.fund_file == usual else f"FUND_FILE={shlex.quote(str(config.fund_file))} "
    click.echo(
        f"\n{given['name']} is made.\n"
        f"  Its file:             {config.fund_file}\n"
        f"  Its places:           {config.fund_file.parent / 'places.csv'}\n"
        f"  Its own values:       {config.fund_file.parent / OVERLAYS}\n\n"
        f"  Start it:             {named}make run DEMO=none   (in {ROOT})\n"
        f"  First administrator:  {given['administrator_email']} chooses a password here, once, within three days:\n"
        f"    {link}\n\n"
        f"  What is missing:      /fund/ready, or: {named}DEMO=none {flask} fund ready\n"
    )
