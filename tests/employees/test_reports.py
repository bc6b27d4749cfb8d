"""An employee reports what is wrong; an officer answers; both are told apart from everybody else."""

from __future__ import annotations

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal import clock, db
from portal.auth.models import FundRoleName
from portal.employees import reports
from portal.employees.models import Report
from portal.outbox import Message
from portal.scheme.explain import words_from_json
from tests.employees.conftest import OCTOBER, SEPTEMBER, Workplace, page, text_of
from tests.factories import make_officer, sign_in

WRONG = {"kind": "wrong_wage", "month": "2026-10", "message": "I was paid 6,500.00"}


def report(client: FlaskClient, workplace: Workplace, **changes: str) -> tuple[int, str]:
    answer = client.post("/me/reports/new", data={**WRONG, "employer": workplace.employer.number, **changes})
    return answer.status_code, answer.get_data(as_text=True)


def as_officer(client: FlaskClient, role: FundRoleName = FundRoleName.CONTRIBUTION_OFFICER) -> None:
    with db.writing() as session:
        officer = make_officer(session, role, name="Peter Lungu")
    sign_in(client, officer)


def on_file() -> list[Report]:
    with db.reading() as session:
        return list(session.scalars(select(Report).order_by(Report.id)))


def test_a_report_reaches_an_officer_and_the_answer_comes_back(client: FlaskClient, workplace: Workplace) -> None:
    workplace.declare(OCTOBER)
    sign_in(client, person_id=workplace.person.id)
    assert report(client, workplace)[0] == 302
    assert "Waiting for an answer" in page(client, "/me/reports")
    (kept,) = on_file()

    as_officer(client)
    assert "The wage declared is wrong : Chanda Mulenga, October 2026" in page(client, "/fund/reports")
    shown = page(client, f"/fund/reports/{kept.public_id}")
    assert "I was paid 6,500.00" in shown
    assert "Basic pay: ZMW 5,000.00" in shown
    answer = {"answer": "We asked your employer to revise October."}
    assert client.post(f"/fund/reports/{kept.public_id}", data=answer).status_code == 302
    assert client.post(f"/fund/reports/{kept.public_id}", data=answer).status_code == 302  # a double click

    sign_in(client, person_id=workplace.person.id)
    assert "We asked your employer to revise October." in page(client, "/me/reports")
    with db.reading() as session:
        (mail,) = session.scalars(select(Message).where(Message.topic == "mail")).all()
    assert mail.payload["to"] == "chanda@example.org"
    assert "revise" not in str(words_from_json(mail.payload["text"]))


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


def test_those_that_wait_stand_first_the_oldest_at_the_top(client: FlaskClient, workplace: Workplace) -> None:
    with db.writing() as session:
        for days, month in ((1, OCTOBER), (9, SEPTEMBER), (5, OCTOBER)):
            reports.send(
                session, workplace.person.id, workplace.employer.number, month, kind="not_declared",
                message=f"{days} days ago", at=clock.now() - timedelta(days=days),
            )  # fmt: skip
        officer = make_officer(session)
        oldest = session.scalars(select(Report).where(Report.message == "5 days ago")).one()
        reports.answer(session, oldest.public_id, "Done.", by=officer.id, at=clock.now())
    as_officer(client, FundRoleName.AUDITOR)
    shown = page(client, "/fund/reports")
    assert re.findall(r"(Waits|Answered) (\d+)", shown) == [("Waits", "9"), ("Waits", "1"), ("Answered", "5")]


def test_who_only_looks_cannot_answer(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    report(client, workplace)
    (kept,) = on_file()
    as_officer(client, FundRoleName.AUDITOR)
    assert "Send the answer" not in page(client, f"/fund/reports/{kept.public_id}")
    assert client.post(f"/fund/reports/{kept.public_id}", data={"answer": "No."}).status_code == 403


def test_an_officer_who_comes_second_is_told_and_overwrites_nothing(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    report(client, workplace)
    (kept,) = on_file()
    as_officer(client)
    client.post(f"/fund/reports/{kept.public_id}", data={"answer": "First."})
    second = client.post(f"/fund/reports/{kept.public_id}", data={"answer": "Second."})
    assert second.status_code == 409
    assert "Somebody else has answered" in text_of(second.get_data(as_text=True))
    assert on_file()[0].answer == "First."


def test_an_empty_answer_is_asked_for_again(client: FlaskClient, workplace: Workplace) -> None:
    sign_in(client, person_id=workplace.person.id)
    report(client, workplace)
    (kept,) = on_file()
    as_officer(client)
    answer = client.post(f"/fund/reports/{kept.public_id}", data={"answer": " "})
    assert answer.status_code == 422
    assert "Write an answer." in answer.get_data(as_text=True)


def test_a_report_names_a_month_of_somebody_without_a_roster_entry_honestly(
    client: FlaskClient, workplace: Workplace
) -> None:
    with db.writing() as session:
        reports.send(
            session, workplace.person.id, workplace.employer.number, SEPTEMBER, kind="not_declared", message="",
            at=clock.now(),
        )  # fmt: skip
        session.execute(update(Report).values(month=SEPTEMBER.plus(-8)))
    (kept,) = on_file()
    as_officer(client)
    assert "stands in none of its declarations" in page(client, f"/fund/reports/{kept.public_id}")
