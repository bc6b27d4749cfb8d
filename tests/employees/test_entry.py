"""How an employee comes in: number, birth date and a code; and nobody else."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import audit, clock, db
from portal.auth.models import WebSession
from portal.employees import entry
from portal.employees.models import EntryCode
from portal.errors import Refused
from portal.installation import fund
from portal.outbox import Message
from portal.people.models import Person
from portal.scheme.explain import words_from_json
from tests.employees.conftest import text_of
from tests.factories import make_officer, make_person

KEY = b"a key of this installation"


def a_number(n: int) -> str:
    return fund().insurance_number.issue(10_000_000 + n)


@pytest.fixture
def person(database: str, _fund: None) -> Person:
    with db.writing() as session:
        return make_person(
            session, insurance_number=a_number(7), birth_date=date(1990, 5, 17), email="chanda@example.org"
        )


def ask(
    client: FlaskClient, number: str, *, born: tuple[str, str, str] = ("17", "5", "1990"), way: str = "mail"
) -> str:
    answer = client.post("/cover", data={"number": number, "birth_date": list(born), "way": way}, follow_redirects=True)
    return text_of(answer.get_data(as_text=True))


def type_code(client: FlaskClient, code: str) -> tuple[int, str]:
    answer = client.post("/cover/code", data={"code": code})
    return answer.status_code, answer.headers.get("Location") or text_of(answer.get_data(as_text=True))


def mailed() -> list[str]:
    with db.reading() as session:
        found = session.scalars(select(Message).where(Message.topic == "mail").order_by(Message.id)).all()
    return [re.search(r"is (\S{4}-\S{4})", str(words_from_json(each.payload["text"])))[1] for each in found]  # type: ignore[index]


def test_a_code_sent_by_mail_opens_the_record_once(client: FlaskClient, person: Person) -> None:
    shown = ask(client, person.insurance_number)
    assert "If this number and birth date belong together" in shown
    (code,) = mailed()
    assert type_code(client, code.lower().replace("-", " ")) == (302, "/me/")
    assert client.get("/me/").status_code == 200
    client.post("/sign-out")
    assert client.get("/me/").headers["Location"] == "/cover"
    ask(client, person.insurance_number, way="slip")
    status, shown = type_code(client, code)
    assert status == 422
    assert "was used already" in shown


def test_the_answer_is_the_same_whether_the_number_exists_or_not(client: FlaskClient, person: Person) -> None:
    right = ask(client, person.insurance_number)
    assert ask(client, a_number(8)) == right
    assert ask(client, person.insurance_number, born=("18", "5", "1990")) == right
    with db.writing() as session:
        session.get_one(Person, person.id).email = ""
    assert ask(client, person.insurance_number) == right
    assert len(mailed()) == 1
    wrong_person = ask(client, a_number(8)), type_code(client, "ACDEFGHJ")
    wrong_code = ask(client, person.insurance_number), type_code(client, "ACDEFGHJ")
    assert wrong_person == wrong_code


def test_a_slip_of_the_pen_in_number_or_date_is_said_at_once_and_what_was_typed_is_kept(
    client: FlaskClient, person: Person
) -> None:
    wrong = person.insurance_number[:-1] + str((int(person.insurance_number[-1]) + 1) % 10)
    answer = client.post("/cover", data={"number": wrong, "birth_date": ["31", "2", "1990"], "way": "mail"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "a digit is wrong" in html
    assert "Enter your birth date" in html
    assert f'value="{wrong}"' in html
    assert 'value="31"' in html
    assert 'href="#birth_date"' in html


def test_a_sent_code_is_good_for_a_quarter_of_an_hour(person: Person) -> None:
    now = clock.now()
    with db.writing() as session:
        entry.send_code(session, person.insurance_number, person.birth_date, key=KEY, at=now)
    (code,) = mailed()
    with db.writing() as session, pytest.raises(Refused):
        entry.come_in(
            session, person.insurance_number, person.birth_date, code, key=KEY, at=now + timedelta(minutes=15)
        )
    with db.writing() as session:
        late = now + timedelta(minutes=14)
        assert entry.come_in(session, person.insurance_number, person.birth_date, code, key=KEY, at=late) == person.id


def test_a_code_opens_only_the_record_it_was_made_for(person: Person) -> None:
    with db.writing() as session:
        other = make_person(session, insurance_number=a_number(9), birth_date=person.birth_date)
        entry.send_code(session, person.insurance_number, person.birth_date, key=KEY, at=clock.now())
    (code,) = mailed()
    with db.writing() as session, pytest.raises(Refused):
        entry.come_in(session, other.insurance_number, other.birth_date, code, key=KEY, at=clock.now())


def test_codes_are_not_stored_and_the_table_alone_does_not_give_them_away(person: Person) -> None:
    with db.writing() as session:
        entry.send_code(session, person.insurance_number, person.birth_date, key=KEY, at=clock.now())
    (code,) = mailed()
    with db.reading() as session:
        (kept,) = session.scalars(select(EntryCode)).all()
    assert entry.typed(code) not in kept.code_hash
    with db.writing() as session, pytest.raises(Refused):
        entry.come_in(session, person.insurance_number, person.birth_date, code, key=b"another key", at=clock.now())
    assert not set(code) & set("0O1IL2Z5S8B")


def test_guessing_ends_after_ten_tries_whether_or_not_the_number_exists(client: FlaskClient, person: Person) -> None:
    for number in (person.insurance_number, a_number(8)):
        ask(client, number, way="slip")
        answers = [type_code(client, "ACDEFGHJ")[0] for _ in range(10)]
        assert answers == [422] * 9 + [429]
        status, shown = type_code(client, "ACDEFGHJ")
        assert status == 429
        assert "Wait fifteen minutes" in shown


def test_a_slip_is_good_until_the_end_of_its_last_day_and_ends_the_one_before(person: Person) -> None:
    now = clock.now()
    last_day = now.date() + entry.SLIP_FOR

    def slip(token: str) -> str:
        with db.writing() as session:
            officer = make_officer(session)
            made = entry.make_slips(session, [person], token=token, key=KEY, by=officer.id, at=now, last_day=last_day)
        return made[0].code

    first, again, second = slip("one"), slip("one"), slip("two")
    assert first == again != second
    end = entry.slip_expiry(last_day)

    def works(code: str, when: object) -> bool:
        try:
            with db.writing() as session:
                entry.come_in(session, person.insurance_number, person.birth_date, code, key=KEY, at=when)  # type: ignore[arg-type]
        except Refused:
            return False
        return True

    assert not works(first, now)
    assert not works(second, end)
    assert works(second, end - timedelta(seconds=1))
    with db.reading() as session:
        events = session.scalars(select(audit.AuditEvent.event).order_by(audit.AuditEvent.id)).all()
    assert events == ["employee.slip_printed", "employee.slip_printed", "employee.came_in"]


def test_coming_in_starts_a_visit_of_its_own(client: FlaskClient, person: Person) -> None:
    ask(client, person.insurance_number)
    before = client.get_cookie("session")
    (code,) = mailed()
    type_code(client, code)
    after = client.get_cookie("session")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    with db.reading() as session:
        assert [each.content.get("entry") for each in session.scalars(select(WebSession))] == [None]
    assert client.get("/cover").headers["Location"] == "/me/"  # a second click lands where the first one did


def test_without_saying_who_one_is_there_is_nowhere_to_type_a_code(client: FlaskClient, database: str) -> None:
    assert client.get("/cover/code").headers["Location"] == "/cover"
