"""The exercises of the practice fund: what is done is seen, what is found out is compared with the book."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import clock, db
from portal.auth.service import account_by_email
from portal.demo.exercises import EXERCISES
from portal.demo.stories import card_of
from portal.demo.training import Learner, Question, agrees
from portal.employers.models import Employer
from portal.installation import fund
from portal.payments.account import accounts_of
from portal.people.models import Person
from tests.demo.test_practice import small_fund  # noqa: F401  # the same small fund


def owed_by_mosi() -> int:
    with db.reading() as session:
        mosi = session.scalar(select(Employer.id).where(Employer.legal_name == "Mosi Transport Limited")) or 0
        accounts = accounts_of(session, mosi, clock.today(fund().timezone))
        return next(one.owed for one in accounts if one.rules.id == "zm-napsa")


def test_a_right_answer_is_done_and_a_wrong_one_stays_in_its_box(client: FlaskClient, small_fund: Path) -> None:  # noqa: F811
    client.post("/practice/exercises/administrator/begin")
    assert "0 of 6 steps" in client.get("/practice/exercises/administrator").text
    wrong = client.post("/practice/exercises/administrator/1", data={"answer": "17.00"})
    assert wrong.status_code == 422
    assert 'value="17.00"' in wrong.text
    owed = owed_by_mosi()
    assert owed > 0
    typed = f"ZMW {owed // 100:,}.{owed % 100:02d}"
    page = client.post("/practice/exercises/administrator/1", data={"answer": typed}, follow_redirects=True)
    assert "1 of 6 steps" in page.text


def test_what_was_done_on_the_portals_pages_is_seen(client: FlaskClient, small_fund: Path) -> None:  # noqa: F811
    client.post("/practice/exercises/registrar/begin")
    page = client.get("/fund/registrations").text
    address = page.split('href="/fund/registrations/', 1)[1].split('"')[0]
    client.post(f"/fund/registrations/{address}/reject", data={"reason": "It closed."})
    assert "1 of 2 steps" in client.get("/practice/exercises/registrar").text


def test_begun_again_nothing_counts_any_more(client: FlaskClient, small_fund: Path) -> None:  # noqa: F811
    client.post("/practice/exercises/administrator/begin")
    owed = owed_by_mosi()
    client.post("/practice/exercises/administrator/1", data={"answer": f"{owed // 100}.{owed % 100:02d}"})
    assert "1 of 6 steps" in client.get("/practice/exercises/administrator").text
    client.post("/practice/exercises/administrator/begin")
    assert "0 of 6 steps" in client.get("/practice/exercises/administrator").text


def test_somebody_else_sees_how_to_begin_and_answers_nothing(client: FlaskClient, small_fund: Path) -> None:  # noqa: F811
    assert "Begin the exercise" in client.get("/practice/exercises/auditor").text
    answer = client.post("/practice/exercises/auditor/1", data={"answer": "1"})
    assert answer.status_code == 302
    client.post("/practice/exercises/auditor/begin")
    assert client.post("/practice/exercises/auditor/99", data={"answer": "1"}).status_code == 404
    assert client.get("/practice/exercises/nobody").status_code == 404


def test_every_question_has_an_answer_in_the_practice_fund(small_fund: Path) -> None:  # noqa: F811
    for exercise in EXERCISES:
        card = card_of(exercise.card)
        with db.reading() as session:
            account = account_by_email(session, card.email) if card.email else None
            person = session.scalar(select(Person.id).where(Person.national_id == card.national_id))
            learner = Learner(account.id if account else None, person, clock.today(fund().timezone))
            for step in exercise.steps:
                if isinstance(step, Question):
                    assert step.answer(session, learner) is not None, (exercise.card, str(step.words))


@pytest.mark.parametrize(
    ("typed", "truth", "right"),
    [
        ("1234.50", 123450, True), ("ZMW 1,234.50", 123450, True), ("1 234.5", 123450, True),
        ("1234.05", 123450, False), ("", 0, False), ("0", 0, True), ("1234.500", 123450, False),
        ("a-2026-000007", "A-2026-000007", True),
        ("31/12/2026", "31122026", True), ("", "", False), ("anything", None, False),
    ],
)  # fmt: skip
def test_an_answer_is_read_as_people_type_it(typed: str, truth: int | str | None, right: bool) -> None:
    assert agrees(typed, truth) is right


def test_every_exercise_is_on_paper_step_by_step() -> None:
    for exercise in EXERCISES:
        paper = Path(__file__).parents[2] / "docs" / "training" / f"{exercise.card}.md"
        text = paper.read_text(encoding="utf-8")
        for number, step in enumerate(exercise.steps, 1):
            assert f"\n{number}. {step.words} ({step.where})\n" in text, (exercise.card, number)
