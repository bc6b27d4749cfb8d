"""The settings of this process, with the embedded servers filled in where the environment names none."""

from __future__ import annotations

import atexit
import sys
from dataclasses import replace
from pathlib import Path

from config import BadSetting, Config, from_environment
from portal.embedded import Embedded
from portal.wheels import CannotStart


def configured() -> Config:
    """The configuration.  Ends with one clear line when a setting is wrong or no server can be found."""
    try:
        config = from_environment()
    except BadSetting as problem:
        sys.exit(f"portal: {problem}")
    if config.database_url and config.redis_url:
        return config
    if config.production:
        sys.exit("portal: DATABASE_URL and REDIS_URL must be set when PORTAL_ENV=production.")
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
    if Path(sys.argv[0]).name != "flask" or "run" in sys.argv:
        sys.exit("portal: no database is running. Type `make run`, or set DATABASE_URL and REDIS_URL.")
    try:
        embedded.start()
    except CannotStart as problem:
        sys.exit(f"portal: {problem}")
    atexit.register(embedded.stop)
