"""The night: late charges once, money that waited put to use, one employer's trouble nobody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import redis
from flask import Flask
from sqlalchemy import func, select

from portal import clock, db, outbox
from portal.contributions import drafts
from portal.contributions import service as contributions
from portal.employers.models import Employer
from portal.errors import NotFound
from portal.jobs import nightly, notifying
from portal.jobs.celery_app import make_celery
from portal.jobs.models import JobRun
from portal.ledger import book, standing
from portal.ledger.models import Posting, Transaction
from portal.outbox import Message
from portal.payments import service as payments
from portal.scheme.calendars import Month
from tests.conftest import Cluster
from tests.factories import hire, make_employer

MONTH = Month(2026, 9)
DECLARED = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
LATE = date(2026, 11, 21)


def employer_who_declared(month: Month = MONTH, at: datetime = DECLARED) -> Employer:
    """One person on K5,000 basic and K6,000 gross: NHIMA 100.00, NAPSA 600.00 a month."""
    with db.writing() as session:
        employer = make_employer(session)
        hire(session, employer)
    declare(employer, month, at)
    return employer


def declare(employer: Employer, month: Month, at: datetime) -> None:
    with db.writing() as session:
        payroll = drafts.start_from_roster(session, employer.id, month, at=at, by=None)
        contributions.submit_payroll(session, employer.id, payroll.public_id, version=payroll.version, by=None, at=at)


def late_due(employer: Employer) -> int:
    with db.reading() as session:
        statement = select(func.coalesce(func.sum(Posting.amount), 0)).where(
            Posting.employer_id == employer.id, Posting.account == "late_due"
        )
        return int(session.scalar(statement) or 0)


@pytest.fixture(autouse=True)
def _app(app: Flask, database: str) -> None:
    """The fund's rules and a database."""


def test_two_months_late_costs_two_tenths_of_the_pension_contribution_and_health_is_not_known() -> None:
    employer = employer_who_declared()
    nightly.accrue([employer.id], LATE)
    assert late_due(employer) == 120_00  # due 10 October; 21 November is in the second month: 2 x 10 % of 600.00


def test_running_the_night_twice_posts_nothing_more() -> None:
    employer = employer_who_declared()
    nightly.accrue([employer.id], LATE)
    nightly.accrue([employer.id], LATE)
    assert late_due(employer) == 120_00
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(Transaction.kind == "late")) == 1
        assert [run.result["amounts"] for run in session.scalars(select(JobRun).order_by(JobRun.id))] == [
            {"ZMW": 120_00},
            {},
        ]


def test_a_night_that_breaks_off_keeps_what_was_done_and_goes_on_the_next_time() -> None:
    first, second = employer_who_declared(), employer_who_declared()
    with db.writing() as session:  # a scheme the fund no longer runs: this employer cannot be worked on
        broken = make_employer(session)
        book.charge_for(
            session, broken.id, scheme="xx-gone", month=MONTH, due_day=date(2026, 10, 10), currency="ZMW",
            pack_hash="", at=DECLARED,
        )  # fmt: skip
    with pytest.raises(NotFound):
        nightly.accrue([first.id, broken.id, second.id], LATE)
    assert (late_due(first), late_due(second)) == (120_00, 0)
    nightly.accrue([first.id, second.id], LATE)
    assert (late_due(first), late_due(second)) == (120_00, 120_00)


def test_money_paid_ahead_settles_what_is_declared_later_the_night_after() -> None:
    employer = employer_who_declared()
    paid = datetime(2026, 10, 8, 9, 0, tzinfo=UTC)
    with db.writing() as session:
        payments.record_payment(
            session, employer.id, scheme="zm-napsa", amount=1000_00, paid_on=date(2026, 10, 8),
            method="bank", bank_reference="B1", by=None, at=paid,
        )  # fmt: skip
        assert standing.credit(session, employer.id, "zm-napsa") == 400_00
    declare(employer, MONTH.next(), datetime(2026, 11, 3, 8, 0, tzinfo=UTC))
    nightly.accrue([employer.id], date(2026, 11, 4))
    with db.reading() as session:
        assert standing.credit(session, employer.id, "zm-napsa") == 0
        (opened,) = standing.open_charges(session, employer.id, "zm-napsa")
        assert (opened.month, opened.contribution) == (MONTH.next(), 200_00)


def test_money_paid_ahead_settles_what_is_declared_as_soon_as_a_worker_wakes() -> None:
    employer = employer_who_declared()
    with db.writing() as session:
        payments.record_payment(
            session, employer.id, scheme="zm-napsa", amount=1200_00, paid_on=date(2026, 10, 8),
            method="bank", bank_reference="B1", by=None, at=datetime(2026, 10, 8, 9, 0, tzinfo=UTC),
        )  # fmt: skip
    declare(employer, MONTH.next(), datetime(2026, 11, 3, 8, 0, tzinfo=UTC))
    while nightly.settle_one():
        pass
    with db.reading() as session:
        assert standing.open_charges(session, employer.id, "zm-napsa") == []
        assert standing.credit(session, employer.id, "zm-napsa") == 0


def test_an_account_that_cannot_be_settled_keeps_no_other_waiting() -> None:
    with db.writing() as session:  # a scheme the fund no longer runs: this employer cannot be worked on
        broken = make_employer(session)
        book.charge_for(
            session, broken.id, scheme="xx-gone", month=MONTH, due_day=date(2026, 10, 10), currency="ZMW",
            pack_hash="", at=DECLARED,
        )  # fmt: skip
        outbox.put(session, "settle", "settle/broken", {}, at=clock.now(), employer=broken.id)
    employer_who_declared()
    assert nightly.settle_one()
    assert nightly.settle_one()
    with db.reading() as session:
        found = dict(session.execute(select(Message.name, Message.state).where(Message.topic == "settle")).all())
    assert found.pop("settle/broken") == "queued"
    assert set(found.values()) == {"done"}


def test_a_night_whose_parts_the_broker_lost_is_done_when_the_day_catches_up(app: Flask, cluster: Cluster) -> None:
    employer = employer_who_declared()
    celery = make_celery(app, replace(app.config["PORTAL"], redis_url=cluster.redis, practice=False))
    broker = redis.Redis.from_url(cluster.redis)
    clock.shift(datetime(2026, 11, 21, 9, tzinfo=UTC) - clock.real_now())
    jobs = "portal.jobs.tasks."
    try:
        celery.tasks[jobs + "tonight"]()
        assert waiting_in(broker) > 0
        broker.flushdb()  # no worker had taken it
        assert late_due(employer) == 0
        celery.tasks[jobs + "catch_up"]()
        assert waiting_in(broker) > 0
        celery.tasks[jobs + "accrue_arrears"]([employer.id], LATE.isoformat())
        assert late_due(employer) == 120_00
        broker.flushdb()
        celery.tasks[jobs + "catch_up"]()
        assert waiting_in(broker) == 0  # nothing is left to catch up on
    finally:
        db.on_wake(None)
        broker.flushdb()
        celery.close()
    with db.reading() as session:
        told = session.scalars(select(JobRun).where(JobRun.job == notifying.JOB)).all()
    assert [run.day for run in told] == [LATE]


def waiting_in(broker: redis.Redis) -> int:
    """How many parts of a night wait for a worker."""
    return sum(b"accrue_arrears" in each for each in broker.lrange("celery", 0, -1))
