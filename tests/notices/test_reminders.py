"""A month is opened, due soon, due today, late: each said once, true on its day, while something is open."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from portal import approvals, clock, db
from portal.approvals import Action
from portal.auth.models import FundRoleName
from portal.contributions import drafts
from portal.contributions import service as contributions
from portal.employers.models import Employer
from portal.employers.service import enrol
from portal.jobs import nightly, notifying, reminders
from portal.jobs.reminders import Stage, stage_on
from portal.notices.kinds import Kind
from portal.payments import service as payments
from portal.scheme.calendars import Month
from portal.words import _
from tests.factories import give_mandate, hire, make_account, make_employer, make_officer
from tests.notices.conftest import Post, notices, plain
from tests.payments.test_statements import counted

OCTOBER = Month(2026, 10)
OVER, DUE = date(2026, 10, 31), date(2026, 11, 10)
Night = Callable[[date], list[str]]


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


@pytest.fixture
def night(post: Post) -> Night:
    """Run the night of a day; the kinds told so far, with the schemes they name."""

    def run(day: date) -> list[str]:
        clock.shift(at(day) - clock.real_now())
        with post.app.app_context():
            notifying.tell_the_day(day)
        return [one.kind.removeprefix("month.") for one in notices() if one.kind.startswith("month.")]

    return run


def newcomer(**changes: object) -> Employer:
    """Enrolled since October in both schemes, with one person: NHIMA 100.00, NAPSA 600.00."""
    with db.writing() as session:
        employer = make_employer(session, schemes=(), **changes)
        for scheme in ("zm-nhima", "zm-napsa"):
            enrol(session, employer.id, scheme, date(2026, 10, 1), at=at(OVER))
        hire(session, employer, from_day=date(2026, 10, 1))
        give_mandate(session, employer, email="pay@kafue.example")
    return employer


def declare(employer: Employer, day: date) -> None:
    with db.writing() as session:
        draft = drafts.start_from_roster(session, employer.id, OCTOBER, at=at(day), by=None)
        contributions.submit_payroll(session, employer.id, draft.public_id, version=draft.version, by=None, at=at(day))


def pay(employer: Employer, scheme: str, amount: int, day: date) -> None:
    with db.writing() as session:
        payments.record_payment(
            session, employer.id, scheme=scheme, amount=amount, paid_on=day, method="bank", bank_reference="B1",
            by=None, at=at(day),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "stage"),
    [
        (OVER, None), (date(2026, 11, 1), Stage(Kind.MONTH_OPENED)), (date(2026, 11, 4), Stage(Kind.MONTH_OPENED)),
        (date(2026, 11, 5), Stage(Kind.DUE_SOON)), (date(2026, 11, 9), Stage(Kind.DUE_SOON)),
        (DUE, Stage(Kind.DUE_TODAY)), (date(2026, 11, 11), Stage(Kind.LATE, 1)),
        (date(2026, 11, 17), Stage(Kind.LATE, 1)),
        (date(2026, 11, 18), Stage(Kind.LATE, 2)), (date(2026, 12, 8), Stage(Kind.LATE, 4)), (date(2026, 12, 9), None),
    ],
)  # fmt: skip
def test_what_is_said_on_which_day(day: date, stage: Stage | None) -> None:
    assert stage_on(day, OVER, DUE) == stage


def test_a_month_from_its_opening_to_the_last_reminder(night: Night, post: Post) -> None:
    newcomer()
    told: list[str] = []
    for passed in range(44):
        told = night(date(2026, 10, 31) + timedelta(days=passed))
    october = [one for one in notices() if one.values["month"]["month"] == "2026-10"]
    assert [one.kind.removeprefix("month.") for one in october] == ["opened", "due_soon", "due_today", *["late"] * 4]
    assert [(one.at.month, one.at.day) for one in october] == [
        (11, 1), (11, 5), (11, 10), (11, 11), (11, 18), (11, 25), (12, 2),
    ]  # fmt: skip
    assert len(told) == 11  # and of November up to its first late day
    assert {mail["Subject"] for mail in post.to("pay@kafue.example")} == {
        "Due today: November 2026", "Late: November 2026",  # the rest is older than a week by now
    }  # fmt: skip


def test_both_schemes_of_a_month_are_named_in_one_mail(night: Night, post: Post) -> None:
    newcomer()
    night(date(2026, 11, 5))
    (mail,) = post.to("pay@kafue.example")
    assert mail["Subject"] == "Due on 10 November 2026: October 2026"
    assert "by 10 November 2026, in 5 days. Still open: - NAPSA: not declared yet - NHIMA: not declared yet" in plain(
        mail
    )
    assert "http://localhost/employers/" in plain(mail)


def test_a_night_that_runs_twice_tells_once_and_one_that_was_missed_tells_what_is_true_now(night: Night) -> None:
    newcomer()
    assert night(date(2026, 11, 7)) == ["due_soon"]
    assert night(date(2026, 11, 7)) == ["due_soon"]
    assert notices()[-1].values["when"]["values"] == {"n": 3}
    assert night(date(2026, 11, 20)) == ["due_soon", "late"]  # neither "due today" nor the first week's again


def test_who_declared_and_paid_is_left_alone(night: Night) -> None:
    employer = newcomer()
    declare(employer, date(2026, 11, 3))
    assert night(date(2026, 11, 4)) == []  # declared: nothing is opened
    pay(employer, "zm-nhima", 100_00, date(2026, 11, 4))
    assert night(date(2026, 11, 5)) == ["due_soon"]
    (line,) = notices()[-1].values["open"]
    assert line["msgid"] == "%(scheme)s: %(amount)s is unpaid"
    assert line["values"]["amount"]["minor"] == 600_00
    pay(employer, "zm-napsa", 600_00, date(2026, 11, 6))
    assert night(DUE) == ["due_soon"]
    assert night(date(2026, 11, 12)) == ["due_soon"]


def test_a_closed_employer_and_one_that_left_are_left_alone(night: Night) -> None:
    newcomer(state="closed")
    with db.writing() as session:
        make_employer(session, schemes=())
    assert night(DUE) == []


def test_late_charges_of_the_night_come_in_the_summary_of_the_day(night: Night, post: Post) -> None:
    employer = newcomer()
    declare(employer, date(2026, 11, 3))
    day = date(2026, 11, 12)
    clock.shift(at(day) - clock.real_now())
    nightly.accrue([employer.id], day)
    nightly.accrue([employer.id], day)
    assert not [mail for mail in post.to("pay@kafue.example") if "Late charges" in plain(mail)]
    with post.app.app_context():
        notifying.send_digests()
        notifying.send_digests()
    (mail,) = [mail for mail in post.to("pay@kafue.example") if mail["Subject"] == "Your summary of the day"]
    assert "On 12 November 2026 late charges were added to your account: ZMW\u00a060.00." in plain(mail)


def test_supervisors_hear_once_a_day_what_waits_for_a_second_person(night: Night, post: Post) -> None:
    approvals.action(
        Action("test", "decide", _("Give money back"), lambda _session, _found: [], lambda _session, _found, _by: None)
    )
    with db.writing() as session:
        maker = make_account(session)
        make_officer(session, email="supervisor@fund.example")
        make_officer(session, FundRoleName.CASHIER, email="cashier@fund.example")
        approvals.ask(session, "test", "x:1", shown={}, reason="Paid twice.", by=maker.id, at=at(date(2026, 11, 2)))
    night(DUE)
    night(DUE)
    assert [mail["To"] for mail in post.goes_out()] == ["supervisor@fund.example"]
    assert "1 request waits since 2 November 2026." in plain(post.mails()[0])
    night(DUE + timedelta(days=1))
    assert len(post.goes_out()) == 2
    del approvals.ACTIONS["test"]


def test_a_thousand_employers_are_reminded_in_a_few_statements(post: Post) -> None:
    """On a quiet machine it takes about a second."""
    with db.writing() as session:
        for _ in range(1000):
            make_employer(session)
    asked, began = [], time.monotonic()
    for day in (date(2026, 11, 5), DUE):
        with counted() as sent, db.writing() as session:
            reminders.remind(session, day, at=at(day))
        asked.append(len(sent))
    assert max(asked) <= 14, asked
    assert time.monotonic() - began < 20
    assert len(notices()) == 3000  # of September, too, which was due on 10 October
