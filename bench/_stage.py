"""A stage for measuring: a database of its own with real writes, the practice fund's rules, and the portal over it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from flask import Flask

from config import ROOT, from_environment
from portal import db, installation, migrate
from portal.app import create_app
from portal.embedded import Embedded


@contextmanager
def stage() -> Iterator[Flask]:
    """The portal on a fresh database that is gone afterwards; `db` is bound to it."""
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    folder.chmod(0o755)
    embedded = Embedded(folder)
    try:
        servers = embedded.start()
        migrate.upgrade(servers.owner_url)
        installation.use(ROOT / "fund.toml")
        config = from_environment({"BASE_URL": "http://localhost"})
        app = create_app(replace(config, database_url=servers.database_url, redis_url=servers.redis_url, testing=True))
        app.config["WTF_CSRF_ENABLED"] = False
        yield app
        db.engine().dispose()
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(embedded.sockets, ignore_errors=True)


def milliseconds(action: Callable[[], object]) -> int:
    """How long *action* takes, in whole milliseconds."""
    began = time.perf_counter_ns()
    action()
    return (time.perf_counter_ns() - began) // 1_000_000


def middle(figures: list[int]) -> int:
    """The median, in whole milliseconds."""
    return int(median(figures))
