"""A revision to less than was paid waits for an officer; then it is posted to the ngwee, or a draft again."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from portal import approvals, db
from portal.approvals import Approval
from portal.contributions import service
from portal.contributions.corrections import lowering
from portal.contributions.corrections.consequence import consequences
from portal.contributions.models import Declaration, Payroll
from portal.contributions.service import Change
from portal.errors import NotFound, Refused
from portal.ledger.standing import credit, standings
from portal.payments.service import record_payment
from portal.payments.settlement import settle_account
from tests.contributions.test_service import OCTOBER, count, employer_with, start, submit
from tests.factories import make_officer

pytestmark = pytest.mark.usefixtures("database", "_fund")

LATER = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)
TODAY = date(2025, 11, 20)


def paid_month(people: int = 2):
    """October declared with 600.00 of NAPSA and 100.00 of NHIMA for each person, and paid in time."""
    employer, signer, _hired = employer_with(people, basic=5_000_00, gross=6_000_00)
    submit(employer, start(employer), by=signer)
    for scheme, each in (("zm-napsa", 600_00), ("zm-nhima", 100_00)):
        with db.writing() as session:
            record_payment(
                session, employer.id, scheme=scheme, amount=each * people, paid_on=date(2025, 11, 4), method="bank",
                by=None, at=datetime(2025, 11, 4, 10, 0, tzinfo=UTC),
            )  # fmt: skip
    return employer, signer


def lowered(employer, gross: int = 5_500_00, basic: int = 5_000_00) -> Payroll:
    with db.writing() as session:
        draft = service.revise_payroll(session, employer.id, OCTOBER, at=LATER, by=None)
        return service.change_lines(
            session, employer.id, draft.public_id, version=draft.version,
            changes={1: Change({"basic": basic, "gross": gross})}, at=LATER, by=None,
        )  # fmt: skip


def ask(employer, draft, by, reason="Typed the bonus twice"):
    with db.writing() as session:
        return service.submit_payroll(
            session, employer.id, draft.public_id, version=draft.version, by=by.id, at=LATER, reason=reason
        )


def request() -> Approval:
    with db.reading() as session:
        return session.scalars(select(Approval).order_by(Approval.id.desc())).first()


def officer():
    with db.writing() as session:
        return make_officer(session)


def decide(deed, note: str = "") -> None:
    asked, by = request(), officer()
    with db.writing() as session:
        deed(session, asked.public_id, fingerprint=asked.fingerprint, note=note, by=by.id, at=LATER)


def state_of(draft) -> str:
    with db.reading() as session:
        return session.get_one(Payroll, draft.id).state


def test_a_revision_to_less_than_was_paid_waits_and_posts_nothing():
    employer, signer = paid_month()
    draft = lowered(employer)
    assert ask(employer, draft, signer) == []
    assert (state_of(draft), count(Declaration)) == ("asked", 2)
    (scheme,) = request().shown["schemes"]
    assert scheme == {
        "scheme": "zm-napsa", "currency": "ZMW", "before": 1_200_00, "now": 1_150_00, "paid": 1_200_00,
        "credit": 50_00, "added": 0, "removed": 0, "changed": 1,
    }  # fmt: skip
    with db.reading() as session:
        assert [one.charged for one in standings(session, employer.id, "zm-napsa")] == [1_200_00]


def test_a_double_click_asks_once():
    employer, signer = paid_month()
    draft = lowered(employer)
    assert ask(employer, draft, signer) == ask(employer, draft, signer) == []
    assert count(Approval) == 1


def test_the_officer_is_told_why():
    employer, signer = paid_month()
    with pytest.raises(Refused, match="Write why"):
        ask(employer, lowered(employer), signer, reason=" ")
    assert count(Approval) == 0


def test_approved_it_is_declared_and_what_was_paid_too_much_is_credit():
    employer, signer = paid_month()
    draft = lowered(employer)
    ask(employer, draft, signer)
    decide(approvals.approve)
    with db.writing() as session:
        settle_account(session, employer.id, at=LATER)
    with db.reading() as session:
        made = session.scalars(select(Declaration).where(Declaration.kind == "revised")).one()
        assert (made.total, made.submitted_by, made.snapshot["submitted_by"]["values"]) == (
            1_150_00, signer.id, {"who": "Mutinta Banda", "role": "administrator"},
        )  # fmt: skip
        assert credit(session, employer.id, "zm-napsa") == 50_00
        assert [one.charged for one in standings(session, employer.id, "zm-napsa")] == [1_150_00]
    assert state_of(draft) == "submitted"


def test_refused_it_is_a_draft_again_with_the_note():
    employer, signer = paid_month()
    draft = lowered(employer)
    ask(employer, draft, signer)
    decide(approvals.refuse, "The payslips say otherwise.")
    assert state_of(draft) == "draft"
    with db.reading() as session:
        answered = lowering.request_of(session, session.get_one(Payroll, draft.id))
        assert (answered.decision, answered.note) == ("refused", "The payslips say otherwise.")
        draft = session.get_one(Payroll, draft.id)
    assert ask(employer, draft, signer) == []
    assert count(Approval) == 2


def test_the_employer_takes_the_request_back():
    employer, signer = paid_month()
    other, stranger = paid_month()
    draft = lowered(employer)
    ask(employer, draft, signer)
    with pytest.raises(NotFound), db.writing() as session:
        lowering.take_back(session, other.id, draft.public_id, by=stranger.id, at=LATER)
    with pytest.raises(Refused, match="Only the person who asked"), db.writing() as session:
        lowering.take_back(session, employer.id, draft.public_id, by=stranger.id, at=LATER)
    for _click in range(2):
        with db.writing() as session:
            lowering.take_back(session, employer.id, draft.public_id, by=signer.id, at=LATER)
    assert state_of(draft) == "draft"


def test_while_it_waits_nothing_else_is_begun_for_the_month():
    employer, signer = paid_month()
    draft = lowered(employer)
    ask(employer, draft, signer)
    for begin in (service.revise_payroll, service.start_supplement, service.start_from_roster):
        with pytest.raises(Refused, match="waits until the fund decides"), db.writing() as session:
            begin(session, employer.id, OCTOBER, at=LATER, by=None)
    with pytest.raises(Refused, match="was submitted or given up"), db.writing() as session:
        service.change_lines(
            session, employer.id, draft.public_id, version=draft.version + 1,
            changes={1: Change({"basic": 1, "gross": 1})}, at=LATER, by=None,
        )  # fmt: skip
    with pytest.raises(Refused, match="waits for the fund"), db.writing() as session:
        service.cancel(session, employer.id, draft.public_id, at=LATER, by=None)


def test_less_than_was_declared_and_not_less_than_was_paid_is_posted_at_once():
    employer, signer, _hired = employer_with(2, basic=5_000_00, gross=6_000_00)
    submit(employer, start(employer), by=signer)
    with db.writing() as session:
        record_payment(
            session, employer.id, scheme="zm-napsa", amount=1_150_00, paid_on=date(2025, 11, 4), method="bank",
            by=None, at=datetime(2025, 11, 4, 10, 0, tzinfo=UTC),
        )  # fmt: skip
    made = ask(employer, lowered(employer), signer, reason="")
    assert [one.total for one in made] == [1_150_00]
    assert count(Approval) == 0


def test_upwards_is_posted_at_once_also_after_payment():
    employer, signer = paid_month()
    made = ask(employer, lowered(employer, gross=7_000_00), signer, reason="")
    assert [one.total for one in made] == [1_300_00]


def test_where_one_scheme_goes_up_and_another_down_the_whole_revision_waits():
    employer, signer = paid_month()
    draft = lowered(employer, gross=5_500_00, basic=5_200_00)
    assert ask(employer, draft, signer) == []
    shown = {one["scheme"]: one["now"] - one["before"] for one in request().shown["schemes"]}
    assert shown == {"zm-napsa": -50_00, "zm-nhima": 4_00}
    decide(approvals.approve)
    with db.reading() as session:
        charged = {one.charge.scheme: one.charged for one in standings(session, employer.id)}
    assert charged == {"zm-napsa": 1_150_00, "zm-nhima": 204_00}


def test_a_month_whose_payment_is_being_taken_back_is_not_revised():
    employer, signer = paid_month()
    draft = lowered(employer)
    with db.writing() as session:
        session.add(
            Approval(
                action="payment.reverse",
                subject="payment:1",
                employer_id=employer.id,
                reason="wrong",
                shown={"months": ["2025-10"]},
                fingerprint="",
                asked_by=signer.id,
                asked_at=LATER,
            )
        )
    with pytest.raises(Refused, match="deciding whether to take back a payment for October 2025"):
        ask(employer, draft, signer)
    assert (state_of(draft), count(Approval)) == ("draft", 1)


def test_the_consequence_is_told_before_anybody_submits():
    employer, _signer, _hired = employer_with(2, basic=5_000_00, gross=6_000_00)
    submit(employer, start(employer))
    draft = lowered(employer, gross=7_000_00)
    with db.reading() as session:
        found = {one.rules.id: one for one in consequences(session, session.get_one(Payroll, draft.id), TODAY)}
    pension = found["zm-napsa"]
    assert (pension.before, pension.now, pension.difference, pension.overpaid) == (1_200_00, 1_300_00, 100_00, 0)
    assert (pension.late_before.amount, pension.late_now.amount) == (120_00, 130_00)
    assert "the late charge to today becomes 130.00 ZMW instead of 120.00 ZMW" in " ".join(map(str, pension.explained))
    assert found["zm-nhima"].difference == 0


def test_the_consequence_told_is_what_the_book_posts():
    employer, signer, _hired = employer_with(2, basic=5_000_00, gross=6_000_00)
    submit(employer, start(employer))
    draft = lowered(employer, gross=7_000_00)
    with db.reading() as session:
        told = next(
            one
            for one in consequences(session, session.get_one(Payroll, draft.id), TODAY)
            if one.rules.id == "zm-napsa"
        )
    ask(employer, draft, signer, reason="")
    with db.writing() as session:
        settle_account(session, employer.id, at=LATER)
    with db.reading() as session:
        (charge,) = standings(session, employer.id, "zm-napsa")
    assert (charge.charged, charge.late_posted) == (told.now, told.late_now.amount)
