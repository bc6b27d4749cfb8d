"""The same 500 people declared, approved and paid in openIMIS's own formal-sector modules, and here."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

from sqlalchemy import event, select

from bench import Measure
from bench._core import PRODUCT, Counting, Measured, openimis, people
from bench._stage import stage
from portal import db
from portal.auth.models import FundRoleName
from portal.contributions import service as contributions
from portal.contributions.models import Declaration
from portal.contributions.reviewing.service import decide
from portal.coverage.models import CoverageMonth
from portal.ledger import book
from portal.ledger.models import Charge
from portal.payments.service import record_payment
from portal.scheme.calendars import Month
from tests.factories import hire, make_employer, make_officer, make_person

PEOPLE = 500
#: Its rule that takes a percentage of an income.
INCOME_PERCENTAGE = "0e1b6dd4-04a0-4ee6-ac47-2a99cfa5e9a8"
EMPLOYER, CONTRACT, OCTOBER = "ZE9000002", "DECL-2026-10-ZE9000002", Month(2026, 10)
Done = tuple[float, int]  # seconds and statements


def measures() -> list[Measure]:
    """Seconds and statements there and here, and how many times as fast this is: documents are drawn on demand."""
    with openimis() as measured:
        seconds, statements = there(measured)
    with stage():
        ours, asked = here()
    times = seconds / ours
    text = f"{PEOPLE} people declared, approved and paid"
    print(f"{text}: there {seconds:.1f} s, {statements:,} statements; here {ours:.2f} s, {asked:,}: {times:.0f} times")
    return [
        Measure(f"{text}: time, of a hundredth of what openIMIS needs", round(100 * 100 / times), 100, "%"),
        Measure(f"{text}: SQL statements, of what openIMIS needs", round(100 * asked / statements), 10, "%"),
    ]


def there(measured: Measured) -> Done:
    """In openIMIS: contract made, submitted, approved, its payment received; every person is covered at the end."""
    admin = measured.admin
    ready(measured)
    before, began = admin.statements, time.monotonic()
    whose = one(admin, f'policyHolder(code:"{EMPLOYER}")')
    days = {"dateValidFrom": "2026-10-01", "dateValidTo": "2026-10-31"}
    admin.change("createContract", {"code": CONTRACT, "policyHolderId": whose, **days})
    contract = one(admin, f'contract(code:"{CONTRACT}")')
    admin.change("submitContract", {"id": contract})
    admin.change("approveContract", {"id": contract})
    of_contract = json.dumps(json.dumps({"contract": contract}))
    payment = admin.ask(f"{{payments(additionalFilter:{of_contract}){{edges{{node{{uuid expectedAmount}}}}}}}}")
    due = payment["payments"]["edges"][0]["node"]
    admin.change(
        "updatePayment",
        {
            "uuid": due["uuid"], "expectedAmount": due["expectedAmount"], "receivedAmount": due["expectedAmount"],
            "requestDate": "2026-11-02", "receivedDate": "2026-11-02", "paymentDate": "2026-11-02",
            "receiptNo": "RC-1", "transactionNo": "TX-1", "origin": "portal", "typeOfPayment": "B",
        },
    )  # fmt: skip
    took = time.monotonic() - began
    covered = admin.ask(f"{{insureePolicy(additionalFilter:{of_contract}){{totalCount}}}}")["insureePolicy"][
        "totalCount"
    ]
    state = admin.ask(f'{{contract(code:"{CONTRACT}"){{edges{{node{{state}}}}}}}}')["contract"]["edges"][0]["node"][
        "state"
    ]
    assert (covered, state) == (PEOPLE, 7), (covered, state)
    return took, admin.statements - before


def ready(measured: Measured) -> None:
    """The employer, its people with their incomes, and what they contribute by."""
    admin, since = measured.admin, {"dateValidFrom": "2020-01-01"}
    known = people(PEOPLE)
    measured.core.ensure_employer(EMPLOYER, "Measured Limited", "", "", "1 Mill Road")
    numbers = measured.core.ensure_people(known)
    product = b64decode(
        admin.ask(f'{{products(code:"{PRODUCT}"){{edges{{node{{id}}}}}}}}')["products"]["edges"][0]["node"]["id"]
    )
    plan: dict[str, Any] = {
        "code": "PLAN", "name": "Two in a hundred", "calculation": INCOME_PERCENTAGE, "periodicity": 1, **since,
        "benefitPlanId": product.decode().rpartition(":")[2], "benefitPlanType_Model": "product",
        "jsonExt": json.dumps({"calculation_rule": {"rate": 2, "includeFamily": False}}),
    }  # fmt: skip
    admin.change("createContributionPlan", plan)
    admin.change("createContributionPlanBundle", {"code": "BUNDLE", "name": "Bundle", "periodicity": 1, **since})
    bundle, planned = one(admin, 'contributionPlanBundle(code:"BUNDLE")'), one(admin, 'contributionPlan(code:"PLAN")')
    admin.change(
        "createContributionPlanBundleDetails",
        {"contributionPlanBundleId": bundle, "contributionPlanId": planned, **since},
    )
    income = json.dumps({"calculation_rule": {"income": 5000}})
    whose = one(admin, f'policyHolder(code:"{EMPLOYER}")')
    jobs = [
        {"policyHolderId": whose, "insureeId": number, "contributionPlanBundleId": bundle, "jsonExt": income, **since}
        for number in numbers.values()
    ]
    for start in range(0, len(jobs), 50):
        admin.change("createPolicyHolderInsuree", *jobs[start : start + 50])


def one(admin: Counting, asked: str) -> str:
    """The id inside the relay id of the one thing asked for."""
    (edge,) = next(iter(admin.ask(f"{{{asked}{{edges{{node{{id}}}}}}}}").values()))["edges"]
    return b64decode(edge["node"]["id"]).decode().rpartition(":")[2]


def here() -> Done:
    """
    In the portal: the month declared from the roster in two schemes, submitted and paid; cover opens with it.

    The median of five months: a month takes so little that one of them says how busy the machine was.
    """
    at = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    with db.writing() as session:
        employer = make_employer(session)
        for _n in range(PEOPLE):
            hire(session, employer, make_person(session), from_day=date(2025, 1, 1))
        officer = make_officer(session, FundRoleName.SUPERVISOR).id
    for back in range(7, 4, -1):  # paid months before, without which none opens cover
        month(employer.id, OCTOBER.plus(-back), officer, at)
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(db.engine(), "before_cursor_execute", counted)
    took = []
    for back in range(4, -1, -1):
        count, began = 0, time.monotonic()
        month(employer.id, OCTOBER.plus(-back), officer, at)
        took.append(time.monotonic() - began)
    event.remove(db.engine(), "before_cursor_execute", counted)
    with db.reading() as session:
        covered = session.scalars(select(CoverageMonth.person_id).where(CoverageMonth.paid_month == OCTOBER)).all()
    assert len(covered) == PEOPLE, len(covered)
    return median(took), count


def month(employer: int, which: Month, officer: int, at: datetime) -> None:
    """Declare a month from the roster, find it in order, pay all of it: each step in a transaction of its own."""
    with db.writing() as session:
        draft = contributions.start_from_roster(session, employer, which, at=at, by=None)
    with db.writing() as session:
        contributions.submit_payroll(session, employer, draft.public_id, version=draft.version, by=None, at=at)
    with db.writing() as session:
        wanted = (Declaration.employer_id == employer, Declaration.month == which)
        for name in session.scalars(select(Declaration.public_id).where(*wanted)).all():
            decide(session, employer, name, "fine", reason="", by=officer, at=at)
    with db.reading() as session:
        charges = session.scalars(select(Charge).where(Charge.employer_id == employer, Charge.month == which)).all()
        owed = {one.scheme: book.balances(session, [one.id])[one.id].total for one in charges}
    for scheme, amount in owed.items():
        with db.writing() as session:
            record_payment(
                session, employer, scheme=scheme, amount=amount, paid_on=at.date(), method="bank",
                bank_reference="TRX", by=None, at=at,
            )  # fmt: skip
