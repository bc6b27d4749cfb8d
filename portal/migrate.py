"""Bring a database to the version this code expects, and back."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).resolve().parent.parent / "migrations"


def configuration(owner_url: str) -> AlembicConfig:
    """Alembic's settings for the database at *owner_url*, whose role owns the tables."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    return config


def upgrade(owner_url: str, to: str = "head") -> None:
    """Apply what is missing, up to version *to*."""
    command.upgrade(configuration(owner_url), to)


def downgrade(owner_url: str, to: str) -> None:
    """Take versions back down to *to* (``base``: an empty database)."""
    command.downgrade(configuration(owner_url), to)


@cache
def head() -> str:
    """The version of the tables that this code expects."""
    return ScriptDirectory(str(FOLDER)).get_current_head() or ""
