"""
``python3 -m portal``: the whole portal on one machine, under one supervisor.

The first part knows the standard library only: it may run before anything is installed, and
starts itself again inside ``.venv`` once it is.
"""

from __future__ import annotations

import os
import sys

from portal import prepare


def main() -> None:
    """Prepare what is missing, then start everything and stay until told to stop."""
    if os.path.realpath(sys.prefix) != os.path.realpath(prepare.VENV):
        prepare.prepare()
        os.chdir(prepare.ROOT)
        os.execv(prepare.PYTHON, [str(prepare.PYTHON), "-m", "portal", *sys.argv[1:]])  # noqa: S606  # no shell wanted
    from portal.supervisor import run

    sys.exit(run())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nportal: stopped; the next start goes on from here.")
