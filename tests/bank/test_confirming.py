"""Many proposals are confirmed in one go; what changed in between is named and left, and nothing happens twice."""

from __future__ import annotations

import re
from datetime import date
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import db, work
from portal.bank import returning, settling
from portal.bank.confirming import batches, proposals
from portal.bank.confirming.batches import Tick
from portal.bank.models import BankAccount, BankConfirmed
from portal.ledger.cashbook import CashAccount
from portal.payments.models import Receipt
from portal.scheme.calendars import Month
from portal.scheme.explain import words_from_json
from tests.bank.conftest import Bank, faults, line
from tests.bank.test_at_once import both, count
from tests.bank.test_pages import said
from tests.factories import make_officer, sign_in
from tests.payments.conftest import NAPSA, Story, noon
from tests.payments.test_pages import move_to

FEB, DECLARED = Month(2026, 2), date(2026, 3, 5)


@pytest.fixture
def cashier(client: FlaskClient, bank: Bank) -> FlaskClient:
    """The cashier's browser on 20 March 2026."""
    move_to(date(2026, 3, 20))
    sign_in(client, bank.cashier)
    return client


def some(kafue: Story, bank: Bank, *more: object, scheme: str | None = NAPSA) -> None:
    """A payer called like the employer, a charge of the bank, a bill's number with too much, a deposit of nobody."""
    with db.writing() as session:
        session.get_one(BankAccount, bank.account.id).scheme = scheme
    kafue.declare(FEB, DECLARED)
    number = kafue.bill(FEB, DECLARED).number
    bank.take_in(bank.statement(
        line(100_00, payer_name=kafue.employer.legal_name), line(-15_00, position=2, additional="LEDGER FEE"),
        line(9_999_00, position=3, remittance=f"bill {number}"), line(50_00, position=4, additional="CASH DEPOSIT"),
        *more,
    ))  # fmt: skip


def ticks() -> list[Tick]:
    """Every proposal there is, ticked."""
    with db.reading() as session:
        found = proposals.page(session, "", limit=1000, offset=0)
    return [Tick(one.entry.public_id, one.mark) for one in found if one.ready]


def confirm(bank: Bank, chosen: list[Tick], name: UUID | None = None) -> dict[str, list[str]]:
    """Confirm them, and do the worker's part; what was said of each, by outcome."""
    with db.writing() as session:
        made = batches.confirm(session, name or uuid4(), chosen, by=bank.cashier.id, at=noon(date(2026, 3, 20)))
    work.do_waiting(60)
    found: dict[str, list[str]] = {"done": [], "left": []}
    with db.reading() as session:
        wanted = BankConfirmed.confirmation_id == made.id
        for row in session.scalars(select(BankConfirmed).where(wanted).order_by(BankConfirmed.id)):
            found[row.outcome].append(str(words_from_json(row.said if row.said else row.why)))
    return found


def boxes(page: str) -> list[str]:
    return re.findall(r'name="tick" value="([^"]+)"', page)


def test_proposals_are_ticked_and_confirmed_with_one_button(kafue: Story, bank: Bank, cashier: FlaskClient) -> None:
    some(kafue, bank)
    assert "Confirm 3 proposals" in said(cashier.get("/fund/bank/"))
    plain = cashier.get("/fund/bank/proposals").get_data(as_text=True)
    assert "checked" not in plain
    page = cashier.get("/fund/bank/proposals?tick=all").get_data(as_text=True)
    assert page.count(" checked") == 3
    for words in ("Only the name says so", "Booked as no employer", "but the amount is not"):
        assert words in said(cashier.get("/fund/bank/proposals"))
    form = {"key": re.search(r'name="key" value="([^"]+)"', page)[1], "tick": boxes(page)}
    first, second = (cashier.post("/fund/bank/proposals", data=form) for _twice in range(2))
    assert first.status_code == 302
    assert first.location == second.location
    result = said(cashier.get(first.location))
    assert "3 proposals are booked." in result
    assert "The payer is called like" in result  # each keeps its reason
    assert count(Receipt) == 2
    assert (bank.holds(CashAccount.SUSPENSE), bank.holds(CashAccount.OTHER)) == (-50_00, 15_00)
    assert "No proposal waits" in said(cashier.get("/fund/bank/proposals"))
    assert faults() == []


def test_nothing_ticked_is_said_and_a_form_that_was_changed_is_refused(
    kafue: Story, bank: Bank, cashier: FlaskClient
) -> None:
    some(kafue, bank)
    answer = cashier.post("/fund/bank/proposals", data={"key": str(uuid4())})
    assert answer.status_code == 422
    assert "Tick the proposals that are right" in said(answer)
    assert cashier.post("/fund/bank/proposals", data={"key": "x", "tick": "y"}).status_code == 400
    unknown = {"key": str(uuid4()), "tick": f"{uuid4()}:0"}
    assert cashier.post("/fund/bank/proposals", data=unknown).status_code == 404
    assert cashier.get("/fund/bank/proposals?kind=other").status_code == 400
    assert cashier.get("/fund/bank/proposals?kind=out&page=9").status_code == 200
    assert count(Receipt) == 0


def test_what_changed_in_between_is_named_and_left(kafue: Story, bank: Bank) -> None:
    some(kafue, bank, line(70_00, position=5, payer_name=kafue.employer.legal_name),
         line(80_00, position=6, payer_name=kafue.employer.legal_name))  # fmt: skip
    chosen, at = ticks(), noon(date(2026, 3, 20))
    name, fee, bill, _nobody, parked, asked = bank.entries()
    with db.writing() as session:
        settling.out(session, fee.public_id, by=bank.supervisor.id, at=at)
        settling.park(session, parked.public_id, "They will call back.", by=bank.supervisor.id, at=at)
        returning.ask(session, returning.SEND_BACK, asked.public_id, reason="Not ours", by=bank.supervisor.id, at=at)
    marked = [Tick(one.entry, "another") if one.entry == bill.public_id else one for one in chosen]
    found = confirm(bank, marked)
    assert len(found["done"]) == 1
    assert sorted(found["left"]) == [
        "It changed since you saw it. Look at it again.", "It changed since you saw it. Look at it again.",
        "It changed since you saw it. Look at it again.", "It was settled meanwhile.",
    ]  # fmt: skip
    assert [one.unsettled for one in bank.entries()] == [0, 0, 9_999_00, 50_00, 70_00, 80_00]
    assert name.public_id in {one.entry for one in chosen}
    assert faults() == []


def test_two_officers_confirm_the_same_at_once(kafue: Story, bank: Bank) -> None:
    some(kafue, bank)
    chosen, at = ticks(), noon(date(2026, 3, 20))
    with db.writing() as session:
        other = make_officer(session)

    def one(number: int) -> None:
        with db.writing() as session:
            batches.confirm(session, uuid4(), chosen, by=(bank.cashier, other)[number].id, at=at)

    assert both(one) == []
    with db.reading() as session:
        rows = dict(session.execute(select(BankConfirmed.outcome, func.count()).group_by(BankConfirmed.outcome)).all())
    assert rows == {"done": 3, "left": 3}
    assert count(Receipt) == 2
    assert faults() == []


def test_one_that_cannot_be_booked_does_not_keep_the_others(kafue: Story, bank: Bank) -> None:
    some(kafue, bank)
    chosen = ticks()
    with db.writing() as session:  # the day the bank counts it is still to come
        made = batches.confirm(session, uuid4(), chosen, by=bank.cashier.id, at=noon(date(2026, 3, 1)))
    with db.reading() as session:
        wanted = BankConfirmed.confirmation_id == made.id
        rows = session.scalars(select(BankConfirmed).where(wanted).order_by(BankConfirmed.id)).all()
    assert [row.outcome for row in rows] == ["left", "done", "left"]
    assert "is still to come" in str(words_from_json(rows[0].said))
    assert faults() == []


def test_many_are_left_to_the_worker_and_are_not_offered_meanwhile(
    kafue: Story, bank: Bank, cashier: FlaskClient
) -> None:
    kafue.declare(FEB, DECLARED)
    bank.take_in(bank.statement(
        *(line(-100 - n, position=n + 1, additional="LEDGER FEE") for n in range(95))
    ))  # fmt: skip
    answer = cashier.get("/fund/bank/proposals?tick=all")
    page = answer.get_data(as_text=True)
    assert len(boxes(page)) == batches.MOST
    assert len(answer.data) < 100_000
    done = cashier.post("/fund/bank/proposals", data={"key": str(uuid4()), "tick": boxes(page)})
    assert "Booking what was confirmed" in said(cashier.get(done.location))
    assert len(boxes(cashier.get("/fund/bank/proposals").get_data(as_text=True))) == 20
    work.do_waiting(60)
    assert "75 proposals are booked." in said(cashier.get(done.location))
    assert sum(one.unsettled != 0 for one in bank.entries()) == 20
    assert faults() == []


def test_a_mistyped_reference_is_offered_only_with_the_amount_of_its_bill(kafue: Story, bank: Bank) -> None:
    kafue.declare(FEB, DECLARED)
    bill = kafue.bill(FEB, DECLARED)
    wrong = bill.reference[:-1] + str((int(bill.reference[-1]) + 1) % 10)
    bank.take_in(bank.statement(
        line(bill.amount, remittance=f"pay {wrong}"), line(bill.amount - 1, position=2, remittance=f"pay {wrong}")
    ))  # fmt: skip
    assert [one.entry for one in ticks()] == [bank.entries()[0].public_id]
    confirm(bank, ticks())
    assert kafue.open(FEB).total == 0


def test_what_needs_a_scheme_is_not_ticked(kafue: Story, bank: Bank, cashier: FlaskClient) -> None:
    some(kafue, bank, scheme=None)  # the employer owes in two schemes, and a name does not tell in which it paid
    page = cashier.get("/fund/bank/proposals?tick=all")
    assert len(boxes(page.get_data(as_text=True))) == 2
    assert "Open the entry and say for which scheme." in said(page)
