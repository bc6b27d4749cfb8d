"""Inviting somebody to act for an employer, accepting, and the end of a mandate: checked at every click."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from portal import clock, db
from portal.audit import AuditEvent
from portal.auth.models import Account, EmployerRole, Mandate
from portal.colleagues.models import Invitation
from portal.employers.models import Employer
from portal.installation import fund
from tests.auth.test_sign_in import links_mailed
from tests.factories import give_mandate, make_account, make_employer, sign_in

PASSWORD = "maize cob and river"
NEW = {"name": "Bwalya Mumba", "password": PASSWORD}


@dataclass
class Story:
    """An employer, and its administrator at a browser."""

    app: Flask
    client: FlaskClient
    employer: Employer
    owner: Account

    @property
    def base(self) -> str:
        return f"/employers/{self.employer.number}/colleagues/"

    def invite(self, email: str = "clerk@example.org", role: str = "clerk", **more: object) -> str:
        """Send an invitation through the page; gives the link."""
        answer = self.client.post(self.base + "invite", data={"email": email, "role": role, **more})
        assert answer.status_code == 302, answer.text
        return links_mailed()[-1]

    def newcomer(self, link: str) -> FlaskClient:
        """Somebody without an account opens the link and accepts."""
        client = self.app.test_client()
        assert client.post(f"{link}/account", data=NEW).status_code == 302
        return client

    def mandate(self, email: str) -> Mandate:
        with db.reading() as session:
            rows = select(Mandate).join(Account).where(Account.email == email).order_by(Mandate.id.desc())
            return session.scalars(rows).first()

    def end(self, email: str, when: str = "now", **more: object) -> int:
        mandate = self.mandate(email)
        return self.client.post(f"{self.base}{mandate.public_id}/end", data={"when": when, **more}).status_code

    def opens(self, client: FlaskClient) -> int:
        return client.get(f"/employers/{self.employer.number}/roster/").status_code


@pytest.fixture
def story(app: Flask, client: FlaskClient) -> Story:
    with db.writing() as session:
        employer = make_employer(session, trade_name="Kafue Mining")
        owner = give_mandate(session, employer)
    sign_in(client, owner)
    return Story(app, client, employer, owner)


def boxes(day: date) -> list[str]:
    return [str(day.day), str(day.month), str(day.year)]


def today() -> date:
    return clock.today(fund().timezone)


def count(of: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(of)) or 0


def events() -> list[str]:
    with db.reading() as session:
        return [one.event for one in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]


def test_invited_accepted_working_and_ended_a_second_ago(story: Story) -> None:
    link = story.invite()
    page = story.app.test_client().get(link).text
    assert "You are invited to act for Kafue Mining" in page
    assert "payroll clerk" in page
    clerk = story.newcomer(link)
    assert story.opens(clerk) == 200
    assert clerk.post(f"/employers/{story.employer.number}/roster/new").status_code != 403
    assert "Bwalya Mumba" in story.client.get(story.base).text

    assert story.end("clerk@example.org") == 302
    refused = clerk.get(f"/employers/{story.employer.number}/roster/")
    assert refused.status_code == 403
    assert "Your mandate to act for Kafue Mining has ended" in refused.text
    assert "Bwalya Mumba" not in story.client.get(story.base).text.split("</nav>")[-1].replace("has ended", "")
    assert [one for one in events() if one.startswith(("invitation", "mandate"))] == [
        "invitation.sent", "mandate.given", "invitation.accepted", "mandate.ended",
    ]  # fmt: skip


def test_an_invitation_works_once(story: Story) -> None:
    link = story.invite()
    clerk = story.newcomer(link)
    assert clerk.post(f"{link}/accept").status_code == 302  # the second click of a double one
    for again in (story.app.test_client().get(link), story.app.test_client().post(f"{link}/account", data=NEW)):
        assert again.status_code == 410
        assert "Each link works once" in again.text
    assert count(Mandate) == 2


def test_somebody_with_an_account_signs_in_to_accept(story: Story) -> None:
    with db.writing() as session:
        known = make_account(session, email="Known@example.org")
    link = story.invite("known@example.org", "signatory")
    other = story.app.test_client()
    assert "Sign in to accept" in other.get(link).text
    assert other.post(f"{link}/account", data=NEW).status_code == 409  # nobody takes over an account by a link
    assert story.client.post(f"{link}/accept").status_code == 409  # the owner is not the one invited
    assert "another address" in story.client.get(link).text
    sign_in(other, known)
    assert "Accept the invitation" in other.get(link).text
    assert other.post(f"{link}/accept").headers["Location"] == f"/employers/{story.employer.number}/"
    assert story.opens(other) == 200


def test_a_link_that_is_too_old_replaced_or_withdrawn_opens_nothing(story: Story) -> None:
    first = story.invite()
    second = story.invite()
    visitor = story.app.test_client()
    assert visitor.get(first).status_code == 404
    assert count(Invitation) == 1
    with db.writing() as session:
        session.execute(update(Invitation).values(expires_at=clock.real_now() - timedelta(seconds=1)))
    late = visitor.post(f"{second}/account", data=NEW)
    assert late.status_code == 410
    assert "Ask for a new link" in late.text
    assert "too old: send it again" in story.client.get(story.base).text
    with db.reading() as session:
        name = session.scalars(select(Invitation.public_id)).one()
    assert story.client.post(f"{story.base}invitations/{name}/again").status_code == 302
    third = links_mailed()[-1]
    assert visitor.get(third).status_code == 200
    for _again in range(2):
        assert story.client.post(f"{story.base}invitations/{name}/withdraw").status_code == 302
    assert "was withdrawn" in visitor.get(third).text
    assert story.client.post(f"{story.base}invitations/{name}/again").status_code == 409
    assert count(Mandate) == 1


def test_a_mandate_begins_and_ends_on_its_days(story: Story) -> None:
    first, last = today() + timedelta(days=2), today() + timedelta(days=3)
    clerk = story.newcomer(story.invite(from_day=boxes(first), to_day=boxes(last)))
    early = clerk.get(f"/employers/{story.employer.number}/")
    assert early.status_code == 403
    assert "not yet" in early.text
    seen = {}
    for days in (2, 3, 4):
        with db.writing() as session:
            db.store_offset(session, timedelta(days=days))
        seen[days] = story.opens(clerk)
    assert seen == {2: 200, 3: 200, 4: 403}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"from_day": boxes(date(2020, 1, 1))}, "Choose today or a later day"),
        ({"from_day": boxes(date(2099, 1, 2)), "to_day": boxes(date(2099, 1, 1))}, "last day is before the first"),
        ({"to_day": ["32", "1", "2099"]}, "day, month and year"),
        ({"role": "emperor"}, "Not a valid choice"),
        ({"email": "nobody"}, "Write one e-mail address"),
    ],
)
def test_an_invitation_that_cannot_be_keeps_what_was_typed(story: Story, more: dict[str, object], words: str) -> None:
    typed = {"email": "clerk@example.org", "role": "clerk", **more}
    answer = story.client.post(story.base + "invite", data=typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{typed["email"]}"' in answer.text
    assert count(Invitation) == 0


def test_nobody_invites_themselves_or_somebody_who_has_the_role(story: Story) -> None:
    story.newcomer(story.invite())
    for email, words in (
        (story.owner.email.upper(), "Nobody invites themselves"), ("CLERK@example.org", "acts in this role already"),
    ):  # fmt: skip
        answer = story.client.post(story.base + "invite", data={"email": email, "role": "clerk"})
        assert answer.status_code == 422
        assert words in answer.text


def test_the_last_administrator_cannot_end_themselves_or_become_less(story: Story) -> None:
    mine = f"{story.base}{story.mandate(story.owner.email).public_id}"
    assert story.end(story.owner.email) == 409 or "last administrator" in story.client.get(mine).text
    changed = story.client.post(f"{mine}/role", data={"role": "viewer"})
    assert "last administrator" in changed.text
    assert story.opens(story.client) == 200
    # Somebody who only comes later, or goes soon, does not keep the door open.
    later = story.invite("later@example.org", "administrator", from_day=boxes(today() + timedelta(days=5)))
    story.newcomer(later)
    soon = story.invite("soon@example.org", "administrator", to_day=boxes(today() + timedelta(days=5)))
    story.newcomer(soon)
    story.end(story.owner.email)
    assert story.opens(story.client) == 200
    story.newcomer(story.invite("second@example.org", "administrator"))
    assert story.end(story.owner.email) == 302
    assert story.client.get(story.base).status_code == 403


def test_what_an_administrator_offered_ends_with_their_mandate(story: Story) -> None:
    second = story.newcomer(story.invite("second@example.org", "administrator"))
    sent = second.post(story.base + "invite", data={"email": "friend@example.org", "role": "administrator"})
    assert sent.status_code == 302
    link = links_mailed()[-1]
    assert story.end("second@example.org") == 302
    assert "was withdrawn" in story.app.test_client().get(link).text


def test_another_role_holds_from_today_and_the_old_one_is_over(story: Story) -> None:
    clerk = story.newcomer(story.invite(role="viewer"))
    prepare = f"/employers/{story.employer.number}/roster/import/"
    assert clerk.get(prepare).status_code == 403
    mandate = story.mandate("clerk@example.org")
    address = f"{story.base}{mandate.public_id}/role"
    assert story.client.post(address, data={"role": "clerk"}).status_code == 302
    assert clerk.get(prepare).status_code == 200
    stale = story.client.post(address, data={"role": "signatory"})
    assert stale.status_code in (404, 409)
    with db.reading() as session:
        roles = session.scalars(select(Mandate.role).where(Mandate.account_id == mandate.account_id)).all()
    assert sorted(roles) == ["clerk", "viewer"]


def test_who_left_today_can_be_let_in_again_today(story: Story) -> None:
    clerk = story.newcomer(story.invite())
    for _again in range(2):
        assert story.end("clerk@example.org") == 302
        assert story.opens(clerk) == 403
        assert clerk.post(f"{story.invite()}/accept").status_code == 302
        assert story.opens(clerk) == 200


def test_only_an_administrator_decides_who_may_act(story: Story) -> None:
    with db.writing() as session:
        signatory = give_mandate(session, story.employer, EmployerRole.SIGNATORY)
        stranger = give_mandate(session, make_employer(session))
    client = story.app.test_client()
    sign_in(client, signatory)
    assert client.get(story.base).status_code == 200
    assert client.post(story.base + "invite", data={"email": "a@example.org", "role": "clerk"}).status_code == 403
    mandate = story.mandate(story.owner.email)
    assert client.post(f"{story.base}{mandate.public_id}/end", data={"when": "now"}).status_code == 403
    sign_in(client, stranger)
    assert client.get(story.base).status_code == 404  # never acted here: there is no such page
