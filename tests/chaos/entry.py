"""
Starts one program of the portal as a fund does, with its waiting times shortened and this run's failpoints and bug:
``python -m tests.chaos.entry web|worker|beat|core|gateway …``.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from tests.chaos import failpoints, mutants, shorter


def main(part: str, arguments: list[str]) -> None:
    """Become that program."""
    if part in ALONE:
        ALONE[part](arguments)
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


#: How a call-back goes: so many in one never, so many twice at the same moment, so many late, by up to so many seconds.
LOST, TWICE, LATE, SECONDS = 0.2, 0.25, 0.15, 3.0


def gateway(arguments: list[str]) -> None:
    """The practice gateway; its call-backs get lost, or come twice or late, and it takes back what it is told to."""
    from portal.demo import practice_gateway

    lot = random.Random(f"{os.environ.get('CHAOS_SEED', '')}/gateway/{os.getpid()}")
    tell, respond = practice_gateway.PracticeGateway.tell, practice_gateway.respond

    def unsure(gateway: Any, payment: Any) -> int:
        drawn = lot.random()
        if drawn < LOST:
            return 0
        if drawn < LOST + TWICE:
            threading.Thread(target=tell, args=(gateway, payment), daemon=True).start()
        elif drawn < LOST + TWICE + LATE:
            threading.Timer(lot.uniform(0, SECONDS), tell, (gateway, payment)).start()
            return 0
        return tell(gateway, payment)

    def told(gateway: Any, method: str, path: str, body: bytes, signature: str) -> Any:
        if path.startswith("/practice/reverse/"):
            gateway.reverse(gateway.store.payment(path.rpartition("/")[2]))
            return 200, practice_gateway.JSON, "{}"
        return respond(gateway, method, path, body, signature)

    practice_gateway.PracticeGateway.tell = unsure  # type: ignore[method-assign]
    practice_gateway.respond = told
    practice_gateway.main(arguments)


ALONE = {"core": core, "gateway": gateway}

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
