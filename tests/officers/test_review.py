"""Declarations that seem odd wait for an officer in the rule's words; an officer gives a month back with a reason."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from portal import db
from portal.auth.models import FundRoleName
from portal.contributions import service as contributions
from portal.contributions.changes import Change
from portal.contributions.models import Declaration, Payroll
from portal.contributions.reviewing import service
from portal.contributions.reviewing.models import DeclarationReview
from portal.employers.models import Employer, Employment
from portal.errors import Refused
from portal.jobs import nightly
from portal.notices.models import Notice
from portal.people.models import Person
from portal.scheme.explain import words_from_json
from tests.conftest import ROOT
from tests.factories import give_mandate, hire, sign_in
from tests.funds import serving
from tests.officers.conftest import AUGUST, SEPTEMBER, SINCE, TODAY, Fund, at, declare
from tests.officers.test_home import text_of

QUEUE = "/fund/queues/declaration_review"


def look() -> None:
    """What the worker does when it wakes."""
    while nightly.settle_one():
        pass


def found(employer: Employer) -> dict[str, list[str]]:
    """What the rules said about an employer's months, by month and scheme."""
    with db.reading() as session:
        rows = session.execute(
            select(Declaration, DeclarationReview)
            .join(DeclarationReview, DeclarationReview.declaration_id == Declaration.id)
            .where(Declaration.employer_id == employer.id, Declaration.scheme == "zm-napsa")
        )
        return {str(one.month): [str(words_from_json(each)) for each in row.findings] for one, row in rows}


def many(fund: Fund, people: int, pay: int = 0) -> Employer:
    """An employer with people who earn a little more each, or all the same."""
    with db.writing() as session:
        made = fund.employer(session, "Luapula Fisheries", people=0)
        for place in range(people):
            gross = pay or 4_000_00 + place * 100
            hire(session, made, from_day=SINCE, basic=gross, gross=gross)
    return made


def odd(fund: Fund) -> tuple[Employer, str]:
    """An employer with a declaration that seems odd, and the address at which an officer looks at it."""
    made = many(fund, 12, pay=5_000_00)
    declare(made, AUGUST, TODAY)
    look()
    links = re.findall(r'href="(/fund/employers/[^"]+/review)"', fund.get(QUEUE))
    with db.reading() as session:
        napsa = session.scalars(
            select(Declaration.public_id).where(Declaration.employer_id == made.id, Declaration.scheme == "zm-napsa")
        ).one()
    return made, next(link for link in links if str(napsa) in link)


def test_months_like_the_month_before_are_not_looked_at(fund_of_three: Fund) -> None:
    look()
    assert found(fund_of_three.model) == {}
    made = many(fund_of_three, 12)
    declare(made, AUGUST, TODAY)
    declare(made, SEPTEMBER, TODAY)
    look()
    assert found(made) == {}


def test_people_and_earnings_that_jump_seem_odd_in_the_rules_words(fund_of_three: Fund) -> None:
    made = many(fund_of_three, 12)
    declare(made, AUGUST, TODAY)
    with db.writing() as session:
        for place in range(13):
            gross = 20_000_00 + place * 100
            hire(session, session.merge(made), from_day=SEPTEMBER.first_day(), basic=gross, gross=gross)
    declare(made, SEPTEMBER, TODAY)
    look()
    people, earnings = found(made)[str(SEPTEMBER)]
    assert people == "People declared now: 25; for August 2026: 12. A change by more than 50\u00a0% is looked at."
    assert earnings.startswith("Earnings per head now: ")


def test_equal_earnings_of_many_seem_odd(fund_of_three: Fund) -> None:
    made, _address = odd(fund_of_three)
    (said,) = found(made)[str(AUGUST)]
    assert said.startswith("All 12 people earn exactly the same: ")


def test_a_fund_says_itself_what_is_odd(fund_of_three: Fund, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "fund.toml"
    limits = 'odd_change = "12.5 %"\nodd_people = "3"'
    file.write_text(re.sub(r"(?m)^odd_change.*\nodd_people.*$", limits, (ROOT / "fund.toml").read_text()))
    made = many(fund_of_three, 8)
    declare(made, AUGUST, TODAY)
    with db.writing() as session:
        for place in range(3):
            hire(session, session.merge(made), from_day=SEPTEMBER.first_day(), basic=4_000_00, gross=4_000_00 + place)
    declare(made, SEPTEMBER, TODAY)
    with serving(file):
        look()
    (said,) = found(made)[str(SEPTEMBER)]
    assert said == "People declared now: 11; for August 2026: 8. A change by more than 12.5\u00a0% is looked at."


def test_people_whom_another_employer_declares_too_seem_odd(fund_of_three: Fund) -> None:
    with db.writing() as session:
        person = session.scalars(
            select(Person)
            .join(Employment, Employment.person_id == Person.id)
            .where(Employment.employer_id == fund_of_three.model.id)
        ).one()
        hire(session, session.merge(fund_of_three.silent), person, from_day=SINCE)
    declare(fund_of_three.silent, AUGUST, TODAY)
    look()
    assert found(fund_of_three.silent)[str(AUGUST)] == ["1 person is declared for this month by another employer too."]


def test_the_rules_look_once_however_often_the_worker_wakes(fund_of_three: Fund) -> None:
    made, _address = odd(fund_of_three)
    with db.writing() as session:
        payroll = session.scalars(select(Declaration.payroll_id).where(Declaration.employer_id == made.id)).first()
        service.look(session, session.get_one(Payroll, payroll).public_id, at=at(TODAY))
    with db.reading() as session:
        assert len(session.scalars(select(DeclarationReview)).all()) == 2  # one for each scheme


def test_the_queue_says_what_seems_odd_and_in_order_takes_it_off(fund_of_three: Fund) -> None:
    _made, address = odd(fund_of_three)
    page = text_of(fund_of_three.get(QUEUE))
    assert "Luapula Fisheries, August 2026, NAPSA All 12 people earn exactly the same" in page
    assert "All 12 people earn exactly the same" in fund_of_three.get(address)
    answer = fund_of_three.client.post(address, data={"decision": "fine"})
    assert answer.status_code == 302
    assert address not in fund_of_three.get(QUEUE)
    assert "Found in order on" in fund_of_three.get(address)


def test_given_back_the_employer_is_told_reads_why_and_corrects(fund_of_three: Fund) -> None:
    made, address = odd(fund_of_three)
    reason = "Twelve people with one wage: <please> send the pay slips."
    for _click in range(2):
        assert fund_of_three.client.post(address, data={"decision": "returned", "reason": reason}).status_code == 302
    assert "Given back" in fund_of_three.get(f"/fund/employers/{made.number}/tab/returns")
    assert "was given back" in fund_of_three.get(f"/fund/employers/{made.number}/tab/history")
    with db.writing() as session:
        notices = session.scalars(select(Notice).where(Notice.kind == "declaration.returned")).all()
        number = session.scalars(
            select(Declaration.number).where(Declaration.employer_id == made.id, Declaration.state == "returned")
        ).one()
        theirs = give_mandate(session, made)
    assert [one.values["reason"] for one in notices] == [reason]
    sign_in(fund_of_three.client, theirs)
    page = fund_of_three.get(f"/employers/{made.number}/payrolls/declarations/{number}")
    assert html.escape(reason) in page
    assert f"/employers/{made.number}/payrolls/start/2026-08/revise" in page
    home = fund_of_three.get(f"/employers/{made.number}/")
    assert "The fund gave back August 2026 for NAPSA." in home
    assert f'href="/employers/{made.number}/payrolls/declarations/{number}"' in home


def test_what_is_charged_stands_until_the_month_is_revised(fund_of_three: Fund) -> None:
    made, address = odd(fund_of_three)
    account = f"/fund/employers/{made.number}"
    before = text_of(fund_of_three.get(account))
    fund_of_three.client.post(address, data={"decision": "returned", "reason": "Look again."})
    owed = re.compile(r"NAPSA ZMW [\d,.]+")
    assert owed.findall(text_of(fund_of_three.get(account))) == owed.findall(before) != []


def test_giving_back_without_a_reason_asks_for_it(fund_of_three: Fund) -> None:
    _made, address = odd(fund_of_three)
    answer = fund_of_three.client.post(address, data={"decision": "returned", "reason": " "})
    assert answer.status_code == 422
    assert "Write what the employer should look at." in answer.text
    assert fund_of_three.client.post(address, data={}).status_code == 422


def test_a_colleague_who_decides_otherwise_meanwhile_is_refused(fund_of_three: Fund) -> None:
    made, address = odd(fund_of_three)
    fund_of_three.client.post(address, data={"decision": "returned", "reason": "Look again."})
    fund_of_three.sign_in(FundRoleName.CONTRIBUTION_OFFICER)
    assert fund_of_three.client.post(address, data={"decision": "fine"}).status_code == 409
    with db.reading() as session:
        name = session.scalars(select(Declaration.public_id).where(Declaration.state == "returned")).one()
    with pytest.raises(Refused), db.writing() as session:
        service.decide(session, made.id, name, "returned", reason="Other.", by=1, at=at(TODAY))


def test_any_declaration_can_be_given_back_but_only_by_those_whose_work_it_is(fund_of_three: Fund) -> None:
    record = f"/fund/employers/{fund_of_three.model.number}"
    link = re.findall(r'href="([^"]+/review)"', fund_of_three.get(f"{record}/tab/returns"))[0]
    assert "No rule found anything." in fund_of_three.get(link)
    assert fund_of_three.client.post(link, data={"decision": "returned", "reason": "Look."}).status_code == 302
    fund_of_three.get(link.replace(fund_of_three.model.number, "T900001"), 404)
    fund_of_three.sign_in(FundRoleName.CASHIER)
    fund_of_three.get(link, 403)
    assert "/review" not in fund_of_three.get(f"{record}/tab/returns")


def test_a_month_given_back_is_corrected_and_waits_no_longer(fund_of_three: Fund) -> None:
    made, address = odd(fund_of_three)
    fund_of_three.client.post(address, data={"decision": "returned", "reason": "Look again."})
    with db.writing() as session:
        draft = contributions.revise_payroll(session, made.id, AUGUST, at=at(TODAY), by=None)
        draft = contributions.change_lines(
            session, made.id, draft.public_id, version=draft.version, at=at(TODAY), by=None,
            changes={1: Change({"basic": 6_000_00, "gross": 6_000_00})},
        )  # fmt: skip
        contributions.submit_payroll(session, made.id, draft.public_id, version=draft.version, by=None, at=at(TODAY))
    assert "a later declaration took its place" in fund_of_three.get(address)
    look()
    with db.reading() as session:
        stands = session.scalars(
            select(DeclarationReview)
            .join(Declaration, Declaration.id == DeclarationReview.declaration_id)
            .where(Declaration.employer_id == made.id, Declaration.kind == "revised")
        ).all()
    assert stands == []  # not all the same any more
