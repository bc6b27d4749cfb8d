"""Every job, a few lines each: ids and days in, the work is done elsewhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from celery import Task, shared_task
from flask import current_app
from kombu.exceptions import OperationalError
from sqlalchemy import delete

from portal import audit_chain, clock, db, trace, work
from portal.auth.models import Attempt, WebSession
from portal.bank import payouts
from portal.coverage import sync
from portal.coverage.core_client import Core
from portal.gateway import asking, billing
from portal.gateway.providers.choosing import provider
from portal.installation import fund
from portal.jobs import comparing, letters, looking, mail, nightly, notifying
from portal.notices import deliveries
from portal.staff import reading

log = logging.getLogger("portal.jobs")

#: One task sends at most so many, then makes room for others.
AT_ONCE = 100
#: Nor longer than so many seconds: a mail server that hangs must not keep the core from being told.
NO_LONGER = 20
#: One task works in the background for about so many seconds, then lets the others through.
AT_A_STRETCH = 10


@shared_task
def send_waiting() -> None:
    """Do what waits in the outbox: accounts to settle, mail, and what the core must hear; hand on longer work."""
    _hand_on(do_work, work.waits())
    config = current_app.config["PORTAL"]
    _hand_on(compare_core, bool(config.core_url) and comparing.is_asked())
    _some(nightly.settle_one)
    _some(letters.draw_one)
    _some(partial(notifying.address, config))
    _some(partial(mail.send_one, config))
    _some(partial(mail.send_one_text, config))
    if config.core_url:
        core = Core(config.core_url, config.core_user, config.core_password, config.core_agent)
        _some(partial(sync.send_one, core))
    gateway = provider(config.gateway_url, config.gateway_keys) if config.gateway_url else None
    if gateway is not None:
        _some(partial(billing.send_one, gateway, config.base_url))
        _some(partial(asking.enquire_one, gateway))


@shared_task
def compare_gateway(day: str | None = None) -> None:
    """The days before *day* beside the gateway's lists of them, those that were not compared yet."""
    config = current_app.config["PORTAL"]
    gateway = provider(config.gateway_url, config.gateway_keys) if config.gateway_url else None
    if gateway is not None:
        asking.compare_days(gateway, date.fromisoformat(day) if day else clock.today(fund().timezone))
        with db.writing() as session:
            payouts.join_waiting(session, by=None, at=clock.now())


def _some(step: Callable[[], bool]) -> None:
    """
    Do a step again and again until nothing waits for it, at most so often and so long.

    One that fails by surprise leaves its message leased; it must not keep the other steps from their work.  Each step
    belongs to the click that caused its message.
    """
    until = time.monotonic() + NO_LONGER
    for _ in range(AT_ONCE):
        with trace.under(trace.current()):
            if not _went_on(step) or time.monotonic() > until:
                break


def _went_on(step: Callable[[], bool]) -> bool:
    try:
        return step()
    except Exception:
        log.exception("a step of the outbox failed")
        return False


@shared_task
def do_work() -> None:
    """Do work that somebody watches; what is not finished after a while goes to the end of the queue."""
    _hand_on(do_work, work.do_waiting(AT_A_STRETCH))


def _hand_on(task: Task, more: bool) -> None:
    try:
        if more:
            task.delay()
    except OperationalError:
        log.warning("the broker does not answer; the timetable will find the work that waits")


@shared_task
def tonight(day: str | None = None) -> None:
    """Hand the night's arrears to the workers, a chunk of employers a task."""
    on = date.fromisoformat(day) if day else clock.today(fund().timezone)
    for chunk in nightly.chunks(nightly.begin(on)):
        accrue_arrears.delay(chunk, on.isoformat())


@shared_task
def accrue_arrears(employers: list[int], day: str) -> None:
    """The late charges of these employers as of *day*."""
    nightly.accrue(employers, date.fromisoformat(day))


@shared_task
def catch_up() -> None:
    """Do what the night and the morning should have done and did not, because the broker lost it or was away."""
    day = clock.today(fund().timezone)
    with db.reading() as session:
        night, told = nightly.is_missing(session, day), notifying.is_missing(session, day)
    if night:
        tonight(day.isoformat())
    if told:
        notifying.tell_the_day(day)


@shared_task
def compare_core() -> None:
    """Read the core back and keep what differs, once a day and when somebody asked."""
    config = current_app.config["PORTAL"]
    if config.core_url:
        core = Core(config.core_url, config.core_user, config.core_password, config.core_agent)
        comparing.compare_once(core, clock.today(fund().timezone))


@shared_task
def look_around() -> None:
    """Ask what stands outside whether it is there, and keep the answers for those who watch."""
    looking.look_around(current_app.config["PORTAL"])


@shared_task
def seal_audit() -> None:
    """Chain what was written to the audit log since the last time."""
    audit_chain.seal(at=clock.real_now())


@shared_task
def tell_the_day(day: str | None = None) -> None:
    """What the day asks of employers, and what waits at the fund."""
    notifying.tell_the_day(date.fromisoformat(day) if day else clock.today(fund().timezone))


@shared_task
def send_digests() -> None:
    """The summaries of the day."""
    notifying.send_digests()


@shared_task
def sweep() -> None:
    """Remove visits that ended, tries that no longer count, and what came of work long ago."""
    now = clock.real_now()
    with db.writing() as session:
        session.execute(delete(WebSession).where(WebSession.expires_at < now))
        session.execute(delete(Attempt).where(Attempt.at < now - timedelta(days=2)))
        work.sweep(session, at=now)
        reading.sweep(session, at=now)
        deliveries.forget_addresses(session, at=clock.now())
