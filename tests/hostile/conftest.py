"""The world of the table of access, with a name in every place that would like to be more than a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from flask import Flask
from psycopg import sql

from portal import db
from tests.access.world import OWN, TWO, World, make_world
from tests.conftest import Cluster
from tests.hostile.canary import CANARY, PLACES


@pytest.fixture(scope="module")
def world(app: Flask, cluster: Cluster, template: str) -> Iterator[World]:
    """Two employers whose names, people, papers and reasons are canaries; for one module's tests, in their order."""
    name = cluster.create(template)
    db.bind(cluster.app.format(name=name), pool=2)
    made = make_world([
        replace(one, legal_name=f"{CANARY} {one.code}", trade_name=CANARY if one.code == OWN else "") for one in TWO
    ])  # fmt: skip
    with psycopg.connect(cluster.owner.format(name=name)) as connection:
        for table, columns in PLACES.items():
            fill(connection, table, columns)
    yield made
    db.engine().dispose()
    cluster.drop(name)


def fill(connection: psycopg.Connection, table: str, columns: tuple[str, ...]) -> None:
    """The canary in these columns of every row, those that triggers let nobody change among them."""
    name = sql.Identifier(table)
    changes = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(one), CANARY) for one in columns)
    connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
    connection.execute(sql.SQL("UPDATE {} SET {}").format(name, changes))
    connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))
