"""Slips: printed by the employer's administrator or at the counter, and good for coming in."""

from __future__ import annotations

import io
import re
from datetime import date
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select

from portal import audit, db
from portal.auth.models import EmployerRole, FundRoleName
from portal.employees.models import EntryCode
from portal.employers.models import Employer
from portal.installation import fund
from portal.people.models import Person
from tests.employees.conftest import page
from tests.factories import give_mandate, hire, make_employer, make_officer, make_person, sign_in


@pytest.fixture
def people(today: date) -> list[Person]:
    with db.writing() as session:
        return [
            make_person(session, surname=name, first_name="Mary", insurance_number=fund().insurance_number.issue(n))
            for n, name in enumerate(("Banda", "Chola", "Daka"), 10_000_050)
        ]


@pytest.fixture
def employer(people: list[Person]) -> Employer:
    with db.writing() as session:
        made = make_employer(session, legal_name="Kafue Mining Limited")
        for person in people:
            hire(session, made, person)
    return made


def as_role(client: FlaskClient, employer: Employer, role: EmployerRole = EmployerRole.ADMINISTRATOR) -> None:
    with db.writing() as session:
        account = give_mandate(session, employer, role)
    sign_in(client, account)


def printed(client: FlaskClient, url: str, **fields: object) -> str:
    answer = client.post(url, data=fields)
    assert answer.status_code == 200, answer.status_code
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return "\n".join(each.extract_text() for each in PdfReader(io.BytesIO(answer.data)).pages)


def codes_in(text: str) -> list[str]:
    return re.findall(r"\b[3-9A-Y]{4}-[3-9A-Y]{4}\b", text.replace(" ", ""))


def come_in(client: FlaskClient, person: Person, code: str) -> str:
    client.post("/cover", data={"number": person.insurance_number, "birth_date": ["17", "5", "1990"], "way": "slip"})
    return client.post("/cover/code", data={"code": code}).headers.get("Location", "")


def test_an_employee_comes_in_with_the_slip_of_the_employer(
    client: FlaskClient, employer: Employer, people: list[Person]
) -> None:
    as_role(client, employer)
    text = printed(
        client, f"/employers/{employer.number}/slips/", person=people[1].insurance_number, token=str(uuid4())
    )
    assert "Mary Chola" in text
    assert "21 December 2026" in text
    (code,) = codes_in(text)
    visitor = client.application.test_client()
    assert come_in(visitor, people[1], code) == "/me/"
    assert "with a slip printed on 21 November 2026" in page(visitor, "/me/")
    with db.reading() as session:
        events = session.scalars(select(audit.AuditEvent).where(audit.AuditEvent.event == "employee.slip_printed"))
        assert [each.subject for each in events] == [f"person:{people[1].public_id}"]


def test_everybody_on_the_page_gets_a_slip_in_one_document(
    client: FlaskClient, employer: Employer, people: list[Person]
) -> None:
    as_role(client, employer)
    text = printed(client, f"/employers/{employer.number}/slips/", everybody="yes", token=str(uuid4()))
    codes = codes_in(text)
    assert len(set(codes)) == 3
    for person, code in zip(people, codes, strict=True):
        assert come_in(client.application.test_client(), person, code) == "/me/"


def test_a_second_click_prints_the_same_codes(client: FlaskClient, employer: Employer) -> None:
    as_role(client, employer)
    url, token = f"/employers/{employer.number}/slips/", str(uuid4())
    first = printed(client, url, everybody="yes", token=token)
    assert codes_in(printed(client, url, everybody="yes", token=token)) == codes_in(first)
    with db.reading() as session:
        assert len(session.scalars(select(EntryCode)).all()) == 3
    assert set(codes_in(printed(client, url, everybody="yes", token=str(uuid4())))).isdisjoint(codes_in(first))


def test_nobody_ticked_is_asked_back(client: FlaskClient, employer: Employer) -> None:
    as_role(client, employer)
    answer = client.post(f"/employers/{employer.number}/slips/", data={"token": str(uuid4())})
    assert answer.status_code == 422
    assert "Tick at least one person" in answer.get_data(as_text=True)


def test_the_list_is_searched_by_name_and_number(client: FlaskClient, employer: Employer, people: list[Person]) -> None:
    as_role(client, employer)
    base = f"/employers/{employer.number}/slips/"
    assert "3 people on the roster" in page(client, base)
    for needle in ("dak", people[2].insurance_number, "mary daka"):
        shown = page(client, f"{base}?q={needle}")
        assert "Mary Daka" in shown
        assert "Mary Banda" not in shown


def test_somebody_elses_people_get_no_slip(client: FlaskClient, employer: Employer) -> None:
    with db.writing() as session:
        other = make_employer(session)
        stranger = make_person(session)
        hire(session, other, stranger)
    as_role(client, employer)
    answer = client.post(f"/employers/{employer.number}/slips/", data={"person": stranger.insurance_number})
    assert answer.status_code == 422
    with db.reading() as session:
        assert session.scalars(select(EntryCode)).all() == []


@pytest.mark.parametrize("role", [EmployerRole.CLERK, EmployerRole.SIGNATORY, EmployerRole.VIEWER])
def test_only_the_administrator_prints(client: FlaskClient, employer: Employer, role: EmployerRole) -> None:
    as_role(client, employer, role)
    assert client.get(f"/employers/{employer.number}/slips/").status_code == 403
    assert client.post(f"/employers/{employer.number}/slips/", data={"everybody": "yes"}).status_code == 403


def test_at_the_counter_the_officer_compares_and_prints(client: FlaskClient, people: list[Person]) -> None:
    with db.writing() as session:
        officer = make_officer(session, FundRoleName.CONTRIBUTION_OFFICER)
    sign_in(client, officer)
    assert client.post("/fund/slips", data={"number": "99999999"}).status_code == 422
    found = client.post("/fund/slips", data={"number": people[0].insurance_number})
    assert found.status_code == 302
    assert people[0].insurance_number not in found.headers["Location"]
    shown = page(client, found.headers["Location"])
    assert "17 May 1990" in shown
    (code,) = codes_in(printed(client, found.headers["Location"], token=str(uuid4())))
    assert come_in(client.application.test_client(), people[0], code) == "/me/"


def test_a_cashier_prints_no_slips(client: FlaskClient, people: list[Person]) -> None:
    with db.writing() as session:
        cashier = make_officer(session, FundRoleName.CASHIER)
    sign_in(client, cashier)
    assert client.get("/fund/slips").status_code == 403
    assert client.post(f"/fund/slips/{people[0].public_id}").status_code == 403
