"""The book is compared with what happened: nothing is found in an honest one, and whatever is done to it is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import make_url

from portal import approvals, db
from portal.auth.models import EmployerRole, FundRoleName
from portal.ledger_commands import ledger_command
from portal.payments.refunds import BankAccount, ask_for_refund
from portal.scheme.calendars import Month
from portal.verifying.faults import MEANINGS, Report
from portal.verifying.verify import verify
from tests.conftest import Cluster
from tests.factories import give_mandate, make_officer
from tests.payments.conftest import NAPSA, Story, noon

MAY = date(2026, 5, 20)
TO = BankAccount("Kafue Mining Limited", "0177", "Zanaco")


def check(number: str = "") -> Report:
    with db.reading() as session:
        return verify(session, number)


def codes(found: Report) -> set[str]:
    return {one.code for one in found.faults}


@pytest.fixture
def lived(database: str, _fund: None, once: Callable[[str, Callable[[], Story]], Story]) -> Story:
    """Paid ahead, used as credit, late, taken back, paid too much, given back; and a second employer beside it."""
    return once("a book in which everything happened", _everything)


def _everything() -> Story:
    kafue = Story()
    kafue.declare(Month(2026, 1), date(2026, 2, 5))
    kafue.pay(1_500_00, date(2026, 2, 5))
    kafue.declare(Month(2026, 2), date(2026, 3, 4))
    kafue.night(date(2026, 3, 4))
    kafue.declare(Month(2026, 3), date(2026, 4, 5))
    kafue.night(MAY)
    mistaken = kafue.pay(100_00, date(2026, 5, 19), on=MAY)
    kafue.take_back(mistaken, MAY)
    kafue.pay(5_000_00, MAY)
    give_back(kafue, 200_00, MAY)
    other = Story("ZE1000025", "Lusaka School")
    other.declare(Month(2026, 1), date(2026, 2, 5))
    other.night(MAY)
    return kafue


def give_back(story: Story, amount: int, on: date) -> None:
    """A part of the credit, asked for by one and approved by another."""
    with db.writing() as session:
        maker = give_mandate(session, story.employer, EmployerRole.SIGNATORY)
        checker = make_officer(session, FundRoleName.SUPERVISOR)
        asked = ask_for_refund(
            session, story.id, NAPSA, amount, TO, reason="Paid too much", by=maker.id, at=noon(on)
        )  # fmt: skip
        approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=checker.id, at=noon(on))


@pytest.fixture
def owner(database: str, cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Who owns the database, with every trigger off: nothing stops them."""
    name = make_url(database).database or ""
    with psycopg.connect(cluster.owner.format(name=name), autocommit=True) as connection:
        for table in ("posting", "transaction", "charge", "payment", "payment_reversal", "receipt", "refund"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        yield connection


def test_an_honest_book_is_what_happened(lived: Story) -> None:
    found = check()
    assert found.faults == []
    assert (found.employers, found.charges, found.not_compared) == (2, 8, 0)
    assert found.entries > 15
    assert check(lived.employer.number).employers == 1


def test_what_waits_for_the_night_is_no_fault(kafue: Story) -> None:
    kafue.declare(Month(2026, 1), date(2026, 2, 5))
    kafue.pay(1_500_00, date(2026, 2, 5))
    kafue.declare(Month(2025, 11), MAY)  # late already, and the credit beside it: the worker comes in a moment
    assert check().faults == []


@pytest.mark.parametrize(
    ("code", "tampering"),
    [
        ("entry.unbalanced", "UPDATE posting SET amount = amount + 1 WHERE account = 'money_received'"),
        ("entry.elsewhere", "UPDATE posting SET employer_id = (SELECT max(id) FROM employer) WHERE account = 'credit'"),
        ("reversal.unequal", "UPDATE posting SET amount = 2 * amount FROM transaction t "
                             "WHERE t.id = transaction_id AND t.kind = 'reversal'"),
        ("declaration.lines", "UPDATE declaration_line SET employee_share = employee_share + 1"),
        ("declaration.charged", "UPDATE declaration SET total = total - 100 WHERE kind = 'regular'"),
        ("payment.booked", "UPDATE payment SET amount = amount + 100"),
        ("payment.booked", "UPDATE payment SET paid_on = paid_on - 30"),
        ("payment.reversed", "DELETE FROM payment_reversal"),
        ("refund.booked", "UPDATE refund SET amount = amount - 1"),
        ("refund.pending", "UPDATE posting SET amount = 2 * amount FROM transaction t "
                           "WHERE t.id = transaction_id AND t.kind = 'credit' AND account = 'set_aside'"),
        ("receipt.amount", "UPDATE receipt SET snapshot = jsonb_set(snapshot, '{credit_left}', '7')"),
        ("account.balance", "UPDATE declaration SET state = 'superseded'"),
        ("allocation.order", "UPDATE posting SET charge_id = (SELECT max(id) FROM charge WHERE scheme = 'zm-napsa' AND "
                             "employer_id = posting.employer_id) FROM transaction t WHERE t.id = transaction_id "
                             "AND t.kind = 'payment' AND account = 'contribution_due'"),
        ("allocation.order", "UPDATE transaction SET effective_day = '2026-03-01' WHERE kind = 'payment'"),
        ("credit.overdrawn", "UPDATE transaction SET effective_day = '2026-01-02' WHERE name LIKE 'credit/use/%'"),
        ("late.amount", "UPDATE posting SET amount = 3 * amount FROM transaction t "
                        "WHERE t.id = transaction_id AND t.kind = 'late'"),
        ("late.amount", "UPDATE charge SET due_day = due_day - 40"),
        ("charge.overpaid", "UPDATE posting SET amount = amount - 5 WHERE account = 'contribution_due'"),
    ],
)  # fmt: skip
def test_whatever_is_done_to_the_book_is_found_and_named(
    lived: Story, owner: psycopg.Connection, code: str, tampering: str
) -> None:
    assert owner.execute(tampering).rowcount > 0  # type: ignore[arg-type]
    found = check()
    assert code in codes(found)
    assert lived.employer.number in {one.employer for one in found.faults}


def test_every_fault_has_a_meaning_and_the_command_says_it(lived: Story, owner: psycopg.Connection) -> None:
    told = CliRunner().invoke(ledger_command, ["verify"])
    assert (told.exit_code, "2 employers were compared" in told.output) == (0, True)
    owner.execute("UPDATE refund SET amount = amount - 1")
    told = CliRunner().invoke(ledger_command, ["verify"])
    assert told.exit_code == 1
    assert "a refund is not in the book, or one in the book is not on file (refund.booked)" in told.output
    found = json.loads(CliRunner().invoke(ledger_command, ["verify", "--json"]).output)
    (refund,) = [one for one in found["faults"] if one["code"] == "refund.booked"]
    assert (found["ok"], refund["expected"], refund["found"]) == (False, 199_99, 200_00)
    assert refund["meaning"] == MEANINGS["refund.booked"]
