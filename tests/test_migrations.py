"""The migrations build exactly what the models say, and can be taken back."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, inspect

from portal import migrate
from portal.db import address
from portal.tables import metadata
from tests.conftest import Cluster


def test_the_models_and_the_migrations_agree(cluster: Cluster, template: str) -> None:
    engine = create_engine(address(cluster.owner.format(name=template)), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_every_migration_can_be_taken_back_and_applied_again(cluster: Cluster) -> None:
    name = cluster.create()
    url = cluster.owner.format(name=name)
    migrate.upgrade(url)
    engine = create_engine(address(url), poolclass=NullPool)
    before = set(inspect(engine).get_table_names())
    migrate.downgrade(url, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate.upgrade(url)
    assert set(inspect(engine).get_table_names()) == before
    cluster.drop(name)
