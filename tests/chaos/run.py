"""One run: open the house, let the clients work and the faults fall, put everything right, wait, and count."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config import PUBLIC_GATEWAY_KEY
from portal import db
from portal.gateway import asking
from portal.gateway.providers.choosing import provider
from tests.chaos import checker, gateway_checks
from tests.chaos.client import Client, months_up_to_now
from tests.chaos.faults import FAULTS, Later, drawn
from tests.chaos.history import History
from tests.chaos.house import House
from tests.chaos.mutants import MUTANTS
from tests.chaos.people import firms
from tests.chaos.server import Server

#: Months an employer declares in a run, the months of waiting that are paid before it begins, and its people.
MONTHS, WAITING, PEOPLE = 10, 3, 3
#: Seconds for the clients to finish, and for the outbox to empty, once nothing is broken any more.
FINISH, DRAIN = 150, 60
#: Seconds without anything to send after which nothing more is expected: a few ticks of the timetable.
QUIET = 2.5
#: Seconds to wait, at most, for one fault to be over before the next, where the two are not to meet.
SETTLE = 10
#: What a run without a planted bug is armed with: ends and pauses at the worst moments, now and then.
USUAL = (
    "db.after_commit:exit:chance=0.01,series.numbered:exit:chance=0.02,core.after_claim:exit:chance=0.03,"
    "core.after_send:exit:chance=0.08,core.before_fence:sleep=8:chance=0.05:times=1,"
    "file.arrived:sleep=7:chance=0.05:times=1,bank.imported:exit:chance=0.05"
)
_WAITING = text(
    "SELECT (SELECT count(*) FROM outbox WHERE state IN ('queued', 'leased')) + "
    "(SELECT count(*) FROM coverage_month WHERE core_state = 'waiting')"
)


@dataclass
class Wanted:
    """How much of everything."""

    seed: int
    faults: int = 12
    declarations: int = 60
    mutant: str = ""
    kinds: tuple[str, ...] = ()
    #: Instead of those a run is armed with.
    failpoints: str = ""


@dataclass
class Result:
    """What a run did, and what was wrong afterwards."""

    wanted: Wanted
    seconds: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    restarted: Counter[str] = field(default_factory=Counter)
    verdict: checker.Verdict = field(default_factory=checker.Verdict)

    def as_json(self) -> dict[str, Any]:
        """For printing."""
        return {
            "seed": self.wanted.seed,
            "mutant": self.wanted.mutant or None,
            "ok": self.verdict.ok,
            "seconds": self.seconds,
            "faults": dict(sorted(self.faults.items())),
            "acknowledged": dict(sorted(self.deeds.items())),
            "in the core": {"begun": self.verdict.begun, "ended": self.verdict.ended},
            "tried again": self.retries,
            "ended by themselves": dict(sorted(self.restarted.items())),
            "wrong": self.verdict.counts,
            **({"examples": self.verdict.examples} if self.verdict.examples else {}),
        }


def run(server: Server, folder: Path, wanted: Wanted) -> Result:
    """One run with its own house in *folder*, where its logs and its history stay."""
    began, result = time.monotonic(), Result(wanted)
    mutant = MUTANTS.get(wanted.mutant)
    armed = wanted.failpoints or (mutant.failpoints if mutant else USUAL)
    house = House(
        server, folder, wanted.seed, mutant=wanted.mutant, failpoints=armed,
        settings=mutant.settings if mutant else (),
    )  # fmt: skip
    history = History(folder / "history.jsonl")
    try:
        house.bind()
        clients = _clients(house, history, wanted)
        server.keep()
        house.open()
        _worker_is_there(house)
        for client in clients:
            client.start()
        _break(house, clients, result, history)
        _finish(house, clients)
        drained = _drain(house) and _compared(house) and _drain(house)
        result.verdict = checker.check(history, house.store, house.payments)
        result.verdict.wrong("not finished", [one.name for one in clients if not one.finished])
        result.verdict.wrong("never quiet", [] if drained else ["the outbox"])
        result.verdict.wrong("odd answers", [line["why"] for line in history.lines if line["event"] == "odd"])
    finally:
        house.close()
        history.close()
    events = Counter(line["event"] for line in history.lines)
    result.deeds = Counter(line["deed"] for line in history.lines if line["event"] == "acknowledged")
    result.retries, result.restarted = events["failed"], Counter(house.restarted)
    result.seconds = round(time.monotonic() - began)
    return result


def _clients(house: House, history: History, wanted: Wanted) -> list[Client]:
    every = months_up_to_now(WAITING + min(MONTHS, wanted.declarations))
    before, months = every[:WAITING], every[WAITING:]
    count = max(1, round(wanted.declarations / len(months)))
    return [Client(firm, house.ports, history, wanted.seed, months) for firm in firms(count, PEOPLE, before)]


def _worker_is_there(house: House) -> None:
    """Until what making the employers left to do is done."""
    until = time.monotonic() + DRAIN
    while _waiting() and time.monotonic() < until:
        house.keep()
        time.sleep(0.1)


def _break(house: House, clients: list[Client], result: Result, history: History) -> None:
    """The faults, one after the other, for as long as there is work."""
    later, wanted = Later(), result.wanted
    mutant = MUTANTS.get(wanted.mutant)
    for fault in drawn(wanted.seed, wanted.faults, wanted.kinds or (mutant.faults if mutant else ())):
        if fault.settled:
            _let_settle(house, later)
        until = time.monotonic() + fault.pause
        while time.monotonic() < until:
            later.run()
            house.keep()
            time.sleep(0.05)
        if not any(client.is_alive() for client in clients):
            break
        history.note("fault", kind=fault.kind)
        result.faults[fault.kind] += 1
        FAULTS[fault.kind](house, random.Random(fault.number), later)
    later.run(everything=True)


def _let_settle(house: House, later: Later) -> None:
    """Until pages and core answer again: what is killed while it starts does no harm worth counting."""
    until = time.monotonic() + SETTLE
    while time.monotonic() < until and not house.is_up():
        later.run()
        house.keep()
        time.sleep(0.1)


def _finish(house: House, clients: list[Client]) -> None:
    """Everything runs again; the clients bring to an end what they began."""
    for part in house.parts.values():
        part.start()
    house.mend_core()
    until = time.monotonic() + FINISH
    for client in clients:
        client.until = min(client.until, until)
    while any(client.is_alive() for client in clients) and time.monotonic() < until + 10:
        house.keep()
        time.sleep(0.1)


def _drain(house: House) -> bool:
    """Whether the outbox came to rest: nothing waits, and nothing new is put into it for a while."""
    until = time.monotonic() + DRAIN
    quiet_since: float | None = None
    while time.monotonic() < until:
        house.keep()
        house.mend_core()
        now = time.monotonic()
        quiet_since = None if _waiting() else quiet_since or now
        if quiet_since is not None and now - quiet_since > QUIET:
            return True
        time.sleep(0.3)
    return False


def _compared(house: House) -> bool:
    """Every day on which the gateway was paid, beside its list of it: what the portal did not hear of comes in now."""
    gateway = provider(f"http://127.0.0.1:{house.ports['gateway']}", PUBLIC_GATEWAY_KEY)
    assert gateway is not None
    for day in gateway_checks.days(house.payments):
        asking.compare(gateway, day)
    return True


def _waiting() -> bool:
    try:
        with db.reading() as session:
            return bool(session.scalar(_WAITING))
    except DBAPIError:
        return True
