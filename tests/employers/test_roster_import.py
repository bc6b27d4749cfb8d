"""A roster file: planned, shown, confirmed once, and never holding a good row back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, func, select

from portal import db
from portal.audit import AuditEvent
from portal.employers.models import Employer, Employment, Wage
from portal.employers.roster import RosterPerson, leave, roster_in
from portal.employers.roster_import import import_roster, keep_file, plan_import, read_file
from portal.employers.roster_list import CSV, XLSX, Asked, as_file, export_roster, rows_with_reasons
from portal.employers.roster_moves import Plan
from portal.errors import Refused
from portal.files import StoredFile
from portal.installation import fund
from portal.people.models import Person
from portal.scheme.calendars import Month
from tests.factories import hire, make_employer, make_person

pytestmark = pytest.mark.usefixtures("_fund", "database")

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
TODAY = date(2026, 10, 5)
OCTOBER = Month(2026, 10)
HEADER = (
    "national_id,insurance_number,surname,first_name,sex,birth_date,staff_number,category,from_day,to_day,leave_reason,"
    "basic,gross"
)
CHANDA = "123456/78/1,,Mwila,Chanda,F,1990-04-02,K-1,Permanent,2026-03-01,,,5000.00,6000.00"
JOHN = "654321/10/1,,Banda,John,M,1985-01-31,K-2,casual,2026-10-01,,,900.50,900.50"


def a_file(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join([header, *rows]).encode()


def an_employer() -> int:
    with db.writing() as session:
        return make_employer(session).id


def planned(employer: int, content: bytes, name: str = "roster.csv", wages_from: Month = OCTOBER) -> Plan:
    with db.reading() as session:
        return plan_import(session, employer, read_file(content, name, TODAY), wages_from)


def kept(employer: int, content: bytes, name: str = "roster.csv") -> StoredFile:
    with db.writing() as session:
        return keep_file(session, employer, content, name, CSV, at=AT, by=None)


def taken_in(employer: int, *rows: str, shown: str | None = None) -> dict[str, object]:
    with db.writing() as session:
        file = keep_file(session, employer, a_file(*rows), "roster.csv", CSV, at=AT, by=None)
        return import_roster(session, employer, file, wages_from=OCTOBER, at=AT, shown=shown)


def roster(employer: int, month: Month = OCTOBER) -> dict[str, RosterPerson]:
    with db.reading() as session:
        return {one.national_id: one for one in roster_in(session, employer, month)}


def codes(plan: Plan) -> list[tuple[int | None, str | None, str]]:
    return [(one.row, one.column, one.code) for one in plan.problems]


def test_a_plan_says_what_will_change_and_changes_nothing() -> None:
    employer = an_employer()
    plan = planned(employer, a_file(CHANDA, JOHN))
    assert plan.counts == {"hired": 2, "wages": 0, "left": 0, "corrected": 0, "unchanged": 0, "faulty": 0}
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_a_confirmed_file_hires_everybody_with_numbers_and_wages() -> None:
    employer = an_employer()
    assert taken_in(employer, CHANDA, JOHN)["hired"] == 2
    found = roster(employer)
    assert found["123456/78/1"].components == {"basic": 5000_00, "gross": 6000_00}
    assert (found["654321/10/1"].category, found["654321/10/1"].staff_number) == ("casual", "K-2")
    assert all(fund().insurance_number.problem(one.insurance_number) is None for one in found.values())


def test_confirming_the_same_file_twice_changes_nothing_the_second_time() -> None:
    employer = an_employer()
    file = kept(employer, a_file(CHANDA))
    with db.writing() as session:
        first = import_roster(session, employer, file, wages_from=OCTOBER, at=AT)
    with db.writing() as session:
        assert import_roster(session, employer, file, wages_from=OCTOBER, at=AT) == first
        counts = [session.scalar(select(func.count()).select_from(one)) for one in (Person, Employment, Wage)]
        assert counts == [1, 1, 1]
        assert session.scalars(select(AuditEvent.event)).all().count("roster.imported") == 1


def test_a_file_uploaded_again_after_its_import_is_another_file_that_changes_nothing() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA)
    assert taken_in(employer, CHANDA) | {"file": ""} == {"file": "", "hired": 0, "changed": 0, "faulty": 0}


def test_a_file_that_waits_is_kept_once_however_often_it_is_sent() -> None:
    employer = an_employer()
    assert kept(employer, a_file(CHANDA)).id == kept(employer, a_file(CHANDA)).id


def test_a_new_wage_counts_from_the_chosen_month_on() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA)
    plan = planned(employer, a_file(CHANDA.replace("5000.00", "5200.00")))
    assert plan.counts["wages"] == 1
    taken_in(employer, CHANDA.replace("5000.00", "5200.00"))
    assert roster(employer)["123456/78/1"].components["basic"] == 5200_00
    assert roster(employer, Month(2026, 9))["123456/78/1"].components["basic"] == 5000_00


def test_an_empty_wage_cell_leaves_the_wage_alone() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA)
    assert planned(employer, a_file(CHANDA.replace("6000.00", ""))).counts["unchanged"] == 1


def test_a_wage_far_from_the_last_is_asked_about_but_not_held_back() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA)
    plan = planned(employer, a_file(CHANDA.replace("5000.00", "50000.00")))
    assert [(one.row, one.column, one.code) for one in plan.notices] == [(2, "basic", "W_WAGE_JUMP")]
    assert plan.counts["wages"] == 1


def test_a_last_day_with_its_reason_ends_the_employment() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA)
    gone = CHANDA.replace("2026-03-01,,,", "2026-03-01,2026-09-30,Resigned,")
    assert planned(employer, a_file(gone)).counts["left"] == 1
    taken_in(employer, gone)
    assert roster(employer) == {}
    assert roster(employer, Month(2026, 9))["123456/78/1"].to_day == date(2026, 9, 30)


def test_one_file_ends_an_employment_and_begins_the_next() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA)
    gone = CHANDA.replace("2026-03-01,,,", "2026-03-01,2026-10-10,end_of_contract,")
    back = CHANDA.replace("2026-03-01,,,", "2026-10-11,,,").replace("5000.00", "7000.00")
    done = taken_in(employer, back, gone)
    assert (done["hired"], done["changed"], done["faulty"]) == (1, 1, 0)
    assert roster(employer)["123456/78/1"].components["basic"] == 7000_00


def test_a_staff_number_and_a_category_are_corrected() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA)
    taken_in(employer, CHANDA.replace("K-1,Permanent", "K-9,part_time"))
    (one,) = roster(employer).values()
    assert (one.staff_number, one.category) == ("K-9", "part_time")


def test_good_rows_go_in_while_faulty_ones_wait() -> None:
    employer = an_employer()
    faulty = JOHN.replace("1985-01-31", "31 January").replace("900.50,900.50", "nine hundred,900.50")
    plan = planned(employer, a_file(faulty, CHANDA))
    assert codes(plan) == [(2, "birth_date", "E_DATE"), (2, "basic", "E_AMOUNT")]
    done = taken_in(employer, faulty, CHANDA)
    assert (done["hired"], done["faulty"]) == (1, 1)
    assert list(roster(employer)) == ["123456/78/1"]


@pytest.mark.parametrize(
    ("typed", "found", "column", "code"),
    [
        ("Permanent", "King", "category", "E_CHOICE"),
        ("Permanent", "", "category", "E_REQUIRED"),
        (",F,", ",,", "sex", "E_REQUIRED"),
        ("2026-03-01,,,", "2026-03-01,2026-09-30,,", "leave_reason", "E_REQUIRED"),
        ("2026-03-01,,,", "2026-03-01,2026-09-30,bored,", "leave_reason", "E_CHOICE"),
        ("1990-04-02", "2026-03-01", "birth_date", "E_DATE_RANGE"),
        ("123456/78/1,,", "123456/78/1,100000018,", "insurance_number", "E_ID_FORMAT"),
        ("123456/78/1,", "12345,", "national_id", "E_ID_FORMAT"),
    ],
)
def test_a_row_that_cannot_be_is_named_with_its_column(typed: str, found: str, column: str, code: str) -> None:
    employer = an_employer()
    assert codes(planned(employer, a_file(CHANDA.replace(typed, found)))) == [(2, column, code)]


def test_an_insurance_number_nobody_has_is_not_taken_while_the_fund_gives_them() -> None:
    number = fund().insurance_number.issue(77)
    row = CHANDA.replace("123456/78/1,,", f"123456/78/1,{number},")
    assert codes(planned(an_employer(), a_file(row))) == [(2, "insurance_number", "E_NUMBER_UNKNOWN")]


def test_an_overlap_with_the_roster_is_a_problem_of_its_row() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA)
    again = CHANDA.replace("2026-03-01", "2026-06-01")
    plan = planned(employer, a_file(again))
    assert codes(plan) == [(2, "from_day", "E_OVERLAP")]
    assert "1 March 2026" in str(plan.problems[0].words)


def test_somebody_who_left_does_not_come_back_by_an_old_file() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA)
    with db.writing() as session:
        held = session.scalars(select(Employment)).one()
        leave(session, employer, held.public_id, last_day=date(2026, 9, 30), reason="resigned", at=AT)
    assert codes(planned(employer, a_file(CHANDA))) == [(2, "to_day", "E_LEFT")]


def test_a_person_known_elsewhere_is_used_again_without_telling_what_is_on_file() -> None:
    employer = an_employer()
    with db.writing() as session:
        make_person(
            session, national_id="123456/78/1", surname="Mwila", first_name="Chanda", birth_date=date(1990, 4, 2)
        )
        make_person(
            session, national_id="654321/10/1", surname="Secret", first_name="Name", birth_date=date(1971, 1, 1)
        )
    plan = planned(employer, a_file(CHANDA, JOHN))
    assert plan.counts["hired"] == 1
    (problem,) = plan.problems
    assert (problem.row, problem.column, problem.code) == (3, "national_id", "E_PERSON_DIFFERS")
    assert not any(word in str(problem) for word in ("Secret", "1971", "654321"))
    taken_in(employer, CHANDA, JOHN)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 2


def test_a_mistyped_number_that_is_a_colleagues_does_not_change_the_colleague() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA, JOHN)
    swapped = JOHN.replace("654321/10/1", "123456/78/1").replace("2026-10-01", "2026-03-01")
    plan = planned(employer, a_file(swapped))
    assert codes(plan) == [(2, "national_id", "E_PERSON_DIFFERS")]
    assert "Chanda Mwila" in str(plan.problems[0].words), "of their own people they may know"


def test_a_confirmation_of_something_else_than_was_shown_is_refused() -> None:
    employer = an_employer()
    shown = planned(employer, a_file(CHANDA, JOHN)).fingerprint
    taken_in(employer, CHANDA)
    with pytest.raises(Refused, match="The roster changed"):
        taken_in(employer, CHANDA, JOHN, shown=shown)
    assert taken_in(employer, CHANDA, JOHN, shown=planned(employer, a_file(CHANDA, JOHN)).fingerprint)["hired"] == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_exported_is_imported_without_a_change(kind: str) -> None:
    employer = an_employer()
    gone = JOHN.replace("2026-10-01,,,", "2026-01-01,2026-08-31,Retired,")
    taken_in(employer, CHANDA, gone)
    with db.writing() as session:
        number = fund().insurance_number.issue(500)
        other = make_person(session, insurance_number=number, surname="O'Brien", first_name="Nuala", sex="O")
        hire(session, session.get_one(Employer, employer), other)
    with db.reading() as session:
        content = export_roster(session, employer, Asked(TODAY, state="all"), kind)
    plan = planned(employer, content, f"roster.{kind}")
    assert (plan.counts["unchanged"], plan.does_anything, codes(plan)) == (3, False, [])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_problem_rows_can_be_mended_and_sent_again(kind: str) -> None:
    employer = an_employer()
    content = a_file(CHANDA, JOHN.replace("654321/10/1", "6543"))
    reading = read_file(content, "roster.csv", TODAY)
    (bad,) = planned(employer, content).faulty
    file = rows_with_reasons(reading, {bad.row: "Look at the card"}, "What to do", kind)
    again = read_file(file, f"problems.{kind}", TODAY)
    assert again.fitted.table.header == [*HEADER.split(","), "What to do"]
    assert [row.cells[0] for row in again.fitted.table.rows] == ["6543"]
    assert [row.cells[-1] for row in again.fitted.table.rows] == ["Look at the card"]


def test_the_empty_template_has_the_columns_of_the_import() -> None:
    header = as_file([], "csv").decode("utf-8-sig").strip().split(",")
    assert set(HEADER.split(",")) <= set(header)
    assert as_file([], "xlsx").startswith(b"PK")


@dataclass
class Counted:
    """How many statements ran and how long it took, in seconds of wall time."""

    statements: int
    seconds: float


def many(count: int, basic: str) -> Sequence[str]:
    return [
        f"{100000 + n}/11/1,,Banda,Child {chr(65 + n % 26)},M,1990-01-31,K-{n},permanent,2025-01-01,,,{basic},{basic}"
        for n in range(count)
    ]


def counted_import(employer: int, rows: Sequence[str]) -> Counted:
    statements: list[str] = []

    def count(*given: object) -> None:
        statements.append(str(given[2]))

    file = kept(employer, a_file(*rows))
    event.listen(db.engine(), "before_cursor_execute", count)
    start = time.perf_counter()
    with db.writing() as session:
        import_roster(session, employer, session.merge(file), wages_from=OCTOBER, at=AT)
    event.remove(db.engine(), "before_cursor_execute", count)
    return Counted(len(statements), time.perf_counter() - start)


def test_a_thousand_rows_take_the_statements_of_ten_and_three_seconds() -> None:
    few, crowd = an_employer(), an_employer()
    ten = [counted_import(few, many(10, pay)) for pay in ("900.00", "950.00")]
    thousand = [
        counted_import(crowd, [row.replace("/11/1", "/12/1") for row in many(1000, p)]) for p in ("900.00", "950.00")
    ]
    assert [one.statements for one in thousand] == [one.statements for one in ten]
    assert max(one.seconds for one in thousand) < 3
    assert len(roster(crowd)) == 1000
    assert {one.components["basic"] for one in roster(crowd).values()} == {950_00}


def test_an_xlsx_file_is_read_like_a_csv_one() -> None:
    employer = an_employer()
    taken_in(employer, CHANDA)
    with db.reading() as session:
        content = export_roster(session, employer, Asked(TODAY), "xlsx")
    other = an_employer()
    with db.writing() as session:
        file = keep_file(session, other, content, "roster.xlsx", XLSX, at=AT, by=None)
        assert import_roster(session, other, file, wages_from=OCTOBER, at=AT)["hired"] == 1


def test_two_clicks_at_the_same_moment_import_a_file_once() -> None:
    employer = an_employer()
    file = kept(employer, a_file(CHANDA, JOHN))

    def click(_number: int) -> dict[str, object]:
        with db.writing() as session:
            return import_roster(session, employer, session.merge(file), wages_from=OCTOBER, at=AT)

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(click, range(2))
    assert first == second
    assert len(roster(employer)) == 2


def test_two_employers_bring_the_same_new_person_at_the_same_moment() -> None:
    employers = [an_employer(), an_employer()]
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda employer: taken_in(employer, CHANDA), employers))
    assert [one["hired"] for one in done] == [1, 1]
    (one,), (other,) = (roster(employer).values() for employer in employers)
    assert one.insurance_number == other.insurance_number == fund().insurance_number.issue(1)
