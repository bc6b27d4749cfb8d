"""The settings of this process, with the embedded servers filled in where the environment names none."""

from __future__ import annotations

import sys
from dataclasses import replace

from config import BadSetting, Config, from_environment
from portal.embedded import Embedded


def configured() -> Config:
    """The configuration.  Ends with one clear line when a setting is wrong or no server can be found."""
    try:
        config = from_environment()
    except BadSetting as problem:
        sys.exit(f"portal: {problem}")
    if config.database_url:
        return config
    if config.production:
        sys.exit("portal: DATABASE_URL must be set when PORTAL_ENV=production.")
    embedded = Embedded(config.var)
    if not embedded.running():
        sys.exit("portal: no database is running. Type `make run`, or set DATABASE_URL and REDIS_URL.")
    servers = embedded.servers
    return replace(
        config,
        database_url=servers.database_url,
        owner_url=servers.owner_url,
        redis_url=config.redis_url or servers.redis_url,
    )
