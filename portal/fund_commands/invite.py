"""``flask fund staff`` and ``flask fund invite-employers``: links by which people make their own accounts."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from config import Config
from portal import clock, db
from portal.auth.access import Right
from portal.auth.models import FundRoleName
from portal.bringing import inviting
from portal.colleagues import invitations
from portal.colleagues.invitations import Offer
from portal.errors import Refused
from portal.fund_commands.who import practice_clock, who_may
from portal.installation import fund


@click.command("staff")
@click.argument("email")
@click.option("--role", "roles", type=click.Choice([role.value for role in FundRoleName]), required=True, multiple=True)
@click.option("--by", required=True, metavar="E-MAIL", help="Who invites: a system administrator of the fund.")
@with_appcontext
def staff(email: str, roles: tuple[str, ...], by: str) -> None:
    """Invite EMAIL to work at the fund: a mail with a link, good once, within a week."""
    practice_clock()
    today = clock.today(fund().timezone)
    offer = Offer(tuple(FundRoleName(role) for role in roles), today)
    try:
        with db.writing() as session:
            who = who_may(session, by, Right.SYSTEM)
            invitations.invite(session, None, email, offer, by=who, today=today, at=clock.now(), url=_url())
    except Refused as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{email} is invited as {', '.join(roles)}. The link is good for a week.")


@click.command("invite-employers")
@click.option("--by", required=True, metavar="E-MAIL", help="Who invites: a registrar of the fund.")
@click.option("--do", is_flag=True, help="Write to them; without it they are only listed.")
@with_appcontext
def invite_employers(by: str, do: bool) -> None:
    """Invite every employer for which nobody acts yet: at the address in the register, as its first administrator."""
    practice_clock()
    today = clock.today(fund().timezone)
    try:
        with db.writing() as session:
            who = who_may(session, by, Right.REGISTER)
            found = inviting.without_administrator(session, today)
            for employer in found:
                click.echo(f"  {employer.number} {employer.name}: {employer.email or 'no address'}")
            done = inviting.invite(session, found if do else (), by=who, today=today, at=clock.now(), url=_url())
    except Refused as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(
        f"{done} of {len(found)} employers are invited." if do else f"{len(found)} employers, nobody invited yet."
    )


def _url() -> str:
    config: Config = current_app.config["PORTAL"]
    return f"{config.base_url}/invitations/"
