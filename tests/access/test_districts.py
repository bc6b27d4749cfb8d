"""
An officer of one district walks through all of the fund's pages and never meets an employer of another.

Every address below /fund is asked; one that is new is asked too, without anybody adding it here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.routing import Rule

from portal import db
from portal.auth.access import GUARDS
from portal.auth.models import Account, FundRole, FundRoleName
from portal.auth.scope import table_of
from portal.employers.models import Employer, Registration
from tests.access.test_matrix import address, ask, routes
from tests.access.world import Principal, World
from tests.factories import make_officer

#: Arguments that name nothing of an employer.  Whoever adds an address with another one has to say what it is:
#: give its table a column employer_id, or write it here.
NOT_OF_AN_EMPLOYER = {
    "scheme", "kind", "month", "card", "page_name", "part", "queue", "row", "ending", "simulation", "file", "person",
    "account", "tab", "language", "role", "entry", "statement", "bank_account", "way", "oddity", "payout",
    "confirmation",
}  # fmt: skip


@dataclass(frozen=True)
class District:
    """An officer with every role who works for one district, and the employer that lies in another."""

    officer: Principal
    elsewhere: Employer
    here: Employer


@pytest.fixture(scope="module")
def district(world: World) -> District:
    """The officer works where the other employer is; ours lies elsewhere."""
    with db.writing() as session:
        ours, theirs = session.scalars(select(Employer).order_by(Employer.id)).all()
        officer = make_officer(session, districts=["ZM-08"])
        for role in set(FundRoleName) - {FundRoleName.SUPERVISOR}:
            session.add(FundRole(account_id=officer.id, role=role.value, from_day=ours.approved_at.date()))
        ours.location, theirs.location = "ZM-09", "ZM-08-01"
        first, second = session.scalars(select(Registration).order_by(Registration.id).limit(2))
        for place, row in (("ZM-09", first), ("ZM-08-01", second)):
            row.answers = {**row.answers, "location": place}
    return District(Principal("district officer", officer), ours, theirs)


def of_the_fund(app: Flask) -> list[tuple[Rule, str]]:
    """Every address that only the fund's people may open."""
    return [(rule, method) for rule, method in routes(app) if GUARDS.get(rule.endpoint.split(".")[0]) == "fund_staff"]


def names_an_employers_thing(rule: Rule) -> bool:
    room = rule.endpoint.split(".")[0]
    return any(name == "employer_number" or table_of(room, name) is not None for name in rule.arguments)


def test_every_argument_of_the_funds_addresses_is_known_to_be_an_employers_or_not(app: Flask) -> None:
    unknown = {
        (rule.rule, name)
        for rule, _method in of_the_fund(app)
        for name in rule.arguments - NOT_OF_AN_EMPLOYER - {"employer_number"}
        if table_of(rule.endpoint.split(".")[0], name) is None
    }
    assert unknown == set()


def test_what_belongs_to_an_employer_elsewhere_does_not_exist(app: Flask, world: World, district: District) -> None:
    asked = [(rule, method) for rule, method in of_the_fund(app) if names_an_employers_thing(rule)]
    assert len(asked) > 20
    for rule, method in asked:
        answer = ask(app, district.officer, method, address(app, rule, world.own))
        assert answer.status_code == 404, (method, rule.rule)


def test_what_belongs_to_an_employer_of_the_district_opens(app: Flask, world: World, district: District) -> None:
    opened = [
        ask(app, district.officer, method, address(app, rule, world.other)).status_code
        for rule, method in of_the_fund(app)
        if method == "GET" and names_an_employers_thing(rule)
    ]
    assert opened.count(200) > 10
    assert {status for status in opened if status >= 500} == set()


def test_no_list_search_or_file_tells_of_an_employer_elsewhere(app: Flask, world: World, district: District) -> None:
    met = 0
    for rule, method in of_the_fund(app):
        if method == "POST" or names_an_employers_thing(rule):
            continue
        for search in ("", f"?q={district.elsewhere.number[:-1]}", "?state=all"):
            told = ask(app, district.officer, method, address(app, rule, world.own) + search).text
            told = re.sub(rf"example\W+{district.elsewhere.number}", "", told)  # the first number is an example
            assert district.elsewhere.legal_name not in told, rule.rule
            assert district.elsewhere.number not in told, rule.rule
            met += district.here.number in told
    assert met > 3


def test_a_number_in_a_form_is_looked_at_as_well(app: Flask, district: District) -> None:
    client = app.test_client()
    from tests.factories import sign_in

    sign_in(client, district.officer.account)
    form = {"employer": district.elsewhere.number, "scheme": "zm-nhima", "month": "2026-10"}
    assert client.post("/fund/core/again", data=form).status_code == 404


def test_taking_the_districts_away_shows_the_whole_fund(app: Flask, world: World, district: District) -> None:
    account = district.officer.account
    assert account is not None
    assert district.elsewhere.number not in ask(app, district.officer, "GET", "/fund/employers").text
    with db.writing() as session:
        session.execute(update(Account).where(Account.id == account.id).values(districts=[]))
    assert district.elsewhere.number in ask(app, district.officer, "GET", "/fund/employers").text
