"""An employee reports a wrong month; an officer of the fund answers; the employer never sees it."""

from __future__ import annotations

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from portal import clock, db
from portal.auth.models import FundRoleName
from portal.cases import queries
from portal.cases.models import Case
from portal.employees import reports
from portal.outbox import Message
from portal.scheme.explain import words_from_json
from tests.employees.conftest import OCTOBER, SEPTEMBER, Workplace, page, text_of
from tests.factories import give_mandate, make_officer, sign_in

WRONG = {"kind": "wrong_wage", "month": "2026-10", "message": "I was paid 6,500.00"}
CLOSE = {"then": "close", "outcome": "settled"}


def report(client: FlaskClient, workplace: Workplace, **changes: str) -> tuple[int, str]:
    answer = client.post("/me/reports/new", data={**WRONG, "employer": workplace.employer.number, **changes})
    return answer.status_code, answer.get_data(as_text=True)


def as_officer(client: FlaskClient, role: FundRoleName = FundRoleName.CONTRIBUTION_OFFICER) -> None:
    with db.writing() as session:
        officer = make_officer(session, role, name="Peter Lungu")
    sign_in(client, officer)


def on_file() -> list[Case]:
    with db.reading() as session:
        return list(session.scalars(select(Case).order_by(Case.id)))


def seen(case: Case) -> str:
    with db.reading() as session:
        return str(queries.thread(session, case, fund_side=True)[-1].entry.id)


def test_a_report_reaches_an_officer_and_the_answer_comes_back(client: FlaskClient, workplace: Workplace) -> None:
    workplace.declare(OCTOBER)
    sign_in(client, person_id=workplace.person.id)
    assert report(client, workplace)[0] == 302
    assert "Waits for the fund" in page(client, "/me/reports")
    (kept,) = on_file()

    as_officer(client)
    assert "The wage declared is wrong (October 2026)" in page(client, "/fund/cases")
    shown = page(client, f"/fund/cases/{kept.public_id}")
    assert "Chanda Mulenga" in shown
    assert "I was paid 6,500.00" in shown
    assert "Basic pay: ZMW 5,000.00" in shown
    answer = {"text": "We asked your employer to revise October.", "seen": seen(kept), **CLOSE}
    assert client.post(f"/fund/cases/{kept.public_id}", data=answer).status_code == 302
    assert client.post(f"/fund/cases/{kept.public_id}", data=answer).status_code == 302  # a double click

    sign_in(client, person_id=workplace.person.id)
    assert "We asked your employer to revise October." in page(client, f"/me/reports/{kept.public_id}")
    with db.reading() as session:
        (mail,) = session.scalars(select(Message).where(Message.topic == "mail")).all()
    assert mail.payload["to"] == "chanda@example.org"
    assert "revise" not in str(words_from_json(mail.payload["text"]))


def test_the_employer_never_reads_what_its_employee_reported(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    report(client, workplace)
    (kept,) = on_file()
    with db.writing() as session:
        administrator = give_mandate(session, workplace.employer)
    sign_in(client, administrator)
    base = f"/employers/{workplace.employer.number}"
    assert "Nothing was asked yet." in page(client, f"{base}/cases/")
    assert client.get(f"{base}/cases/{kept.public_id}").status_code == 404
    assert client.post(f"{base}/cases/{kept.public_id}", data={"text": "Who?"}).status_code == 404

    as_officer(client)
    question = {"title": "Wages of October", "text": "Please send the payslips of October.", "once": "1"}
    client.post(f"/fund/cases/ask/{workplace.employer.number}?case={kept.public_id}", data=question)
    sign_in(client, administrator)
    asked = on_file()[1]
    shown = page(client, f"{base}/cases/{asked.public_id}")
    assert "Please send the payslips of October." in shown
    assert "Mulenga" not in shown
    assert kept.number not in shown


def test_a_double_click_sends_one_report_and_another_thing_a_second(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    report(client, workplace)
    report(client, workplace)
    assert len(on_file()) == 1
    report(client, workplace, kind="not_declared")
    assert len(on_file()) == 2


def test_a_wrong_wage_needs_the_right_one_and_what_was_typed_is_kept(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    status, html = report(client, workplace, message="")
    assert status == 422
    assert "Write what you were paid" in html
    assert 'href="#message"' in html
    assert re.search(r'<option selected value="2026-10">', html)
    assert on_file() == []


def test_only_ones_own_employers_and_the_months_shown_can_be_named(client: FlaskClient, workplace: Workplace) -> None:
    stranger = Workplace(name="Mosi Transport Limited")
    sign_in(client, person_id=workplace.person.id)
    assert report(client, stranger)[0] == 422
    assert report(client, workplace, month="2020-01")[0] == 422
    assert report(client, workplace, kind="something")[0] == 422
    assert on_file() == []


def test_so_many_open_reports_are_enough(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    for n in range(reports.MOST_OPEN):
        assert report(client, workplace, message=f"again {n}")[0] == 302
    status, html = report(client, workplace, message="once more")
    assert status == 422
    assert "still wait for an answer" in html


def test_what_is_due_first_stands_first(client: FlaskClient, workplace: Workplace) -> None:
    with db.writing() as session:
        for days, month in ((1, OCTOBER), (9, SEPTEMBER), (30, OCTOBER)):
            reports.send(
                session, workplace.person.id, workplace.employer.number, month, kind="not_declared",
                message=f"{days} days ago", at=clock.now() - timedelta(days=days),
            )  # fmt: skip
    as_officer(client, FundRoleName.AUDITOR)
    shown = page(client, "/fund/cases")
    assert re.findall(r"(\d+) November 2026 (Past its day)?", shown) == [("1", "Past its day"), ("22", ""), ("30", "")]
    assert page(client, "/fund/cases?due=overdue").count("Report of an employee") == 1 + 1  # in the filter, too


def test_who_only_looks_cannot_answer(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    report(client, workplace)
    (kept,) = on_file()
    as_officer(client, FundRoleName.AUDITOR)
    assert "What happens with it?" not in page(client, f"/fund/cases/{kept.public_id}")
    assert client.post(f"/fund/cases/{kept.public_id}", data={"text": "No.", **CLOSE}).status_code == 403


def test_an_officer_who_comes_second_is_told_and_overwrites_nothing(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    report(client, workplace)
    (kept,) = on_file()
    before = seen(kept)
    as_officer(client)
    client.post(f"/fund/cases/{kept.public_id}", data={"text": "First.", "seen": before, **CLOSE})
    second = client.post(f"/fund/cases/{kept.public_id}", data={"text": "Second.", "seen": before, **CLOSE})
    assert second.status_code == 409
    shown = text_of(second.get_data(as_text=True))
    assert "Something was written in this case since you opened the page." in shown
    assert "First." in shown
    assert on_file()[0].outcome == "settled"


def test_an_empty_answer_is_asked_for_again(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    report(client, workplace)
    (kept,) = on_file()
    as_officer(client)
    answer = client.post(f"/fund/cases/{kept.public_id}", data={"text": " ", "then": "close"})
    assert answer.status_code == 422
    assert "Write something first." in answer.text
    assert "Choose how it ended." in answer.text


def test_an_answer_can_be_answered_and_opens_the_case_again(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    report(client, workplace)
    (kept,) = on_file()
    as_officer(client)
    client.post(f"/fund/cases/{kept.public_id}", data={"text": "It is right.", "seen": seen(kept), **CLOSE})
    sign_in(client, person_id=workplace.person.id)
    assert "If you write, it is opened again." in page(client, f"/me/reports/{kept.public_id}")
    more = {"text": "It is not.", "seen": seen(kept)}
    assert client.post(f"/me/reports/{kept.public_id}", data=more).status_code == 302
    assert on_file()[0].state == "open"


def test_a_complaint_gets_a_number_and_is_read_by_nobody_else(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    complaint = {"title": "The counter", "message": "I waited for four hours."}
    assert client.post("/me/reports/complain", data=complaint).status_code == 302
    assert client.post("/me/reports/complain", data=complaint).status_code == 302
    (kept,) = on_file()
    assert kept.number in page(client, "/me/reports")
    stranger = Workplace(name="Mosi Transport Limited")
    sign_in(client, person_id=stranger.person.id)
    assert client.get(f"/me/reports/{kept.public_id}").status_code == 404


def test_a_report_names_a_month_of_somebody_without_a_roster_entry_honestly(
    client: FlaskClient, workplace: Workplace
) -> None:
    with db.writing() as session:
        kept = reports.send(
            session, workplace.person.id, workplace.employer.number, SEPTEMBER.plus(-8), kind="not_declared",
            message="", at=clock.now(),
        )  # fmt: skip
    as_officer(client)
    assert "stands in none of its declarations" in page(client, f"/fund/cases/{kept.public_id}")
