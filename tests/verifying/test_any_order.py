"""Declare, revise, pay, take back, add who was forgotten, give back: in any order the book stays what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import approvals, db
from portal.approvals import Approval
from portal.auth.models import Account, EmployerRole, FundRoleName
from portal.contributions import service as contributions
from portal.contributions.models import Payroll
from portal.contributions.service import Change
from portal.errors import Refused
from portal.ledger.models import Posting
from portal.payments.models import Receipt
from portal.payments.refunds import BankAccount, ask_for_refund
from portal.scheme.calendars import Month
from portal.verifying.verify import verify
from tests.factories import give_mandate, hire, make_officer
from tests.payments.conftest import NAPSA, Story, noon

TO = BankAccount("Kafue Mining Limited", "0177", "Zanaco")
MONTHS = [Month(2025, n) for n in range(2, 13)]
NUMBERS = count(1)
amounts, days = st.integers(1, 3_000_00), st.integers(0, 40)


def refused(deed: Callable[[], object]) -> str:
    """Why a deed was refused; empty when it was done."""
    try:
        deed()
    except Refused as refusal:
        return str(refusal)
    return ""


class Life(RuleBasedStateMachine):
    """One employer, a signatory, an officer; time goes on and never back."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(f"ZE2{next(NUMBERS):06}")
        with db.writing() as session:
            self.signatory: Account = give_mandate(session, self.story.employer, EmployerRole.SIGNATORY)
            self.officer: Account = make_officer(session, FundRoleName.SUPERVISOR)
        self.today, self.declared = date(2025, 3, 1), 0
        self.standing: list[Receipt] = []

    @rule(days=days)
    def time_goes_on(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.story.night(self.today)

    @precondition(lambda self: self.declared < len(MONTHS) and MONTHS[self.declared].last_day() <= self.today)
    @rule(at_once=st.booleans())
    def declare(self, at_once: bool) -> None:
        """The worker settles what is declared at once, or comes a little later."""
        self.story.declare(MONTHS[self.declared], self.today)
        self.declared += 1
        if at_once:
            self.story.night(self.today)

    @precondition(lambda self: self.declared)
    @rule(place=st.integers(0, 10), gross=st.integers(1_000_00, 9_000_00), agreed=st.booleans())
    def revise(self, place: int, gross: int, agreed: bool) -> None:
        """Another wage of one person, or the same once more; where less is owed than was paid, the fund is asked."""
        with db.writing() as session:
            draft = contributions.revise_payroll(session, self.story.id, self._month(place), at=self._now(), by=None)
            changes = {1: Change({"basic": 5_000_00, "gross": gross})}
            draft = contributions.change_lines(
                session, self.story.id, draft.public_id, version=draft.version, changes=changes, at=self._now(), by=None
            )  # fmt: skip
        said = refused(lambda: self._submit_revision(draft, agreed))
        assert said == "" or "Nothing differs from what was declared" in said
        if said or not agreed:
            self._give_up(draft)

    def _submit_revision(self, draft: Payroll, agreed: bool) -> None:
        with db.writing() as session:
            self._submit(session, draft)
            asked = session.scalars(select(Approval).where(Approval.decision.is_(None))).one_or_none()
            if asked is not None:
                self._decide(session, asked, agreed)

    @precondition(lambda self: self.declared)
    @rule(place=st.integers(0, 10))
    def add_who_was_forgotten(self, place: int) -> None:
        month = self._month(place)
        with db.writing() as session:
            hire(session, self.story.employer, from_day=month.first_day())
            draft = contributions.start_supplement(session, self.story.id, month, at=self._now(), by=None)
            self._submit(session, draft)
        self.story.night(self.today)

    @rule(amount=amounts, back=days)
    def pay(self, amount: int, back: int) -> None:
        self.standing.append(self.story.pay(amount, self.today - timedelta(days=back), on=self.today))

    @precondition(lambda self: self.standing)
    @rule(place=st.integers(0, 10))
    def take_back(self, place: int) -> None:
        """It cannot be while what it left over was given back."""
        receipt = self.standing[place % len(self.standing)]
        said = refused(lambda: self.story.take_back(receipt, self.today))
        if said:
            assert "was given back to the employer" in said
        else:
            self.standing.remove(receipt)

    @precondition(lambda self: self.story.credit())
    @rule(part=st.integers(1, 3))
    def give_back(self, part: int) -> None:
        """What is owed meanwhile comes first: then there may be too little."""
        with db.writing() as session:
            amount = max(self.story.credit() // part, 1)
            asked = ask_for_refund(
                session, self.story.id, NAPSA, amount, TO, reason="Too much", by=self.signatory.id, at=self._now()
            )  # fmt: skip
        said = refused(lambda: self._decide_alone(asked, True))
        if said:
            assert "of the credit is left" in said
            self._decide_alone(asked, False)

    @invariant()
    def the_book_is_what_happened(self) -> None:
        with db.reading() as session:
            assert session.scalar(select(func.coalesce(func.sum(Posting.amount), 0))) == 0
            assert verify(session, self.story.employer.number).faults == []

    def teardown(self) -> None:
        """A last night, and all is settled as far as the money goes."""
        self.story.night(self.today)
        self.the_book_is_what_happened()

    def _now(self) -> datetime:
        return noon(self.today)

    def _month(self, place: int) -> Month:
        return MONTHS[place % self.declared]

    def _submit(self, session: Session, draft: Payroll) -> None:
        contributions.submit_payroll(
            session, self.story.id, draft.public_id, version=draft.version, by=self.signatory.id, at=self._now(),
            reason="Typed wrongly",
        )  # fmt: skip

    def _decide_alone(self, asked: Approval, agreed: bool) -> None:
        with db.writing() as session:
            self._decide(session, asked, agreed)

    def _decide(self, session: Session, asked: Approval, agreed: bool) -> None:
        deed = approvals.approve if agreed else approvals.refuse
        deed(
            session, asked.public_id, fingerprint=asked.fingerprint, note="Seen", by=self.officer.id, at=self._now()
        )  # fmt: skip

    def _give_up(self, draft: Payroll) -> None:
        """A refused revision is a draft again, in the way of the next one."""
        with db.writing() as session:
            if session.get_one(Payroll, draft.id).state == "draft":
                contributions.cancel(session, self.story.id, draft.public_id, at=self._now(), by=None)


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@pytest.mark.usefixtures("database", "_fund")
@pytest.mark.parametrize(("lives", "steps"), [(4, 12), pytest.param(60, 30, marks=pytest.mark.long)])
def test_whatever_happens_in_whatever_order_the_book_is_what_happened(lives: int, steps: int) -> None:
    wanted = settings(
        max_examples=lives, stateful_step_count=steps, deadline=None, derandomize=True, suppress_health_check=QUIET,
        database=None,
    )  # fmt: skip
    run_state_machine_as_test(Life, settings=wanted)
