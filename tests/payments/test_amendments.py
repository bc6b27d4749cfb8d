"""The law changes a month after it was declared: the difference is owed, and is not late before it was known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import select

from portal import db
from portal.contributions import service as contributions
from portal.contributions.models import Declaration
from portal.employers.models import Employer
from portal.ledger import arrears
from portal.ledger.models import Charge, Transaction
from portal.payments import service as payments
from portal.payments.account import charge_account
from portal.payments.settlement import settle_account
from portal.scheme.calendars import Month
from tests.factories import hire, make_employer
from tests.funds import fund_file, serving

pytestmark = pytest.mark.usefixtures("database")

MARCH = Month(2025, 3)
NAPSA = "zm-napsa"
#: From 1 March the employee pays 6 % instead of 5 %; nobody knew before 20 April.
AMENDED = """
overlay_of = "zm-napsa"
[source.act]
title = "Amendment Act 3 of 2025"
kind = "law"
date = 2025-04-20
[[branch.pension.employee]]
from = 2025-03-01
to = 2025-03-31
known = 2025-04-20
rate = "6 %"
source = "act"
"""


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@pytest.fixture
def employer(tmp_path: Path, _fund: None) -> Iterator[Employer]:
    """One person with K6,000 gross, in a fund whose pension law was amended late."""
    path = fund_file(tmp_path, (NAPSA,), "ZMW", 2, "Africa/Lusaka", overlays={NAPSA: AMENDED})
    with serving(path):
        with db.writing() as session:
            made = make_employer(session, schemes=(NAPSA,))
            hire(session, made)
        yield made


def submit(employer: Employer, on: date, *, revise: bool = False) -> Declaration:
    with db.writing() as session:
        begin = contributions.revise_payroll if revise else contributions.start_from_roster
        draft = begin(session, employer.id, MARCH, at=noon(on), by=None)
        [made] = contributions.submit_payroll(
            session, employer.id, draft.public_id, version=draft.version, by=None, at=noon(on)
        )
        return made


def pay(employer: Employer, amount: int, on: date) -> None:
    with db.writing() as session:
        payments.record_payment(
            session, employer.id, scheme=NAPSA, amount=amount, paid_on=on, method="bank", bank_reference="TRX",
            bill_reference=None, key=None, by=None, at=noon(on),
        )  # fmt: skip


def late(employer: Employer, on: date) -> int:
    with db.reading() as session:
        charge = session.scalars(select(Charge).where(Charge.employer_id == employer.id)).one()
        return arrears.late_to_date(session, charge, on).amount


def kinds(employer: Employer) -> list[tuple[str, date]]:
    with db.reading() as session:
        rows = session.scalars(
            select(Transaction)
            .where(Transaction.employer_id == employer.id, Transaction.kind.in_(("declaration", "amendment")))
            .order_by(Transaction.id)
        )
        return [(one.kind, one.effective_day) for one in rows]


def test_a_month_is_declared_by_what_was_known_on_that_day(employer: Employer) -> None:
    assert submit(employer, date(2025, 4, 5)).employee_share == 300_00
    assert submit(employer, date(2025, 4, 25), revise=True).employee_share == 360_00


def test_the_difference_a_late_law_brings_costs_nothing_before_it_was_posted(employer: Employer) -> None:
    made = submit(employer, date(2025, 4, 5))
    pay(employer, made.total, date(2025, 4, 8))
    revised = submit(employer, date(2025, 4, 25), revise=True)
    assert revised.total - made.total == 60_00
    assert kinds(employer) == [("declaration", date(2025, 4, 5)), ("amendment", date(2025, 4, 25))]
    assert late(employer, date(2025, 4, 30)) == 0
    assert late(employer, date(2025, 5, 10)) == 0
    assert late(employer, date(2025, 5, 11)) == 6_00  # 10 % from the first month that begins with it unpaid


def test_a_mistake_of_the_employer_in_the_same_revision_is_late_from_the_due_day(employer: Employer) -> None:
    made = submit(employer, date(2025, 4, 5))
    pay(employer, made.total, date(2025, 4, 8))
    with db.writing() as session:
        draft = contributions.revise_payroll(session, employer.id, MARCH, at=noon(date(2025, 4, 25)), by=None)
        change = contributions.Change({"gross": 7_000_00})
        draft = contributions.change_lines(
            session, employer.id, draft.public_id, version=draft.version, changes={1: change}, leave_out=(),
            at=noon(date(2025, 4, 25)), by=None,
        )  # fmt: skip
        contributions.submit_payroll(
            session, employer.id, draft.public_id, version=draft.version, by=None, at=noon(date(2025, 4, 25))
        )
    assert [kind for kind, _day in kinds(employer)] == ["declaration", "declaration", "amendment"]
    assert late(employer, date(2025, 4, 30)) == 10_00  # 10 % of the 100.00 that were owed all along


def test_the_pages_tell_what_the_law_brought_and_a_night_posts_its_penalty_with_the_packs_version(
    employer: Employer,
) -> None:
    made = submit(employer, date(2025, 4, 5))
    pay(employer, made.total, date(2025, 4, 8))
    submit(employer, date(2025, 4, 25), revise=True)
    with db.writing() as session:
        settle_account(session, employer.id, at=noon(date(2025, 5, 12)))
    with db.reading() as session:
        charge = session.scalars(select(Charge).where(Charge.employer_id == employer.id)).one()
        account = charge_account(session, employer.id, charge.public_id, date(2025, 5, 12))
        posted = session.scalars(select(Transaction).where(Transaction.kind == "late")).all()
    steps = [str(step.words) for _declared, steps in account.declarations for step in steps]
    assert any("became known after the month was declared" in words for words in steps)
    assert {one.explanation["pack"] for one in posted} == {made.pack_hash}
