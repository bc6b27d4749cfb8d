"""The wizard and the registrar's pages, as their readers use them."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import clock, db, files
from portal.auth.models import Account, FundRoleName
from portal.employers import answers as asked
from portal.employers.models import Employer, Registration
from portal.notices.models import Notice
from tests.employers.test_registration import GOOD, PDF, send_in
from tests.factories import make_account, make_employer, make_officer, sign_in

TYPED: dict[str, Any] = {**GOOD, "first_employment_day": ["1", "9", "2026"]}


@pytest.fixture
def applicant(client: FlaskClient) -> Account:
    """Somebody who has just confirmed their address, and reads in `client`."""
    with db.writing() as session:
        account = make_account(session, name="Mary Phiri")
    sign_in(client, account)
    return account


@pytest.fixture
def registrar(app: Flask, database: str) -> FlaskClient:
    """The registrar's browser."""
    with db.writing() as session:
        officer = make_officer(session, FundRoleName.REGISTRAR, name="Agnes Zulu")
    browser = app.test_client()
    sign_in(browser, officer)
    return browser


def begin(client: FlaskClient) -> str:
    """Begin an application and give back its address."""
    return str(client.post("/registration/").location)


def answer(client: FlaskClient, url: str, page: asked.Page, **changes: Any) -> Any:
    """Fill in one page."""
    typed = {**TYPED, **changes}
    return client.post(f"{url}/{page.name}", data={one.name: typed.get(one.name, "") for one in page.asked})


def send_documents(client: FlaskClient, url: str, **contents: bytes) -> Any:
    """Send the papers of a company."""
    papers = {"incorporation": PDF, "tax": PDF, "owners": PDF, **contents}
    files = {f"document_{kind}": (io.BytesIO(content), f"{kind}.pdf") for kind, content in papers.items()}
    answered = client.post(f"{url}/documents", data=files, content_type="multipart/form-data")
    answered.request.environ["wsgi.input"].close()
    return answered


def complete(client: FlaskClient, **changes: Any) -> str:
    """An application in which every page is answered."""
    url = begin(client)
    for page in asked.PAGES:
        assert answer(client, url, page, **changes).status_code == 302
    assert send_documents(client, url).status_code == 302
    return url


def test_an_enterprise_goes_from_page_to_page_sends_and_is_approved(
    client: FlaskClient, applicant: Account, registrar: FlaskClient
) -> None:
    url = begin(client)
    where = f"{url}/{asked.PAGES[0].name}"
    for page in asked.PAGES:
        assert where.endswith(page.name)
        assert client.get(where).status_code == 200
        where = answer(client, url, page).location
    assert where.endswith("/documents")
    assert send_documents(client, url).location.endswith("/check")
    check = client.get(f"{url}/check").text
    for shown in ("Kafue Mining Limited", "1001234567", "Kafue, Lusaka", "Private limited company", "1 September 2026"):
        assert shown in check
    client.post(f"{url}/check")
    status = client.get(url).text
    assert "Application sent" in status
    assert "T1000017" in status

    row = registrar.get("/fund/registrations").text
    found = re.search(r'href="(/fund/registrations/[^"?]+)">T1000017', row)
    assert found
    record = registrar.get(found[1])
    assert "Plot 12, Great North Road" in record.text
    assert "No employer or other application" in record.text
    assert "enrolled from 1 September 2026" in registrar.get(f"{found[1]}/approve").text
    assert registrar.post(f"{found[1]}/approve").status_code == 302
    assert "is employer ZE1000017" in registrar.get(found[1]).text
    assert "Your employer number is ZE1000017" in client.get(url).text


def test_a_page_with_a_mistake_keeps_what_was_typed_and_says_what_to_do(
    client: FlaskClient, applicant: Account
) -> None:
    url = begin(client)
    page = asked.PAGES[0]
    shown = answer(client, url, page, tax_number="12", legal_name="Banda & <b>Sons</b>")
    assert shown.status_code == 422
    for text in (shown.text, client.get(f"{url}/{page.name}").text):
        assert 'value="12"' in text
        assert "Banda &amp; &lt;b&gt;Sons&lt;/b&gt;" in text
    assert 'href="#tax_number"' in shown.text
    assert "for example 1000000000" in shown.text
    assert "There is a problem" not in client.get(f"{url}/{page.name}").text
    assert client.get(url).text.count("To do") >= 1


def test_a_day_that_does_not_exist_stands_in_its_boxes(client: FlaskClient, applicant: Account) -> None:
    url = begin(client)
    page = asked.page_named("work")
    assert page
    for boxes in (["31", "2", "2026"], ["", "2", "2026"], ["31"], ["1", "2", "3", "4"], []):
        shown = answer(client, url, page, first_employment_day=boxes)
        assert shown.status_code == 422
    shown = answer(client, url, page, first_employment_day=["", "2", "2026"])
    values = re.findall(r'name="first_employment_day"[^>]*value="([^"]*)"', shown.text)
    assert values == ["", "2", "2026"]


def test_a_good_document_is_kept_when_another_is_refused(client: FlaskClient, applicant: Account) -> None:
    url = begin(client)
    activity = asked.page_named("activity")
    assert activity
    answer(client, url, activity)
    shown = send_documents(client, url, tax=b"MZ a program", owners=b"%PDF-" + b"0" * files.LARGEST_DOCUMENT)
    assert shown.status_code == 422
    assert "PDF, PNG or JPEG" in shown.text
    assert "larger than 5 MB" in shown.text
    assert "incorporation.pdf" in shown.text
    paper = client.get(f"{url}/documents/incorporation")
    assert paper.data == PDF
    assert paper.headers["Content-Disposition"].startswith("attachment")
    assert paper.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"{url}/documents/tax").status_code == 404


def test_an_incomplete_application_lists_what_is_missing_with_links(client: FlaskClient, applicant: Account) -> None:
    url = begin(client)
    answer(client, url, asked.PAGES[0])
    shown = client.get(f"{url}/check").text
    assert "Choose the legal form." in shown
    assert f"{url}/activity?from=check#legal_form" in shown
    assert "Send the application" not in shown
    assert client.post(f"{url}/check").status_code == 422


def test_what_is_changed_from_the_last_page_leads_back_to_it(client: FlaskClient, applicant: Account) -> None:
    url = complete(client)
    changed = client.post(f"{url}/contact?from=check", data={**TYPED, "contact_name": "John Mwale"})
    assert changed.location.endswith("/check")
    assert "John Mwale" in client.get(f"{url}/check").text


def test_a_returned_application_shows_each_remark_beside_its_answer(
    client: FlaskClient, applicant: Account, registrar: FlaskClient
) -> None:
    url = complete(client)
    client.post(f"{url}/check")
    page = f"/fund{url.replace('registration', 'registrations', 1)}"
    assert registrar.post(f"{page}/return", data={}).status_code == 422
    remarks = {"tax_number": "The certificate shows another number.", "document_owners": "One page is missing."}
    assert registrar.post(f"{page}/return", data=remarks).status_code == 302
    tasks = client.get(url).text
    assert "The fund has sent your application back." in tasks
    assert tasks.count("The fund has a remark here.") == 2
    assert "The certificate shows another number." in client.get(f"{url}/names").text
    assert "One page is missing." in client.get(f"{url}/documents").text
    assert "The certificate shows" not in client.get(f"{url}/contact").text
    answer(client, url, asked.PAGES[0], tax_number="1001234568")
    client.post(f"{url}/check")
    assert "Application sent" in client.get(url).text
    assert "Agnes Zulu" not in client.get(url).text
    assert "1001234568" in registrar.get(page).text


def test_a_rejection_needs_a_reason_which_the_applicant_reads(
    client: FlaskClient, applicant: Account, registrar: FlaskClient
) -> None:
    url = complete(client)
    client.post(f"{url}/check")
    page = f"/fund{url.replace('registration', 'registrations', 1)}"
    for nothing in ("", "\u200b\u2060", "."):
        assert registrar.post(f"{page}/reject", data={"reason": nothing}).status_code == 422
    registrar.post(f"{page}/reject", data={"reason": "The enterprise was dissolved in 2019."})
    assert "The enterprise was dissolved in 2019." in client.get(url).text


def test_the_second_officer_to_approve_reads_who_was_first(registrar: FlaskClient) -> None:
    with db.writing() as session:
        row = send_in(session)
    page = f"/fund/registrations/{row.public_id}"
    registrar.post(f"{page}/approve")
    again = registrar.post(f"{page}/approve")
    assert again.status_code == 409
    assert "Agnes Zulu approved this application" in again.text
    assert "ZE1000017" in again.text
    late = registrar.post(f"{page}/return", data={"address": "Which plot?"})
    assert late.status_code == 409
    with db.reading() as session:
        assert len(session.scalars(select(Employer)).all()) == 1


def test_the_registrar_sees_likely_duplicates_and_why(registrar: FlaskClient) -> None:
    with db.writing() as session:
        make_employer(session, number="ZE1234566", legal_name="Kafue Mines Ltd", phone="+260977123456")
        row = send_in(session)
    for page in ("", "/approve"):
        shown = registrar.get(f"/fund/registrations/{row.public_id}{page}").text
        assert "ZE1234566" in shown
        assert "The same telephone number" in shown
        assert "per cent alike" in shown


def test_the_list_says_how_long_each_has_waited_and_keeps_its_filters(registrar: FlaskClient) -> None:
    with db.writing() as session:
        row = send_in(session)
        row.submitted_at = clock.now() - timedelta(days=12)
    assert "12 days ago" in registrar.get("/fund/registrations?q=kafue").text
    assert "No application fits" in registrar.get("/fund/registrations?q=%25%25_").text
    assert "No application fits" in registrar.get("/fund/registrations?page=999").text
    assert "Kafue" not in registrar.get("/fund/registrations?state=approved").text


def test_nobody_else_opens_an_application(client: FlaskClient, applicant: Account, app: Flask) -> None:
    url = complete(client)
    with db.writing() as session:
        stranger, auditor = make_account(session), make_officer(session, FundRoleName.AUDITOR)
    other, reader = app.test_client(), app.test_client()
    sign_in(other, stranger)
    sign_in(reader, auditor)
    for path in ("", "/names", "/documents", "/documents/tax", "/check"):
        assert other.get(url + path).status_code == 404
        assert "/sign-in" in app.test_client().get(url + path).location
    assert answer(other, url, asked.PAGES[0]).status_code == 404
    page = f"/fund{url.replace('registration', 'registrations', 1)}"
    assert reader.get(page).status_code == 404  # a draft is the applicant's alone
    client.post(f"{url}/check")
    assert reader.get(page).status_code == 200
    assert reader.post(f"{page}/approve").status_code == 403
    assert other.get(page).status_code == 404


def test_once_sent_nothing_can_be_changed(client: FlaskClient, applicant: Account) -> None:
    url = complete(client)
    client.post(f"{url}/check")
    assert client.post(f"{url}/check").status_code == 302
    assert answer(client, url, asked.PAGES[0], legal_name="Another").status_code == 409
    assert send_documents(client, url).status_code in (409, 422, 302)
    with db.reading() as session:
        row = session.scalars(select(Registration)).one()
        assert row.answers["legal_name"] == "Kafue Mining Limited"
        assert len(session.scalars(select(Notice)).all()) == 1
