"""The pages of an employer's people, as a clerk, a viewer and a neighbour meet them."""

from __future__ import annotations

import html
import io
import re
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import clock, db
from portal.auth.models import EmployerRole
from portal.employers.models import Employer, Employment, Wage
from portal.files import StoredFile
from portal.installation import fund
from portal.people.models import Person
from portal.scheme.calendars import month_of
from tests.factories import give_mandate, hire, make_employer, make_person, sign_in

HEADER = "national_id,surname,first_name,sex,birth_date,category,from_day,basic,gross"
GOOD = "123456/78/1,Mwila,Chanda,F,1990-04-02,Permanent,2025-03-01,5000.00,6000.00"
BAD = "654321/10/1,Banda,John,M,31 January,Permanent,2025-03-01,5000.00,6000.00"
TYPED = {
    "national_id": "123456 78 1", "first_name": "Chanda", "surname": "Mwila", "sex": "F",
    "birth_date": ["2", "4", "1990"], "from_day": ["1", "3", "2025"], "category": "permanent",
    "pay_basic": "5000", "pay_gross": "6,000.00", "phone": "0977 123 456",
}  # fmt: skip


def an_employer(client: FlaskClient, role: EmployerRole = EmployerRole.CLERK, **changes: Any) -> Employer:
    """An employer, and the client signed in as somebody who acts for it."""
    with db.writing() as session:
        employer = make_employer(session, **changes)
        account = give_mandate(session, employer, role)
    sign_in(client, account)
    return employer


def base(employer: Employer) -> str:
    return f"/employers/{employer.number}/roster"


def words(answer: Any) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def on_roster(employer: Employer, **changes: Any) -> tuple[Person, Employment]:
    with db.writing() as session:
        person = make_person(session, **changes)
        return person, hire(session, employer, person)


def test_an_empty_roster_says_what_to_do(client: FlaskClient) -> None:
    employer = an_employer(client)
    answer = client.get(f"{base(employer)}/")
    assert answer.status_code == 200
    assert "Nobody stands on your roster yet" in words(answer)
    assert f"{base(employer)}/import/" in answer.text


def test_an_administrator_is_led_to_the_slips_and_nobody_else(client: FlaskClient) -> None:
    employer = an_employer(client, EmployerRole.ADMINISTRATOR)
    person, _row = on_roster(employer)
    slips = f"/employers/{employer.number}/slips/"
    assert f'href="{slips}"' in client.get(f"{base(employer)}/").text
    led_to = f"{slips}?q={person.insurance_number}"
    assert f'href="{led_to}"' in client.get(f"{base(employer)}/{person.public_id}").text
    assert person.surname in words(client.get(led_to))
    with db.writing() as session:
        clerk = give_mandate(session, employer, EmployerRole.CLERK)
    sign_in(client, clerk)
    for page in ("", person.public_id):
        assert slips not in client.get(f"{base(employer)}/{page}").text


def test_who_has_left_gets_no_slip(client: FlaskClient) -> None:
    employer = an_employer(client, EmployerRole.ADMINISTRATOR)
    person, row = on_roster(employer)
    with db.writing() as session:
        session.get_one(Employment, row.id).to_day = date(2024, 6, 30)
    assert "/slips/" not in client.get(f"{base(employer)}/{person.public_id}").text


def test_the_list_is_searched_filtered_and_counted(client: FlaskClient) -> None:
    employer = an_employer(client)
    person, _row = on_roster(employer, surname="Zulu", first_name="Mary")
    _other, gone = on_roster(employer, surname="Gone", first_name="Peter")
    with db.writing() as session:
        session.get_one(Employment, gone.id).to_day = date(2024, 6, 30)
    for query, names, count in [
        ("", ["Zulu"], "1 person"),
        ("?state=all", ["Gone", "Zulu"], "2 people"),
        ("?state=left", ["Gone"], "1 person"),
        ("?state=all&search=mary zu", ["Zulu"], "1 person"),
        (f"?search={person.national_id.replace('/', ' ')}", ["Zulu"], "1 person"),
        ("?search=100%25", [], "0 people"),
    ]:
        answer = client.get(f"{base(employer)}/{query}")
        assert [name for name in ("Gone", "Zulu") if name in words(answer)] == names, query
        assert count in words(answer), query


def test_the_list_is_sorted_by_the_column_that_was_clicked(client: FlaskClient) -> None:
    employer = an_employer(client)
    for name in ("Banda", "Zulu", "Mwale"):
        on_roster(employer, surname=name)
    for sort, names in [("name", ["Banda", "Mwale", "Zulu"]), ("-name", ["Zulu", "Mwale", "Banda"])]:
        page = words(client.get(f"{base(employer)}/?sort={sort}"))
        assert sorted(names, key=page.index) == names
    assert client.get(f"{base(employer)}/?page=9999999&state=x").status_code == 200
    assert client.get(f"{base(employer)}/?sort=;drop").status_code == 400


def test_fifty_people_stand_on_a_page(client: FlaskClient) -> None:
    employer = an_employer(client)
    with db.writing() as session:
        for _number in range(51):
            hire(session, employer)
    assert client.get(f"{base(employer)}/").text.count('data-label="Name"') == 50
    assert client.get(f"{base(employer)}/?page=2").text.count('data-label="Name"') == 1


def test_somebody_is_hired_with_what_the_card_says(client: FlaskClient) -> None:
    employer = an_employer(client)
    answer = client.post(f"{base(employer)}/hire", data=TYPED, follow_redirects=True)
    assert answer.status_code == 200
    said = words(answer)
    assert "Chanda Mwila is on your roster with insurance number" in said
    for fact in ("123456/78/1", "+260977123456", "5,000.00", "Put on the roster", "Made known to the fund"):
        assert fact in said
    client.post(f"{base(employer)}/hire", data=TYPED)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Employment)) == 1, "a double click changes nothing"


def test_a_form_that_comes_back_keeps_what_was_typed_and_names_each_fault(client: FlaskClient) -> None:
    employer = an_employer(client)
    wrong = TYPED | {
        "national_id": "12",
        "birth_date": ["31", "2", "1990"],
        "pay_basic": "1,2",
        "category": "",
        "sex": "",
    }
    answer = client.post(f"{base(employer)}/hire", data=wrong)
    assert answer.status_code == 422
    for field in ("national_id", "birth_date", "pay_basic", "category", "sex"):
        assert f'href="#{field}' in answer.text, field
    assert 'value="Chanda"' in answer.text
    assert 'value="31"' in answer.text
    assert "invalid" not in words(answer).lower()


def test_hiring_somebody_known_elsewhere_tells_nothing_that_is_on_file(client: FlaskClient) -> None:
    employer = an_employer(client)
    with db.writing() as session:
        make_person(session, national_id="123456/78/1", surname="Secret", birth_date=date(1971, 2, 3))
    answer = client.post(f"{base(employer)}/hire", data=TYPED)
    assert answer.status_code == 422
    assert 'href="#national_id"' in answer.text
    assert "Compare all three with the identity card" in words(answer)
    assert "Secret" not in answer.text
    assert "1971" not in answer.text


def test_contacts_of_somebody_another_employer_made_known_are_not_shown(client: FlaskClient) -> None:
    employer = an_employer(client)
    person, _row = on_roster(employer, phone="+260955000111")
    answer = client.get(f"{base(employer)}/{person.public_id}")
    assert answer.status_code == 200
    assert "+260955000111" not in answer.text


def test_a_record_shows_only_the_employments_here(client: FlaskClient) -> None:
    employer = an_employer(client)
    person, _row = on_roster(employer)
    with db.writing() as session:
        hire(session, make_employer(session), session.get_one(Person, person.id), basic=7_777_00, staff_number="OTHER")
    answer = client.get(f"{base(employer)}/{person.public_id}")
    assert "5,000.00" in answer.text
    assert "7,777.00" not in answer.text
    assert "OTHER" not in answer.text


def test_another_employers_person_answers_as_one_that_does_not_exist(client: FlaskClient) -> None:
    employer = an_employer(client)
    with db.writing() as session:
        theirs = make_employer(session)
    person, row = on_roster(theirs)
    nobody = "00000000-0000-4000-8000-000000000000"
    there = [f"/{person.public_id}", f"/employment/{row.public_id}/leave", f"/employment/{row.public_id}/wage"]
    for path in there:
        found, missing = (
            client.get(base(employer) + path),
            client.get(base(employer) + re.sub(r"[0-9a-f-]{36}", nobody, path)),
        )
        assert (found.status_code, missing.status_code) == (404, 404), path
        assert words(found).partition("Something wrong")[0] == words(missing).partition("Something wrong")[0]
        assert client.get(base(theirs) + path).status_code == 404, "nor through the other employer's address"


def test_leaving_is_recorded_with_its_reason(client: FlaskClient) -> None:
    employer = an_employer(client)
    person, row = on_roster(employer)
    path = f"{base(employer)}/employment/{row.public_id}/leave"
    assert client.get(path).status_code == 200
    early = client.post(path, data={"last_day": ["31", "12", "2023"], "reason": "resigned"})
    assert early.status_code == 422
    assert "The last day lies before the first one" in words(early)
    answer = client.post(path, data={"last_day": ["30", "6", "2025"], "reason": "resigned"}, follow_redirects=True)
    assert "Left: Resigned" in words(answer)
    assert person.full_name not in words(client.get(f"{base(employer)}/"))


def test_a_wage_is_changed_from_a_month_on(client: FlaskClient) -> None:
    employer = an_employer(client)
    _person, row = on_roster(employer)
    path = f"{base(employer)}/employment/{row.public_id}/wage"
    page = client.get(path)
    assert "5,000.00" in page.text
    month = re.findall(r'<option [^>]*value="(\d{4}-\d\d)"', page.text)[0]
    answer = client.post(
        path, data={"from_month": month, "pay_basic": "9000", "pay_gross": "9000.00"}, follow_redirects=True
    )
    assert "9,000.00" in words(answer)
    assert "The wage was ZMW 5,000.00 until now" in words(answer).replace("\u00a0", " ")
    with db.reading() as session:
        assert [str(one) for one in session.scalars(select(Wage.from_month).order_by(Wage.id))] == ["2024-01", month]


@pytest.mark.parametrize("path", ["hire", "import/"])
def test_a_viewer_looks_but_does_not_change(client: FlaskClient, path: str) -> None:
    employer = an_employer(client, EmployerRole.VIEWER)
    assert client.get(f"{base(employer)}/{path}").status_code == 403
    page = client.get(f"{base(employer)}/")
    assert page.status_code == 200
    assert "Hire somebody" not in words(page)


def uploaded(client: FlaskClient, employer: Employer, content: bytes, name: str = "people.csv") -> Any:
    """Send a file; the answer is its review page, or the form again."""
    month = month_of(clock.today(fund().timezone))
    data = {"file": (io.BytesIO(content), name), "wages_from": str(month)}
    return client.post(f"{base(employer)}/import/", data=data, follow_redirects=True)


def the_form(page: Any) -> tuple[str, dict[str, str]]:
    action = html.unescape(re.findall(r'<form method="post" action="([^"]*import[^"]*)"', page.text)[0])
    return action, {"shown": re.findall(r'name="shown" value="(\w+)"', page.text)[0]}


def test_a_file_is_shown_with_every_problem_before_anything_is_done(client: FlaskClient) -> None:
    employer = an_employer(client)
    page = uploaded(client, employer, "\n".join([HEADER, BAD, GOOD]).encode())
    said = words(page)
    assert page.status_code == 200
    assert "Hired 1" in said
    assert "Rows with problems 1" in said
    assert "1 row needs mending" in said
    assert "31 January" in said
    assert "Continue with the good row" in said
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 422, "The file is empty."),
        (HEADER.encode() + b"x" * 20 * 1024 * 1024, 422, "The file is larger than 20"),
        (HEADER.encode() + b"x" * 21 * 1024 * 1024, 413, "A file may have up to 20 MB."),
    ],
    ids=["empty", "20 MB and a little", "21 MB and more"],
)
def test_a_file_that_cannot_be_taken_is_said_and_not_kept(
    client: FlaskClient, content: bytes, status: int, said: str
) -> None:
    month, named = month_of(clock.today(fund().timezone)), "Content-Disposition: form-data; name"
    wages = f'--x\r\n{named}="wages_from"\r\n\r\n{month}\r\n'
    head = f'{wages}--x\r\n{named}="file"; filename="people.csv"\r\n\r\n'
    answer = client.post(
        f"{base(an_employer(client))}/import/",
        data=head.encode() + content + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == status
    assert said in words(answer)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 0


def test_no_file_is_said_at_its_field(client: FlaskClient) -> None:
    employer = an_employer(client)
    answer = client.post(f"{base(employer)}/import/", data={"wages_from": "x"})
    assert answer.status_code == 422
    assert "Choose the file with your people." in words(answer)
    assert 'href="#file"' in answer.text


def test_a_confirmed_file_is_done_once_and_its_problem_rows_stay_at_hand(client: FlaskClient) -> None:
    employer = an_employer(client)
    page = uploaded(client, employer, "\n".join([HEADER, BAD, GOOD]).encode())
    action, data = the_form(page)
    for _click in range(2):
        done = client.post(action, data=data, follow_redirects=True)
        assert "The file was imported" in words(done)
        assert "Hired 1" in words(done)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Employment)) == 1
    link = html.unescape(re.findall(r'href="([^"]*problems.csv[^"]*)"', done.text)[0])
    file = client.get(link)
    assert file.mimetype == "text/csv"
    assert "attachment" in file.headers["Content-Disposition"]
    lines = file.data.decode("utf-8-sig").splitlines()
    assert lines[0] == f"{HEADER},What to do"
    assert lines[1].startswith(BAD)
    assert len(lines) == 2


def test_a_roster_that_changed_in_between_is_shown_again_before_it_is_changed(client: FlaskClient) -> None:
    employer = an_employer(client)
    action, data = the_form(uploaded(client, employer, "\n".join([HEADER, GOOD]).encode()))
    client.post(f"{base(employer)}/hire", data=TYPED)
    again = client.post(action, data=data, follow_redirects=True)
    assert "The roster changed since this page was drawn" in words(again)
    assert "There is nothing to do" in words(again)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "people.csv", "The file is empty"),
        (b"%PDF-1.7", "people.pdf", "is not a CSV or XLSX file"),
        (b"surname,first_name\nMwila,Chanda\n", "people.csv", "no column named national_id"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_nothing_behind(
    client: FlaskClient, content: bytes, name: str, sentence: str
) -> None:
    employer = an_employer(client)
    answer = uploaded(client, employer, content, name)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert 'href="#file"' in answer.text
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(db.Base.metadata.tables["stored_file"])) == 0


def test_another_employers_file_is_not_found(client: FlaskClient) -> None:
    theirs = an_employer(client)
    action, data = the_form(uploaded(client, theirs, "\n".join([HEADER, GOOD]).encode()))
    ours = an_employer(client)
    there = action.replace(theirs.number, ours.number)
    assert client.get(there).status_code == 404
    assert client.post(there, data=data).status_code == 404
    assert client.get(there.replace("?", "/problems.csv?")).status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_download_is_what_is_shown_and_the_upload_takes_it_back(client: FlaskClient, kind: str) -> None:
    employer = an_employer(client)
    client.post(f"{base(employer)}/hire", data=TYPED)
    file = client.get(f"{base(employer)}/export.{kind}")
    assert file.headers["Content-Disposition"].startswith("attachment")
    page = uploaded(client, employer, file.data, f"people.{kind}")
    assert "Unchanged 1" in words(page)
    assert "There is nothing to do" in words(page)
    assert client.get(f"{base(employer)}/template.{kind}").status_code == 200
    assert client.get(f"{base(employer)}/export.pdf").status_code == 404
