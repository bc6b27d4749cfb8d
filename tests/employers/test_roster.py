"""The roster: hire, leave, change wage, and who stands on it in a month."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from portal import db
from portal.audit import AuditEvent
from portal.employers.models import Employer, Employment, Wage
from portal.employers.roster import RosterPerson, change_wage, hire, leave, roster_in
from portal.errors import NotFound, Refused
from portal.people.models import Person
from portal.people.service import PersonFacts
from portal.scheme.calendars import Month

pytestmark = pytest.mark.usefixtures("_fund", "database")

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
CHANDA = PersonFacts("123456/78/1", "Mwila", "Chanda", "F", date(1990, 4, 2))
JOHN = PersonFacts("654321/10/1", "Banda", "John", "M", date(1985, 1, 31))
OCTOBER = Month(2026, 10)


def an_employer(number: str = "ZE1000017") -> int:
    with db.writing() as session:
        row = Employer(
            number=number, legal_name=f"Enterprise {number}", tax_number=number, legal_form="company", activity="B",
            location="ZM-09-04", address="Kafue", phone="+260977000000", email="office@kafue.example",
            first_employment_day=date(2020, 1, 1), headcount=3, approved_at=AT,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def hired(employer: int, who: PersonFacts = CHANDA, basic: int = 5000_00, **changes: Any) -> Employment:
    given = {"from_day": date(2026, 3, 1), "category": "permanent", "components": {"basic": basic}, "at": AT} | changes
    with db.writing() as session:
        return hire(session, employer, who, **given)


def roster(employer: int, month: Month = OCTOBER) -> list[RosterPerson]:
    with db.reading() as session:
        return roster_in(session, employer, month)


def test_somebody_hired_stands_on_the_roster_with_their_wage() -> None:
    employer = an_employer()
    hired(employer, staff_number=" K-7 ")
    (one,) = roster(employer)
    assert (one.surname, one.staff_number, one.components, one.to_day) == ("Mwila", "K-7", {"basic": 5000_00}, None)
    assert roster(employer, Month(2026, 2)) == []


def test_a_second_click_on_hire_changes_nothing() -> None:
    employer = an_employer()
    first, second = hired(employer), hired(employer)
    assert first.id == second.id
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Employment)) == 1
        assert session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)).all() == [
            "person.added",
            "employment.hired",
        ]


def test_somebody_who_still_works_here_is_not_hired_again() -> None:
    employer = an_employer()
    hired(employer)
    with pytest.raises(Refused, match="already works for you, since 1 March 2026") as refused:
        hired(employer, from_day=date(2026, 6, 1))
    assert refused.value.field == "from_day"


def test_overlapping_employments_are_refused_by_the_database_itself() -> None:
    employer = an_employer()
    held = hired(employer)
    with pytest.raises(IntegrityError, match="ex_employment_no_overlap"), db.writing() as session:
        session.add(
            Employment(
                employer_id=employer, person_id=held.person_id, category="permanent",
                from_day=date(2026, 9, 1), to_day=None, created_at=AT,
            )
        )  # fmt: skip


def test_the_same_person_may_work_for_two_employers_and_is_known_once() -> None:
    kafue, lusaka = an_employer(), an_employer("ZE1000025")
    hired(kafue)
    hired(lusaka, basic=800_00)
    assert [one.components["basic"] for one in roster(kafue) + roster(lusaka)] == [5000_00, 800_00]
    assert roster(kafue)[0].insurance_number == roster(lusaka)[0].insurance_number
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_who_leaves_is_on_the_roster_of_the_last_month_and_not_of_the_next() -> None:
    employer = an_employer()
    held = hired(employer)
    with db.writing() as session:
        leave(session, employer, held.public_id, last_day=date(2026, 9, 30), reason="resigned", at=AT)
    assert [one.to_day for one in roster(employer, Month(2026, 9))] == [date(2026, 9, 30)]
    assert roster(employer) == []


def test_who_left_can_be_hired_again_the_day_after() -> None:
    employer = an_employer()
    held = hired(employer)
    with db.writing() as session:
        leave(session, employer, held.public_id, last_day=date(2026, 10, 10), reason="end_of_contract", at=AT)
    hired(employer, from_day=date(2026, 10, 11), basic=6000_00)
    (once,) = roster(employer)
    assert (once.from_day, once.components) == (date(2026, 10, 11), {"basic": 6000_00})


@pytest.mark.parametrize(
    ("last_day", "reason", "field"),
    [
        (date(2026, 2, 28), "resigned", "last_day"),
        (date(2062, 9, 30), "resigned", "last_day"),
        (date(2026, 9, 30), "bored", "reason"),
    ],
)
def test_a_last_day_or_reason_that_cannot_be_is_refused_at_its_field(last_day: date, reason: str, field: str) -> None:
    employer = an_employer()
    held = hired(employer)
    with pytest.raises(Refused) as refused, db.writing() as session:
        leave(session, employer, held.public_id, last_day=last_day, reason=reason, at=AT)
    assert refused.value.field == field


def test_a_last_day_cannot_be_corrected_into_the_next_employment() -> None:
    employer = an_employer()
    held = hired(employer)
    with db.writing() as session:
        leave(session, employer, held.public_id, last_day=date(2026, 8, 31), reason="resigned", at=AT)
    hired(employer, from_day=date(2026, 9, 10))
    with pytest.raises(Refused, match="already works for you"), db.writing() as session:
        leave(session, employer, held.public_id, last_day=date(2026, 9, 15), reason="resigned", at=AT)


def raised(employer: int, held: Employment, month: Month, basic: int) -> bool:
    with db.writing() as session:
        return change_wage(session, employer, held.public_id, from_month=month, components={"basic": basic}, at=AT)


def test_a_wage_holds_from_its_month_and_leaves_earlier_months_alone() -> None:
    employer = an_employer()
    held = hired(employer)
    assert raised(employer, held, OCTOBER, 5500_00)
    assert not raised(employer, held, Month(2026, 11), 5500_00), "nothing changes in November"
    paid = {month: roster(employer, Month(2026, month))[0].components["basic"] for month in (9, 10, 11)}
    assert paid == {9: 5000_00, 10: 5500_00, 11: 5500_00}


def test_a_wage_of_the_same_month_is_corrected_not_doubled() -> None:
    employer = an_employer()
    held = hired(employer)
    assert raised(employer, held, OCTOBER, 5500_00)
    assert raised(employer, held, OCTOBER, 5600_00)
    assert roster(employer)[0].components == {"basic": 5600_00}
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Wage)) == 2


def test_a_wage_before_the_first_day_is_refused() -> None:
    employer = an_employer()
    held = hired(employer)
    with pytest.raises(Refused) as refused:
        raised(employer, held, Month(2026, 2), 1_00)
    assert refused.value.field == "from_month"


def test_another_employers_employment_is_not_found() -> None:
    kafue, lusaka = an_employer(), an_employer("ZE1000025")
    held = hired(kafue)
    for name in (held.public_id, uuid4()):
        with pytest.raises(NotFound), db.writing() as session:
            leave(session, lusaka, name, last_day=date(2026, 9, 30), reason="resigned", at=AT)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from_day": date(2062, 1, 1)}, "from_day"),
        ({"from_day": date(1990, 4, 2)}, "birth_date"),
        ({"category": "king"}, "category"),
        ({"components": {"basic": -1}}, "basic"),
    ],
)
def test_a_hire_that_cannot_be_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    employer = an_employer()
    with pytest.raises(Refused) as refused:
        hired(employer, **changes)
    assert refused.value.field == field
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0, "nobody is left behind"


def test_a_roster_is_read_in_one_statement_whatever_its_size() -> None:
    employer = an_employer()
    for number in range(12):
        hired(employer, PersonFacts(f"1000{number:02d}/11/1", "Banda", f"Child{number}", "M", date(1990, 1, 1)))
    statements: list[str] = []
    with db.reading() as session:
        event.listen(db.engine(), "before_cursor_execute", lambda *given: statements.append(given[2]))
        assert len(roster_in(session, employer, OCTOBER)) == 12
    assert len(statements) == 1
