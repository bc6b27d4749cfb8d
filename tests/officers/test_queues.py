"""Work queues: how many, how old, whose; taken in bulk, one after the other, never by two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal import clock, db, installation, taken
from portal.auth.models import FundRoleName
from portal.cases import service
from portal.cases.kinds import QUESTION, REPORT
from portal.cases.models import Case, Side
from portal.cases.service import New, Writer
from portal.officers import queues
from portal.officers.queues import QUEUES
from tests.factories import make_officer
from tests.officers.conftest import TODAY, Fund, at
from tests.officers.test_home import add_refused_message, add_registration, text_of

OTHER = Writer("other")


def ask(fund: Fund, *days_ago: int) -> list[str]:
    """Questions of the late employer, so many days ago; the names of the cases."""
    with db.writing() as session:
        made = [
            service.open_case(
                session,
                New(QUESTION, Side.EMPLOYER, {"title": f"{days} days"}, employer=fund.late.id),
                "?",
                by=OTHER,
                at=at(TODAY) - timedelta(days=days),
            )
            for days in days_ago
        ]
        return [case.subject_name for case in made]


def row(page: str, title: str) -> list[str]:
    """The figures of one queue: waiting, free, mine, overdue."""
    found = re.search(rf"{title} to be done within \d+ days? (\d+) (\d+) (\d+) (\d+)", text_of(page))
    assert found, title
    return list(found.groups())


def test_each_queue_says_how_many_whose_and_how_old(fund_of_three: Fund) -> None:
    first, *_rest = ask(fund_of_three, 20, 3, 1)
    add_registration()
    add_refused_message()
    with db.writing() as session:
        taken.take(session, first, by=fund_of_three.supervisor.id, at=clock.now())
    page = fund_of_three.get("/fund/queues")
    assert row(page, "Questions to the fund") == ["3", "2", "1", "1"]
    assert row(page, "Registrations") == ["1", "1", "0", "0"]
    assert row(page, "Messages the core refused") == ["1", "1", "0", "1"]


def test_a_role_sees_its_own_queues(fund_of_three: Fund) -> None:
    fund_of_three.sign_in(FundRoleName.CASHIER)
    page = text_of(fund_of_three.get("/fund/queues"))
    assert "Registrations" not in page.split("What Waiting")[1]
    fund_of_three.get("/fund/queues/registration", 403)
    fund_of_three.get("/fund/queues/nonsense", 404)


def test_the_next_one_is_the_oldest_that_nobody_has(fund_of_three: Fund) -> None:
    oldest, _middle, _young = ask(fund_of_three, 9, 5, 1)
    with db.writing() as session:
        colleague = make_officer(session)
        taken.take(session, oldest, by=colleague.id, at=clock.now())
    answer = fund_of_three.client.post("/fund/queues/question/next")
    assert "“5 days”" in fund_of_three.get(answer.headers["Location"])
    answer = fund_of_three.client.post("/fund/queues/question/next")
    assert "“1 days”" in fund_of_three.get(answer.headers["Location"])
    fund_of_three.client.post("/fund/queues/question/next")
    assert "Nothing waits here that nobody has taken." in fund_of_three.get("/fund/queues/question")


def test_many_are_taken_at_once_and_a_colleagues_stay_theirs(fund_of_three: Fund) -> None:
    subjects = ask(fund_of_three, 9, 5, 1)
    with db.writing() as session:
        colleague = make_officer(session, name="Ruth Daka")
        taken.take(session, subjects[0], by=colleague.id, at=clock.now())
    fund_of_three.client.post("/fund/queues/question", data={"subject": [*subjects, "case:made-up"], "to": "me"})
    page = fund_of_three.get("/fund/queues/question")
    assert "2 lines changed hands." in page
    assert text_of(page).count("Ruth Daka") == 1 + 1  # her case, and her name among those one may give to
    fund_of_three.client.post("/fund/queues/question", data={"subject": subjects[1:], "to": str(colleague.id)})
    assert text_of(fund_of_three.get("/fund/queues/question")).count("Ruth Daka") == 4
    fund_of_three.client.post("/fund/queues/question", data={"subject": subjects, "to": "nobody"})
    assert "Taken by nobody (3)" in text_of(fund_of_three.get("/fund/queues/question"))


def test_nothing_is_taken_from_another_queue_or_by_who_may_not(fund_of_three: Fund) -> None:
    subjects = ask(fund_of_three, 2)
    fund_of_three.client.post("/fund/queues/registration", data={"subject": subjects, "to": "me"})
    with db.reading() as session:
        assert taken.owners(session, subjects) == {}
    fund_of_three.sign_in(FundRoleName.AUDITOR)
    assert fund_of_three.client.post("/fund/queues/question/next").status_code == 403


def test_an_answered_case_leaves_the_queue(fund_of_three: Fund) -> None:
    ask(fund_of_three, 2)
    with db.writing() as session:
        case = session.scalars(select(Case)).one()
        service.write(session, case, "So it is.", by=Writer("fund", fund_of_three.supervisor.id), seen=10, at=at(TODAY))
    assert "Nothing waits here." in fund_of_three.get("/fund/queues/question")


@pytest.fixture
def hurried_fund() -> Iterator[None]:
    """A fund that wants reports answered within two days."""
    before = installation.fund()
    installation._fund = replace(before, service_days={"report": 2})
    yield
    installation._fund = before


@pytest.mark.usefixtures("database", "_fund", "hurried_fund")
def test_a_fund_sets_its_own_days() -> None:
    assert REPORT.service_days == 2
    assert QUEUES["report"].service_days == 2
    assert QUEUES["question"].service_days == 10


def test_the_funds_file_may_name_days(tmp_path: Path) -> None:
    from portal.scheme.fund import load_fund
    from portal.scheme.packfile.reading import PackRefused

    text = Path("fund.toml").read_text() + '\n[service_days]\nreport = "2"\n'
    file = tmp_path / "fund.toml"
    file.write_text(text)
    assert load_fund(file).service_days == {"report": 2}
    file.write_text(text.replace('report = "2"', 'report = "soon"'))
    with pytest.raises(PackRefused):
        load_fund(file)


def test_every_queue_lists_what_it_counts(fund_of_three: Fund) -> None:
    ask(fund_of_three, 3)
    add_registration()
    add_refused_message()
    with db.reading() as session:
        for queue in QUEUES.values():
            count = queues.standing(session, queue, me=1, today=TODAY).count
            assert len(queues.lines(session, queue, limit=50)) == count
