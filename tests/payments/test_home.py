"""What an employer reads first: the one thing that matters on the day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import clock, db
from portal.auth.models import Mandate
from portal.contributions import service as contributions
from portal.employers.models import Employer, Enrolment
from portal.payments.service import record_payment
from portal.scheme.calendars import Month
from tests.factories import give_mandate, hire, make_account, make_employer, make_officer, sign_in

HOME = "/employers/ZE1000017/"


def move_to(day: date) -> datetime:
    """Let it be noon of *day*."""
    noon = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    with db.writing() as session:
        db.store_offset(session, noon - clock.real_now())
    return noon


def enrolled(employer: Employer, day: date) -> list[Enrolment]:
    """Membership in both schemes from a day on."""
    schemes = ("zm-nhima", "zm-napsa")
    return [Enrolment(employer_id=employer.id, scheme=scheme, from_day=day, to_day=None) for scheme in schemes]


@pytest.fixture
def mine(client: FlaskClient) -> Employer:
    """An employer with one person since September 2026, whose administrator reads in `client`."""
    with db.writing() as session:
        employer = make_employer(session, number="ZE1000017", legal_name="Kafue Mining Limited", schemes=())
        session.add_all(enrolled(employer, date(2026, 9, 1)))
        administrator = give_mandate(session, employer)
        hire(session, employer, from_day=date(2026, 9, 1), basic=5_000_00, gross=6_000_00)
    sign_in(client, administrator)
    return employer


def declare(employer: Employer, month: Month, at: datetime) -> None:
    """Declare a month from the roster."""
    with db.writing() as session:
        account = make_account(session)
        draft = contributions.start_from_roster(session, employer.id, month, by=account.id, at=at)
        contributions.submit_payroll(session, employer.id, draft.public_id, version=draft.version, by=account.id, at=at)


def pay(employer: Employer, scheme: str, amount: int, at: datetime) -> None:
    """Pay at the fund's counter."""
    with db.writing() as session:
        cashier = make_officer(session)
        record_payment(
            session, employer.id, scheme=scheme, amount=amount, paid_on=at.date(), method="bank",
            bank_reference="", by=cashier.id, at=at,
        )  # fmt: skip


def test_without_people_the_roster_comes_first(client: FlaskClient) -> None:
    with db.writing() as session:
        employer = make_employer(session, number="ZE1000017", schemes=())
        session.add_all(enrolled(employer, date(2026, 9, 1)))
        administrator = give_mandate(session, employer)
    sign_in(client, administrator)
    move_to(date(2026, 11, 3))
    assert "Begin with the people you employ." in client.get(HOME).text


def test_a_month_is_late_then_to_be_declared_then_to_be_paid_then_done(client: FlaskClient, mine: Employer) -> None:
    at = move_to(date(2026, 11, 3))
    late = client.get(HOME).text
    assert "September 2026 was due on 10 October 2026 and is not declared." in late

    declare(mine, Month(2026, 9), at)
    overdue = client.get(HOME).text
    assert "is overdue for" in overdue
    assert "Overdue for" in overdue

    # NHIMA: 2 % of the basic pay.  NAPSA: more than enough for the month and its penalty; the rest stays as credit.
    pay(mine, "zm-nhima", 100_00, at)
    pay(mine, "zm-napsa", 2_000_00, at)
    waiting = client.get(HOME).text
    assert "October 2026 is due on 10 November 2026." in waiting
    assert f'href="{HOME}payrolls/start/2026-10"' in waiting
    assert client.get(f"{HOME}payrolls/start/2026-10").status_code == 200
    assert client.get(re.findall(r'href="([^"]*/account/receipts/[^"]+)"', waiting)[0]).status_code == 200
    assert "NAPSA, paid on 3 November 2026" in waiting

    declare(mine, Month(2026, 10), at)
    assert "Pay ZMW\u00a0100.00 for NHIMA by 10 November 2026." in client.get(HOME).text

    pay(mine, "zm-nhima", 100_00, at)
    pay(mine, "zm-napsa", 2_000_00, at)
    done = client.get(HOME).text
    assert "Everything is declared and paid." in done
    assert "November 2026 is due on 10 December 2026." in done


def test_on_the_due_day_it_says_that_this_is_the_last_one(client: FlaskClient, mine: Employer) -> None:
    at = move_to(date(2026, 10, 9))
    assert "September 2026 is due on 10 October 2026." in client.get(HOME).text
    move_to(date(2026, 10, 10))
    assert "Today is the last day to declare and pay September 2026." in client.get(HOME).text
    declare(mine, Month(2026, 9), at)
    page = client.get(HOME).text
    assert "Today is the last day to pay ZMW\u00a0100.00 for NHIMA." in page
    assert "And ZMW\u00a0600.00 for NAPSA, today too." in page


def test_it_says_until_when_what_is_overdue_stays_as_it_is(client: FlaskClient, mine: Employer) -> None:
    at = move_to(date(2026, 11, 3))
    declare(mine, Month(2026, 9), at)
    pay(mine, "zm-nhima", 100_00, at)
    page = client.get(HOME).text
    assert "ZMW\u00a0660.00 is overdue for NAPSA." in page
    assert "The amount stays as it is until 10 November 2026; the day after, more is added." in page

    on_the_last_day = move_to(date(2026, 11, 10))
    assert "Pay today: tomorrow more is added." in client.get(HOME).text

    pay(mine, "zm-napsa", 600_00, on_the_last_day)
    only_late = client.get(HOME).text
    assert "ZMW\u00a060.00 of late charges is still open for NAPSA." in only_late
    assert "The contributions are paid, so nothing more is added." in only_late
    assert "stays as it is" not in only_late

    declare(mine, Month(2026, 10), on_the_last_day)
    move_to(date(2026, 11, 9))
    assert "ZMW\u00a060.00 of late charges is still open for NAPSA." in client.get(HOME).text


def test_what_is_overdue_where_nobody_knows_the_late_charge(client: FlaskClient, mine: Employer) -> None:
    at = move_to(date(2026, 11, 3))
    declare(mine, Month(2026, 9), at)
    pay(mine, "zm-napsa", 660_00, at)
    page = client.get(HOME).text
    assert "ZMW\u00a0100.00 is overdue for NHIMA." in page
    assert "What NHIMA adds for paying late is not known here; the fund may ask for more." in page


def test_the_home_page_counts_who_works_there_today(client: FlaskClient, mine: Employer) -> None:
    move_to(date(2026, 11, 3))
    with db.writing() as session:
        hire(session, mine, from_day=date(2026, 10, 1), to_day=date(2026, 11, 3))
        hire(session, mine, from_day=date(2026, 11, 4))
    page = client.get(HOME).text
    assert '<span class="figure__value">2</span>' in page


def test_another_employers_home_answers_as_one_that_does_not_exist(
    client: FlaskClient, mine: Employer, app: Flask
) -> None:
    with db.writing() as session:
        make_employer(session, number="ZE1000025")
        officer = make_officer(session)
    theirs, nobodys = client.get("/employers/ZE1000025/"), client.get("/employers/ZE9999999/")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    browser = app.test_client()
    sign_in(browser, officer)
    assert browser.get(HOME).status_code == 404
    assert "You do not act for any employer yet." in browser.get("/employers/").text


def test_an_account_with_two_employers_chooses(client: FlaskClient) -> None:
    with db.writing() as session:
        first = make_employer(session, number="ZE1000017", legal_name="Kafue Mining Limited")
        second = make_employer(session, number="ZE1000025", legal_name="Lusaka Weavers")
        make_employer(session, legal_name="Not theirs")
        account = give_mandate(session, first)
        session.add(
            Mandate(employer_id=second.id, account_id=account.id, role="viewer", from_day=date(2020, 1, 1), to_day=None)
        )
    sign_in(client, account)
    page = client.get("/employers/").text
    assert "Kafue Mining Limited" in page
    assert "Lusaka Weavers" in page
    assert "Not theirs" not in page
