"""The fund's pages of the gateway: what waits is seen and given to an employer, what does not fit is closed."""

from __future__ import annotations

from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy import select

from portal import approvals, clock, db
from portal.auth.models import EmployerRole, FundRoleName
from portal.cases.models import Case
from portal.gateway import taking
from portal.payments import taking_back
from tests.factories import give_mandate, make_officer, sign_in
from tests.gateway.conftest import JAN, Calls, money, oddities, told
from tests.payments.conftest import NAPSA, Story, all_of


def officer(client: FlaskClient, role: FundRoleName = FundRoleName.CASHIER) -> None:
    with db.writing() as session:
        who = make_officer(session, role)
    sign_in(client, who)


def test_a_cashier_gives_a_waiting_payment_to_an_employer_once(calls: Calls, client: FlaskClient, kafue: Story) -> None:
    calls.call(reference="990000000000")
    officer(client)
    assert "TX-1" in client.get("/fund/gateway/").text
    page = f"/fund/gateway/payments/{told().public_id}"
    assert "990000000000" in client.get(page).text
    wrong = client.post(f"{page}/assign", data={"employer": "ZE9999999", "scheme": NAPSA})
    assert wrong.status_code == 422
    assert money() == (1, 0, 0, 0)
    sent = {"employer": calls.bill.reference, "scheme": NAPSA}
    assert client.get(f"{page}/check", query_string={**sent, "employer": "ZE9999999"}).status_code == 422
    shown = client.get(f"{page}/check", query_string=sent).text
    for words in ("What it will settle", kafue.employer.legal_name, calls.bill.number, "Open after", "Kept as credit"):
        assert words in shown
    assert money() == (1, 0, 0, 0)
    first, second = (client.post(f"{page}/assign", data=sent) for _ in range(2))
    assert first.status_code == 302
    assert first.location == second.location
    assert (money(), kafue.open(JAN).total) == ((1, 1, 1, 0), 0)
    assert client.get(f"{page}/check", query_string=sent).location == first.location.removesuffix("?new=1")


def test_what_a_colleague_gave_to_another_meanwhile_is_said(calls: Calls, client: FlaskClient, kafue: Story) -> None:
    other = Story("ZE1000025", "Mosi Transport Limited")
    calls.call(reference="990000000000")
    officer(client)
    page = f"/fund/gateway/payments/{told().public_id}/assign"
    assert client.post(page, data={"employer": other.employer.number, "scheme": NAPSA}).status_code == 302
    late = client.post(page, data={"employer": kafue.employer.number, "scheme": NAPSA})
    assert late.status_code == 409
    assert "A colleague gave it to another employer meanwhile" in late.text
    assert money() == (1, 1, 1, 0)


def test_an_auditor_looks_and_does_not_decide(calls: Calls, client: FlaskClient) -> None:
    calls.call(reference="990000000000")
    officer(client, FundRoleName.AUDITOR)
    page = f"/fund/gateway/payments/{told().public_id}"
    assert client.get(page).status_code == 200
    assert client.post(f"{page}/assign", data={"employer": "x", "scheme": NAPSA}).status_code == 403
    assert client.get(f"/fund/gateway/payments/{uuid4()}").status_code == 404


def test_a_message_that_does_not_fit_is_shown_until_it_is_dealt_with(calls: Calls, client: FlaskClient) -> None:
    calls.call()
    calls.call(amount=7)
    officer(client)
    assert "0.07" in client.get("/fund/gateway/").text
    for _ in range(2):
        assert client.post(f"/fund/gateway/oddities/{oddities()[0].public_id}/close").status_code == 302
    assert "0.07" not in client.get("/fund/gateway/").text


def test_money_that_waits_at_the_gateway_stands_beside_an_employers_claim(
    calls: Calls, client: FlaskClient, kafue: Story
) -> None:
    calls.call(reference="990000000000")
    calls.call(transaction="TX-2", reference="990000000000", amount=7, paid_at="2026-03-05T10:00:00+02:00")
    with db.writing() as session:
        clerk = give_mandate(session, kafue.employer, EmployerRole.CLERK)
    sign_in(client, clerk)
    form = {
        "once": str(uuid4()), "amount": "1,200.00", "currency": "ZMW", "paid_on": "2026-02-04", "text": "By telephone",
    }  # fmt: skip
    made = client.post(f"/employers/{kafue.employer.number}/unposted", data=form)
    assert made.status_code == 302
    assert "TX-1" not in client.get(made.location).text
    officer(client)
    with db.reading() as session:
        case = session.scalars(select(Case)).one()
    page = client.get(f"/fund/cases/{case.public_id}").text
    assert "Payments that wait at Practice Pay and may be it" in page
    assert "TX-1" in page
    assert "TX-2" not in page


def test_money_taken_back_from_one_employer_waits_for_another(calls: Calls, kafue: Story) -> None:
    calls.call()
    other = Story("ZE1000025", "Zambezi Foods")
    with db.reading() as session:
        receipt = all_of(session, kafue.id)[0]
    with db.writing() as session:
        asks, decides = make_officer(session).id, make_officer(session).id
    with db.writing() as session:
        asked = taking_back.ask_to_take_back(
            session, receipt.public_id, reason="Of another employer", by=asks, at=clock.now()
        )
    with db.writing() as session:
        approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=decides, at=clock.now())
    row = told()
    assert (row.state, row.employer_id, kafue.open(JAN).total) == ("waiting", None, calls.bill.amount)
    for whose in (other, kafue):  # to another one; the second asking changes nothing
        with db.writing() as session:
            taking.assign(session, row.public_id, whose.id, scheme=NAPSA, bill=None, by=asks, at=clock.now())
    assert other.credit() == calls.bill.amount
    assert money() == (1, 2, 2, 1)
    assert calls.call().json == {"status": "known"}
