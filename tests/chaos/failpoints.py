"""
Pauses and sudden ends at the moments that killing by lot hardly ever hits.

``PORTAL_FAILPOINT="core.before_fence:sleep=8:times=1,web.after_commit:exit:chance=0.05"``: at each place something to
do (sleep so many seconds, or exit as by ``kill -9``), by chance or always, so often at most in one process.  Only this
harness reads it; the portal's own programs know nothing of it.
"""

from __future__ import annotations

import fcntl
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Failpoint:
    """
    What happens at one place.  *times* counts down in each process by itself; -1: always.

    One process at a time sleeps at a place: where all of them sleep, nobody is left to get in their way.
    """

    place: str
    deed: str = "sleep"
    seconds: float = 1.0
    chance: float = 1.0
    times: int = -1

    def hit(self) -> None:
        """The program comes past the place."""
        if self.times == 0 or _lot().random() >= self.chance:
            return
        if self.deed == "exit":
            os.kill(os.getpid(), signal.SIGKILL)
        with _alone(self.place) as alone:
            if alone:
                self.times -= 1
                time.sleep(self.seconds)


@contextmanager
def _alone(place: str) -> Iterator[bool]:
    """Whether no other process of this run is in here."""
    with (Path(os.environ.get("VAR_DIR", tempfile.gettempdir())) / f"failpoint-{place}").open("w") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def parsed(text: str) -> list[Failpoint]:
    """
    The failpoints a text names.

    >>> parsed("core.cover:sleep=8:times=1")
    [Failpoint(place='core.cover', deed='sleep', seconds=8.0, chance=1.0, times=1)]
    """
    return [_one(part.strip()) for part in text.split(",") if part.strip()]


def _one(text: str) -> Failpoint:
    place, *told = text.split(":")
    made = Failpoint(place)
    for word in told:
        name, _, value = word.partition("=")
        match name:
            case "exit":
                made.deed = "exit"
            case "sleep":
                made.seconds = float(value)
            case "chance":
                made.chance = float(value)
            case "times":
                made.times = int(value)
            case _:
                raise ValueError(f"{word} in {text}")
    return made


_lots: dict[int, random.Random] = {}


def _lot() -> random.Random:
    """A lot of this process's own: children must not all do the same."""
    number = os.getpid()
    if number not in _lots:
        _lots[number] = random.Random(f"{os.environ.get('CHAOS_SEED', '')}/{number}")
    return _lots[number]


def apply(text: str) -> None:
    """Arm what *text* names, in this process."""
    for point in sorted(parsed(text), key=lambda point: list(PLACES).index(point.place)):
        PLACES[point.place](point)


def _around(owner: Any, name: str, *, before: Callable[[], None] | None, after: Callable[[], None] | None) -> None:
    real = getattr(owner, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        if before:
            before()
        done = real(*given, **named)
        if after:
            after()
        return done

    setattr(owner, name, wrapped)


def _before_fence(point: Failpoint) -> None:
    """Looked up, and about to check the lease and send."""
    from portal.coverage import sync

    _around(sync, "_renew", before=point.hit, after=None)


def _after_fence(point: Failpoint) -> None:
    """The lease was checked, the request is not on the wire (docs/reliability.md)."""
    from portal.coverage import sync

    _around(sync, "_renew", before=None, after=point.hit)


def _after_send(point: Failpoint) -> None:
    """The core has applied covers, the portal has not noted it."""
    from portal.coverage.core_client import Core

    _around(Core, "cover", before=None, after=point.hit)


def _after_claim(point: Failpoint) -> None:
    """A message is leased and nothing was done yet."""
    from portal.coverage import sync

    _around(sync, "_claim", before=None, after=point.hit)


def _after_commit(point: Failpoint) -> None:
    """A deed is stored and nobody was told."""
    from portal import db

    real = db.writing

    @contextmanager
    def writing() -> Iterator[Any]:
        with real() as session:
            yield session
        point.hit()

    db.writing = writing


def _uploaded(point: Failpoint) -> None:
    """A payroll file has arrived and nothing was done with it yet: its sender gives up and sends it again."""
    from portal.contributions import drafts

    _around(drafts, "save_upload", before=point.hit, after=None)


def _numbered(point: Failpoint) -> None:
    """A number is taken from its series, the transaction not finished."""
    from portal import series

    _around(series, "next_number", before=None, after=point.hit)


def _imported(point: Failpoint) -> None:
    """A statement of the bank is taken in and stored, and its cashier was not told."""
    from portal.bank.pages import views

    _around(views, "_took_in", before=None, after=point.hit)


#: In the order in which they are armed: what other modules take by name comes before those are loaded.
PLACES: dict[str, Callable[[Failpoint], None]] = {
    "db.after_commit": _after_commit,
    "series.numbered": _numbered,
    "file.arrived": _uploaded,
    "core.after_claim": _after_claim,
    "core.before_fence": _before_fence,
    "core.after_fence": _after_fence,
    "core.after_send": _after_send,
    "bank.imported": _imported,
}
