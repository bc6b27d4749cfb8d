"""The cases of the catalogue that are forms, addresses, headers and passwords, through the pages themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import db
from portal.auth.models import Account, FundRole, Mandate
from portal.auth.passwords import fits, hash_of, problem_of_password
from portal.employers.answers import FIELDS
from portal.employers.models import Employer, Registration
from portal.outbox import Message
from tests.factories import give_mandate, make_account, make_employer, make_officer, sign_in
from tests.hostile.canary import alive
from tests.tabular import catalogue as bad

ROOT = Path(__file__).parents[2]

#: Cases another test shows, by its address; and cases no page has a field for, with why.
SHOWN = {
    "EML": "tests/tabular/test_cells.py::test_form_fields_of_the_catalogue_that_our_readers_decide",
    "TEL": "tests/tabular/test_cells.py::test_form_fields_of_the_catalogue_that_our_readers_decide",
    "WVR03": "tests/tabular/test_cells.py::test_form_fields_of_the_catalogue_that_our_readers_decide",
    "WVR04": "tests/tabular/test_cells.py::test_form_fields_of_the_catalogue_that_our_readers_decide",
    "WVR05": "tests/tabular/test_cells.py::test_form_fields_of_the_catalogue_that_our_readers_decide",
    "WVR06": "tests/tabular/test_cells.py::test_form_fields_of_the_catalogue_that_our_readers_decide",
    "OTP01": "tests/auth/test_second_step.py::test_a_code_is_taken_once_and_an_older_one_not_after_it",
    "OTP02": "tests/auth/test_second_step.py::test_a_code_is_taken_once_and_an_older_one_not_after_it",
    "OTP03": "tests/auth/test_second_step.py::test_a_code_is_taken_once_and_an_older_one_not_after_it",
    "OTP07": "tests/auth/test_second_step.py::test_a_wrong_first_code_turns_nothing_on",
    "OTP08": "tests/auth/test_second_step.py::test_the_table_holds_no_secret_and_another_installation_cannot_use_it",
    "OTP09": "tests/auth/test_second_step.py::test_after_ten_tries_even_the_right_code_waits_and_after_fifty_a_day",
    "HDR02": "tests/test_config.py::test_what_a_visitor_claims_about_proxies_is_not_believed",
    "HDR04": "tests/auth/test_sign_in.py::test_a_form_sent_from_elsewhere_is_not_accepted",
    "URL07": "tests/access/test_matrix.py::test_every_route_answers_every_kind_of_account_as_the_table_says",
    # An applicant is not told at all whether a number is taken, in whatever words; the officer is, and cannot approve.
    "TIN01": "tests/employers/test_registration.py::test_two_officers_who_approve_at_once_make_one_employer",
    "CON01": "tests/contributions/test_pages.py::test_a_double_click_on_submit_shows_the_same_acknowledgement",
    "CON02": "tests/contributions/test_service.py::test_a_second_click_gives_the_same_declarations",
    "CON03": "tests/contributions/test_at_once.py::test_what_one_types_is_kept_when_a_colleague_submits_meanwhile",
    "CON06": "tests/officers/test_approvals_pages.py::test_a_second_person_approves_and_pressing_twice_does_it_once",
    "CON10": "tests/contributions/test_lowering.py::test_upwards_is_posted_at_once_also_after_payment",
    "PAY": "tests/gateway/test_catalogue.py::test_each_call_of_the_catalogue",
    "CON05": "tests/test_approvals.py::test_the_maker_cannot_decide_and_the_database_says_so_too",
}
NO_SUCH_FIELD = {
    "WVR07": "nobody waives an amount by a form, and no role has a limit of its own",
    "RAT01": "rates stand in packs, which are refused when they are loaded; no page takes one",
    "RAT03": "rates stand in packs, which are refused when they are loaded; no page takes one",
    "RAT04": "rates stand in packs; a pack in use keeps its past, `flask scheme diff` shows it",
}


@pytest.fixture
def visitor(client: FlaskClient) -> FlaskClient:
    """An administrator of an employer, who also is at the beginning of a registration."""
    with db.writing() as session:
        employer = make_employer(session)
        account = give_mandate(session, employer)
        client.account, client.employer = account.id, employer.number  # type: ignore[attr-defined]
        client.tax_number = employer.tax_number  # type: ignore[attr-defined]
    sign_in(client, account)
    return client


def cases(field: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in bad.CASES if case["field"] == field]


def names_page(client: FlaskClient) -> str:
    client.post("/registration/")
    with db.reading() as session:
        started = session.scalars(select(Registration.public_id).order_by(Registration.id.desc())).first()
    return f"/registration/{started}/names"


@pytest.mark.parametrize("case", cases("employer_name"))
def test_a_legal_name_is_kept_as_it_was_typed_and_shown_escaped(case: dict[str, Any], visitor: FlaskClient) -> None:
    page = names_page(visitor)
    assert visitor.post(page, data={"legal_name": case["value"], "tax_number": "1001234567"}).status_code == 302
    with db.reading() as session:
        assert session.scalars(select(Registration.answers)).one()["legal_name"] == case["value"]
    shown = visitor.get(page).text + visitor.get("/registration/").text
    assert alive(shown) == []
    assert "<script>alert" not in shown
    assert '<img src="http' not in shown


@pytest.mark.parametrize("case", [one for one in cases("tax_number") if one.id != "TIN01"])
def test_a_tax_number_that_cannot_be_used_is_refused_beside_its_field(
    case: dict[str, Any], visitor: FlaskClient
) -> None:
    answer = visitor.post(names_page(visitor), data={"legal_name": "Kafue Bakers", "tax_number": case["value"]})
    assert (answer.status_code, "Kafue Bakers" in answer.text) == (case["expect"]["http"], True)


@pytest.mark.parametrize("case", cases("reason"))
def test_a_reason_is_words(case: dict[str, Any], app: Flask) -> None:
    from portal.payments.forms import TakeBackForm

    with app.test_request_context(method="POST", data={"reason": case["value"]}):
        form = TakeBackForm()
        assert not form.validate()
        assert form.errors["reason"]


@pytest.mark.parametrize("case", cases("new_password"))
def test_a_new_password(case: dict[str, Any], client: FlaskClient) -> None:
    """Through the page where an account is made: 422 with the form, or the account."""
    form = {"name": "Ruth", "email": "taken@example.et", "password": case["value"]}
    answer = client.post("/account/new", data=form)
    refused = case["expect"]["outcome"] == "field_error"
    assert answer.status_code == (422 if refused else 302), problem_of_password(case["value"], form["email"])
    with db.reading() as session:
        assert bool(session.scalars(select(Account.id)).all()) == (not refused)
    if refused:
        assert "taken@example.et" in answer.text


def test_a_password_fits_however_the_keyboard_sends_its_accents() -> None:
    case = next(case for case in bad.CASES if case["id"] == "PWD09")
    assert fits(hash_of(case["value"]), "Ang\u00e9lique-12345")


@pytest.mark.parametrize("case", cases("next"))
def test_nobody_is_led_to_another_site(case: dict[str, Any], client: FlaskClient) -> None:
    with db.writing() as session:
        make_account(session, email="ruth@example.org", password_hash=hash_of("maize cob and river"))
    form = {"email": "ruth@example.org", "password": "maize cob and river"}
    answer = client.post("/sign-in", query_string={"next": case["value"]}, data=form)
    if "\t" in case["value"]:  # nobody types it into an address
        assert answer.status_code == 400
    else:
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")


@pytest.mark.parametrize("case", [one for one in cases("declaration_id") if one.id != "URL07"])
def test_an_address_that_names_no_declaration_has_no_page(case: dict[str, Any], visitor: FlaskClient) -> None:
    assert visitor.get(f"/employers/{visitor.employer}/declarations/{case['value']}").status_code == 404  # type: ignore[attr-defined]


@pytest.fixture
def officer(client: FlaskClient) -> FlaskClient:
    """Somebody of the fund who may look at everything."""
    with db.writing() as session:
        make_employer(session)
        account = make_officer(session)
    sign_in(client, account)
    return client


@pytest.mark.parametrize("case", cases("query"))
def test_a_strange_query_is_answered_or_refused_and_breaks_nothing(case: dict[str, Any], officer: FlaskClient) -> None:
    pages = ("/fund/employers", "/fund/arrears") if "sort" in case["value"] else ("/fund/employers", "/fund/search")
    for page in pages:
        answer = officer.get(f"{page}?{case['value']}")
        assert answer.status_code == case["expect"]["http"], page
    if case["id"] == "QRY05":  # a wildcard is a sign like any other
        assert "Kafue" not in officer.get("/fund/employers?q=%25%25_").text


@pytest.mark.parametrize("case", cases("mass_assignment"))
def test_a_field_nobody_asked_for_changes_nothing(case: dict[str, Any], visitor: FlaskClient) -> None:
    name, _equals, value = case["value"].partition("=")
    page = names_page(visitor)
    more = {name: value, "state": "approved", "account_id": "1", "id": "1", "disabled_at": "", "employer_id": "1"}
    assert visitor.post(page, data={"legal_name": "Bakers", "tax_number": "1001234567", **more}).status_code == 302
    assert visitor.post("/account/details", data={"name": "Ruth", "office": "", **more}).status_code == 302
    with db.reading() as session:
        row = session.scalars(select(Registration)).one()
        assert (row.state, row.account_id) == ("draft", visitor.account)  # type: ignore[attr-defined]
        assert set(row.answers) <= set(FIELDS)
        assert session.scalars(select(FundRole)).all() == []
        assert len(session.scalars(select(Mandate)).all()) == 1
        assert session.scalars(select(Employer.state)).all() == ["active"]


@pytest.fixture
def production(app: Flask, client: FlaskClient) -> Iterator[FlaskClient]:
    """A visitor of a portal that is known by one name."""
    app.config["BASE_URL"] = "http://portal.example"
    yield client
    app.config["BASE_URL"] = "http://localhost"


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:80", "portal.example.evil", "a b", "["]
)
def test_a_forged_host_is_refused(host: str, production: FlaskClient) -> None:
    assert production.get("/sign-in", headers={"Host": host}).status_code == 400
    assert production.get("/healthz", headers={"Host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.parametrize("host", ["portal.example", "PORTAL.example:8443", "localhost:8000", "192.0.2.7", "[::1]:8000"])
def test_our_own_names_are_known(host: str, production: FlaskClient) -> None:
    assert production.get("/sign-in", headers={"Host": host}).status_code == 200


def test_what_a_visitor_says_of_its_host_stands_in_no_mail(production: FlaskClient) -> None:
    production.post("/account/new", headers={"X-Forwarded-Host": "evil.example", "Host": "portal.example"},
                    data={"name": "Ruth", "email": "ruth@example.org", "password": "maize cob and river"})  # fmt: skip
    with db.reading() as session:
        mails = [str(payload) for payload in session.scalars(select(Message.payload))]
    assert mails
    assert not any("evil.example" in mail for mail in mails)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 400),
        ({"Origin": "null"}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 400),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 200),
    ],
)
def test_a_form_from_another_site_is_refused_whatever_its_token(
    headers: dict[str, str], status: int, client: FlaskClient
) -> None:
    answer = client.post("/sign-in", headers=headers, data={"email": "x@example.org", "password": "x"})
    assert (answer.status_code if answer.status_code == 400 else 200) == status


def test_trace_is_not_answered(client: FlaskClient) -> None:
    assert client.open("/", method="TRACE").status_code == 405


@pytest.mark.parametrize(
    ("field", "text"),
    [("name", "R\0uth"), ("password", "maize\0cob and river"), ("name", "Ruth\r\nBcc: x@example.org")],
)
def test_a_character_nobody_types_is_refused_beside_its_field(field: str, text: str, client: FlaskClient) -> None:
    form = {"name": "Ruth", "email": "ruth@example.org", "password": "maize cob and river"}
    answer = client.post("/account/new", data={**form, field: text})
    assert (answer.status_code, "invisible control character" in answer.text) == (422, True)


def test_every_case_of_the_catalogue_is_run_shown_elsewhere_or_has_no_field_here() -> None:
    here = {case["id"] for name in ("employer_name", "tax_number", "reason", "new_password", "next", "declaration_id",
            "query", "mass_assignment") for one in cases(name) for case in one.values}  # fmt: skip
    here |= {"HDR01", "HDR03", "HDR06", "HDR07"}
    here |= {case["id"] for case in bad.CASES if case["surface"] in ("cell", "rows", "file")}  # the payroll's own tests
    left = [
        case["id"] for case in bad.CASES
        if case["id"] not in here and not {case["id"], case["id"][:3]} & {*SHOWN, *NO_SUCH_FIELD}
    ]  # fmt: skip
    assert left == []


def test_what_is_shown_elsewhere_is_there() -> None:
    for address in set(SHOWN.values()):
        path, _colons, name = address.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, address
