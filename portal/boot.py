"""The settings of this process, with the embedded servers filled in where the environment names none."""

from __future__ import annotations

import atexit
import contextlib
import errno
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import redis

from config import BadSetting, Config, from_environment
from portal import installation, migrate
from portal.embedded import Embedded
from portal.scheme.packfile.reading import PackRefused
from portal.wheels import CannotStart

OLDEST_DATABASE = 15
PATIENCE = 5  # seconds for a server to answer


def configured() -> Config:
    """The configuration.  Ends with one clear line when a setting is wrong or no server can be found."""
    try:
        config = from_environment()
        installation.use(config.fund_file)
        demand_servers(config)
        if config.database_url and _is_command():
            database_answers("DATABASE_URL", config.database_url)
        return with_servers(config)
    except (BadSetting, CannotStart, PackRefused) as problem:
        sys.exit(f"portal: {problem}")


def demand_servers(config: Config) -> None:
    """Raise `BadSetting` where a fund in production names no database or broker: it never gets one of its own."""
    if config.production and not (config.database_url and config.redis_url):
        raise BadSetting("DATABASE_URL and REDIS_URL must be set when PORTAL_ENV=production.")


def with_servers(config: Config) -> Config:
    """The settings with the embedded servers where the environment names none; a command starts them for itself."""
    if config.database_url and config.redis_url:
        return config
    embedded = Embedded(config.var, postgres=not config.database_url, broker=not config.redis_url)
    if not config.database_url and not embedded.running():
        _start(embedded)
    servers = embedded.servers
    return replace(
        config,
        database_url=config.database_url or servers.database_url,
        owner_url=config.owner_url or servers.owner_url,
        redis_url=config.redis_url or servers.redis_url,
    )


def _start(embedded: Embedded) -> None:
    """A command brings its servers along for as long as it runs; a server process is told what to type."""
    if not _is_command():
        raise CannotStart("no database is running. Type `make run`, or set DATABASE_URL and REDIS_URL.")
    atexit.register(embedded.stop)
    migrate.upgrade(embedded.start().owner_url)


def _is_command() -> bool:
    program = Path(sys.argv[0])
    return "flask" in (program.name, program.parent.name) and "run" not in sys.argv


def database_answers(setting: str, url: str) -> None:
    """Refuse, in one line that names *setting*, a database that does not answer or is too old."""
    try:
        with psycopg.connect(url, connect_timeout=PATIENCE) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as problem:
        raise CannotStart(f"the database of {setting} does not answer: {_first_line(problem)}") from None
    if version < OLDEST_DATABASE:
        raise CannotStart(f"{setting} is PostgreSQL {version}; {OLDEST_DATABASE} or newer is needed.")


def broker_answers(setting: str, url: str) -> None:
    """Refuse, in one line that names *setting*, a broker that does not answer."""
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)
        ask: Callable[[], object] = client.ping
        ask()
        client.close()
    except (redis.RedisError, ValueError, OSError) as problem:
        raise CannotStart(f"the broker of {setting} does not answer: {_first_line(problem)}") from None


def named_servers_answer(config: Config) -> None:
    """Refuse to start on servers that the environment names and that do not answer."""
    demand_servers(config)
    if config.database_url:
        database_answers("DATABASE_URL", config.database_url)
    if config.owner_url and config.owner_url != config.database_url:
        database_answers("OWNER_URL", config.owner_url)
    if config.redis_url:
        broker_answers("REDIS_URL", config.redis_url)


def _first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]


def in_time(done: Callable[[], bool], patience: float) -> bool:
    """Whether *done* says so within *patience* seconds; asked once at least."""
    until = time.monotonic() + patience
    while not done():
        if time.monotonic() >= until:
            return False
        time.sleep(0.1)
    return True


def port_is_free(host: str, port: int, patience: float = 0) -> None:
    """Refuse, in one line, an address that is still somebody else's after *patience* seconds."""
    in_time(lambda: _trouble(host, port) is None, patience)
    problem = _trouble(host, port)
    if problem is None:
        return
    if problem.errno == errno.EADDRNOTAVAIL or isinstance(problem, socket.gaierror):
        raise CannotStart(f"BIND={host} is no address of this machine ({problem.strerror}).")
    why = "is taken" if problem.errno == errno.EADDRINUSE else f"cannot be used ({problem.strerror})"
    raise CannotStart(f"port {port} {why}; choose another: PORT={any_port(_next(port))} make run")


def _trouble(host: str, port: int) -> OSError | None:
    try:
        _bind(port, host)
    except OSError as problem:
        return problem
    return None


def _next(port: int) -> int:
    return port + 1 if 1024 < port < 65000 else 8001


def _bind(port: int, host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def any_port(first: int = 0) -> int:
    """A free port: *first* or the next one that is, or just any."""
    for port in range(first, first + 100):
        with contextlib.suppress(OSError):
            return _bind(port)
    return _bind(0)


def practice_core(config: Config, port: int) -> list[str]:
    """What starts the practice core, which knows the products of the fund."""
    products = sorted(set(installation.fund().products.values()))
    store = str(config.var / "practice-core.sqlite")
    command = [sys.executable, "-m", "portal.demo.practice_core", "--port", str(port), "--store", store]
    return [*command, *(part for product in products for part in ("--product", product))]


def practice_gateway(config: Config, port: int) -> list[str]:
    """What starts the practice gateway, which calls the portal of this machine back."""
    host = "127.0.0.1" if config.bind == "0.0.0.0" else config.bind  # noqa: S104  # compared only
    store = str(config.var / "practice-gateway.sqlite")
    command = [sys.executable, "-m", "portal.demo.practice_gateway", "--port", str(port), "--store", store]
    return [*command, "--call-back", f"http://{host}:{config.port}/gateway/call-back"]
