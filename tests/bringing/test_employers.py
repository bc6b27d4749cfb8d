"""A register of employers is looked at, mended, and brought over once."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import db
from portal.audit import AuditEvent
from portal.auth.models import Account, FundRoleName
from portal.bringing import employers_import, uploads
from portal.bringing.employers_file import COLUMNS, TEXT_COLUMNS
from portal.bringing.models import Kind
from portal.employers.models import Employer, Enrolment
from portal.errors import Refused
from portal.installation import fund
from portal.tabular.writing import write_csv, write_xlsx
from tests.factories import make_employer, make_officer, sign_in

AT = datetime(2026, 11, 12, 9, 0, tzinfo=UTC)
TODAY = AT.date()
MINE = {
    "legal_name": "Kansanshi Mine Limited", "tax_number": "1000000101", "legal_form": "company", "activity": "B",
    "location": "ZM-08-02", "address": "Plot 7, Kitwe", "phone": "0977 123 456", "email": "pay@kansanshi.example",
    "first_employment_day": "2019-03-01", "headcount": "250", "enrolled_from": "2026-11-01",
}  # fmt: skip


def rows(*changed: dict[str, str]) -> list[list[str]]:
    """Rows of a register: the mine, with changes."""
    return [[{**MINE, **one}.get(column, "") for column in COLUMNS] for one in changed]


def csv(*changed: dict[str, str]) -> bytes:
    return write_csv(COLUMNS, rows(*changed))


@pytest.fixture
def registrar(app: Flask, database: str) -> Account:
    with db.writing() as session:
        return make_officer(session, FundRoleName.REGISTRAR)


def kept(content: bytes, by: Account, name: str = "register.csv") -> UUID:
    with db.writing() as session:
        return uploads.keep(session, Kind.EMPLOYERS, content, name, options={}, by=by.id, at=AT).public_id


def bring(file: UUID, by: Account) -> dict[str, int]:
    with db.writing() as session:
        return employers_import.bring(session, file, by=by.id, at=AT, today=TODAY)


def problems(content: bytes, by: Account) -> list[tuple[int | None, str | None, str]]:
    with db.reading() as session:
        upload = uploads.upload_of(session, kept(content, by))
        return [(one.row, one.column, str(one.words)) for one in employers_import.plan(session, upload, TODAY).problems]


def test_employers_come_with_their_numbers_and_declare_from_the_day_in_the_file(registrar: Account) -> None:
    content = csv(
        {"number": "OLD-17"},
        {"tax_number": "1000000102", "legal_name": "Second Limited", "schemes": "NAPSA", "enrolled_from": ""},
    )
    assert bring(kept(content, registrar), registrar) == {"added": 2, "known": 0}
    with db.reading() as session:
        first, second = session.scalars(select(Employer).order_by(Employer.id)).all()
        enrolled = session.execute(select(Enrolment.employer_id, Enrolment.scheme, Enrolment.from_day)).all()
        events = session.scalars(select(AuditEvent.event)).all()
    assert (first.number, first.phone, first.headcount) == ("OLD-17", "+260977123456", 250)
    assert second.number == fund().employer_number.issue(1)
    assert {tuple(one) for one in enrolled} == {
        (first.id, "zm-nhima", date(2026, 11, 1)),
        (first.id, "zm-napsa", date(2026, 11, 1)),
        (second.id, "zm-napsa", date(2019, 3, 1)),
    }
    assert "opening.employers" in events


def test_the_same_file_again_adds_nobody_whatever_it_is_called(registrar: Account) -> None:
    content = csv({})
    file = kept(content, registrar)
    assert bring(file, registrar) == bring(file, registrar) == {"added": 1, "known": 0}
    assert kept(content, registrar, "copy.csv") == file
    with db.reading() as session:
        assert len(session.scalars(select(Employer)).all()) == 1


def test_an_employer_on_file_is_left_as_it_is_and_a_number_of_another_is_a_problem(registrar: Account) -> None:
    with db.writing() as session:
        make_employer(session, tax_number="1000000101", number="OLD-1", legal_name="Kept as it was")
        make_employer(session, tax_number="1000000109", number="OLD-9")
    assert bring(kept(csv({}), registrar), registrar) == {"added": 0, "known": 1}
    found = problems(csv({"number": "OLD-2"}, {"tax_number": "1000000103", "number": "OLD-9"}), registrar)
    assert [(row, column) for row, column, _words in found] == [(2, "tax_number"), (3, "number")]
    with db.reading() as session:
        assert "Kept as it was" in session.scalars(select(Employer.legal_name)).all()


def test_every_problem_has_its_row_column_and_remedy_and_nothing_is_brought_over(registrar: Account) -> None:
    content = csv(
        {"tax_number": "12"},
        {"tax_number": "1000000104", "legal_form": "trust", "activity": "Z", "location": "XX"},
        {"tax_number": "1000000105", "first_employment_day": "03/04/2019"},
        {"tax_number": "1000000106", "headcount": "many", "phone": "call me", "email": "nobody"},
        {"tax_number": "1000000107", "enrolled_from": "2018-01-01"},
        {"tax_number": "1000000108", "schemes": "zm-nothing"},
        {"tax_number": "1000000109", "number": "A/1"},
        {"tax_number": "1000000109", "bank_name": "Zanaco"},
        {"tax_number": "1000000110", "address": ""},
        {"tax_number": "1000000111"},
        {"tax_number": "1000000111"},
    )
    found = {(row, column) for row, column, _words in problems(content, registrar)}
    assert found == {
        (2, "tax_number"), (3, "legal_form"), (3, "activity"), (3, "location"), (4, "first_employment_day"),
        (5, "headcount"), (5, "phone"), (5, "email"), (6, "enrolled_from"), (7, "schemes"), (8, "number"),
        (9, "bank_account"), (10, "address"), (12, "tax_number"),
    }  # fmt: skip
    with pytest.raises(Refused, match="Some rows have problems"):
        bring(kept(content, registrar), registrar)
    with db.reading() as session:
        assert session.scalars(select(Employer)).all() == []


def test_numbers_go_on_after_those_that_the_portal_would_have_given(registrar: Account) -> None:
    fifth = fund().employer_number.issue(5)
    content = csv({"number": fifth}, {"tax_number": "1000000102"})
    bring(kept(content, registrar), registrar)
    with db.reading() as session:
        assert set(session.scalars(select(Employer.number))) == {fifth, fund().employer_number.issue(6)}


def test_pages_lead_from_an_empty_file_to_employers(client: FlaskClient, registrar: Account) -> None:
    sign_in(client, registrar)
    empty = client.get("/fund/opening/template/employers.csv").data.decode("utf-8-sig")
    assert empty.strip() == ",".join(COLUMNS)
    content = write_xlsx(COLUMNS, rows({}, {"tax_number": "1000000102", "legal_name": "Second Limited"}), TEXT_COLUMNS)
    answer = client.post("/fund/opening/employers", data={"file": (io.BytesIO(content), "register.xlsx")})
    page = client.get(answer.location)
    assert "Add 2 employers" in page.text
    assert "Kansanshi Mine Limited" in page.text
    done = client.post(f"{answer.location}/employers", follow_redirects=True)
    assert "The employers are brought over." in done.text
    again = client.post(f"{answer.location}/employers", follow_redirects=True)
    assert "The employers are brought over." in again.text
    with db.reading() as session:
        assert len(session.scalars(select(Employer)).all()) == 2


def test_a_file_that_is_no_table_is_not_kept_and_says_why(client: FlaskClient, registrar: Account) -> None:
    sign_in(client, registrar)
    for content, name in ((b"%PDF-1.4", "register.pdf"), (b"", "register.csv"), (b"legal_name\n", "register.csv")):
        answer = client.post("/fund/opening/employers", data={"file": (io.BytesIO(content), name)})
        assert answer.status_code == 422
    missing = client.post("/fund/opening/employers", data={"file": (io.BytesIO(b"name,town\nA,B\n"), "register.csv")})
    assert "The file has no column named" in client.get(missing.location).text
    assert client.post("/fund/opening/employers", data={}).status_code == 422
    assert client.get("/fund/opening/files/00000000-0000-4000-8000-000000000000").status_code == 404
