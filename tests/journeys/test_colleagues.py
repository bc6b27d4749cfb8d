"""A clerk is invited by mail, works, and is let go: the next click is refused, and the link opens nothing again."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.journeys.conftest import Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey


def link_mailed(live: Live) -> str:
    """Where the link of the newest mail leads."""
    newest = "SELECT payload->'text'->'values'->>'url' FROM outbox WHERE topic = 'mail' ORDER BY id DESC LIMIT 1"
    with psycopg.connect(live.environment["DATABASE_URL"]) as connection:
        (address,) = connection.execute(newest).fetchone() or ("",)
    return urlsplit(address).path


def test_a_clerk_is_invited_works_and_is_let_go(live: Live, visit: Callable[..., Visitor]) -> None:
    boss = visit("administrator").follow("Colleagues").follow("Invite somebody")
    boss.fill(email="bwalya@office.example", role="clerk").press("Send the invitation")
    boss.sees("We have written to bwalya@office.example", "Invited, not accepted yet")
    colleagues, link = boss.path, link_mailed(live)

    clerk = visit().open(link).sees("You are invited to act for", "payroll clerk")
    clerk.fill(name="Bwalya Mumba", password="maize cob and river").press("Make the account and accept")
    clerk.sees("You may now act for").follow("People").sees("Hire somebody")
    work = clerk.path

    boss.open(colleagues).follow("Change or end", within=boss.row_of("Bwalya Mumba"))
    boss.fill(when="now").press("End the mandate").sees("from the next click on nothing opens any more")
    clerk.open(work, status=403).sees("Your mandate to act for", "has ended")
    visit().open(link, status=410).sees("Each link works once")
