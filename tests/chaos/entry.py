"""
Starts one program of the portal as a fund does, with its waiting times shortened and this run's failpoints and bug:
``python -m tests.chaos.entry web|worker|beat|core …``.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from tests.chaos import failpoints, mutants, shorter


def main(part: str, arguments: list[str]) -> None:
    """Become that program."""
    if part == "core":
        core(arguments)
        return
    # First what must be in place before other modules take it by name; the last one loads all of them.
    mutants.plant(os.environ.get("CHAOS_MUTANT", ""))
    failpoints.apply(os.environ.get("PORTAL_FAILPOINT", ""))
    shorter.apply()
    if part == "web":
        from gunicorn.app.wsgiapp import run

        sys.argv = ["gunicorn", "wsgi:app", *arguments]
        run()
    else:
        from celery.__main__ import main as celery

        sys.argv = ["celery", "-A", "wsgi:celery", part, *arguments]
        celery()


def core(arguments: list[str]) -> None:
    """The practice core that takes everything; it can also be told to be slow to apply what it has received."""
    from portal.demo import practice_core

    respond = practice_core.respond

    def late(core: Any, method: str, path: str, body: Mapping[str, Any], headers: Any) -> Any:
        writes = method == "POST" and path.startswith("/api/") and "login" not in path
        writes = writes and str(body.get("query", "mutation")).startswith("mutation")
        if writes and (plan := core.failures.take("slow_to_apply")):
            time.sleep(plan.seconds)
        return respond(core, method, path, body, headers)

    practice_core.respond = late
    practice_core.MODES = (*practice_core.MODES, "slow_to_apply")
    practice_core.main([*arguments, "--takes-everything"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
