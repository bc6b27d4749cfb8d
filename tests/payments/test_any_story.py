"""Whatever happens to an account, in whatever order, some things always hold."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal import db
from portal.ledger.models import AccountName, Posting, Transaction
from portal.payments.account import months_on
from portal.payments.models import Payment, PaymentReversal, Receipt
from portal.scheme.calendars import Month
from tests.payments.conftest import NAPSA, Story

START = date(2025, 3, 1)


@pytest.mark.parametrize("seed", [1, 2, 3, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 44))])
def test_money_is_never_lost_and_nothing_is_settled_twice(kafue: Story, seed: int) -> None:
    lot = random.Random(seed)
    today, months, standing = START, iter([Month(2025, n) for n in range(2, 13)]), []
    for _step in range(12):
        today += timedelta(days=lot.randrange(1, 25))
        what = lot.choice(["declare", "pay", "pay", "back-dated", "take back", "night"])
        if what == "declare" and (month := next(months)).last_day() <= today:
            kafue.declare(month, today)
            kafue.night(today)
        elif what in ("pay", "back-dated"):
            earlier = lot.randrange(1, 60) if what == "back-dated" else 0
            standing.append(kafue.pay(lot.randrange(1, 2_500_00), today - timedelta(days=earlier), on=today))
        elif what == "take back" and standing:
            kafue.take_back(standing.pop(lot.randrange(len(standing))), today)
        elif what == "night":
            kafue.night(today)
        assert_holds(kafue, today)
    for receipt in standing:
        kafue.take_back(receipt, today)
    assert_holds(kafue, today)
    assert kafue.credit() == 0
    with db.reading() as session:
        assert all(one.contribution == one.charged for one in months_on(session, kafue.id, today, NAPSA))


def assert_holds(story: Story, today: date) -> None:
    """The book balances, nothing is overpaid, and every receipt accounts for its whole amount."""
    with db.reading() as session:
        amount = func.coalesce(func.sum(Posting.amount), 0)
        of_scheme = select(amount).join(Transaction).where(Transaction.scheme == NAPSA)
        received = session.scalar(of_scheme.where(Posting.account == AccountName.MONEY_RECEIVED))
        kept = select(func.coalesce(func.sum(Payment.amount), 0)).outerjoin(PaymentReversal)
        assert received == session.scalar(kept.where(PaymentReversal.id.is_(None)))
        below = (
            select(Posting.charge_id).where(Posting.charge_id.is_not(None)).group_by(Posting.charge_id, Posting.account)
        )
        due = Posting.account.in_((AccountName.CONTRIBUTION_DUE, AccountName.LATE_DUE))
        assert session.scalars(below.where(due).having(func.sum(Posting.amount) < 0)).all() == []
        assert session.scalar(select(amount)) == 0
        open_months = [one for one in months_on(session, story.id, today, NAPSA) if one.contribution]
        for receipt in session.scalars(select(Receipt)):
            doc = receipt.snapshot
            assert sum(part["amount"] for part in doc["allocations"]) + doc["credit_left"] == doc["amount"]
            assert doc["credit_left"] >= 0
    assert story.credit() == 0 or not open_months
