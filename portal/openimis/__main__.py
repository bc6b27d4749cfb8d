"""``python -m portal.openimis`` (``make core``): put together what is missing of a test openIMIS, start it and stay."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from config import BadSetting, from_environment
from portal import installation
from portal.boot import port_is_free
from portal.openimis.packages import install
from portal.openimis.server import OpenImis
from portal.scheme.packfile.tree import PackRefused
from portal.wheels import CannotStart

#: Where it answers when nothing else is said.
PORT = 8400


def main(arguments: Sequence[str] | None = None) -> None:
    """Start it and stay until asked to stop."""
    parser = argparse.ArgumentParser(prog="openimis", description="A test openIMIS from its published packages.")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--install", action="store_true", help="install the packages and end")
    told = parser.parse_args(arguments)
    for wanted in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, lambda *_: sys.exit(0))
    try:
        config = from_environment()
        if told.install:
            return install()
        installation.use(config.fund_file)
        port_is_free("127.0.0.1", told.port)
        core = OpenImis(config, told.port)
        with core as url:
            print(f"\n  openIMIS answers at {url}\n  Ctrl-C stops it; nothing is lost.\n", flush=True)
            while not core.died():
                time.sleep(0.5)
            raise CannotStart(f"openIMIS ended by itself; see {core.var / 'openimis.log'}.")
    except (BadSetting, CannotStart, PackRefused) as problem:
        sys.exit(f"core: {problem}")
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
    return None


if __name__ == "__main__":
    main()
