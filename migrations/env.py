"""
Runs the migrations: one at a time, each in its own transaction, never waiting long for a lock.

A migration that cannot get its lock within four seconds gives up and is tried again later,
instead of making everybody else queue behind it.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool, text

from portal.db import address

LOCK = 7201  # any number, the same for all: two migrations never run at once


def run() -> None:
    """Upgrade or downgrade the database named by the configuration's ``sqlalchemy.url``."""
    engine = create_engine(address(context.config.get_main_option("sqlalchemy.url") or ""), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '4s'"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


run()
