"""A receipt: from asking for its PDF to having it, drawn for the first time and kept; and the payment behind it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask.testing import FlaskClient

from bench import Measure
from bench._stage import middle, milliseconds, stage
from portal import clock, db
from portal.auth.models import EmployerRole
from portal.contributions import service as contributions
from portal.employers.models import Employer
from portal.payments import service
from portal.scheme.calendars import Month
from tests.factories import give_mandate, hire, make_employer, sign_in

NOW = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)
RECEIPTS = 15


def measures() -> list[Measure]:
    """The median over some receipts; the first one also loads the fonts and is left out, as a server warms up."""
    with stage() as app:
        client = app.test_client()
        employer = employer_that_declared(client)
        pages = [pay(employer, number) for number in range(RECEIPTS + 1)]
        taken = [milliseconds(lambda page=page: ask(client, page)) for page in pages]  # type: ignore[misc]
        payments = [milliseconds(lambda number=number: pay(employer, number)) for number in range(RECEIPTS)]  # type: ignore[misc]
    return [
        Measure("a receipt as PDF, drawn and kept", middle(taken[1:]), 500),
        Measure("a payment recorded, with its receipt", middle(payments), 500),
    ]


def employer_that_declared(client: FlaskClient) -> Employer:
    """An employer that owes three months, its clerk signed in, the clock in November 2025."""
    with db.writing() as session:
        db.store_offset(session, NOW - clock.real_now())
        employer = make_employer(session)
        hire(session, employer, from_day=date(2025, 1, 1))
        clerk = give_mandate(session, employer, EmployerRole.CLERK)
    for month in (Month(2025, 8), Month(2025, 9), Month(2025, 10)):
        with db.writing() as session:
            draft = contributions.start_from_roster(session, employer.id, month, at=NOW, by=None)
            contributions.submit_payroll(
                session, employer.id, draft.public_id, version=draft.version, by=None, at=NOW
            )  # fmt: skip
    sign_in(client, clerk)
    return employer


def pay(employer: Employer, number: int) -> str:
    """Record a payment; the address of its receipt as PDF."""
    with db.writing() as session:
        receipt = service.record_payment(
            session, employer.id, scheme="zm-napsa", amount=50_00 + number, paid_on=NOW.date(), method="bank",
            bank_reference=f"TRX {number}", by=None, at=NOW,
        )  # fmt: skip
    return f"/employers/{employer.number}/account/receipts/{receipt.public_id}.pdf"


def ask(client: FlaskClient, page: str) -> None:
    """Download a receipt."""
    answer = client.get(page)
    assert answer.data.startswith(b"%PDF"), answer.text
