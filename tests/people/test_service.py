"""Persons are known once, and nobody learns about them by trying numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from psycopg.errors import CheckViolation
from sqlalchemy import func, select

from portal import db
from portal.audit import AuditEvent
from portal.errors import Refused
from portal.installation import fund
from portal.people.models import Person
from portal.people.service import PersonFacts, add_people, agrees, find_or_add, person_by_insurance_number

pytestmark = pytest.mark.usefixtures("_fund", "database")

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
CHANDA = PersonFacts("123456/78/1", "Mwila-Banda", "Chanda", "F", date(1990, 4, 2))


def test_a_person_is_added_once_and_then_found() -> None:
    with db.writing() as session:
        first = find_or_add(session, CHANDA, at=AT)
    with db.writing() as session:
        again = find_or_add(session, CHANDA, at=AT)
        assert again.id == first.id
        assert session.scalar(select(func.count()).select_from(Person)) == 1
        assert session.scalars(select(AuditEvent.event)).all() == ["person.added"]


def test_insurance_numbers_have_a_check_digit_and_no_gaps() -> None:
    people = [replace(CHANDA, national_id=f"20000{n}/11/1") for n in range(3)]
    with db.writing() as session:
        added = add_people(session, people, at=AT)
        numbers = sorted(one.insurance_number for one in added.values())
    assert numbers == [fund().insurance_number.issue(n) for n in (1, 2, 3)]
    assert all(fund().insurance_number.problem(number) is None for number in numbers)


def test_a_number_given_out_in_a_transaction_that_fails_is_given_out_again() -> None:
    both = [replace(CHANDA, national_id="200000/11/1"), replace(CHANDA, national_id="300000/11/1", sex="X")]
    with pytest.raises(CheckViolation), db.writing() as session:
        add_people(session, both, at=AT)
    with db.writing() as session:
        assert find_or_add(session, CHANDA, at=AT).insurance_number == fund().insurance_number.issue(1)


def test_a_number_the_fund_brought_is_passed_over_by_the_series() -> None:
    brought = fund().insurance_number.issue(1)
    with db.writing() as session:
        find_or_add(session, replace(CHANDA, insurance_number=brought), at=AT)
        other = find_or_add(session, replace(CHANDA, national_id="200000/11/1"), at=AT)
    assert other.insurance_number == fund().insurance_number.issue(2)


def test_an_insurance_number_of_someone_else_is_refused_at_its_field() -> None:
    with db.writing() as session:
        number = find_or_add(session, CHANDA, at=AT).insurance_number
        with pytest.raises(Refused) as refused:
            find_or_add(session, replace(CHANDA, national_id="200000/11/1", insurance_number=number), at=AT)
    assert refused.value.field == "insurance_number"


def test_a_wrong_birth_date_is_refused_without_saying_what_is_on_file() -> None:
    with db.writing() as session:
        find_or_add(session, CHANDA, at=AT)
        with pytest.raises(Refused) as by_date:
            find_or_add(session, replace(CHANDA, birth_date=date(1991, 4, 2)), at=AT)
        with pytest.raises(Refused) as by_name:
            find_or_add(session, replace(CHANDA, surname="Phiri"), at=AT)
    assert str(by_date.value) == str(by_name.value)
    assert not any(fact in str(by_date.value) for fact in ("1990", "Mwila", "Chanda"))


@pytest.mark.parametrize(
    ("surname", "first_name"),
    [("MWILA BANDA", "chanda"), ("Chanda", "Mwila-Banda"), ("Mwilá  Banda", "Chanda"), ("Banda Mwila", "Chanda")],
)
def test_names_agree_whatever_their_case_accents_and_order(surname: str, first_name: str) -> None:
    with db.writing() as session:
        person = find_or_add(session, CHANDA, at=AT)
    assert agrees(person, replace(CHANDA, surname=surname, first_name=first_name))


def test_an_insurance_number_is_found_however_it_is_typed() -> None:
    with db.writing() as session:
        person = find_or_add(session, CHANDA, at=AT)
        number = person.insurance_number
        assert person_by_insurance_number(session, f" {number[:4]} {number[4:]} ") is person
        assert person_by_insurance_number(session, "") is None
        assert person_by_insurance_number(session, "999") is None
