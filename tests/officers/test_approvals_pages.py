"""What needs two people, on the fund's pages: seen, decided by somebody else, refused with a reason, withdrawn."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import approvals, db
from portal.approvals import Approval
from portal.auth.models import Account, FundRoleName
from portal.payments.models import PaymentReversal, Receipt
from portal.payments.taking_back import ask_to_take_back
from tests.factories import make_officer, sign_in
from tests.officers.conftest import TODAY, Fund, at


class Asked:
    """A cashier asked three days ago that the first payment is taken back."""

    def __init__(self, fund: Fund) -> None:
        self.fund = fund
        with db.writing() as session:
            self.maker: Account = make_officer(session, FundRoleName.CASHIER, name="Chola Tembo")
            self.receipt = session.scalars(select(Receipt).order_by(Receipt.id)).first()
            self.request = ask_to_take_back(
                session, self.receipt.public_id, reason="The cheque bounced", by=self.maker.id,
                at=at(TODAY - timedelta(days=3)),
            )  # fmt: skip
        self.url = f"/fund/approvals/{self.request.public_id}"

    def form(self, note: str = "") -> dict[str, str]:
        """What the page sends back."""
        found = re.search(r'name="fingerprint"[^>]* value="(\w+)"', self.fund.get(self.url))
        return {"fingerprint": found[1] if found else "", "note": note}

    def send(self, deed: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Press a button of the page."""
        answer = self.fund.client.post(f"{self.url}/{deed}", data=form or {})
        return answer.status_code, answer.text

    def reversals(self) -> int:
        """How many payments were taken back."""
        with db.reading() as session:
            return len(session.scalars(select(PaymentReversal)).all())

    def decision(self) -> str | None:
        """How it ended, if it did."""
        with db.reading() as session:
            return approvals.approval_by_id(session, self.request.public_id).decision


@pytest.fixture
def asked(fund_of_three: Fund) -> Asked:
    return Asked(fund_of_three)


def test_what_waits_stands_on_the_home_page_and_in_the_list_with_its_age(asked: Asked) -> None:
    assert "1 request waits for your decision, since 18 November 2026." in asked.fund.get("/fund/")
    page = asked.fund.get("/fund/approvals")
    for words in ("Take a payment back", "Model Farms", "Chola Tembo", "3 days ago"):
        assert words in page
    assert asked.url in page


def test_the_request_shows_everything_the_checker_decides_on(asked: Asked) -> None:
    page = asked.fund.get(asked.url)
    for words in ("The cheque bounced", asked.receipt.number, "Model Farms", "August 2026", "Waiting for 3 days"):
        assert words in page


def test_a_second_person_approves_and_pressing_twice_does_it_once(asked: Asked) -> None:
    form = asked.form()
    assert [asked.send("approve", form)[0] for _press in range(2)] == [302, 302]
    assert (asked.decision(), asked.reversals()) == ("approved", 1)
    assert "Approved, and done at once" in asked.fund.get(asked.url)
    assert "Nothing waits for a second person" in asked.fund.get("/fund/approvals")
    assert asked.url in asked.fund.get("/fund/approvals?state=decided&action=payment.reverse")


def test_the_maker_sees_why_they_cannot_decide_and_may_take_it_back(asked: Asked) -> None:
    sign_in(asked.fund.client, asked.maker)
    page = asked.fund.get(asked.url)
    assert "You asked for this yourself" in page
    assert "Approve and do it" not in page
    assert asked.send("withdraw")[0] == 302
    assert asked.decision() == "withdrawn"
    asked.fund.sign_in(FundRoleName.SUPERVISOR)
    form = {"fingerprint": asked.request.fingerprint, "note": ""}
    status, page = asked.send("approve", form)
    assert status == 409
    assert "taken back by the person who made it" in page
    assert asked.reversals() == 0


def test_a_supervisor_who_asked_is_told_that_a_colleague_decides(asked: Asked) -> None:
    with db.writing() as session:
        approvals.withdraw(session, asked.request.public_id, by=asked.maker.id, at=at(TODAY))
        mine = ask_to_take_back(
            session, asked.receipt.public_id, reason="Wrong employer", by=asked.fund.supervisor.id, at=at(TODAY)
        )  # fmt: skip
    asked.url = f"/fund/approvals/{mine.public_id}"
    status, page = asked.send("approve", {"fingerprint": mine.fingerprint, "note": ""})
    assert status == 409
    assert "You asked for this yourself" in page
    assert "Nothing waits for you" in asked.fund.get("/fund/")


@pytest.mark.parametrize("role", [FundRoleName.CASHIER, FundRoleName.AUDITOR, FundRoleName.REGISTRAR])
def test_who_has_not_the_right_of_the_action_reads_and_cannot_decide(asked: Asked, role: FundRoleName) -> None:
    asked.fund.sign_in(role)
    assert "Your role does not decide on this" in asked.fund.get(asked.url)
    form = {"fingerprint": asked.request.fingerprint, "note": "no"}
    assert asked.send("approve", form)[0] == asked.send("refuse", form)[0] == 403
    assert asked.decision() is None


def test_a_refusal_needs_a_note_and_keeps_what_was_written(asked: Asked) -> None:
    form = asked.form()
    status, page = asked.send("refuse", form)
    assert status == 422
    assert "Write why it is refused" in page
    assert asked.send("refuse", {**form, "note": "The bank confirmed it"})[0] == 302
    assert "The bank confirmed it" in asked.fund.get(asked.url)
    assert (asked.decision(), asked.reversals()) == ("refused", 0)


def test_what_was_not_shown_is_not_decided(asked: Asked) -> None:
    status, page = asked.send("approve", {"fingerprint": "0" * 64, "note": "kept as typed"})
    assert status == 409
    assert "not the one you were shown" in page
    assert "kept as typed" in page
    assert asked.decision() is None


def test_an_unknown_request_is_not_found_and_an_unknown_filter_is_left_out(asked: Asked) -> None:
    assert asked.fund.client.get("/fund/approvals/00000000-0000-4000-8000-000000000000").status_code == 404
    assert asked.url in asked.fund.get("/fund/approvals?state=nonsense&action=nonsense")
    with db.reading() as session:
        assert session.scalars(select(Approval.id)).all()
