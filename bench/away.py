"""
The core is away for six hours, on a clock 120 times as fast: what is lost or out of order, and what readers notice.

Twenty-four employers pay a month each quarter of an hour or so while a sender in a process of its own tells the core;
pages are opened all the time.  Before, while and after the core is away the same work goes on, so their times compare.
"""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from multiprocessing.synchronize import Event
from statistics import quantiles

from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench import Measure
from bench._stage import stage
from portal import breaker, clock, db
from portal.auth.models import Account
from portal.contributions.drafts import start_from_roster
from portal.contributions.service import submit_payroll
from portal.coverage import sync
from portal.coverage.core_client import Core
from portal.coverage.models import CoverageMonth
from portal.demo.practice_core import PracticeCore
from portal.employers.models import Employer
from portal.payments.service import record_payment
from portal.scheme.calendars import Month
from tests.factories import hire, make_employer, make_officer, sign_in

SCHEME, EMPLOYERS, PEOPLE, SHARE = "zm-nhima", 24, 4, 100_00
#: Four paid months open the first cover; the months after them are paid while it is measured.
BEFORE, MONTHS = [Month(2026, n) for n in range(1, 5)], [Month(2026, n) for n in range(5, 11)]
FASTER, AWAY, BESIDE = 120, timedelta(hours=6), timedelta(hours=1, minutes=30)
#: Between two payments, and between two looks of the sender: its timetable's ten seconds.
PAYMENT_EVERY, LOOKS_EVERY = timedelta(minutes=4), timedelta(seconds=10)
#: A visit of the test's officer is good for an hour.
A_VISIT = timedelta(minutes=30)
#: A breath between two pages, in seconds of the wall.
BREATH = 0.02


def measures() -> list[Measure]:
    """What is missing, doubled or out of order once the core is back; how long that takes; the pages' times."""
    with stage() as app, PracticeCore(takes_everything=True) as core:
        work = Work(app.test_client())
        with sender(app.config["PORTAL"].database_url, core.url):
            up = work.go_on(BESIDE)
            core.failures.plan("down")
            away = work.go_on(AWAY)
            core.failures.plan("none")
            back = time.monotonic()
            while waiting():
                up += work.go_on(timedelta(minutes=1))
            # Work is not faster than the clock of the wall; only waiting for the next probe is, at most a minute.
            took = time.monotonic() - back + breaker.PROBE_EVERY.total_seconds()
            up += work.go_on(BESIDE)
            while waiting():
                time.sleep(0.1)
        policies = core.tell("state")["policies"]
        lost, doubled, disorder = compared(policies)
    with_core, without = p95(up), p95(away)
    print(f"{work.paid} months paid, {len(policies)} covers in the core; pages p95 {with_core:.1f} ms with the core,"
          f" {without:.1f} ms without ({len(up)} and {len(away)} pages)")  # fmt: skip
    return [
        Measure("core away for 6 hours: person-months lost", lost, 0, ""),
        Measure("core away for 6 hours: person-months doubled", doubled, 0, ""),
        Measure("core away for 6 hours: told in another order than paid, in one employer", disorder, 0, ""),
        Measure("core away for 6 hours: until all is told, after it is back", round(took), 1800, "s"),
        Measure(
            "core away for 6 hours: p95 of the pages, of that with the core", round(100 * without / with_core), 120, "%"
        ),
    ]


@dataclass
class Work:
    """A fund in which months are paid and pages are read."""

    client: FlaskClient
    paid: int = 0
    pages: Iterator[str] = field(init=False)
    dues: Iterator[tuple[int, Month]] = field(init=False)
    officer: Account = field(init=False)
    visit_ends: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Employers whose ten months are declared and the first four paid; an officer who reads."""
        with db.writing() as session:
            self.officer = make_officer(session)
            employers = [_employer(session) for _each in range(EMPLOYERS)]
        for one, month in itertools.product(employers, BEFORE):
            _pay(one.id, month)
        with db.reading() as session:
            numbers = list(session.scalars(select(Employer.number)))
        self.pages = itertools.cycle(
            page
            for number in numbers
            for page in (f"/fund/employers/{number}", "/fund/", "/fund/core", "/fund/arrears")
        )
        self.dues = iter([(one.id, month) for month in MONTHS for one in employers])
        self._sign_in()
        for _warm in range(40):
            self._read()

    def go_on(self, how_long: timedelta) -> list[float]:
        """Pay now and then and read all the time, until so much of the fast time is over; each page's milliseconds."""
        until, took = clock.real_now() + how_long, []
        next_payment = clock.real_now()
        while clock.real_now() < until:
            if clock.real_now() >= self.visit_ends:
                self._sign_in()
            if clock.real_now() >= next_payment and (due := next(self.dues, None)):
                _pay(*due)
                self.paid += 1
                next_payment = clock.real_now() + PAYMENT_EVERY
            took.append(self._read())
            time.sleep(BREATH)
        return took

    def _sign_in(self) -> None:
        sign_in(self.client, self.officer)
        self.visit_ends = clock.real_now() + A_VISIT

    def _read(self) -> float:
        began = time.perf_counter()
        answer = self.client.get(next(self.pages))
        took = (time.perf_counter() - began) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.request.path}: {answer.status_code}")
        return took


def _employer(session: Session) -> Employer:
    made = make_employer(session, schemes=(SCHEME,))
    for _person in range(PEOPLE):
        hire(session, made, from_day=date(2025, 1, 1))
    session.flush()
    for month in (*BEFORE, *MONTHS):
        at = _paid_at(month)
        draft = start_from_roster(session, made.id, month, at=at, by=None)
        submit_payroll(session, made.id, draft.public_id, version=draft.version, by=None, at=at)
    return made


def _pay(employer: int, month: Month) -> None:
    at = _paid_at(month)
    with db.writing() as session:
        record_payment(
            session, employer, scheme=SCHEME, amount=SHARE * PEOPLE, paid_on=at.date(), method="bank",
            bank_reference=str(month), by=None, at=at,
        )  # fmt: skip


def _paid_at(month: Month) -> datetime:
    return datetime(month.year, month.number + 1, 5, 9, tzinfo=UTC)


def waiting() -> int:
    """How many person-months the core does not know yet."""
    with db.reading() as session:
        wanted = select(func.count()).where(CoverageMonth.core_state == "waiting")
        return session.scalar(wanted) or 0


def compared(policies: list[dict[str, str]]) -> tuple[int, int, int]:
    """Person-months lost, doubled, and told out of order, by what the core has against what is covered here."""
    with db.reading() as session:
        here = set(session.scalars(select(CoverageMonth.core_receipt)))
    there = Counter(one["receipt"] for one in policies)
    of_person: dict[str, list[str]] = {}
    for one in policies:
        of_person.setdefault(one["chf_id"], []).append(one["start_date"])
    disorder = sum(days != sorted(days) for days in of_person.values())
    return len(here - set(there)), sum(there.values()) - len(there), disorder


def p95(took: list[float]) -> float:
    """What nineteen of twenty pages stay under, in milliseconds."""
    return quantiles(took, n=20)[-1]


@contextmanager
def sender(url: str, core: str) -> Iterator[None]:
    """A process that tells the core, and a clock that runs faster in it and here."""
    began, real = time.time(), clock.real_now

    def faster() -> datetime:
        return datetime.fromtimestamp(began + (time.time() - began) * FASTER, UTC)

    fork = multiprocessing.get_context("fork")
    ended = fork.Event()
    db.engine().dispose()  # a connection must not be shared with the process
    clock.real_now = faster
    process = fork.Process(target=_send, args=(url, core, ended))
    process.start()
    try:
        yield
    finally:
        ended.set()
        process.join(10)
        clock.real_now = real


def _send(url: str, address: str, ended: Event) -> None:
    db.bind(url, pool=1)
    core = Core(address, "portal", "practice", timeout=5, patience=0.2)
    while not ended.wait(LOOKS_EVERY.total_seconds() / FASTER):
        while not ended.is_set() and sync.send_one(core):
            pass
