"""What it costs to tell a real openIMIS of 1,000 people's cover and read it back, beside its own part of it."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from bench import Measure
from bench._core import PRODUCT, Measured, cpu_of, openimis, people
from bench._stage import stage
from portal import db
from portal.coverage import comparing, service, sync
from portal.coverage.core_client import Core, PersonForCore
from portal.coverage.core_graphql import BATCH, batches
from portal.coverage.core_shapes import pk
from portal.coverage.models import CoverageMonth
from portal.coverage.service import DeclaredPerson
from portal.employers.models import Employer
from portal.people.models import Person
from portal.scheme.calendars import Month
from tests.factories import make_employer, make_person

PEOPLE, SCHEME, OCTOBER = 1_000, "zm-nhima", Month(2026, 10)
#: Four paid months open the first one: October.
PAID = [Month(2026, n) for n in range(6, 10)]
PAID_AT = datetime(2026, 11, 12, 9, tzinfo=UTC)


def measures() -> list[Measure]:
    """
    The CPU seconds of portal and openIMIS together, for October, against those of openIMIS alone, for September.

    September is sent as barely as can be: policies whose families are known, and all pages of what is covered.
    October goes the whole way: from the outbox through the sender to the comparison, with the portal's database.
    """
    with openimis() as measured, stage():
        known = people(PEOPLE)
        measured.core.ensure_people(known)
        before = measured.cpu()
        bare(measured, known)
        alone = measured.cpu() - before
        paid(known)
        before, own, began = measured.cpu(), ours(), time.monotonic()
        told(measured)
        took = time.monotonic() - began
        here, there = ours() - own, measured.cpu() - before
    print(f"openIMIS alone {alone:.1f} CPU s; told by the portal {there:.1f} + {here:.1f} CPU s in {took:.0f} s")
    words = f"cover of {PEOPLE:,} people told, read back and right: CPU of both"
    return [
        Measure(f"{words}, of what openIMIS needs for bare calls", round(100 * (there + here) / alone), 130, "%"),
        Measure(f"{words}, of what openIMIS needed for these calls", round(100 * (there + here) / there), 130, "%"),
    ]


def ours() -> float:
    """CPU seconds of this process and of the portal's database."""
    with db.reading() as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    server = (Path("/proc") / str(backend) / "stat").read_text().rpartition(")")[2].split()[1]
    return cpu_of({int(server)}) + time.process_time()


def paid(known: list[PersonForCore]) -> None:
    """Four months of all of them paid by one employer: their cover in October waits to be told."""
    with db.writing() as session:
        employer: Employer = make_employer(session, number="ZE9000001", legal_name="Measured Limited")
        declared = []
        for one in known:
            person: Person = make_person(
                session, insurance_number=one.insurance_number, national_id=one.national_id, surname=one.surname,
                first_name=one.other_names, birth_date=one.birth_date, sex=one.sex,
            )  # fmt: skip
            declared.append(DeclaredPerson(person.id, person.insurance_number, 160_00))
        service.open_months(session, employer.id, SCHEME, dict.fromkeys(PAID, declared), at=PAID_AT)


def told(measured: Measured) -> None:
    """As the portal's jobs tell it, message by message, and as they read it back."""
    core = Core(measured.server.url, "portal", "practice")  # with the time limits a fund has
    while sync.send_one(core):
        pass
    with db.reading() as session:
        wanted = (CoverageMonth.month == OCTOBER, CoverageMonth.core_state == "known")
        assert session.scalar(select(func.count()).select_from(CoverageMonth).where(*wanted)) == PEOPLE
        assert comparing.compare(session, core, SCHEME, OCTOBER) == []


def bare(measured: Measured, known: list[PersonForCore]) -> None:
    """September, with nothing looked up before and nothing asked of the log but whether something failed."""
    graph = measured.core.graph
    found = graph.pages("insurees", 'orderBy:["id"]', "edges{node{chfId family{id}}}")
    families = {node["chfId"]: pk(node["family"]["id"]) for node in found}
    product = pk(
        graph.ask(f'{{products(code:"{PRODUCT}"){{edges{{node{{id}}}}}}}}')["products"]["edges"][0]["node"]["id"]
    )
    days = {"enrollDate": "2026-09-01", "startDate": "2026-09-01", "expiryDate": "2026-09-30"}
    shared: dict[str, Any] = {"productId": product, "officerId": 1, "value": "160.00", "isPaid": True, **days}
    for batch in batches(known, BATCH):
        graph.mutate(
            "createPolicy",
            [
                {**shared, "familyId": families[one.insurance_number], "receipt": f"{one.insurance_number}/bare"}
                for one in batch
            ],
        )
    covered = dict(measured.core.covered_on(PRODUCT, date(2026, 9, 15)))
    assert len(covered) == len(known), len(covered)
