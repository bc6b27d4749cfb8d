"""Looking at several things that may hang, with one deadline for all."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from threading import Thread
from typing import TypeVar

log = logging.getLogger("portal.machine")

T = TypeVar("T")


def within(seconds: float, looks: Mapping[str, Callable[[], T]]) -> dict[str, T | None]:
    """
    What each look found, or None where it failed or was not back within *seconds*.

    All look at the same time, each in a thread of its own; one that hangs is left behind, so each must end by itself
    some time.
    """
    found: dict[str, T] = {}

    def look(name: str, one: Callable[[], T]) -> None:
        try:
            found[name] = one()
        except Exception as failure:  # whatever it is, it does not answer
            log.warning("%s does not answer: %s", name, failure)

    threads = [Thread(target=look, args=each, name=f"look at {each[0]}", daemon=True) for each in looks.items()]
    until = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return {name: found.get(name) for name in looks}
