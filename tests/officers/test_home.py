"""The fund's home page and its employers: what matters now, and who is who."""

from __future__ import annotations

import csv
import io
import re

import pytest

from portal import db
from portal.auth.models import FundRoleName
from portal.employers.models import Registration
from portal.outbox import Message
from tests.factories import AT, give_mandate, make_account, sign_in
from tests.officers.conftest import TODAY, Fund, at


def text_of(page: str) -> str:
    inside = page[page.index("<main") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inside)).replace("\u00a0", " ")


def names(page: str) -> list[str]:
    """The employers a list shows, in its order."""
    return re.findall(r'href="/fund/employers/[^"]+">([^<]+)</a>', page)


def add_registration() -> None:
    with db.writing() as session:
        account = make_account(session)
        session.add(
            Registration(
                tracking_number="R-1",
                state="submitted",
                account_id=account.id,
                answers={},
                created_at=at(TODAY),
                submitted_at=at(TODAY),
            )
        )


def add_refused_message() -> None:
    with db.writing() as session:
        session.add(
            Message(
                topic="core",
                name="core/1",
                payload={},
                state="refused",
                created_at=AT,
                next_try_at=AT,
                last_problem="no such person",
            )
        )


def test_nothing_waits_so_the_page_points_to_the_arrears(fund_of_three: Fund) -> None:
    page = text_of(fund_of_three.get("/fund/"))
    assert "Nothing waits for you." in page
    assert "NAPSA 2 ZMW 1,000.00 ZMW 240.00 ZMW 1,240.00" in page
    assert "NHIMA 2 ZMW 200.00 not known ZMW 200.00" in page


def test_a_registration_comes_first_for_who_decides_it(fund_of_three: Fund) -> None:
    add_registration()
    assert "1 registration waits, since 21 November 2026." in fund_of_three.get("/fund/")
    fund_of_three.sign_in(FundRoleName.CASHIER)
    assert "Nothing waits for you." in fund_of_three.get("/fund/")


def test_what_the_core_refused_comes_before_everything(fund_of_three: Fund) -> None:
    add_registration()
    add_refused_message()
    page = fund_of_three.get("/fund/")
    assert "The core refused 1 message. People may be without cover." in page
    assert 'href="/fund/core"' in page


def test_who_did_not_declare_is_one_click_away(fund_of_three: Fund) -> None:
    page = fund_of_three.get("/fund/")
    assert "NAPSA September 2026 10 October 2026 3 2 1" not in text_of(page), "September was declared by two of three"
    assert "NAPSA October 2026 10 November 2026 3 0 3 did not declare to NAPSA" in text_of(page)
    assert len(names(fund_of_three.get("/fund/employers?scheme=zm-napsa&standing=silent"))) == 3


def test_the_pages_of_the_fund_do_not_exist_for_others(fund_of_three: Fund) -> None:
    with db.writing() as session:
        someone = give_mandate(session, fund_of_three.late)
    sign_in(fund_of_three.client, someone)
    for path in ("/fund/", "/fund/employers", "/fund/employers/T900001", "/fund/arrears", "/fund/arrears.csv"):
        fund_of_three.get(path, 404)


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ("", ["Kafue Mining", "Model Farms", "Silent Traders"]),
        ("?q=kafue", ["Kafue Mining"]),
        ("?q=T900001", ["Kafue Mining"]),
        ("?q=100%25", []),
        ("?standing=arrears", ["Kafue Mining"]),
        ("?standing=clear", ["Model Farms", "Silent Traders"]),
        ("?standing=arrears&scheme=zm-nhima", ["Kafue Mining"]),
        ("?state=suspended", []),
        ("?sort=oldest", ["Kafue Mining", "Model Farms", "Silent Traders"]),
        ("?state=nonsense", ["Kafue Mining", "Model Farms", "Silent Traders"]),
    ],
)
def test_employers_are_searched_and_filtered(fund_of_three: Fund, filters: str, shown: list[str]) -> None:
    page = fund_of_three.get(f"/fund/employers{filters}")
    assert names(page) == shown
    assert ("No employer fits." in page) is (not shown)


def test_the_file_of_employers_is_exactly_the_list(fund_of_three: Fund) -> None:
    answer = fund_of_three.client.get("/fund/employers.csv?standing=arrears")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows[0] == [
        "Number", "Employer", "State", "Schemes", "Overdue since",
        "NHIMA contributions overdue, ZMW", "NHIMA late charges, ZMW",
        "NAPSA contributions overdue, ZMW", "NAPSA late charges, ZMW",
    ]  # fmt: skip
    assert rows[1:] == [
        ["T900001", "Kafue Mining", "active", "NHIMA, NAPSA", "2026-09-10", "200.00", "not known", "1000.00", "240.00"]
    ]


def test_the_record_shows_account_months_payments_file_and_what_happened(fund_of_three: Fund) -> None:
    page = text_of(fund_of_three.get("/fund/employers/T900001"))
    assert "NAPSA ZMW 1,000.00 ZMW 240.00 ZMW 1,240.00 ZMW 0.00" in page
    assert "NHIMA ZMW 200.00 not known ZMW 200.00 ZMW 0.00" in page
    months = text_of(fund_of_three.get("/fund/employers/T900001/tab/arrears"))
    assert "October 2026 NAPSA 10 November 2026 not declared" in months
    assert "TT-1" in fund_of_three.get("/fund/employers/T900001/tab/payments")
    happened = text_of(fund_of_three.get("/fund/employers/T900001/tab/history"))
    assert "Late charge for August 2026: ZMW 120.00 added" in happened
    assert "August 2026 declared to NAPSA: ZMW 600.00" in happened


def test_an_employer_that_never_declared_has_a_record_too(fund_of_three: Fund) -> None:
    record = f"/fund/employers/{fund_of_three.silent.number}"
    assert "No payment was received from this employer yet." in fund_of_three.get(f"{record}/tab/payments")
    assert text_of(fund_of_three.get(f"{record}/tab/arrears")).count("not declared") >= 6


def test_an_unknown_number_is_no_page(fund_of_three: Fund) -> None:
    fund_of_three.get("/fund/employers/T999999", 404)
