"""Every address of the portal with somebody who may open it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient

from tests.access.test_matrix import address, routes
from tests.access.world import Principal, World
from tests.factories import sign_in

#: Who opens an address: the first of these who may.
FIRST = ("own administrator", "supervisor", "system_administrator", "employee", "cashier", "applicant", "anonymous")


@dataclass(frozen=True)
class Visit:
    """One address, and a client of somebody who may open it."""

    endpoint: str
    method: str
    url: str
    who: str
    client: FlaskClient


def visits(app: Flask, world: World, method: str) -> Iterator[Visit]:
    """Each address that answers *method*, with the first visitor it opens for."""
    order = sorted(world.principals, key=lambda one: FIRST.index(one.name) if one.name in FIRST else 99)
    clients = {one.name: client_of(app, one) for one in order}
    for rule, each in routes(app):
        if each != method or rule.endpoint in ("static", "auth.sign_out"):
            continue
        url = address(app, rule, world.own)
        for one in order:
            if opens(clients[one.name], url):
                yield Visit(rule.endpoint, method, url, one.name, clients[one.name])
                break


def client_of(app: Flask, principal: Principal) -> FlaskClient:
    """Somebody's visit."""
    client: FlaskClient = app.test_client()
    if principal.account is not None or principal.person_id is not None:
        sign_in(client, principal.account, person_id=principal.person_id)
    return client


def opens(client: FlaskClient, url: str) -> bool:
    """Whether a visitor comes as far as the page: not sent to sign in, not refused."""
    answer = client.get(url)
    answer.close()
    target = answer.headers.get("Location", "")
    return answer.status_code not in (403, 404) and not target.startswith(("/sign-in", "/cover"))
