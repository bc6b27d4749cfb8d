"""A change tried on real rosters: who pays more, who less, and nothing is changed by it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from time import perf_counter

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import db, work
from portal.audit import AuditEvent
from portal.auth.models import Account, FundRoleName
from portal.employers.models import Enrolment
from portal.installation import pack
from portal.scheme.calendars import Month
from portal.scheme.contribution import contribution_on
from portal.scheme.pack import load_packs
from portal.schemes.simulation import Roster, outcome, paid_by, roster_of
from tests.factories import hire, make_employer
from tests.schemes.test_calculators import seen
from tests.schemes.test_fund_pages import OVERLAY

ComeIn = Callable[[FundRoleName], Account]
URL = "/fund/schemes/zm-napsa/simulate"


def simulate(client: FlaskClient, content: str = OVERLAY, **said: str) -> str:
    """Ask for a simulation of January 2027 and have the worker do it; the address of its page."""
    sent = {"file": (io.BytesIO(content.encode()), "2027.toml"), "year": "2027", "month": "1", **said}
    answer = client.post(URL, data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text[:3000]
    address = answer.headers["Location"]
    assert "Waiting for its turn" in client.get(address).text
    with client.application.app_context():
        work.do_waiting(30)
    return address


@pytest.fixture
def rosters(database: str) -> None:
    """Two employers in January 2027: three people with 6,000.00, and one with 45,000.00, above today's ceiling."""
    with db.writing() as session:
        few, one = (make_employer(session, legal_name=name) for name in ("Model Farms", "Kafue Mining"))
        outside = make_employer(session, schemes=("zm-nhima",), legal_name="Not Enrolled")
        for _ in range(3):
            hire(session, few)
        hire(session, one, gross=45_000_00)
        hire(session, outside)
        hire(session, few, to_day=date(2026, 6, 30))


def test_who_would_pay_more_and_how_much(client: FlaskClient, come_in: ComeIn, rosters: None) -> None:
    officer = come_in(FundRoleName.SUPERVISOR)
    page = seen(client, simulate(client))
    ceiling = pack("zm-napsa").branch("pension").ceiling
    assert ceiling is not None
    before = contribution_on(pack("zm-napsa"), Month(2027, 1), {"gross": 45_000_00}).total
    assert f"Difference ZMW {(45_000_00 // 10 - before) / 100:,.2f}" in page
    assert "More is paid 1 Less is paid 0 The same is paid 3" in page
    assert page.index("Kafue Mining") < page.index("Model Farms"), "the largest difference comes first"
    assert "Not Enrolled" not in page
    with db.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.event == "scheme.simulated")).one()
    assert event.account_id == officer.id
    assert (event.fields["scheme"], event.fields["people"]) == ("zm-napsa", 4)


def test_every_employer_stands_in_the_file(client: FlaskClient, come_in: ComeIn, rosters: None) -> None:
    come_in(FundRoleName.SUPERVISOR)
    answer = client.get(f"{simulate(client)}/employers.csv")
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert len(lines) == 3
    assert lines[1].split(",")[1] == "Kafue Mining"


def test_the_candidate_that_was_compared_is_used_without_a_second_upload(
    client: FlaskClient, come_in: ComeIn, rosters: None
) -> None:
    come_in(FundRoleName.SUPERVISOR)
    sent = {"file": (io.BytesIO(OVERLAY.encode()), "2027.toml")}
    kept = client.post("/fund/schemes/zm-napsa/compare", data=sent, content_type="multipart/form-data")
    name = kept.headers["Location"].rpartition("=")[2]
    answer = client.post(URL, data={"candidate": name, "year": "2027", "month": "1"})
    assert answer.status_code == 303
    with client.application.app_context():
        work.do_waiting(30)
    assert "What would change" in seen(client, answer.headers["Location"])


def test_what_the_candidate_does_not_know_is_refused_with_the_reason(
    client: FlaskClient, come_in: ComeIn, rosters: None
) -> None:
    come_in(FundRoleName.SUPERVISOR)
    page = seen(client, simulate(client, OVERLAY.replace('value = "50000.00"', 'unknown = "the board has to say"')))
    assert "This was not done" in page
    assert "the board has to say" in page


def test_a_file_with_mistakes_and_a_month_that_is_none_are_told(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.SUPERVISOR)
    sent = {"file": (io.BytesIO(b"overlay_of = 5"), "2027.toml"), "year": "20xx", "month": "1"}
    answer = client.post(URL, data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Write the year with four digits." in answer.text
    assert "to mend" in answer.text


def test_only_who_decides_may_simulate(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.AUDITOR)
    assert client.get(URL).status_code == 403


def test_nobody_on_the_rosters_is_said(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.SUPERVISOR)
    assert "Nobody is on the rosters of this scheme in this month." in seen(client, simulate(client))


def test_a_hundred_thousand_people_take_a_second_or_two() -> None:
    rules, many = pack("zm-napsa"), 100_000
    roster = Roster(
        employers={n: (f"E{n}", f"Employer {n}") for n in range(100)},
        employer=[n % 100 for n in range(many)], insurance=[f"{n:08d}" for n in range(many)], births=[720_000] * many,
        said=[{}] * many, earnings={"gross": [300_000 + 37 * n for n in range(many)]}, left_out=0,
    )  # fmt: skip
    began = perf_counter()
    sides = paid_by(rules, Month(2026, 10), roster, {})
    found = outcome(roster, sides, sides)
    assert perf_counter() - began < 5
    assert found["people"] == many
    assert found["same"] == many
    assert found["largest"] == []
    one = contribution_on(rules, Month(2026, 10), {"gross": 300_000 + 37 * 4711})
    assert sides.total[4711] == one.total, "columns and one person agree"


def test_each_employer_is_worked_out_with_what_was_answered_when_it_was_enrolled(database: str) -> None:
    rules, month = load_packs(["tz-wcf"])["tz-wcf"], Month(2020, 10)
    answer = {"from": "2020-01-01", "said": {"sector": "public"}, "at": "", "by": None, "reason": ""}
    with db.writing() as session:
        public, private = (make_employer(session, schemes=("tz-wcf",)) for _ in range(2))
        for employer in (public, private):
            hire(session, employer, from_day=date(2020, 1, 1), gross=1_000_000_00)
        enrolled = session.scalars(select(Enrolment).order_by(Enrolment.employer_id)).all()
        for one in enrolled:
            one.from_day = date(2020, 1, 1)
        enrolled[0].answers = [answer]
        session.flush()
        roster = roster_of(session, rules, month, rules.components)
    assert [said.get("sector") for said in roster.said] == ["public", None]
    paid = paid_by(rules, month, roster, {})
    one = contribution_on(rules, month, {"gross": 1_000_000_00}, employer={"sector": "public"})
    other = contribution_on(rules, month, {"gross": 1_000_000_00})
    assert list(paid.total) == [one.total, other.total]
    assert one.total != other.total
