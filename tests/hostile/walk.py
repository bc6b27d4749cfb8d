"""Every address of the portal, opened by somebody who may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.access.test_matrix import address, routes
from tests.access.world import Principal, World
from tests.factories import sign_in

#: Who opens an address: the first of these who may.
FIRST = ("own administrator", "supervisor", "system_administrator", "employee", "cashier", "applicant", "anonymous")


@dataclass(frozen=True)
class Visit:
    """One address with its answer, and a client of who may open it."""

    rule: Rule
    url: str
    client: FlaskClient
    answer: TestResponse


class Visitors:
    """A client of each kind of account, signed in once."""

    def __init__(self, app: Flask, world: World) -> None:
        self.app, self.world = app, world
        order = sorted(world.principals, key=lambda one: FIRST.index(one.name) if one.name in FIRST else 99)
        self.clients = [client_of(app, one) for one in order]

    def pages(self) -> Iterator[Visit]:
        """Each address that is opened by GET, by the first visitor it opens for."""
        for rule, method in routes(self.app):
            if method == "GET" and rule.endpoint != "static":
                yield self.opened(rule, address(self.app, rule, self.world.own))

    def opened(self, rule: Rule, url: str) -> Visit:
        """The answer to the first visitor who is not sent away; to the last one where all are."""
        for client in self.clients:
            answer = client.get(url)
            target = answer.headers.get("Location", "")
            if answer.status_code not in (403, 404) and not target.startswith(("/sign-in", "/cover")):
                break
        return Visit(rule, url, client, answer)


def client_of(app: Flask, principal: Principal) -> FlaskClient:
    """Somebody's visit."""
    client: FlaskClient = app.test_client()
    if principal.account is not None or principal.person_id is not None:
        sign_in(client, principal.account, person_id=principal.person_id)
    return client


class Forms(HTMLParser):
    """The addresses forms of a page are sent to, with the names of their fields."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.found = url, dict[str, set[str]]()
        self.at: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A form begins, or has a field."""
        given = dict(attrs)
        if tag == "form":
            posts = (given.get("method") or "get").lower() == "post"
            target = (given.get("action") or self.url).partition("?")[0]
            self.at = self.found.setdefault(target, set()) if posts else set()
        elif given.get("name"):
            self.at.add(str(given["name"]))
