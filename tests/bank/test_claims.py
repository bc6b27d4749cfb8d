"""Money that an employer claims: booked from the claim, by two people where one is not enough; and how claims end."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal import approvals, db, installation
from portal.approvals import Approval
from portal.auth.models import EmployerRole
from portal.bank import claims, returning, settling
from portal.bank.claiming import booking
from portal.bank.claiming.booking import Wanted
from portal.bank.models import BankAccount
from portal.cases.models import Case, CaseEntry
from portal.errors import Refused
from portal.ledger.cashbook import CashAccount
from portal.notices.models import Notice
from portal.payments.models import Receipt
from portal.scheme.calendars import Month
from portal.scheme.explain import words_from_json
from tests.bank.conftest import DAY, Bank, faults, line
from tests.bank.test_at_once import both, count
from tests.factories import give_mandate, sign_in
from tests.payments.conftest import NAPSA, Story, noon
from tests.payments.test_pages import move_to, text_of

TODAY = date(2026, 3, 20)


def said(answer: TestResponse) -> str:
    return html.unescape(text_of(answer.get_data(as_text=True)))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, kafue: Story) -> Callable[[int], None]:
    """Let one officer book so much on a claim alone, in minor units."""

    def put(amount: int) -> None:
        found = installation.fund()
        monkeypatch.setattr(installation, "_fund", replace(found, limits=replace(found.limits, claim_alone=amount)))

    put(1_000_00)
    return put


def claim(story: Story, amount: int, on: date = DAY) -> Case:
    """The employer says that it paid so much."""
    with db.writing() as session:
        clerk = give_mandate(session, story.employer, EmployerRole.CLERK)
        return claims.claim(
            session, story.id, amount=amount, currency="ZMW", paid_on=on, text="At the main branch", papers=[],
            key=uuid4(), by=clerk.id, today=TODAY, at=noon(TODAY),
        )  # fmt: skip


def now(case: Case) -> Case:
    """The claim as it stands."""
    with db.reading() as session:
        return session.get_one(Case, case.id)


def ended(case: Case) -> str:
    """What the employer reads of how its claim ended, and the message that tells it."""
    with db.reading() as session:
        wanted = (CaseEntry.case_id == case.id, CaseEntry.step == "closed")
        text = session.scalars(select(CaseEntry.text).where(*wanted)).one()
        told = session.scalars(select(Notice).where(Notice.kind == "claim.closed")).one()
    assert told.employer_id == case.employer_id
    assert str(words_from_json(told.values["what"])) == text
    return text


def ask(bank: Bank, case: Case, amount: int, *, by: int | None = None) -> Receipt | Approval:
    """Book the first entry for the claim."""
    with db.writing() as session:
        return booking.book_claimed(
            session, case.public_id, bank.entries()[0].public_id, Wanted(NAPSA, amount), reason="The slip shows it.",
            key=uuid4(), by=by or bank.cashier.id, at=noon(TODAY),
        )  # fmt: skip


def approve(request: Approval, by: int) -> None:
    with db.writing() as session:
        approvals.approve(session, request.public_id, fingerprint=request.fingerprint, by=by, at=noon(TODAY))


@pytest.fixture
def cashier(client: FlaskClient, bank: Bank) -> FlaskClient:
    """The cashier's browser on 20 March 2026."""
    move_to(TODAY)
    sign_in(client, bank.cashier)
    return client


def test_a_small_claim_is_checked_booked_by_one_and_closes_by_itself(
    kafue: Story, bank: Bank, alone: Callable[[int], None], cashier: FlaskClient
) -> None:
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    bank.take_in(bank.statement(line(500_00, additional="CASH DEPOSIT")))
    case, entry = claim(kafue, 500_00), bank.entries()[0]
    assert "Book it for this claim" in said(cashier.get(f"/fund/cases/{case.public_id}"))
    url = f"/fund/bank/claims/{case.public_id}/entries/{entry.public_id}"
    first = cashier.get(url)
    assert first.status_code == 200
    assert "What it will settle" not in said(first)  # the scheme has to be said
    form = {"key": str(uuid4()), "scheme": NAPSA, "amount": "500.00"}
    page = said(cashier.get(url, query_string=form))
    assert "What it will settle" in page
    assert "A second person has to agree." not in page
    assert cashier.get(url, query_string={**form, "amount": "500.01"}).status_code == 422
    once, twice = (cashier.post(url, data=form) for _twice in range(2))
    assert once.status_code == 302
    assert once.location == twice.location
    assert count(Receipt) == 1
    assert (now(case).state, now(case).outcome) == ("closed", "settled")
    assert "It is booked to your account. Receipt" in ended(case)
    assert "is closed" in said(cashier.get(url))
    assert faults() == []


def test_a_large_claim_needs_a_second_person(kafue: Story, bank: Bank, alone: Callable[[int], None]) -> None:
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    bank.take_in(bank.statement(line(1_200_00, additional="CASH DEPOSIT")))
    case = claim(kafue, 1_200_00)
    request, again = (ask(bank, case, 1_200_00) for _twice in range(2))
    assert isinstance(request, Approval)
    assert request.id == again.id
    assert count(Receipt) == 0
    assert now(case).state == "open"
    with db.reading() as session:
        rows = approvals.ACTIONS[request.action].rows(session, request)
    assert "more than" in " ".join(str(value) for _label, value in rows)
    with pytest.raises(Refused, match="Somebody else has to decide"):
        approve(request, bank.cashier.id)
    approve(request, bank.supervisor.id)
    approve(request, bank.supervisor.id)
    assert count(Receipt) == 1
    assert bank.holds(CashAccount.SUSPENSE) == 0
    assert now(case).state == "closed"
    assert "Receipt" in ended(case)
    assert faults() == []


def test_the_page_of_the_entry_is_no_way_around_the_second_person(
    kafue: Story, bank: Bank, alone: Callable[[int], None], cashier: FlaskClient
) -> None:
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    bank.take_in(bank.statement(line(1_200_00, additional="CASH DEPOSIT")))
    case, entry = claim(kafue, 1_200_00), bank.entries()[0]
    form = {"key": str(uuid4()), "employer": kafue.employer.number, "scheme": NAPSA, "amount": "1200.00"}
    answer = cashier.post(f"/fund/bank/entries/{entry.public_id}/settle", data=form)
    assert answer.status_code == 409
    assert f"Book it from case {case.number}." in said(answer)
    url = f"/fund/bank/claims/{case.public_id}/entries/{entry.public_id}"
    wanted = {"key": str(uuid4()), "scheme": NAPSA, "amount": "1200.00"}
    assert "Write why this should be done." in said(cashier.post(url, data={**wanted, "reason": ""}))
    assert cashier.post(url, data={**wanted, "reason": "Slip 77"}).status_code == 302
    assert "A second person has to agree." in said(cashier.get(f"/fund/cases/{case.public_id}"))
    assert "A second person has to agree." in said(cashier.get(f"/fund/bank/entries/{entry.public_id}"))
    assert count(Receipt) == 0


def test_what_points_to_another_employer_needs_a_second_person_however_small(
    kafue: Story, bank: Bank, alone: Callable[[int], None]
) -> None:
    other = Story("ZE1000025", "Mosi Transport Limited")
    other.declare(Month(2026, 2), date(2026, 3, 5))
    number = other.bill(Month(2026, 2), date(2026, 3, 5)).number
    bank.take_in(bank.statement(line(40_00, remittance=f"part of {number}")))
    case = claim(kafue, 40_00)
    request = ask(bank, case, 40_00)
    assert isinstance(request, Approval)
    assert request.shown["points_to"] == "Mosi Transport Limited"
    with db.writing() as session:  # meanwhile a colleague books it to whom it names
        settling.settle(
            session, bank.entries()[0].public_id, other.id, scheme=NAPSA, amount=40_00, key=uuid4(),
            by=bank.supervisor.id, at=noon(TODAY),
        )  # fmt: skip
    text = ended(case)
    assert "booked to another employer" in text
    assert "Mosi" not in text
    assert now(case).outcome == "explained"
    with pytest.raises(Refused, match="is closed"):
        approve(request, bank.supervisor.id)


def test_a_claim_ends_when_its_money_is_found_by_itself(kafue: Story, bank: Bank, alone: Callable[[int], None]) -> None:
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    reference = kafue.bill(Month(2026, 2), date(2026, 3, 5)).reference
    first, far, less = claim(kafue, 1_200_00), claim(kafue, 1_200_00, date(2026, 2, 1)), claim(kafue, 7_00)
    bank.take_in(bank.statement(line(1_200_00, remittance=reference)), on=TODAY)
    assert [now(one).state for one in (first, far, less)] == ["closed", "open", "open"]
    assert "Receipt" in ended(first)


def test_money_sent_back_ends_the_claim_it_was_asked_for(
    kafue: Story, bank: Bank, alone: Callable[[int], None]
) -> None:
    bank.take_in(bank.statement(line(2_000_00, additional="CASH DEPOSIT")))
    case, entry = claim(kafue, 2_000_00), bank.entries()[0]
    request = ask(bank, case, 2_000_00)
    assert isinstance(request, Approval)
    with db.writing() as session:
        approvals.refuse(
            session, request.public_id, fingerprint=request.fingerprint, note="Not theirs.", by=bank.supervisor.id,
            at=noon(TODAY),
        )  # fmt: skip
        back = returning.ask(
            session, returning.SEND_BACK, entry.public_id, reason="Not ours", by=bank.cashier.id, at=noon(TODAY)
        )
    approve(back, bank.supervisor.id)
    assert "It went back to the account it came from." in ended(case)


def test_two_officers_book_a_claim_at_once(kafue: Story, bank: Bank, alone: Callable[[int], None]) -> None:
    kafue.declare(Month(2026, 2), date(2026, 3, 5))
    bank.take_in(bank.statement(line(500_00, additional="CASH DEPOSIT")))
    case = claim(kafue, 500_00)
    refused = both(lambda number: ask(bank, case, 500_00, by=(bank.cashier, bank.supervisor)[number].id))
    assert len(refused) == 1
    assert count(Receipt) == 1
    assert faults() == []


def test_what_is_no_claim_has_no_such_page(kafue: Story, bank: Bank, cashier: FlaskClient) -> None:
    bank.take_in(bank.statement(line(500_00)))
    entry = bank.entries()[0].public_id
    assert cashier.get(f"/fund/bank/claims/{uuid4()}/entries/{entry}").status_code == 404
    case = claim(kafue, 5_00)
    assert cashier.get(f"/fund/bank/claims/{case.public_id}/entries/{uuid4()}").status_code == 404
    with db.writing() as session:
        session.get_one(BankAccount, bank.account.id).scheme = NAPSA
    assert "What it will settle" in said(cashier.get(f"/fund/bank/claims/{case.public_id}/entries/{entry}"))
