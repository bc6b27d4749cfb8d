"""A mistaken payment is taken back by two people, and everything that hung on it follows."""

from __future__ import annotations

import threading
from datetime import date
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import approvals, db
from portal.approvals import Approval
from portal.auth.models import Account, EmployerRole, FundRoleName
from portal.contributions import service as contributions
from portal.contributions.service import Change
from portal.coverage.models import CoverageMonth
from portal.errors import Refused
from portal.outbox import Message
from portal.payments.models import PaymentReversal, Receipt
from portal.payments.taking_back import LOWER, ask_to_take_back
from portal.scheme.calendars import Month
from tests.factories import give_mandate, make_officer, sign_in
from tests.payments.conftest import NAPSA, NHIMA, Story, noon
from tests.payments.test_pages import move_to, pdf_text, text_of

JAN, MAY = Month(2026, 1), date(2026, 5, 20)
DECLARED = date(2026, 2, 5)


class Two:
    """A cashier who asks and a supervisor who decides."""

    def __init__(self) -> None:
        with db.writing() as session:
            self.maker: Account = make_officer(session, FundRoleName.CASHIER)
            self.checker: Account = make_officer(session, FundRoleName.SUPERVISOR)

    def ask(self, receipt: Receipt, on: date = MAY, by: Account | None = None) -> Approval:
        """Ask that the payment is taken back."""
        with db.writing() as session:
            account = (by or self.maker).id
            return ask_to_take_back(session, receipt.public_id, reason="It bounced", by=account, at=noon(on))

    def approve(self, request: Approval, on: date = MAY, by: Account | None = None) -> None:
        """The second person approves."""
        with db.writing() as session:
            approvals.approve(
                session, request.public_id, fingerprint=request.fingerprint, by=(by or self.checker).id, at=noon(on)
            )  # fmt: skip


@pytest.fixture
def two(kafue: Story) -> Two:
    return Two()


def count(model: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_everything_that_hung_on_the_payment_follows(kafue: Story, two: Two) -> None:
    for n in range(1, 5):
        kafue.declare(Month(2026, n), date(2026, n + 1, 5))
        kafue.pay(200_00, date(2026, n + 1, 5), scheme=NHIMA)
        napsa = kafue.pay(1_200_00, date(2026, n + 1, 5))
    with db.reading() as session:
        last = session.scalars(select(Receipt).order_by(Receipt.id.desc()).offset(1)).first()
        assert session.scalars(select(CoverageMonth.state)).all() == ["open", "open"]
        told = session.scalars(select(Message.id)).all()
    for receipt in (last, napsa):
        request = two.ask(receipt)
        assert kafue.open(Month(2026, 4)).total == 0
        two.approve(request)
    assert kafue.open(Month(2026, 4), NHIMA).contribution == 200_00
    assert (kafue.open(Month(2026, 4)).contribution, kafue.open(Month(2026, 4)).late) == (1_200_00, 120_00)
    with db.reading() as session:
        assert session.scalars(select(CoverageMonth.state)).all() == ["closed", "closed"]
        more = session.scalars(select(Message).where(Message.id.not_in(told), Message.topic == "core")).all()
        reversal = session.scalars(select(PaymentReversal).order_by(PaymentReversal.id)).first()
    assert len(more) == 1, "the core is told once about the month that closed"
    assert (reversal.reason, reversal.recorded_by) == ("It bounced", two.checker.id)


def test_nothing_changes_while_a_request_waits_or_when_it_is_refused(kafue: Story, two: Two) -> None:
    kafue.declare(JAN, DECLARED)
    receipt = kafue.pay(1_200_00, DECLARED)
    request = two.ask(receipt)
    with db.writing() as session:
        shown = {"fingerprint": request.fingerprint, "note": "It did not bounce.", "by": two.checker.id}
        approvals.refuse(session, request.public_id, at=noon(MAY), **shown)
    assert (kafue.open(JAN).total, count(PaymentReversal)) == (0, 0)
    assert two.ask(receipt).public_id != request.public_id


def test_a_payment_taken_back_meanwhile_is_not_taken_back_again(kafue: Story, two: Two) -> None:
    kafue.declare(JAN, DECLARED)
    receipt = kafue.pay(1_200_00, DECLARED)
    request = two.ask(receipt)
    kafue.take_back(receipt, MAY)
    with pytest.raises(Refused, match="already taken back"):
        two.approve(request)
    with pytest.raises(Refused, match="already taken back"):
        two.ask(receipt)
    assert count(PaymentReversal) == 1


def test_two_checkers_at_once_take_it_back_once(kafue: Story, two: Two) -> None:
    kafue.declare(JAN, DECLARED)
    request, said = two.ask(kafue.pay(1_200_00, DECLARED)), []
    with db.writing() as session:
        other = make_officer(session)
    ready = threading.Barrier(2)

    def decide(who: Account) -> None:
        ready.wait()
        try:
            two.approve(request, by=who)
            said.append("done")
        except Refused as refusal:
            said.append(str(refusal))

    threads = [threading.Thread(target=decide, args=(who,)) for who in (two.checker, other)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert sorted(said) == ["This was already approved.", "done"]
    assert (count(PaymentReversal), kafue.open(JAN).contribution) == (1, 1_200_00)


def test_a_correction_that_was_asked_for_first_is_decided_first(kafue: Story, two: Two) -> None:
    kafue.declare(JAN, DECLARED)
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    january, february = kafue.pay(1_200_00, DECLARED), kafue.pay(1_200_00, date(2026, 3, 5))
    correction = ask_to_lower(kafue, two.maker)
    with pytest.raises(Refused, match="A correction of January 2026, which this payment paid, waits"):
        two.ask(january)
    two.approve(two.ask(february))  # another month's payment does not wait for it
    with db.writing() as session:
        approvals.withdraw(session, correction, by=two.maker.id, at=noon(MAY))
    two.approve(two.ask(january))
    assert count(PaymentReversal) == 2


def ask_to_lower(story: Story, by: Account) -> UUID:
    """A correction of January to less than was paid waits."""
    with db.writing() as session:
        draft = contributions.revise_payroll(session, story.id, JAN, at=noon(MAY), by=None)
        lower = {1: Change({"basic": 5_000_00, "gross": 5_500_00})}
        draft = contributions.change_lines(
            session, story.id, draft.public_id, version=draft.version, changes=lower, at=noon(MAY), by=None
        )  # fmt: skip
        contributions.submit_payroll(
            session, story.id, draft.public_id, version=draft.version, by=by.id, at=noon(MAY), reason="Typed twice"
        )  # fmt: skip
        return session.scalars(select(Approval).where(Approval.action == LOWER)).one().public_id


def test_the_receipt_says_cancelled_everywhere_and_the_bytes_that_were_issued_stay(
    kafue: Story, two: Two, client: FlaskClient
) -> None:
    kafue.declare(JAN, DECLARED)
    receipt = kafue.pay(1_200_00, DECLARED)
    with db.writing() as session:
        clerk = give_mandate(session, kafue.employer, EmployerRole.CLERK)
    move_to(MAY)
    sign_in(client, clerk)
    base = f"/employers/{kafue.employer.number}/account/receipts"
    first = client.get(f"{base}/{receipt.public_id}.pdf").data
    assert "CANCELLED" not in pdf_text(first)
    two.approve(two.ask(receipt))
    marked = pdf_text(client.get(f"{base}/{receipt.public_id}.pdf").data)
    assert "CANCELLED on 20 May 2026. The payment was taken back" in marked
    assert "It bounced" in marked
    assert client.get(f"{base}/{receipt.public_id}.pdf?issued=1").data == first
    page = client.get(f"{base}/").text
    assert "<s>" in page
    assert "It bounced" in text_of(page)
    assert "Taken back" in text_of(client.get(f"/employers/{kafue.employer.number}/").text)
    public = text_of(client.get(f"/verify/{receipt.public_id}").text)
    assert "Receipt R-2026-000001 was cancelled on 20 May 2026" in public
    assert "bounced" not in public
    assert kafue.open(JAN, NAPSA).contribution == 1_200_00
