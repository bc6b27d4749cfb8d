"""Late charges: what the rule owes less what was posted, whatever happened in which order."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from portal import db
from portal.audit import AuditEvent
from portal.ledger import arrears, book
from portal.ledger.book import ChargeBalance
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.scheme.calendars import Month, anniversary
from portal.scheme.explain import steps_from_json
from tests.ledger.conftest import Book

SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)
#: October's contributions are due on 10 November; a month later on 10 December.
DUE = date(2026, 11, 10)


def last_steps(kind: str) -> list[str]:
    """The steps kept with the latest transaction of a kind, in plain English."""
    with db.reading() as session:
        latest = select(Transaction).where(Transaction.kind == kind).order_by(Transaction.id.desc()).limit(1)
        return [str(step.words) for step in steps_from_json(session.scalars(latest).one().explanation["steps"])]


def test_the_night_after_the_due_day_adds_a_month_of_penalty(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, date(2026, 11, 5))
    assert kafue.accrue(DUE) == arrears.Accrued({}, 0)
    assert kafue.accrue(date(2026, 11, 11)) == arrears.Accrued({"ZMW": 300_00}, 1)
    assert kafue.balance(charge) == ChargeBalance(3000_00, 300_00)


def test_accruing_again_adds_nothing(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    kafue.accrue(date(2026, 12, 1))
    assert kafue.accrue(date(2026, 12, 1)).charges == 0
    assert kafue.accrue(date(2026, 12, 10)).posted == 0
    assert kafue.balance(charge).late == 300_00


def test_nights_that_were_missed_are_caught_up(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    assert kafue.accrue(date(2027, 1, 11)).posted == 900_00
    assert kafue.balance(charge).late == 900_00


def test_an_earlier_day_does_not_turn_time_back(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    kafue.accrue(date(2027, 1, 11))
    assert kafue.accrue(date(2026, 11, 15)).charges == 0
    assert kafue.balance(charge).late == 900_00


def test_who_declares_late_was_late_from_the_start(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, date(2027, 1, 20))
    kafue.accrue(date(2027, 1, 20))
    assert kafue.balance(charge).late == 900_00


def test_a_back_dated_payment_lowers_the_late_charge(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    kafue.accrue(date(2027, 1, 11))
    kafue.pay(3000_00, date(2026, 12, 10))
    assert kafue.accrue(date(2027, 1, 11)).posted == -600_00
    assert kafue.balance(charge) == ChargeBalance(0, 300_00)
    assert last_steps("late")[-1].startswith("Taken off the late charge for October 2026")


def test_a_penalty_already_paid_comes_back_as_credit_not_below_zero(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    kafue.accrue(date(2027, 1, 11))
    kafue.pay(3900_00, date(2027, 1, 11))
    assert kafue.balance(charge) == ChargeBalance(0, 0)
    kafue.pay(3000_00, DUE)  # the bank had it all the time
    kafue.accrue(date(2027, 1, 11))
    assert kafue.balance(charge).late == 900_00 - 900_00
    assert kafue.credit() == 3000_00


def test_a_revision_downwards_lowers_the_penalty_from_the_start(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    kafue.accrue(date(2026, 12, 11))
    kafue.pay(3600_00, date(2026, 12, 11))
    kafue.declare(OCTOBER, -1000_00, date(2026, 12, 20))
    kafue.accrue(date(2026, 12, 20))
    assert kafue.balance(charge) == ChargeBalance(0, 0)
    assert kafue.credit() == 1000_00 + 200_00


def test_a_bounced_cheque_brings_the_penalty_back(kafue: Book) -> None:
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    cheque = kafue.pay(3000_00, DUE)
    assert kafue.accrue(date(2026, 12, 20)).posted == 0
    kafue.take_back(cheque, date(2026, 12, 20))
    assert kafue.accrue(date(2026, 12, 20)).posted == 600_00
    assert kafue.balance(charge) == ChargeBalance(3000_00, 600_00)


def test_money_paid_ahead_counts_from_the_day_it_came(kafue: Book) -> None:
    kafue.pay(5000_00, date(2026, 11, 3))
    charge = kafue.declare(OCTOBER, 3000_00, date(2026, 12, 1))
    assert kafue.settle_credit(date(2026, 12, 1)) == [charge.id]
    assert kafue.balance(charge) == ChargeBalance(0, 0)
    assert kafue.credit() == 2000_00


def test_credit_that_was_used_and_then_bounced_is_owed_again(kafue: Book) -> None:
    ahead = kafue.pay(5000_00, date(2026, 11, 3))
    charge = kafue.declare(OCTOBER, 3000_00, DUE)
    kafue.settle_credit(DUE)
    kafue.take_back(ahead, date(2026, 11, 25))
    kafue.settle_credit(date(2026, 11, 25))
    assert kafue.balance(charge) == ChargeBalance(3000_00, 300_00)
    assert kafue.credit() == 0


def test_two_months_are_each_reckoned_from_their_own_due_day(kafue: Book) -> None:
    september = kafue.declare(SEPTEMBER, 1000_00, date(2026, 10, 5))
    october = kafue.declare(OCTOBER, 2000_00, date(2026, 11, 5))
    assert kafue.accrue(date(2026, 11, 11)).posted == 200_00 + 200_00
    assert (kafue.balance(september).late, kafue.balance(october).late) == (200_00, 200_00)


def test_the_calculation_is_kept_with_the_entry(kafue: Book) -> None:
    kafue.declare(OCTOBER, 3000_00, DUE)
    kafue.accrue(date(2026, 11, 11))
    kafue.accrue(date(2026, 12, 11))
    steps = last_steps("late")
    assert steps[0].startswith("10\u00a0% of what is unpaid is added for each month or part of a month")
    assert "Month 2, from 11 December 2026 to 10 January 2027: 3,000.00 ZMW was unpaid" in steps[2]
    assert steps[-1] == "Added to the late charge for October 2026 now"
    with db.reading() as session:
        assert [event.fields["amount"] for event in session.scalars(select(AuditEvent))] == [300_00, 300_00]


@pytest.mark.usefixtures("database", "_fund")
def test_nothing_is_added_where_the_rule_is_not_known() -> None:
    clinic = Book("zm-nhima")
    charge = clinic.declare(OCTOBER, 160_00, DUE)
    assert clinic.accrue(date(2027, 6, 1)).charges == 0
    with db.reading() as session:
        late = arrears.late_to_date(session, charge, date(2027, 6, 1))
    assert not late.known
    assert "not known" in str(late.steps[0].words)


@pytest.mark.usefixtures("database", "_fund")
@pytest.mark.parametrize(
    ("paid_on", "asked_on", "known"),
    [
        (DUE, date(2027, 6, 1), True),
        (date(2026, 11, 1), date(2026, 11, 2), True),  # before the due day: nothing can come any more
        (date(2026, 11, 11), date(2027, 6, 1), False),  # a day late
        (date(2027, 6, 2), date(2027, 6, 1), False),
        (date(2026, 11, 9), date(2026, 11, 8), False),  # not late yet, but nobody knows what it would cost
    ],
)
def test_what_was_paid_in_time_costs_nothing_even_where_the_rule_is_not_known(
    paid_on: date, asked_on: date, known: bool
) -> None:
    clinic = Book("zm-nhima")
    charge = clinic.declare(OCTOBER, 160_00, date(2026, 11, 1))
    clinic.pay(160_00, paid_on)
    with db.reading() as session:
        late = arrears.late_to_date(session, charge, asked_on)
    assert (late.known, late.amount) == (known, 0)


def test_two_currencies_have_no_sum() -> None:
    with pytest.raises(ValueError, match="have no sum"):
        _ = arrears.Accrued({"ZMW": 1, "USD": 1}, 2).posted


# Whatever happens, in whatever order.

MONTHS = [Month(2026, 8), SEPTEMBER, OCTOBER]
days = st.dates(date(2026, 8, 25), date(2027, 1, 31))
amounts = st.integers(1, 5000_00)
events = st.one_of(
    st.tuples(st.just("declare"), st.sampled_from(MONTHS), amounts, days),
    st.tuples(st.just("revise"), st.sampled_from(MONTHS), st.integers(1, 100), days),
    st.tuples(st.just("pay"), amounts, days),
    st.tuples(st.just("take back"), st.integers(0, 5), days),
    st.tuples(st.just("accrue"), days),
    st.tuples(st.just("settle"), days),
)
numbers = count(1)


class Told:
    """What a story did, kept beside the book: what was declared and what money stands."""

    def __init__(self) -> None:
        self.book = Book(number=f"P-{next(numbers)}")
        self.declared: dict[Month, int] = {}
        self.payments: list[tuple[Transaction, int]] = []

    def happen(self, kind: str, *rest: object) -> None:
        """One event."""
        match kind, *rest:
            case "declare", Month() as month, int(amount), date() as day:
                self.book.declare(month, amount, day)
                self.declared[month] = self.declared.get(month, 0) + amount
            case "revise", Month() as month, int(percent), date() as day if self.declared.get(month):
                less = self.declared[month] * percent // 100
                self.book.declare(month, -less, day)
                self.declared[month] -= less
            case "pay", int(amount), date() as day:
                self.payments.append((self.book.pay(amount, day), amount))
            case "take back", int(number), date() as day if number < len(self.payments):
                self.book.take_back(self.payments.pop(number)[0], day)
            case "accrue", date() as day:
                self.book.accrue(day)
            case "settle", date() as day:
                self.book.settle_credit(day)


#: Each story is told in an account of its own, so all of a test may share one database.
FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@pytest.mark.usefixtures("database", "_fund")
@given(st.lists(events, max_size=9))
def test_the_book_is_the_rule_whatever_happened(story: list[tuple[object, ...]]) -> None:
    told_as_the_rule_says(story)


@pytest.mark.long
@settings(FEW, max_examples=400)
@pytest.mark.usefixtures("database", "_fund")
@given(st.lists(events, max_size=14))
def test_the_book_is_the_rule_in_many_long_stories(story: list[tuple[object, ...]]) -> None:
    told_as_the_rule_says(story)


def told_as_the_rule_says(story: list[tuple[object, ...]]) -> None:
    """Let it all happen, then the book is what the rule says, and a second run adds nothing."""
    told = Told()
    for event in story:
        told.happen(*event)  # type: ignore[arg-type]  # the first of each is its kind
    end = date(2027, 2, 1)
    told.book.settle_credit(end)
    entries = everything(told)
    told.book.settle_credit(end)
    assert told.book.accrue(end).charges == 0
    assert everything(told) == entries, "a second run added something"
    assert_balanced(told)
    assert_as_the_rule_says(told, end)


def everything(told: Told) -> list[tuple[int, int]]:
    """How many entries there are and what they come to on each charge."""
    wanted = Posting.employer_id == told.book.employer
    with db.reading() as session:
        return [tuple(row) for row in session.execute(
            select(func.count(), func.sum(func.abs(Posting.amount))).where(wanted)
            .group_by(Posting.charge_id).order_by(Posting.charge_id)
        )]  # fmt: skip


def assert_balanced(told: Told) -> None:
    """Every transaction sums to zero."""
    with db.reading() as session:
        off = select(Posting.transaction_id).group_by(Posting.transaction_id).having(func.sum(Posting.amount) != 0)
        assert session.scalars(off).all() == []


def assert_as_the_rule_says(told: Told, end: date) -> None:
    """Each charge holds what was declared and what the rule owes; the whole account, less the money that stands."""
    with db.reading() as session:
        charges = session.scalars(select(Charge).where(Charge.employer_id == told.book.employer)).all()
        balances = book.balances(session, [charge.id for charge in charges])
        owed = {charge.id: arrears.late_to_date(session, charge, end).amount for charge in charges}
        posted = posted_late(session, told.book.employer)
    opened, credit = sum(one.total for one in balances.values()), told.book.credit()
    assert {key: amount for key, amount in owed.items() if amount} == posted
    assert all(one.contribution >= 0 and one.late >= 0 for one in balances.values())
    assert opened == 0 or credit == 0, "credit lies idle beside an open charge"
    money = sum(amount for _payment, amount in told.payments)
    assert opened - credit == sum(told.declared.values()) + sum(owed.values()) - money


def posted_late(session, employer: int) -> dict[int, int]:  # type: ignore[no-untyped-def]
    """The late charges in the book, by charge."""
    wanted = (Posting.employer_id == employer, Posting.account == AccountName.LATE_INCOME)
    rows = session.execute(
        select(Posting.charge_id, -func.sum(Posting.amount)).where(*wanted).group_by(Posting.charge_id)
    )
    return {charge: int(amount) for charge, amount in rows if amount}


@FEW
@pytest.mark.usefixtures("database", "_fund")
@given(amount=st.integers(1_00, 9000_00), months=st.integers(1, 6), back=st.integers(0, 5))
def test_a_payment_dated_back_never_raises_what_is_owed(amount: int, months: int, back: int) -> None:
    told = Book(number=f"B-{next(numbers)}")
    charge = told.declare(OCTOBER, amount, DUE)
    on = anniversary(date(2026, 11, 11), months)
    told.accrue(on)
    before = told.balance(charge).late
    told.pay(amount, anniversary(DUE, min(back, months)))
    told.accrue(on)
    after = told.balance(charge).late
    assert 0 <= after <= before
    rounded = (amount * 10 + 50) // 100
    assert after == rounded * min(back, months)
