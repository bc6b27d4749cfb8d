"""One world for all that is asked about who may enter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from portal import db
from tests.access.world import World, make_world
from tests.conftest import Cluster


@pytest.fixture(scope="module")
def world(app: Flask, cluster: Cluster, template: str) -> Iterator[World]:
    """One world for a whole table: what a request changes must not change who may enter."""
    name = cluster.create(template)
    db.bind(cluster.app.format(name=name), pool=2)
    yield make_world()
    db.engine().dispose()
    cluster.drop(name)
