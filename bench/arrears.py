"""A night of late charges for many employers, and the officer's pages over what it leaves."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bench import Measure
from bench._stage import middle, milliseconds, stage
from portal import clock, db
from portal.employers.models import Employer
from portal.installation import pack
from portal.ledger import arrears, book
from portal.ledger.book import Entry
from portal.ledger.models import AccountName
from portal.scheme.calendars import Month
from portal.scheme.deadlines import due_day
from tests.factories import make_employer, make_officer, sign_in

EMPLOYERS = 100
MONTHS = tuple(Month(2025, number) for number in range(1, 13))
NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
#: The pages measured, each this many times.
PAGES, TIMES = ("/fund/", "/fund/arrears", "/fund/employers", "/fund/employers/{number}"), 9


def measures() -> list[Measure]:
    """One night for every employer, the same night again, and the median of the officer's pages."""
    with stage() as app:
        employers = employers_that_owe()
        first, again = milliseconds(lambda: night(employers)), milliseconds(lambda: night(employers))
        client = officer(app.test_client())
        paths = [path.format(number=employers[0].number) for path in PAGES]
        client.get(paths[0])
        figures = [milliseconds(lambda path=path: client.get(path)) for path in paths for _time in range(TIMES)]
    said = f"{EMPLOYERS} employers with {len(MONTHS)} unpaid months each"
    return [
        Measure(f"a night of late charges, {said}", first, 15_000),
        Measure(f"the same night again, {said}", again, 3_000),
        Measure(f"an officer's page, {said}, median", middle(figures), 50),
    ]


def employers_that_owe() -> list[Employer]:
    """Employers that declared a year to NAPSA and paid nothing."""
    employers = []
    for _number in range(EMPLOYERS):
        with db.writing() as session:
            employer = make_employer(session)
            for month in MONTHS:
                charge(session, employer, month)
            employers.append(employer)
    return employers


def charge(session: Session, employer: Employer, month: Month) -> None:
    """A month of 3,000.00, declared in time."""
    rules = pack("zm-napsa")
    made = book.charge_for(
        session, employer.id, scheme=rules.id, month=month, due_day=due_day(rules, month),
        currency=rules.currency.code, pack_hash=rules.hash, at=NOW,
    )  # fmt: skip
    owed, earned = AccountName.CONTRIBUTION_DUE, AccountName.CONTRIBUTION_INCOME
    book.post(
        session, employer.id, scheme=rules.id, currency=rules.currency.code, name=f"declaration/{month}",
        kind="declaration", effective=date(month.year, month.number, 28), at=NOW,
        entries=[Entry(owed, 3000_00, made.id), Entry(earned, -3000_00, made.id)],
    )  # fmt: skip


def night(employers: list[Employer]) -> None:
    """What the night job does: one employer a transaction."""
    for employer in employers:
        with db.writing() as session:
            arrears.accrue(session, employer.id, on=TODAY, at=NOW)


def officer(client: FlaskClient) -> FlaskClient:
    """An officer signed in, the clock on the day of the measure."""
    with db.writing() as session:
        db.store_offset(session, NOW - clock.real_now())
        account = make_officer(session)
    sign_in(client, account)
    return client
