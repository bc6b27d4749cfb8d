"""Payments: what they settle, what lateness costs, credit, and taking them back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from portal import db
from portal.contributions import service as contributions
from portal.coverage.models import CoverageMonth
from portal.errors import NotFound, Refused
from portal.ledger.models import Posting, Transaction
from portal.payments import service
from portal.payments.models import Payment, Receipt
from portal.scheme.calendars import Month
from tests.payments.conftest import NAPSA, NHIMA, Story, noon

JAN, FEB, MAR, APR = (Month(2026, number) for number in (1, 2, 3, 4))
MONTHS = {JAN: date(2026, 2, 5), FEB: date(2026, 3, 5), MAR: date(2026, 4, 5), APR: date(2026, 5, 5)}


def words_of(receipt: Receipt) -> list[tuple[str, str, int]]:
    """What a receipt says it settled: kind, month, minor units."""
    return [(one["kind"]["msgid"], one["month"], one["amount"]) for one in receipt.snapshot["allocations"]]


def test_a_payment_in_time_settles_the_month_and_costs_nothing_more(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    receipt = kafue.pay(1_200_00, date(2026, 2, 10))
    assert kafue.open(JAN).total == 0
    assert words_of(receipt) == [("Contribution", "2026-01", 1_200_00)]
    assert (receipt.number, receipt.snapshot["credit_left"]) == ("R-2026-000001", 0)
    kafue.night(date(2026, 6, 1))
    assert kafue.open(JAN).total == 0


def test_a_payment_two_months_late_costs_what_a_hand_calculation_says(kafue: Story) -> None:
    """Due 10 February: 11 February begins month 1, 11 March month 2.  10 % of 1,200.00 each: 240.00."""
    kafue.declare(JAN, MONTHS[JAN])
    receipt = kafue.pay(1_440_00, date(2026, 4, 10))
    assert words_of(receipt) == [("Contribution", "2026-01", 1_200_00), ("Late charge", "2026-01", 240_00)]
    kafue.night(date(2026, 12, 1))
    assert kafue.open(JAN).total == 0
    assert kafue.credit() == 0


def test_contributions_of_all_months_are_settled_before_any_late_charge(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    kafue.declare(FEB, MONTHS[FEB])
    kafue.night(date(2026, 3, 20))
    receipt = kafue.pay(2_500_00, date(2026, 3, 20))
    assert words_of(receipt) == [
        ("Contribution", "2026-01", 1_200_00),
        ("Contribution", "2026-02", 1_200_00),
        ("Late charge", "2026-01", 100_00),
    ]
    assert kafue.open(JAN).late == 240_00 - 100_00


def test_a_back_dated_payment_lowers_the_late_charge(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    kafue.night(date(2026, 4, 15))  # three months begun
    assert kafue.open(JAN).late == 360_00
    receipt = kafue.pay(1_200_00, date(2026, 2, 20), on=date(2026, 4, 15))
    assert words_of(receipt) == [("Contribution", "2026-01", 1_200_00)]
    assert (kafue.open(JAN).contribution, kafue.open(JAN).late) == (0, 120_00)


def test_a_back_dated_payment_settles_only_the_late_charge_of_its_own_day(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    kafue.night(date(2026, 4, 15))
    receipt = kafue.pay(1_400_00, date(2026, 2, 20), on=date(2026, 4, 15))
    assert words_of(receipt)[1:] == [("Late charge", "2026-01", 120_00)]
    assert receipt.snapshot["credit_left"] == 80_00
    assert (kafue.open(JAN).total, kafue.credit()) == (0, 80_00)


def test_an_over_payment_becomes_credit_and_settles_the_next_charge(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    first = kafue.pay(2_000_00, date(2026, 2, 8))
    assert first.snapshot["credit_left"] == 800_00 == kafue.credit()
    kafue.declare(FEB, MONTHS[FEB])
    second = kafue.pay(400_00, date(2026, 3, 9))
    assert (kafue.open(FEB).total, kafue.credit()) == (0, 0)
    assert words_of(second) == [("Contribution", "2026-02", 400_00)]


def test_money_paid_ahead_keeps_its_day_and_pays_no_late_charge(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    kafue.pay(3_000_00, MONTHS[JAN])
    kafue.declare(FEB, date(2026, 6, 1))  # due 10 March, declared late; the money was there on 5 February
    kafue.night(date(2026, 6, 1))
    assert (kafue.open(FEB).total, kafue.credit()) == (0, 600_00)
    with db.reading() as session:
        released = select(func.count()).where(Transaction.name.startswith("credit/overpaid/"))
        assert session.scalar(released) == 0


def test_credit_settles_the_next_month_by_itself_and_opens_cover(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    kafue.pay(800_00, MONTHS[JAN], scheme=NHIMA)
    for month in (FEB, MAR, APR):
        kafue.declare(month, MONTHS[month])
        kafue.night(MONTHS[month])
        assert kafue.open(month, NHIMA).total == 0
    assert kafue.credit(NHIMA) == 0
    assert kafue_cover(kafue) == {("2026-05", "open"): 2}


def test_the_check_page_promises_exactly_what_the_payment_then_does(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    kafue.declare(FEB, MONTHS[FEB])
    day = date(2026, 4, 12)
    with db.reading() as session:
        shown = service.preview(session, kafue.id, scheme=NAPSA, amount=2_600_00, paid_on=day, at=noon(day))
    receipt = kafue.pay(2_600_00, day)
    assert [step.result for step in shown.steps if step.result] == [one[2] for one in words_of(receipt)]
    assert shown.owed_before == 1_200_00 * 2 + 360_00 + 240_00
    assert shown.left_open == kafue.open(JAN).total + kafue.open(FEB).total == 400_00


def test_the_same_form_sent_twice_is_one_payment(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    key = uuid4()
    first, second = (kafue.pay(500_00, date(2026, 2, 8), key=key) for _ in range(2))
    assert first.public_id == second.public_id
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 1
    with pytest.raises(Refused, match="already used"):
        kafue.pay(600_00, date(2026, 2, 8), key=key)


def test_numbers_have_no_gaps_when_eight_cashiers_record_at_once(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    other = Story("ZE1000025", "Lusaka School")
    other.declare(JAN, MONTHS[JAN])
    day, key = date(2026, 2, 8), uuid4()

    def record(n: int) -> str:
        story = (kafue, other)[n % 2]
        if n == 7:  # one that fails after it has begun gives no number away
            with pytest.raises(Refused):
                story.pay(10_00, day, bill="RF18539007547034")
            return ""
        return story.pay(10_00 + n, day, key=key if n in (2, 4) else None).number if n != 4 else record(2)

    with ThreadPoolExecutor(8) as pool:
        numbers = {number for number in pool.map(record, range(8)) if number}
    assert numbers == {f"R-2026-{n:06d}" for n in range(1, 7)}
    with db.reading() as session:
        assert session.scalar(select(func.sum(Posting.amount))) == 0


def test_taking_a_payment_back_restores_everything(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    kafue.declare(FEB, MONTHS[FEB])
    kafue.night(date(2026, 3, 20))
    before = (kafue.open(JAN), kafue.open(FEB), kafue.credit())
    receipt = kafue.pay(3_000_00, date(2026, 3, 20))
    assert kafue.open(JAN).total == 0
    kafue.take_back(receipt, date(2026, 3, 20))
    assert (kafue.open(JAN), kafue.open(FEB), kafue.credit()) == before


def test_a_bounced_cheque_was_never_a_payment_for_lateness(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    receipt = kafue.pay(1_200_00, date(2026, 2, 9))
    kafue.take_back(receipt, date(2026, 4, 15))
    assert (kafue.open(JAN).contribution, kafue.open(JAN).late) == (1_200_00, 360_00)


def test_taking_back_twice_is_once_and_asks_for_a_reason(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    receipt = kafue.pay(1_200_00, date(2026, 2, 9))
    with pytest.raises(Refused, match="why"):
        kafue.take_back(receipt, date(2026, 2, 10), reason="  ")
    first, second = (kafue.take_back(receipt, date(2026, 2, 10)) for _ in range(2))
    assert first.id == second.id
    with db.reading() as session:
        reversals = select(func.count()).select_from(Transaction).where(Transaction.kind == "reversal")
        assert session.scalar(reversals) == 1


def test_another_employers_receipt_cannot_be_taken_back(kafue: Story) -> None:
    other = Story("ZE1000025", "Lusaka School")
    other.declare(JAN, MONTHS[JAN])
    receipt = other.pay(100_00, date(2026, 2, 9))
    with pytest.raises(NotFound):
        kafue.take_back(receipt, date(2026, 2, 10))


def test_what_cannot_be_a_payment_is_refused_in_words(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    with pytest.raises(Refused, match="above zero"):
        kafue.pay(0, date(2026, 2, 9))
    with pytest.raises(Refused, match="still to come"):
        kafue.pay(1_00, date(2026, 2, 10), on=date(2026, 2, 9))
    with pytest.raises(Refused, match="begins on"):
        kafue.pay(1_00, date(2002, 2, 9), on=date(2026, 2, 9))


def test_four_paid_months_open_cover_and_taking_one_back_closes_it(kafue: Story) -> None:
    for month, day in MONTHS.items():
        kafue.declare(month, day)
        receipt = kafue.pay(200_00, day, scheme=NHIMA)
    assert kafue_cover(kafue) == {("2026-05", "open"): 2}
    kafue.take_back(receipt, date(2026, 5, 20))
    assert kafue_cover(kafue) == {("2026-05", "closed"): 2}


def test_one_payment_for_four_months_opens_cover_at_once(kafue: Story) -> None:
    for month, day in MONTHS.items():
        kafue.declare(month, day)
    kafue.pay(799_99, date(2026, 5, 8), scheme=NHIMA)
    assert kafue_cover(kafue) == {}
    kafue.pay(1, date(2026, 5, 8), scheme=NHIMA)
    assert kafue_cover(kafue) == {("2026-05", "open"): 2}


def kafue_cover(story: Story) -> dict[tuple[str, str], int]:
    """How many person-months of cover there are, by month and state."""
    with db.reading() as session:
        counted = select(CoverageMonth.month, CoverageMonth.state, func.count()).group_by(
            CoverageMonth.month, CoverageMonth.state
        )
        return {(str(month), state): n for month, state, n in session.execute(counted)}


def test_nobody_is_covered_by_money_for_a_pension(kafue: Story) -> None:
    kafue.declare(JAN, MONTHS[JAN])
    kafue.pay(1_200_00, date(2026, 2, 9))
    assert kafue_cover(kafue) == {}
    with db.reading() as session:
        assert contributions.declared_people(session, kafue.id, NAPSA, JAN)
