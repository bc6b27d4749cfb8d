"""The world of the table of access, with a name in every place that would like to be more than a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from flask import Flask

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
    address = cluster.admin.replace("dbname=postgres", f"dbname={name}")
    with psycopg.connect(address) as connection:
        connection.execute("SET session_replication_role = replica")  # names in rows that are never changed, too
        for table, columns in PLACES.items():
            connection.execute(
                "UPDATE {} SET {}".format(table, ", ".join(f"{one} = %(c)s" for one in columns)), {"c": CANARY}
            )  # type: ignore[arg-type]
    yield made
    db.engine().dispose()
    cluster.drop(name)
