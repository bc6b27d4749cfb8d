"""
Bugs planted on purpose: what a good programmer might write on a bad day.  The harness must find each of them.

They are put in when a process starts, from outside; the portal's own code never holds them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.chaos import shorter


@dataclass(frozen=True)
class Mutant:
    """
    A planted bug: what it does to a process that starts, and what brings it to light.

    *faults* are those a run with it draws from, *failpoints* those it is armed with; *settings* are PostgreSQL's.
    """

    words: str
    plant: Callable[[], None]
    faults: tuple[str, ...]
    failpoints: str = ""
    settings: tuple[tuple[str, str], ...] = ()


def _nothing() -> None:
    """The bug is in the settings."""


def _no_lookup() -> None:
    from portal.coverage import telling

    telling._look_up = lambda _core, _batch: telling._Found({}, ())


def _second_transaction() -> None:
    from portal import db, outbox

    put, writing = outbox.put, db.writing

    def later(session: Any, *given: Any, **named: Any) -> None:
        session.info.setdefault("later", []).append((given, named))

    @contextmanager
    def twice() -> Iterator[Any]:
        with writing() as session:
            yield session
        if waiting := session.info.pop("later", None):
            time.sleep(0.3)  # a bug of this kind has a gap of some milliseconds; a small run needs a larger one
            with writing() as second:
                for given, named in waiting:
                    put(second, *given, **named)

    outbox.put, db.writing = later, twice


def _no_fence() -> None:
    from portal.coverage import sync
    from portal.coverage.core_line import CoreLine

    exchange = CoreLine._exchange

    def standing_still(line: Any, *given: Any, writes: bool, **named: Any) -> Any:
        """Whoever pauses where the lease is looked at goes on as if nothing had been: the clock is not read either."""
        look, line.before_change = line.before_change, None
        try:
            if writes and look is not None:
                look()
            return exchange(line, *given, writes=writes, **named)
        finally:
            line.before_change = look

    CoreLine._exchange = standing_still  # type: ignore[method-assign]

    def hold(_held: Any, _batch: Any) -> Any:
        def noted(months: Any) -> None:
            with sync.db.writing() as session:
                for row in sync._locked(session, {one.id: one for one in months}):
                    row.core_tried_at = row.core_tried_at or sync.clock.now()

        return noted

    sync._renew, sync._hold = (lambda _held: None), hold


def _no_rest() -> None:
    from portal.coverage import sync

    put_off = sync._put_off
    sync._put_off = lambda *given, **named: put_off(*given, **{**named, "unsure": False})


def _short_lease() -> None:
    from portal.coverage import sync

    shorter.LEASE, sync.LIMITS = 0.3, 0


def _sequence() -> None:
    from portal import db, series

    real = series.next_number

    def apart(_session: Any, name: str) -> int:
        with db.writing() as other:  # kept even when the deed fails, as a sequence would
            return real(other, name)

    series.next_number = apart


def _no_key() -> None:
    from portal.web import typed

    typed.name_of = lambda _text: uuid4()


def _no_order() -> None:
    from sqlalchemy import select

    from portal import outbox
    from portal.outbox import Message

    def claim(session: Any, topic: str, *, at: Any) -> Message | None:
        ready = ((Message.state == "queued") & (Message.next_try_at <= at)) | (
            (Message.state == "leased") & (Message.lease_until < at)
        )
        newest = select(Message).where(Message.topic == topic, ready).order_by(Message.id.desc()).limit(1)
        message = session.scalar(newest.with_for_update(skip_locked=True))
        if message is not None:
            message.state, message.lease_until = "leased", at + outbox.LEASE
            message.attempts += 1
        return message

    outbox.claim = claim


def _call_twice() -> None:
    from portal.gateway import taking

    keep = taking._keep
    # A row of a transaction for each call, and a key for each booking.
    taking._keep = lambda *given: keep(*given) or True
    taking.uuid5 = lambda *_given: uuid4()  # type: ignore[attr-defined]


def _late_file() -> None:
    from portal.contributions import drafts, months

    def all_of_it(session: Any, employer_id: int, month: Any, today: Any) -> Any:
        return months.computable(months.given_in(session, employer_id, month, today).values(), month)

    drafts.still_to_declare = all_of_it


def _statement_twice() -> None:
    from portal.bank import importing

    key, base = importing._key, importing._base
    importing._key = lambda one: f"{key(one)}/{uuid4()}"
    importing._base = lambda line: f"{base(line)}/{uuid4()}"


_SILENT = ("core applies, no answer", "core applies, 500")
MUTANTS: dict[str, Mutant] = {
    "no-lookup": Mutant("nothing is looked up before it is sent again", _no_lookup, _SILENT),
    "second-transaction": Mutant(
        "the outbox row is written after the commit", _second_transaction, ("web child killed", "web killed")
    ),
    "no-fence": Mutant(
        "nobody looks at lease or clock again before sending",
        _no_fence,
        ("timetable killed", "broker emptied"),
        "core.before_fence:sleep=8:times=1",
    ),
    "no-rest": Mutant("what was not answered is sent again at once", _no_rest, ("core applies late",)),
    "short-lease": Mutant("the lease is shorter than a request", _short_lease, ("core slow to apply",)),
    "lazy-commit": Mutant(
        "PostgreSQL answers before the disk has it",
        _nothing,
        ("postmaster killed",),
        settings=(("synchronous_commit", "off"), ("wal_writer_delay", "10s")),
    ),
    "sequence": Mutant(
        "receipt numbers come from a sequence", _sequence, ("web child killed",), "series.numbered:exit:chance=0.1"
    ),
    "no-key": Mutant("a payment sent again is a second payment", _no_key, ("web killed", "web stopped")),
    "call-twice": Mutant(
        "the gateway's call-back is booked each time it comes", _call_twice, ("web stopped", "web killed")
    ),
    "late-file": Mutant(
        "a file that comes again after its month was declared opens the month again",
        _late_file,
        ("web stopped",),
        "file.arrived:sleep=8:chance=0.3",
    ),
    "statement-twice": Mutant(
        "a statement that was imported is imported again",
        _statement_twice,
        ("web stopped", "web killed"),
        "bank.imported:exit:chance=0.4",
    ),
    "no-order": Mutant("the newest message goes first", _no_order, (*_SILENT, "core down")),
}


def plant(name: str) -> None:
    """Put the bug of this name into the process."""
    if name:
        MUTANTS[name].plant()
