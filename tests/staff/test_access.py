"""The fund's own people: invited, given roles and places, let go; a lost second step; who may do what."""

from __future__ import annotations

import csv
import io
import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal import approvals, clock, db
from portal.approvals import Approval
from portal.audit import AuditEvent
from portal.auth import factor
from portal.auth.models import Account, EmployerRole, FundRole, FundRoleName, SecondFactor
from portal.errors import Refused
from portal.installation import fund
from portal.staff import service
from tests.auth.test_sign_in import links_mailed
from tests.factories import AT, give_mandate, make_account, make_employer, make_officer, sign_in

NEW = {"name": "Mutinta Phiri", "password": "maize cob and river"}
WHOLE = {"email": "cashier@example.org", "roles": ["cashier"]}


@dataclass
class Story:
    """A fund with one system administrator, who is at a browser, and a supervisor."""

    app: Flask
    client: FlaskClient
    boss: Account
    supervisor: Account

    def page(self, account: Account) -> str:
        return f"/fund/access/{account.public_id}"

    def at(self, account: Account) -> FlaskClient:
        client = self.app.test_client()
        sign_in(client, account)
        return client

    def role_of(self, account: Account) -> FundRole:
        with db.reading() as session:
            return session.scalars(select(FundRole).where(FundRole.account_id == account.id)).one()

    def end(self, client: FlaskClient, account: Account) -> int:
        return client.post(f"{self.page(account)}/roles/{self.role_of(account).public_id}/end").status_code


@pytest.fixture
def story(app: Flask, client: FlaskClient) -> Story:
    with db.writing() as session:
        boss = make_officer(session, FundRoleName.SYSTEM_ADMINISTRATOR, name="Boss")
        supervisor = make_officer(session, name="Super")
    sign_in(client, boss)
    return Story(app, client, boss, supervisor)


def account_of(email: str) -> Account:
    with db.reading() as session:
        return session.scalars(select(Account).where(Account.email == email)).one()


def test_a_colleague_is_invited_for_places_works_there_and_is_let_go(story: Story) -> None:
    typed = {**WHOLE, "districts": ["ZM-08"]}
    assert story.client.post("/fund/access/invite", data=typed).status_code == 302
    link = links_mailed()[-1]
    visitor = story.app.test_client()
    assert "You are invited to work at" in visitor.get(link).text
    assert visitor.post(f"{link}/account", data=NEW).headers["Location"] == "/fund/"
    assert visitor.get("/fund/").status_code == 200
    cashier = account_of("cashier@example.org")
    assert cashier.districts == ["ZM-08"]
    assert visitor.post(f"{link}/account", data=NEW).status_code == 410
    assert "Mutinta Phiri" in story.client.get("/fund/access").text
    assert story.end(story.client, cashier) == 302
    assert visitor.get("/fund/").status_code == 404
    assert story.end(story.client, cashier) == 302  # again: nothing more
    with db.reading() as session:
        told = [one.event for one in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    assert told.count("fund_role.ended") == told.count("fund_role.given") == 1


def test_a_role_is_given_from_day_to_day_and_places_are_changed(story: Story) -> None:
    today = clock.today(fund().timezone)
    day = today + timedelta(days=1)
    typed = {"role": "auditor", "from_day": [str(day.day), str(day.month), str(day.year)]}
    assert story.client.post(f"{story.page(story.supervisor)}/roles", data=typed).status_code == 302
    places = {"districts": ["ZM-08", "ZM-09"]}
    assert story.client.post(f"{story.page(story.supervisor)}/places", data=places).status_code == 302
    assert account_of(story.supervisor.email).districts == ["ZM-08", "ZM-09"]
    assert story.client.post(f"{story.page(story.supervisor)}/places", data={"districts": ["XX"]}).status_code == 422
    page = story.client.get(story.page(story.supervisor)).text
    assert "auditor" in page
    late = {"role": "cashier", "from_day": ["1", "1", "2020"]}
    refused = story.client.post(f"{story.page(story.supervisor)}/roles", data=late)
    assert refused.status_code == 422
    assert "Choose today or a later day" in refused.text


def test_nobody_changes_their_own_access_or_invites_themselves(story: Story) -> None:
    mine = story.page(story.boss)
    assert story.client.post(f"{mine}/roles", data={"role": "supervisor"}).status_code == 409
    assert story.end(story.client, story.boss) == 409
    assert story.client.post(f"{mine}/close").status_code == 409
    assert story.client.post(f"{mine}/places").status_code == 409
    own = {"email": story.boss.email, "roles": ["supervisor"]}
    assert story.client.post("/fund/access/invite", data=own).status_code == 422
    assert story.client.get("/fund/").status_code == 200


def test_of_two_system_administrators_who_end_each_other_at_once_one_stays(story: Story) -> None:
    with db.writing() as session:
        other = make_officer(session, FundRoleName.SYSTEM_ADMINISTRATOR)
    refused: list[str] = []

    def end(who: Account, by: Account) -> None:
        try:
            with db.writing() as session:
                name, today = story.role_of(who).public_id, clock.today(fund().timezone)
                service.end_role(session, who.public_id, name, by=by.id, today=today, at=AT)
        except Refused as refusal:
            refused.append(str(refusal.words))

    both = [threading.Thread(target=end, args=pair) for pair in ((story.boss, other), (other, story.boss))]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(refused) == 1
    assert "last system administrator" in refused[0]


def test_a_closed_account_is_out_at_once_and_may_come_back(story: Story) -> None:
    super_at_desk = story.at(story.supervisor)
    assert super_at_desk.get("/fund/").status_code == 200
    assert story.client.post(f"{story.page(story.supervisor)}/close").status_code == 302
    assert super_at_desk.get("/fund/").status_code == 302  # to sign in
    assert story.client.post(f"{story.page(story.supervisor)}/open").status_code == 302
    assert story.at(story.supervisor).get("/fund/").status_code == 200


def lose_second_step(account: Account) -> None:
    with db.writing() as session:
        session.add(SecondFactor(account_id=account.id, salt="s", made_at=AT, confirmed_at=AT, last_step=0))


def test_a_lost_second_step_is_taken_away_by_two_people(story: Story) -> None:
    with db.writing() as session:
        clerk = give_mandate(session, make_employer(session), EmployerRole.CLERK)
    lose_second_step(clerk)
    address = f"{story.page(clerk)}/second-step"
    assert story.client.post(address, data={"reason": ""}).status_code == 422
    for _again in range(2):
        assert story.client.post(address, data={"reason": "She came with her passport."}).status_code == 302
    with db.reading() as session:
        asked = session.scalars(select(Approval)).one()
    assert clerk.name in story.at(story.supervisor).get(f"/fund/approvals/{asked.public_id}").text
    decide = {"fingerprint": asked.fingerprint}
    at_desk, clerks = story.at(story.supervisor), story.at(clerk)
    assert story.client.post(f"/fund/approvals/{asked.public_id}/approve", data=decide).status_code == 403
    assert at_desk.post(f"/fund/approvals/{asked.public_id}/approve", data=decide).status_code == 302
    with db.reading() as session:
        assert not factor.is_on(session, clerk.id)
    assert clerks.get("/account/").status_code == 302  # signed out everywhere


def test_nobody_decides_about_their_own_second_step(story: Story) -> None:
    lose_second_step(story.supervisor)
    address = f"{story.page(story.supervisor)}/second-step"
    assert story.client.post(address, data={"reason": "By telephone."}).status_code == 302
    with db.writing() as session:
        asked = session.scalars(select(Approval)).one()
        with pytest.raises(Refused, match="your own account"):
            approvals.approve(
                session, asked.public_id, fingerprint=asked.fingerprint, by=story.supervisor.id, at=clock.now()
            )
    assert story.client.post(f"{story.page(story.boss)}/second-step", data={"reason": "Mine."}).status_code == 409


def test_the_review_lists_who_has_what_and_who_was_long_away(story: Story) -> None:
    with db.writing() as session:
        employer = make_employer(session, legal_name="Kafue Mining")
        clerk = give_mandate(session, employer, EmployerRole.CLERK, name="Clerk Away")
        make_account(session, name="Nobody Much")
        here = clock.real_now()
        session.execute(update(Account).where(Account.id == story.supervisor.id).values(last_seen_at=here))
    supervisor = story.at(story.supervisor)
    fund_people = supervisor.get("/fund/access").text
    assert "Boss" in fund_people
    assert "Clerk Away" not in fund_people
    assert "Invite a colleague" not in fund_people
    employers = supervisor.get("/fund/access?kind=employers&away=1").text
    assert "Clerk Away" in employers
    assert "payroll clerk, Kafue Mining" in employers
    assert "Nobody Much" in supervisor.get("/fund/access?kind=nothing").text
    assert "Super" not in supervisor.get("/fund/access?away=1").text.split("</nav>")[-1]
    assert clerk.email in supervisor.get(f"/fund/access?kind=all&q={clerk.email.upper()}").text
    rows = list(csv.reader(io.StringIO(supervisor.get("/fund/access/access.csv?kind=employers").text.lstrip("\ufeff"))))
    assert [row[3] for row in rows[1:]] == ["payroll clerk"]
    assert supervisor.get(story.page(clerk)).status_code == 200
    assert supervisor.post(f"{story.page(clerk)}/close").status_code == 403
