"""
One throw-away PostgreSQL for the session; each test that asks for it gets a database of its own.

The migrations run once, into a template; a copy of it takes some forty milliseconds, and a
test then commits for real: triggers, constraints and roles are those of production.  The files of
the server lie in memory where there is enough of it: a copy is twelve megabytes in eight hundred files.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from redis.connection import parse_url
from sqlalchemy import make_url

from config import from_environment
from portal import clock, db, installation
from portal.embedded import APP, OWNER, Embedded

if TYPE_CHECKING:  # the pure tests do without them
    from flask import Flask
    from flask.testing import FlaskClient

ROOT = Path(__file__).resolve().parent.parent
#: A file system in memory, and the bytes it must have left for the databases of one process.
MEMORY, ENOUGH = Path("/dev/shm"), 2 * 1024**3

#: The files of stories that take longest: begun first, neither process is left alone with one at the end.
LONGEST = (
    "tests/access/test_matrix.py", "tests/journeys/", "tests/test_supervisor.py", "tests/web/test_translatable.py",
    "tests/founding/", "tests/demo/", "tests/access/", "tests/web/", "tests/jobs/",
)  # fmt: skip
T = TypeVar("T")
#: For `make fast`, which is typed after every change: `make test` draws all the examples.
settings.register_profile("fast", max_examples=15)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; inside a file the order stays."""

    def place(item: pytest.Item) -> int:
        return next((at for at, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))

    items.sort(key=place)


class Cluster:
    """Where the test databases live, and how to make and drop one."""

    def __init__(self, admin: str, owner: str, app: str, role: str, redis: str, copying: str = "WAL_LOG") -> None:
        self.admin, self.owner, self.app, self.role, self.redis = admin, owner, app, role, redis
        self.count, self.copying = 0, copying
        self.lived: dict[str, tuple[str, Any]] = {}

    @property
    def one_role(self) -> bool:
        """Whether the portal is the owner of its tables, as on a server for which one role was named."""
        return self.app == self.owner

    def run(self, statement: sql.Composed) -> None:
        """Run one statement as the server's administrator."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(statement)

    def create(self, template: str = "template1") -> str:
        """Make a database and give back its name."""
        self.count += 1
        name = f"test_{os.getpid()}_{self.count}"
        self.copy(template, name)
        return name

    def copy(self, template: str, name: str) -> None:
        """Make the database *name* as *template* is; nobody may be connected to that."""
        self.run(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
                sql.Identifier(name), sql.Identifier(self.role), sql.Identifier(template), sql.SQL(self.copying)
            )
        )

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
        try:
            self.run(drop + sql.SQL(" WITH (FORCE)"))
        except psycopg.errors.InsufficientPrivilege:  # autovacuum is in it, which leaves only where nobody is forced
            self.run(drop)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The servers the environment names, or a PostgreSQL and a Valkey of this session's own."""
    named, broker = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    owner = os.environ.get("OWNER_URL") or named
    remove_what_was_left()
    folder = Path(tempfile.mkdtemp(prefix=f"portal-tests-{os.getpid()}-", dir=MEMORY if in_memory() else None))
    folder.chmod(0o755)
    embedded = Embedded(folder, durable=False, postgres=not named, broker=not broker)
    servers = embedded.start()
    broker = of_this_process(broker) if broker else servers.redis_url
    yield _named(named, owner, broker) if named else _own(embedded, broker)
    embedded.stop()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(embedded.sockets, ignore_errors=True)


def of_this_process(broker: str) -> str:
    """A database of a named broker for each process of a run: their messages would wake each other's workers."""
    first = int(parse_url(broker).get("db", 0))
    number = first + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    where, _, options = broker.partition("?")
    kept = [one for one in options.split("&") if one and not one.startswith("db=")]
    return f"{where}?{'&'.join([*kept, f'db={number}'])}"


def in_memory() -> bool:
    """Whether a server's files have room in memory (a container may have next to none)."""
    return MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH


def remove_what_was_left() -> None:
    """Free the memory that sessions which were killed still hold; their servers ended with them."""
    for folder in MEMORY.glob("portal-tests-*"):
        process = folder.name.split("-")[2]
        if not Path("/proc", process).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _own(embedded: Embedded, broker: str) -> Cluster:
    host = str(embedded.sockets)
    return Cluster(
        admin=f"host={host} user=postgres dbname=postgres",
        owner=f"postgresql://{OWNER}@/{{name}}?host={host}",
        app=f"postgresql://{APP}@/{{name}}?host={host}",
        role=OWNER,
        redis=broker,
        copying="FILE_COPY" if in_memory() else "WAL_LOG",  # of files when writing them costs nothing
    )


def _named(app: str, owner: str, broker: str) -> Cluster:
    """
    A server of somebody's: the owner must be allowed to make databases, and be a member of the portal's role.

    Where one role is named it is both.
    """
    role = make_url(db.plain(owner)).username or ""
    return Cluster(admin=db.plain(owner), owner=_anywhere(owner), app=_anywhere(app), role=role, redis=broker)


def _anywhere(url: str) -> str:
    """The address with a place for the name of a database."""
    address = make_url(db.plain(url)).set(database="{name}").render_as_string(hide_password=False)
    return address.replace("%7Bname%7D", "{name}")


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A database with every migration applied and nothing in it."""
    from portal import migrate, tables  # noqa: F401  # tables: foreign keys cross packages

    name = cluster.create()
    migrate.upgrade(cluster.owner.format(name=name))
    return name


@pytest.fixture(scope="session")
def _fund() -> None:
    """The practice fund's rules, for every test."""
    installation.use(ROOT / "fund.toml")


@pytest.fixture(scope="session")
def app(_fund: None, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The portal, once for the session; the `database` fixture decides which database it talks to."""
    var = tmp_path_factory.mktemp("var")  # never the folder of a portal that was run here
    config = from_environment(
        {"BASE_URL": "http://localhost", "FUND_FILE": str(ROOT / "fund.toml"), "VAR_DIR": str(var)}
    )
    from portal.app import create_app  # the pure tests do without it

    made = create_app(replace(config, database_url="postgresql://nobody@/nothing", testing=True))
    made.config["WTF_CSRF_ENABLED"] = False  # test_security.py turns it on
    return made


@pytest.fixture
def client(app: Flask, database: str) -> FlaskClient:
    """A visitor with cookies of their own, on a fresh database."""
    return app.test_client()


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    """No test leaves the clock moved."""
    yield
    clock.shift(timedelta(0))


@pytest.fixture
def database(cluster: Cluster, template: str) -> Iterator[str]:
    """A fresh database, bound to `db`; gives its address for the application's role."""
    name = cluster.create(template)
    url = cluster.app.format(name=name)
    db.bind(url, pool=2)
    yield url
    db.engine().dispose()
    cluster.drop(name)


@pytest.fixture
def once(cluster: Cluster, database: str) -> Callable[[str, Callable[[], T]], T]:
    """
    ``once("name of the stage", make)``: what *make* stores in an empty database, lived once for the session.

    Whoever asks again gets a copy of the database as it was then, and what *make* gave back; so that must not be
    changed, and holds nothing of one test, such as a client.
    """
    name = make_url(database).database or ""

    def stage(key: str, make: Callable[[], T]) -> T:
        if key not in cluster.lived:
            made = make()
            db.engine().dispose()
            cluster.lived[key] = (cluster.create(name), made)
            return made
        kept, lived = cluster.lived[key]
        db.engine().dispose()
        cluster.drop(name)
        cluster.copy(kept, name)
        return cast(T, lived)

    return stage
