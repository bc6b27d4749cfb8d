"""Book and bank agree each day, or the page says by how much; and an employer claims money that is not posted."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import make_url, select
from werkzeug.test import TestResponse

from portal import db
from portal.auth.models import EmployerRole
from portal.bank import reconciling
from portal.cases.models import Case
from portal.scheme.calendars import Month
from tests.bank.conftest import DAY, Bank, faults, line
from tests.conftest import Cluster
from tests.factories import give_mandate, sign_in
from tests.payments.conftest import Story
from tests.payments.test_pages import move_to, text_of

NEXT, THIRD = DAY + timedelta(days=1), DAY + timedelta(days=2)


def said(answer: TestResponse) -> str:
    """What a page says."""
    return html.unescape(text_of(answer.get_data(as_text=True)))


@pytest.fixture
def supervisor(client: FlaskClient, bank: Bank) -> FlaskClient:
    """The supervisor's browser on 20 March 2026."""
    move_to(date(2026, 3, 20))
    sign_in(client, bank.supervisor)
    return client


def differences(bank: Bank) -> list[int | None]:
    with db.reading() as session:
        return [one.difference for one in reconciling.days(session, bank.account, DAY, THIRD)]


def test_book_and_bank_agree_each_day(bank: Bank) -> None:
    bank.take_in(bank.statement(line(20_00, remittance="a"), opening=100_00))
    bank.take_in(bank.statement(line(5_00, THIRD), opening=120_00, number="2"), on=THIRD)
    assert differences(bank) == [0, None, 0]


def test_a_missing_statement_is_said_with_its_amount(bank: Bank, supervisor: FlaskClient) -> None:
    bank.take_in(bank.statement(line(20_00, remittance="a"), opening=100_00))
    bank.take_in(bank.statement(line(5_00, THIRD), opening=150_00, number="3"), on=THIRD)
    assert differences(bank) == [0, None, -30_00]
    page = said(supervisor.get(f"/fund/bank/accounts/{bank.account.public_id}/days"))
    assert "On one day book and bank differ." in page
    assert "which ended with ZMW 120.00, and 12 March 2026, which began with ZMW 150.00." in page
    bank.take_in(bank.statement(line(30_00, NEXT), opening=120_00, number="2"), on=THIRD)
    assert differences(bank) == [0, 0, 0]


def test_what_only_a_notification_told_is_listed(bank: Bank, supervisor: FlaskClient) -> None:
    bank.take_in(bank.statement(line(20_00, remittance="a"), opening=100_00))
    told = line(7_00, NEXT, bank_reference="FT1", payer_name="Mosi Transport")
    bank.take_in(bank.statement(told, format="camt.054", opening=None, closing=None), on=NEXT)
    url = f"/fund/bank/accounts/{bank.account.public_id}/days"
    assert "Told by a notification, in no statement yet" in said(supervisor.get(url))
    content = supervisor.get(f"{url}.csv?from=2026-03-10&to=2026-03-12").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(content.lstrip("\ufeff"))))
    assert rows[1] == ["2026-03-10", "20.00", "0.00", "120.00", "120.00", "0.00", "20.00"]
    assert rows[2] == ["2026-03-11", "7.00", "0.00", "127.00", "", "", "27.00"]
    assert supervisor.get(f"{url}.xlsx").data.startswith(b"PK")


def test_money_recorded_by_hand_that_no_bank_showed_is_listed(
    kafue: Story, bank: Bank, supervisor: FlaskClient
) -> None:
    before = kafue.pay(10_00, DAY - timedelta(days=1))
    receipt = kafue.pay(1_200_00, DAY)
    bank.take_in(bank.statement(line(20_00, remittance="a")))
    page = said(supervisor.get(f"/fund/bank/accounts/{bank.account.public_id}/days"))
    assert "Recorded by hand, not seen at the bank yet" in page
    assert receipt.number in page
    assert before.number not in page  # before the first statement no bank could show it


# -- an employer claims money --------------------------------------------------------


def test_an_employer_claims_money_and_the_officer_sees_what_may_be_it(
    kafue: Story, bank: Bank, client: FlaskClient
) -> None:
    move_to(date(2026, 3, 20))
    bank.take_in(bank.statement(line(1_200_00, payer_name="Somebody Else Limited"), line(9_00, remittance="x")))
    with db.writing() as session:
        clerk = give_mandate(session, kafue.employer, EmployerRole.CLERK)
    sign_in(client, clerk)
    url = f"/employers/{kafue.employer.number}/unposted"
    form = {
        "once": str(uuid4()), "amount": "1,200.00", "currency": "ZMW", "paid_on": "2026-03-09", "text": "By slip 77",
        "papers": (io.BytesIO(b"%PDF-1.4 slip"), "slip.pdf"),
    }  # fmt: skip
    first = client.post(url, data=form, content_type="multipart/form-data")
    assert first.status_code == 302, said(first)
    again = client.post(
        url, data={**form, "papers": (io.BytesIO(b"%PDF-1.4 slip"), "slip.pdf")}, content_type="multipart/form-data"
    )
    assert again.location == first.location
    assert "Somebody Else Limited" not in said(client.get(first.location))
    with db.reading() as session:
        case = session.scalars(select(Case)).one()
    sign_in(client, bank.supervisor)
    page = said(client.get(f"/fund/cases/{case.public_id}"))
    assert "ZMW 1,200.00 paid on 9 March 2026" in page
    assert page.index("Somebody Else Limited") < page.index("9.00")
    assert "slip.pdf" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "0"}, "Write the amount you paid, above zero."),
        ({"amount": "a lot"}, "is not an amount"),
        ({"paid_on": "2027-01-01"}, "is still to come"),
        ({"text": ""}, "Write something first."),
    ],
)
def test_a_claim_says_what_is_missing_and_keeps_what_was_typed(
    kafue: Story, bank: Bank, client: FlaskClient, changes: dict[str, str], words: str
) -> None:
    move_to(date(2026, 3, 20))
    with db.writing() as session:
        clerk = give_mandate(session, kafue.employer, EmployerRole.CLERK)
    sign_in(client, clerk)
    form = {"once": str(uuid4()), "amount": "5.00", "currency": "ZMW", "paid_on": "2026-03-09", "text": "Slip 77"}
    answer = client.post(f"/employers/{kafue.employer.number}/unposted", data={**form, **changes})
    assert answer.status_code == 422
    assert words in said(answer)
    assert 'value="2026-03-09"' in answer.get_data(as_text=True) or "paid_on" in changes


# -- the check of the book ---------------------------------------------------------------


@pytest.fixture
def owner(database: str, cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Who owns the database, with every trigger off: nothing stops them."""
    name = make_url(database).database or ""
    with psycopg.connect(cluster.owner.format(name=name), autocommit=True) as connection:
        for table in ("cash_move", "bank_entry", "bank_statement"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        yield connection


@pytest.mark.parametrize(
    ("code", "tampering"),
    [
        ("bank.entry", "UPDATE cash_move SET amount = amount + 1 WHERE debit = 'bank' AND entry_id IS NOT NULL"),
        ("bank.entry", "DELETE FROM cash_move WHERE debit = 'bank' AND entry_id IS NOT NULL"),
        ("bank.suspense", "UPDATE bank_entry SET unsettled = 1, settled_at = NULL WHERE amount > 100000"),
        ("bank.payment", "UPDATE cash_move SET amount = amount - 1 WHERE credit = 'employers'"),
        ("bank.statement", "UPDATE bank_statement SET closing = closing + 1"),
        ("bank.before", "UPDATE cash_move SET amount = amount + 1 WHERE credit = 'before'"),
    ],
)
def test_whatever_is_done_to_the_funds_side_is_found(
    kafue: Story, bank: Bank, owner: psycopg.Connection, code: str, tampering: str
) -> None:
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    reference = kafue.bill(Month(2026, 2), date(2026, 3, 5)).reference
    bank.take_in(bank.statement(line(1_200_00, creditor_reference=reference), line(-5_00), opening=100_00))
    assert faults() == []
    assert owner.execute(tampering).rowcount > 0  # type: ignore[arg-type]
    assert code in faults()
