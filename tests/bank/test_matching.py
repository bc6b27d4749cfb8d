"""Money finds its employer by what came with it, and says why; what is not sure waits for an officer."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from portal import db
from portal.ledger.cashbook import CashAccount
from portal.payments.models import Receipt
from portal.scheme.calendars import Month
from tests.bank.conftest import DAY, Bank, line
from tests.payments.conftest import NAPSA, Story

FEB = Month(2026, 2)
DECLARED = date(2026, 3, 5)


def declared(kafue: Story) -> str:
    """The reference of the bill of a month of 1,200.00."""
    kafue.declare(FEB, DECLARED)
    return kafue.bill(FEB, DECLARED).reference


def test_the_reference_is_found_in_each_of_the_six_places(kafue: Story, bank: Bank) -> None:
    reference = declared(kafue)
    places = ("creditor_reference", "end_to_end", "instruction", "remittance", "additional", "bank_reference")
    texts = [f"PAY {reference[:4]} {reference[4:8].lower()} {reference[8:]}/FEB"] * 6
    lines = [
        line(200_00, position=n, **{place: text})
        for n, (place, text) in enumerate(zip(places, texts, strict=True), 1)
    ]  # fmt: skip
    bank.take_in(bank.statement(*lines))
    assert kafue.open(FEB).total == 0
    assert {one.found for one in bank.entries()} == {"reference"}
    assert bank.holds(CashAccount.SUSPENSE) == 0
    assert bank.holds(CashAccount.EMPLOYERS) == -1_200_00
    with db.reading() as session:
        assert len(session.scalars(select(Receipt)).all()) == 6


def test_a_letter_o_is_read_as_a_nought_and_the_check_digits_agree(kafue: Story, bank: Bank) -> None:
    reference = declared(kafue)
    typed = reference[:5] + reference[5:].replace("0", "O")
    bank.take_in(bank.statement(line(1_200_00, remittance=typed)))
    assert kafue.open(FEB).total == 0


def test_a_mistyped_reference_is_named_and_never_taken(kafue: Story, bank: Bank) -> None:
    reference = declared(kafue)
    last = str((int(reference[-1]) + 1) % 10)
    bank.take_in(bank.statement(line(1_200_00, remittance=f"NAPSA {reference[:-1]}{last}")))
    (entry,) = bank.entries()
    assert (entry.found, entry.unsettled, entry.found_employer_id) == ("mistyped", 1_200_00, kafue.id)
    assert "is mistyped. One character away is" in entry.why["words"] if "words" in entry.why else str(entry.why)
    assert kafue.open(FEB).total == 1_200_00


def test_a_partial_and_a_payment_of_more_say_so(kafue: Story, bank: Bank) -> None:
    reference = declared(kafue)
    bank.take_in(bank.statement(line(500_00, creditor_reference=reference)))
    assert kafue.open(FEB).total == 700_00
    bank.take_in(bank.statement(line(1_300_00, creditor_reference=reference), opening=500_00, number="2"))
    assert kafue.open(FEB).total == 0
    assert kafue.credit(NAPSA) == 600_00
    less, more = (str(one.why) for one in bank.entries())
    assert "It is less than the bill" in less
    assert "It is more than the bill" in more


def test_money_recorded_by_hand_is_not_recorded_twice(kafue: Story, bank: Bank) -> None:
    reference = declared(kafue)
    receipt = kafue.pay(1_200_00, DAY, bill=reference)
    bank.take_in(bank.statement(line(1_200_00, creditor_reference=reference)))
    (entry,) = bank.entries()
    assert (entry.found, entry.unsettled, entry.found_payment_id) == ("recorded", 0, receipt.payment_id)
    with db.reading() as session:
        assert len(session.scalars(select(Receipt)).all()) == 1


def test_what_only_looks_recorded_already_waits_for_an_officer(kafue: Story, bank: Bank) -> None:
    kafue.declare(Month(2026, 1), date(2026, 2, 5))
    kafue.pay(1_200_00, DAY)
    bank.take_in(bank.statement(line(1_200_00, remittance=f"{declared(kafue)}")))
    (entry,) = bank.entries()
    assert (entry.found, entry.unsettled) == ("perhaps_recorded", 1_200_00)


def test_a_known_account_with_the_amount_that_is_owed_is_enough_and_a_name_is_not(kafue: Story, bank: Bank) -> None:
    declared(kafue)
    bank.take_in(bank.statement(line(1_200_00, payer_name="KAFUE MINING LTD.", payer_account="77001")))
    (first,) = bank.entries()
    assert (first.found, first.unsettled, first.found_scheme) == ("name", 1_200_00, NAPSA)


def test_value_day_drives_what_lateness_costs(kafue: Story, bank: Bank) -> None:
    reference = declared(kafue)
    bank.take_in(
        bank.statement(line(1_200_00, date(2026, 3, 16), value_day=date(2026, 3, 9), creditor_reference=reference)),
        on=date(2026, 3, 16),
    )
    assert kafue.open(FEB).total == 0
    with db.reading() as session:
        assert session.scalars(select(Receipt)).one().snapshot["paid_on"] == "2026-03-09"


def test_the_banks_reference_on_the_slip_is_enough_to_know_what_was_recorded(kafue: Story, bank: Bank) -> None:
    receipt = kafue.pay(77_00, DAY)  # the cashier typed “TRX 1”
    bank.take_in(bank.statement(line(77_00, remittance="transfer of march"), line(77_00, bank_reference="TRX 1")))
    first, second = bank.entries()
    assert (first.found, second.found) == ("nothing", "recorded")
    assert second.found_payment_id == receipt.payment_id
