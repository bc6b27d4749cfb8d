"""What is done to the house, and when: drawn by lot from a seed, so that the same seed breaks the same things again."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import psycopg

from tests.chaos.house import House
from tests.chaos.shorter import LEASE, TIMEOUT

#: Seconds between two faults, at least and at most.
PAUSE = (0.8, 2.6)


@dataclass
class Later:
    """What is put right again after a while: a program started, let go on, a core made well."""

    _waiting: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list)
    _count: Iterator[int] = field(default_factory=itertools.count)

    def do(self, seconds: float, what: Callable[[], object]) -> None:
        """*what*, in so many seconds."""
        heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._count), what))

    def run(self, *, everything: bool = False) -> None:
        """What is due, or all of it."""
        while self._waiting and (everything or self._waiting[0][0] <= time.monotonic()):
            heapq.heappop(self._waiting)[2]()


Fault = Callable[[House, random.Random, Later], None]


def _killed(part: str) -> Fault:
    """The whole group at once."""

    def fault(house: House, lot: random.Random, later: Later) -> None:
        house.parts[part].kill()
        later.do(lot.uniform(0.1, 1.5), house.parts[part].start)

    return fault


def _leader_killed(part: str) -> Fault:
    """Only the process that leads: those it made find out by themselves, and may finish what they are at."""

    def fault(house: House, lot: random.Random, later: Later) -> None:
        house.parts[part].kill_leader()
        later.do(lot.uniform(0.1, 1.5), house.parts[part].start)

    return fault


def _child_killed(part: str) -> Fault:
    def fault(house: House, lot: random.Random, _later: Later) -> None:
        _send(house.parts[part].child(lot), signal.SIGKILL)

    return fault


def _stopped(part: str, least: float, most: float) -> Fault:
    """It stands still, its connections open, and goes on where it was."""

    def fault(house: House, lot: random.Random, later: Later) -> None:
        stopped = house.parts[part]
        stopped.send(signal.SIGSTOP)
        later.do(lot.uniform(least, most), lambda: stopped.send(signal.SIGCONT))

    return fault


def _child_stopped(house: House, lot: random.Random, later: Later) -> None:
    """One sender stands still for longer than its lease, the other goes on."""
    child = house.parts["worker"].child(lot)
    _send(child, signal.SIGSTOP)
    later.do(lot.uniform(LEASE + 0.5, LEASE + 3), lambda: _send(child, signal.SIGCONT))


def _send(process: int | None, what: signal.Signals) -> None:
    if process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, what)


def _emptied(house: House, _lot: random.Random, _later: Later) -> None:
    house.flush()


def _backend(end: Callable[[House, int], None]) -> Fault:
    def fault(house: House, lot: random.Random, _later: Later) -> None:
        with contextlib.suppress(psycopg.Error):
            if found := house.server.backends(house.database):
                end(house, lot.choice(found))

    return fault


def _postmaster(house: House, _lot: random.Random, _later: Later) -> None:
    house.server.kill()


def _core(mode: str, times: tuple[int, int], seconds: tuple[float, float] = (0, 0)) -> Fault:
    """So many requests go wrong in this way."""

    def fault(house: House, lot: random.Random, _later: Later) -> None:
        house.tell_core(mode=mode, times=lot.randint(*times), seconds=round(lot.uniform(*seconds), 2))

    return fault


def _core_away(house: House, lot: random.Random, later: Later) -> None:
    house.tell_core(mode="down")
    later.do(lot.uniform(1, 5), lambda: house.tell_core(mode="down", times=0))


def _core_only_logs(house: House, lot: random.Random, later: Later) -> None:
    """It takes something in and works on it some seconds later."""
    house.tell_core(mode="log_stays_received", times=lot.randint(1, 2))
    later.do(lot.uniform(1, 4), house.let_core_catch_up)


FAULTS: dict[str, Fault] = {
    "web killed": _killed("web"),
    "web leader killed": _leader_killed("web"),
    "web child killed": _child_killed("web"),
    "web stopped": _stopped("web", 4, 8),
    "worker killed": _killed("worker"),
    "worker leader killed": _leader_killed("worker"),
    "worker child killed": _child_killed("worker"),
    "worker stopped": _stopped("worker", LEASE, LEASE + 3),
    "worker child stopped": _child_stopped,
    "timetable killed": _killed("timetable"),
    "broker killed": _killed("broker"),
    "broker emptied": _emptied,
    "broker stopped": _stopped("broker", 1, 6),
    "backend terminated": _backend(lambda house, backend: house.server.terminate(backend)),
    "backend killed": _backend(lambda _house, backend: _send(backend, signal.SIGKILL)),
    "postmaster killed": _postmaster,
    "gateway killed": _killed("gateway"),
    "gateway stopped": _stopped("gateway", 1, 4),
    "core killed": _killed("core"),
    "core stopped": _stopped("core", 1, 4),
    "core down": _core_away,
    "core slow": _core("slow", (5, 20), (0.1, 0.5 * TIMEOUT)),
    "core slow to apply": _core("slow_to_apply", (2, 6), (0.5 * TIMEOUT, 0.85 * TIMEOUT)),
    "core applies late": _core("slow_to_apply", (1, 3), (1.2 * TIMEOUT, 3 * TIMEOUT)),
    "core limits": _core("rate_limited", (1, 5)),
    "core applies, 500": _core("applied_then_500", (1, 3)),
    "core applies, no answer": _core("applied_then_no_answer", (1, 3), (0, 2)),
    "core forgets the token": _core("unauthorized", (1, 2)),
    "core only logs": _core_only_logs,
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A fault to come: after a *pause* in seconds, once pages answer (*settled*) or whatever is broken already."""

    kind: str
    pause: float
    settled: bool
    #: What its details are drawn from.
    number: int


def drawn(seed: int, count: int, kinds: Sequence[str] = ()) -> list[Drawn]:
    """The faults of a run: each kind (all, or *kinds*, which do not meet) once before any comes twice."""
    lot = random.Random(f"faults/{seed}")
    bag: list[str] = []
    made = []
    for _ in range(count):
        if not bag:
            bag = sorted(kinds or FAULTS)
            lot.shuffle(bag)
        made.append(Drawn(bag.pop(), lot.uniform(*PAUSE), bool(kinds) or lot.random() < 0.7, lot.getrandbits(32)))
    return made
