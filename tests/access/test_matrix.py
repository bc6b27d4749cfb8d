"""
Every route by every kind of account, against tests/access/matrix.csv.

A route without a line fails.  "in": sent to sign in; "yes": the page does its work; 403: may enter,
may not do this; 404: there is no such page for this visitor.  After a change on purpose, write the
table anew with ``ACCESS_MATRIX=write`` and read every changed line of the difference.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal import db
from tests.access.world import UNKNOWN, Principal, World
from tests.factories import begun_visit

TABLE = Path(__file__).with_name("matrix.csv")
METHODS = {"GET", "POST"}


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """Every address with every method it answers, in a stable order."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint)
    return [(rule, method) for rule in rules for method in sorted((rule.methods or set()) & METHODS)]


def address(app: Flask, rule: Rule, arguments: dict[str, object]) -> str:
    """The address of *rule* for one employer's things."""
    values = {}
    for name in rule.arguments:
        value = arguments[name]
        if isinstance(value, dict):
            value = value.get(rule.endpoint.split(".")[0], value[""])
        values[name] = value
    with app.test_request_context():
        return str(app.url_map.bind("localhost").build(rule.endpoint, values, method=None))


def ask(app: Flask, principal: Principal, method: str, url: str) -> TestResponse:
    """One request of a fresh visit."""
    return visits(app, [principal])[0][1].open(url, method=method)


def visits(app: Flask, principals: Iterable[Principal]) -> list[tuple[Principal, FlaskClient]]:
    """A fresh visit of each of them, begun together."""
    begun = []
    with db.writing() as session:
        for principal in principals:
            client = app.test_client()
            if principal.account is not None or principal.person_id is not None:
                token, visit = begun_visit(principal.account, person_id=principal.person_id)
                session.add(visit)
                client.set_cookie("session", token)
            begun.append((principal, client))
    return begun


def outcome(answer: TestResponse) -> str:
    """What an answer means for access."""
    target = answer.headers.get("Location", "")
    if answer.status_code == 302 and (target.startswith("/sign-in") or target == "/cover"):
        return "in"
    if answer.status_code in (403, 404):
        return str(answer.status_code)
    return "broken" if failed(answer) else "yes"


def failed(answer: TestResponse) -> bool:
    """Whether our own mistake came to light; 503 is how ``/ready`` says that there is no broker, as here."""
    return answer.status_code >= 500 and answer.status_code != 503


def measured(app: Flask, world: World) -> dict[tuple[str, str], dict[str, str]]:
    """The whole table as the portal answers it now."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for rule, method in routes(app):
        url = address(app, rule, world.own)
        line = {}
        for principal, client in visits(app, world.principals):
            answer = client.open(url, method=method)
            line[principal.name] = outcome(answer)
            answer.close()
        found[rule.endpoint, method] = line
    return found


def test_every_route_answers_every_kind_of_account_as_the_table_says(app: Flask, world: World) -> None:
    found = measured(app, world)
    assert not [key for key, line in found.items() if "broken" in line.values()]
    names = [principal.name for principal in world.principals]
    if os.environ.get("ACCESS_MATRIX") == "write":
        with TABLE.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["endpoint", "method", *names])
            writer.writerows([*key, *(line[name] for name in names)] for key, line in found.items())
    with TABLE.open(newline="") as file:
        table = {(row.pop("endpoint"), row.pop("method")): row for row in csv.DictReader(file)}
    assert set(found) == set(table), "a route has no line in matrix.csv, or a line has no route"
    assert {key: line for key, line in found.items() if line != table[key]} == {}


def of_an_employer(app: Flask) -> list[tuple[Rule, str, str]]:
    """Each address inside an employer that names one of its things, with the name of that argument."""
    return [
        (rule, method, argument)
        for rule, method in routes(app)
        for argument in sorted(
            rule.arguments - {"employer_number", "kind", "row", "month", "page_name", "scheme", "tab"}
        )
        if "employer_number" in rule.arguments
    ]


def plain(page: str) -> str:
    """A page without what differs each time: the reference, and the token of its forms."""
    return re.sub(r'<code>\w+</code>|subject=\w+|reference=\w+|name="csrf_token" value="[^"]*"', "", page)


def test_another_employers_things_answer_exactly_as_things_that_do_not_exist(app: Flask, world: World) -> None:
    own = next(principal for principal in world.principals if principal.name == "own administrator")
    officer = next(principal for principal in world.principals if principal.name == "supervisor")
    checked = 0
    for rule, method, argument in of_an_employer(app):
        who = officer if rule.rule.startswith("/fund/") else own
        foreign_value = world.other[argument]
        if isinstance(foreign_value, dict):
            foreign_value = foreign_value[""]
        unknown = UNKNOWN if isinstance(foreign_value, UUID) else "A-0000000"
        foreign = ask(app, who, method, address(app, rule, {**world.own, argument: foreign_value}))
        missing = ask(app, who, method, address(app, rule, {**world.own, argument: unknown}))
        assert foreign.status_code == missing.status_code == 404, (rule.rule, argument, foreign.status_code)
        assert plain(foreign.text) == plain(missing.text), rule.rule
        checked += 1
    assert checked > 20


def test_nobody_learns_from_an_address_whether_an_employer_exists(app: Flask, world: World) -> None:
    other = next(principal for principal in world.principals if principal.name == "other administrator")
    for rule, method in routes(app):
        if rule.rule.startswith("/employers/<employer_number>"):
            ours = ask(app, other, method, address(app, rule, world.own))
            nobodys = ask(app, other, method, address(app, rule, {**world.own, "employer_number": "ZE9999999"}))
            assert ours.status_code == nobodys.status_code == 404, rule.rule
            assert plain(ours.text) == plain(nobodys.text), rule.rule
