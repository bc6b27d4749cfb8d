"""Why a line is not a whole month: from the roster, in a file, on the form; checked against the roster's dates."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask.testing import FlaskClient

from portal import db
from portal.contributions.models import Payroll, PayrollLine
from portal.contributions.reasons import Reason, Why, by_roster, days_employed, reason_reader
from portal.employers.models import Employer, Employment
from portal.employers.roster import leave
from portal.people.models import Person
from portal.tabular.table import Fault, Noted
from tests.contributions.test_pages import base, draft, employer, go, start, submit, upload
from tests.contributions.test_service import AT, rows_of
from tests.factories import hire, make_person, sign_in

__all__ = ["employer"]

FIRST, LAST = date(2025, 10, 1), date(2025, 10, 31)
HEAD = "national_id,surname,first_name,month,days,reason,reason_from,reason_to,basic,gross\n"


def taken(text: str) -> object:
    value = reason_reader()(text)
    return value.value if isinstance(value, Noted) else value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("maternity", "maternity"), ("Maternity leave", "maternity"), ("Congé de maternité", "maternity"),
        ("SICK", "sickness"), ("maladie", "sickness"), ("unpaid leave", "unpaid_leave"), ("", None),
    ],
)  # fmt: skip
def test_a_reason_is_read_by_its_code_or_its_name_in_both_languages(text: str, code: str | None) -> None:
    assert taken(text) == code


def test_what_is_no_reason_is_answered_with_those_there_are() -> None:
    fault = taken("holidays")
    assert isinstance(fault, Fault)
    assert "unpaid_leave" in str(fault.at(2, "reason", "holidays").words)


def test_the_roster_says_who_joined_and_left_in_the_month_and_for_how_many_days() -> None:
    assert by_roster(date(2024, 1, 1), None, FIRST, LAST) == Why() == by_roster(FIRST, LAST, FIRST, LAST)
    assert by_roster(date(2025, 10, 15), None, FIRST, LAST) == Why("joined", date(2025, 10, 15))
    assert by_roster(date(2025, 10, 5), date(2025, 10, 9), FIRST, LAST) == Why(
        "left", date(2025, 10, 5), date(2025, 10, 9)
    )
    assert days_employed(date(2025, 10, 15), None, FIRST, LAST) == 17
    assert days_employed(date(2025, 11, 15), None, FIRST, LAST) == 0


@pytest.mark.parametrize(
    ("why", "part"),
    [
        (Why(None, FIRST), "reason"),
        (Why("sickness", date(2025, 10, 9), date(2025, 10, 8)), "reason_to"),
        (Why("sickness", date(2025, 11, 1)), "reason_from"),
        (Why("sickness", None, date(2025, 9, 30)), "reason_to"),
        (Why("maternity", date(2025, 9, 1), date(2025, 12, 1)), None),
    ],
)
def test_days_belong_to_a_reason_and_touch_the_month(why: Why, part: str | None) -> None:
    found = why.fault(FIRST, LAST)
    assert (found and found[0]) == part


def joins(employer: Employer, day: date) -> Employment:
    with db.writing() as session:
        return hire(session, session.get_one(Employer, employer.id), make_person(session, surname="Zulu"), from_day=day)


def numbers(payroll: Payroll) -> list[str]:
    """The national identity numbers of its people, by row."""
    with db.reading() as session:
        return [session.get_one(Person, line.person_id).national_id for line in lines(payroll)]


def lines(payroll: Payroll) -> list[PayrollLine]:
    return sorted(rows_of(PayrollLine, payroll_id=payroll.id), key=lambda line: line.row_number)


def problems(payroll: Payroll, row: int) -> list[str]:
    return [problem["code"] for line in lines(payroll) if line.row_number == row for problem in line.problems]


def say_why(client: FlaskClient, employer: Employer, row: int = 1, **typed: object):
    kept = draft(employer)
    data = {"version": str(kept.version), "days": "", "reason": "", **typed}
    return go(client, "POST", f"{base(employer)}/{kept.public_id}/lines/{row}", data=data)


def test_who_joined_stands_with_the_day_and_the_days_from_the_roster(client: FlaskClient, employer: Employer) -> None:
    joins(employer, date(2025, 10, 15))
    page = start(client, employer)
    joined = lines(draft(employer))[2]
    assert (joined.reason, joined.reason_from, joined.days) == ("joined", date(2025, 10, 15), 17)
    assert "Joined in the month, from 15 October 2025" in page.text
    assert problems(draft(employer), 3) == ["W_PART_MONTH"], "the whole wage stands there still"


def test_who_left_stands_with_the_last_day(client: FlaskClient, employer: Employer) -> None:
    employment = joins(employer, date(2024, 1, 1))
    with db.writing() as session:
        leave(session, employer.id, employment.public_id, last_day=date(2025, 10, 9), reason="resigned", at=AT)
    start(client, employer)
    left = lines(draft(employer))[2]
    assert (left.reason, left.reason_to, left.days) == ("left", date(2025, 10, 9), 9)


def test_a_file_brings_reasons_and_what_is_wrong_with_them_stands_at_their_row(
    client: FlaskClient, employer: Employer
) -> None:
    start(client, employer)
    ids = numbers(draft(employer))
    good = f"{ids[0]},Banda,A,2025-10,0,maternity,2025-09-01,2025-12-01,0,0"
    bad = f"{ids[1]},Banda,B,2025-10,,sick,2025-11-02,,5000,6000"
    page = upload(client, employer, HEAD + good + "\n" + bad + "\n")
    assert "1 row waits to be mended" in page.text
    kept = draft(employer)
    (line,) = lines(kept)
    assert (line.reason, line.reason_from, line.reason_to, line.problems) == (
        "maternity", date(2025, 9, 1), date(2025, 12, 1), [],
    )  # fmt: skip
    rows = client.get(f"{base(employer)}/{kept.public_id}/rows").text
    assert "These days do not touch the month" in rows
    mended = {"version": str(kept.version), "reason_from-3": "2025-10-02", "reason-3": "sick"}
    go(client, "POST", f"{base(employer)}/{kept.public_id}/rows", data=mended)
    assert [line.reason for line in lines(draft(employer))] == ["maternity", "sickness"]


def test_nothing_paid_is_no_question_for_who_was_away(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    ids = numbers(draft(employer))
    rows = [f"{ids[0]},Banda,A,2025-10,,unpaid leave,,,0,0", f"{ids[1]},Banda,B,2025-10,,,,,0,0"]
    upload(client, employer, HEAD + "\n".join(rows) + "\n")
    assert [problems(draft(employer), row) for row in (2, 3)] == [[], ["W_ZERO_WAGE", "W_ZERO_WAGE"]]


def test_the_template_we_hand_out_says_who_joined(client: FlaskClient, employer: Employer) -> None:
    joins(employer, date(2025, 10, 15))
    file = client.get(f"{base(employer)}/start/2025-10/template.csv").data.decode("utf-8-sig")
    assert "2025-10,17,joined,2025-10-15,," in file
    # The numbers of our stage have no check digit, and names have no digits.
    file = re.sub(r"(?<=Person)\d+", "", re.sub(r",9\d{9},", ",,", file))
    upload(client, employer, file)
    assert [line.reason for line in lines(draft(employer))] == [None, None, "joined"]


def test_a_reason_is_chosen_on_the_page_of_the_line_and_stands_wherever_the_line_does(
    client: FlaskClient, employer: Employer
) -> None:
    start(client, employer)
    page = say_why(
        client, employer, days="20", reason="sickness", reason_from=["6", "10", "2025"], reason_to=["16", "10", "2025"]
    )
    assert "Saved and checked" in page.text
    said = "Sickness, 6 October 2025 to 16 October 2025"
    assert said in page.text
    kept = draft(employer)
    assert (lines(kept)[0].days, lines(kept)[0].components["gross"]) == (20, 6_000_00)
    assert said in client.get(f"{base(employer)}/{kept.public_id}/lines").text
    submit(client, employer)
    assert said in client.get(f"{base(employer)}/declarations/A-2025-000001").text


def test_the_employee_sees_days_and_reason_of_the_month(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    say_why(client, employer, days="9", reason="maternity", reason_from=["10", "10", "2025"])
    person = lines(draft(employer))[0].person_id
    submit(client, employer)
    client.delete_cookie("session")
    sign_in(client, person_id=person)
    page = client.get("/me/months/2025-10").text
    assert "Maternity leave, from 10 October 2025" in page
    assert re.search(r"Days declared</dt><dd[^>]*>9<", page)


def test_what_was_typed_about_a_line_is_kept_where_it_cannot_be_taken(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    for typed, sentence in (
        ({"days": "32"}, "days must be a whole number from 0 to 31"),
        ({"reason": "", "reason_from": ["6", "10", "2025"]}, "Days are given without a reason"),
        ({"reason": "sickness", "reason_from": ["6", "13", "2025"]}, "is not a date"),
        (
            {"reason": "sickness", "reason_from": ["9", "10", "2025"], "reason_to": ["8", "10", "2025"]},
            "is before the first",
        ),
        ({"reason": "fishing"}, "Not a valid choice"),
    ):
        answer = say_why(client, employer, **typed)
        assert answer.status_code == 422, typed
        assert sentence in answer.text, typed
    answer = say_why(client, employer, version="0", days="7", reason="other")
    assert answer.status_code == 409
    assert "Someone changed this payroll" in answer.text
    assert 'value="7"' in answer.text
    assert lines(draft(employer))[0].reason is None


def test_reasons_the_roster_does_not_bear_out_ask_for_a_look(client: FlaskClient, employer: Employer) -> None:
    joins(employer, date(2025, 10, 15))
    start(client, employer)
    for row, typed, expected in (
        (1, {"reason": "joined"}, ["W_REASON_ROSTER"]),
        (1, {"reason": "left", "reason_to": ["9", "10", "2025"]}, ["W_REASON_ROSTER"]),
        (1, {"reason": "unpaid_leave"}, ["W_REASON_PAID"]),
        (1, {"reason": "unpaid_leave", "reason_from": ["6", "10", "2025"]}, []),
        (3, {"days": "31", "reason": "joined"}, ["W_PART_MONTH", "W_DAYS_ROSTER"]),
        (3, {"reason": "sickness", "reason_from": ["1", "10", "2025"]}, ["W_PART_MONTH", "W_REASON_ROSTER"]),
    ):
        say_why(client, employer, row, **typed)
        assert problems(draft(employer), row) == expected, typed


def test_a_reason_alone_is_a_revision_and_stands_side_by_side(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    submit(client, employer)
    go(client, "POST", f"{base(employer)}/start/2025-10/revise")
    say_why(client, employer, 2, reason=Reason.SUSPENDED.value, reason_to=["4", "10", "2025"])
    kept = draft(employer).public_id
    page = client.get(f"{base(employer)}/{kept}/differences/zm-nhima").text
    assert "<b>Suspended, to 4 October 2025</b>" in page
    assert "In all the same is owed" in page
    file = client.get(f"{base(employer)}/{kept}/differences/zm-nhima.csv").data.decode("utf-8-sig")
    assert ",Suspended,,,,2025-10-04," in file
    assert "October 2025 is declared" in submit(client, employer).text


def test_the_line_of_another_employer_does_not_exist(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    kept = draft(employer).public_id
    assert client.post(f"{base(employer)}/{kept}/lines/99", data={"version": "1"}).status_code == 404
