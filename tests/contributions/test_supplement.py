"""Who was forgotten is added: nobody twice, on the same charge and due day, and counted with all others."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from portal import db
from portal.contributions import service
from portal.contributions.models import Declaration, DeclarationLine
from portal.contributions.service import Change, NotReady
from portal.contributions.standing import declared_in, declared_people
from portal.employees.record import record_of
from portal.errors import Refused
from portal.ledger.models import Charge
from portal.ledger.standing import standings
from portal.officers import records
from portal.scheme.calendars import Month
from tests.contributions.test_service import AT, OCTOBER, employer_with, numbers, start, submit, template, upload
from tests.factories import hire, make_person

pytestmark = pytest.mark.usefixtures("database", "_fund")

NOVEMBER_20 = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)


def month_with_one_forgotten():
    """October is declared with two people; a third, who worked all the time, was not on the roster."""
    employer, signer, _hired = employer_with(2, basic=5_000_00, gross=6_000_00)
    first = submit(employer, start(employer), by=signer)
    with db.writing() as session:
        person = make_person(session, surname="Zulu")
        hire(session, employer, person, basic=4_000_00, gross=4_000_00)
    return employer, signer, person, first


def supplement(employer, at=NOVEMBER_20):
    with db.writing() as session:
        return service.start_supplement(session, employer.id, OCTOBER, at=at, by=None)


def test_a_supplementary_return_begins_with_those_who_are_not_declared_and_adds_them():
    employer, signer, person, first = month_with_one_forgotten()
    draft = supplement(employer)
    assert (draft.kind, draft.checked["lines"], draft.checked["missing"]) == ("supplementary", 1, 0)
    made = submit(employer, draft, by=signer, at=NOVEMBER_20)
    assert [(one.kind, one.supplements_id, one.people) for one in made] == [
        ("supplementary", before.id, 1) for before in first
    ]
    assert [one.due_day for one in made] == [one.due_day for one in first] == [date(2025, 11, 10)] * 2
    assert len({one.number for one in (*first, *made)}) == 4
    with db.reading() as session:
        assert all(session.get(Declaration, one.id).state == "submitted" for one in first)
        (charge,) = standings(session, employer.id, "zm-nhima")
        assert (charge.charged, charge.charge.due_day) == (200_00 + 80_00, date(2025, 11, 10))
        assert person.id in [one for one, _number, _paid in declared_people(session, employer.id, "zm-nhima", OCTOBER)]


def test_what_was_added_counts_with_the_rest_wherever_the_month_is_read():
    employer, signer, person, _first = month_with_one_forgotten()
    submit(employer, supplement(employer), by=signer, at=NOVEMBER_20)
    with db.reading() as session:
        declared = declared_in(session, employer.id, "zm-nhima", OCTOBER)
        assert (declared.total, declared.people, declared.earnings) == (280_00, 3, 14_000_00)
        row = next(
            one for one in service.months_to_declare(session, employer.id, date(2025, 11, 20)) if one.month == OCTOBER
        )
        assert {one.state for one in row.schemes} == {"overdue"}
        assert [one.unpaid for one in row.schemes] == [280_00, 1_600_00]
        seen = record_of(session, person.id, date(2025, 11, 20)).months[OCTOBER]
        assert all(entry.line is not None and not entry.left_out for entry in seen)
        charge = session.scalars(select(Charge).where(Charge.scheme == "zm-nhima")).one()
        record = records.charge_record(session, employer.id, charge.public_id, date(2025, 11, 20))
        assert record.declared.people == 3
        assert len(records.lines(session, record.declared, limit=50, offset=0)) == 3


def test_starting_again_opens_the_same_draft_and_another_kind_waits():
    employer, _signer, _person, _first = month_with_one_forgotten()
    draft = supplement(employer)
    assert supplement(employer).id == draft.id
    with pytest.raises(Refused, match="A supplementary return for October 2025 is being prepared"), db.writing() as s:
        service.revise_payroll(s, employer.id, OCTOBER, at=AT, by=None)


def test_nobody_is_declared_twice_by_a_file_either():
    employer, signer, _person, first = month_with_one_forgotten()
    supplement(employer)
    there, _other, forgotten = sorted(numbers(employer))
    rows = [f"{there},Banda,Person,2025-10,,5000,6000", f"{forgotten},Zulu,Person,2025-10,,4000,4000"]
    draft = upload(employer, template(rows))
    assert (draft.kind, draft.checked["blocking"]) == ("supplementary", 1)
    with pytest.raises(NotReady):
        submit(employer, draft, by=signer)
    with db.writing() as session:
        draft = service.leave_out(
            session, employer.id, draft.public_id, version=draft.version, rows=[2], at=AT, by=None
        )
    assert {one.people for one in submit(employer, draft, by=signer)} == {1}
    with db.reading() as session:
        said = session.scalars(select(Declaration).where(Declaration.kind == "regular")).all()
        assert {one.people for one in said} == {2} == {one.people for one in first}


def test_the_database_itself_refuses_a_person_twice():
    employer, signer, _person, first = month_with_one_forgotten()
    submit(employer, supplement(employer), by=signer, at=NOVEMBER_20)
    columns = "employer_id, components, days, earnings, insurable, employer_share, employee_share, branches"
    copy = f"SELECT :into, person_id, {columns} FROM declaration_line WHERE declaration_id = :of"
    with db.reading() as session:
        added = session.scalars(select(Declaration.id).where(Declaration.supplements_id == first[0].id)).one()
    with pytest.raises(IntegrityError, match="stands once"), db.writing() as session:
        session.execute(
            text(f"INSERT INTO declaration_line (declaration_id, person_id, {columns}) {copy}"),
            {"into": added, "of": first[0].id},
        )


def test_many_supplementary_returns_stand_beside_each_other():
    employer, signer, _person, _first = month_with_one_forgotten()
    submit(employer, supplement(employer), by=signer, at=NOVEMBER_20)
    with db.writing() as session:
        hire(session, employer, make_person(session))
    submit(employer, supplement(employer), by=signer, at=NOVEMBER_20)
    with db.reading() as session:
        declared = declared_in(session, employer.id, "zm-napsa", OCTOBER)
        assert (len(declared.supplements), declared.people) == (2, 4)


def test_with_everybody_declared_there_is_nobody_to_add():
    employer, signer, _hired = employer_with(2)
    with pytest.raises(Refused, match="October 2025 is not declared yet"):
        supplement(employer)
    submit(employer, start(employer), by=signer)
    with pytest.raises(Refused, match="Everybody on your roster of October 2025 is declared"):
        supplement(employer)


def test_a_month_in_which_nobody_was_paid_is_revised_instead():
    employer, _signer, _hired = employer_with(1)
    with db.writing() as session:
        service.submit_nil(session, employer.id, OCTOBER, by=None, at=AT, nobody_paid=True)
    with pytest.raises(Refused, match="Revise the month"):
        supplement(employer)


def test_revising_the_month_replaces_the_first_declaration_and_all_that_was_added():
    employer, signer, person, first = month_with_one_forgotten()
    added = submit(employer, supplement(employer), by=signer, at=NOVEMBER_20)
    with db.writing() as session:
        draft = service.revise_payroll(session, employer.id, OCTOBER, at=NOVEMBER_20, by=None)
        assert (draft.checked["lines"], draft.checked["missing"]) == (3, 0)
        draft = service.change_lines(
            session, employer.id, draft.public_id, version=draft.version,
            changes={1: Change({"basic": 6_000_00, "gross": 7_000_00})}, at=NOVEMBER_20, by=None,
        )  # fmt: skip
    health, _pension = submit(employer, draft, by=signer, at=NOVEMBER_20)
    assert (health.people, health.total, health.supersedes_id) == (3, 300_00, first[0].id)
    with db.reading() as session:
        assert {session.get(Declaration, one.id).state for one in (*first, *added)} == {"superseded"}
        (charge,) = standings(session, employer.id, "zm-nhima")
        assert charge.charged == 300_00
        lines = select(DeclarationLine.person_id).where(DeclarationLine.declaration_id == health.id)
        assert person.id in session.scalars(lines).all()


def test_a_month_that_begins_later_has_the_pay_of_everybody_declared_before():
    employer, signer, person, _first = month_with_one_forgotten()
    submit(employer, supplement(employer), by=signer, at=NOVEMBER_20)
    with db.writing() as session:
        draft = service.start_from_roster(session, employer.id, Month(2025, 11), at=NOVEMBER_20, by=None)
        draft = service.change_lines(
            session, employer.id, draft.public_id, version=draft.version,
            changes={3: Change({"basic": 40_000_00, "gross": 40_000_00})}, at=NOVEMBER_20, by=None,
        )  # fmt: skip
    assert draft.checked["warnings"] == 1, "of the one who was forgotten, too, last month's pay is known"
    assert person.surname == "Zulu"
