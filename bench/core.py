"""What it costs to tell a real openIMIS of 1,000 people's cover and read it back, beside its own part of it."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from bench import Measure
from bench._core import PRODUCT, Measured, openimis, people
from portal.coverage.core_client import PersonForCore
from portal.coverage.core_graphql import BATCH, batches
from portal.coverage.core_shapes import pk
from portal.coverage.telling import Batch, EmployerForCore, PersonMonth, tell

PEOPLE, AT_ONCE = 1_000, 200
EMPLOYER = EmployerForCore("ZE9000001", "Measured Limited", "", "", "1 Mill Road")


def measures() -> list[Measure]:
    """
    The CPU seconds of portal and openIMIS together, for October, against those of openIMIS alone, for September.

    September is sent as barely as can be: policies whose families are known, and all pages of what is covered.
    """
    with openimis() as measured:
        known = people(PEOPLE)
        measured.core.ensure_people(known)
        before = measured.cpu()
        bare(measured, known)
        alone = measured.cpu() - before
        before, own, began = measured.cpu(), time.process_time(), time.monotonic()
        told(measured, known)
        took = time.monotonic() - began
        ours, theirs = time.process_time() - own, measured.cpu() - before
    print(f"openIMIS alone {alone:.1f} CPU s; told by the portal {theirs:.1f} + {ours:.1f} CPU s in {took:.0f} s")
    text = f"cover of {PEOPLE:,} people told, read back and right: CPU of both"
    return [
        Measure(f"{text}, of what openIMIS needs for bare calls", round(100 * (theirs + ours) / alone), 130, "%"),
        Measure(f"{text}, of what openIMIS needed for these calls", round(100 * (theirs + ours) / theirs), 130, "%"),
    ]


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


def told(measured: Measured, known: list[PersonForCore]) -> None:
    """October, as the portal's jobs tell it."""
    for part in batches(known, AT_ONCE):
        months = [
            PersonMonth(n, one, f"{one.insurance_number}/zm-nhima/2026-10/ZE9000001", True, False, 160_00)
            for n, one in enumerate(part)
        ]
        batch = Batch(
            EMPLOYER, PRODUCT, f"ZE9000001/zm-nhima/2026-10/{part[0].insurance_number}", date(2026, 10, 1),
            date(2026, 10, 31), True, 2, tuple(months),
        )  # fmt: skip
        done = tell(measured.core, batch, lambda _months: None)
        assert len(done.known) == len(part), (done.refused, done.waiting)
