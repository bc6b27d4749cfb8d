"""A declared month of 1,000 people put right: from the click on "revise" over old and new to the acknowledgement."""

from __future__ import annotations

import re

from bench import Measure
from bench._stage import middle, milliseconds, stage
from bench.payroll import MONTHS, PEOPLE, Pages, employer_with_people


def measures() -> list[Measure]:
    """The whole way, every page of it, the median of three months."""
    figures = []
    with stage() as app:
        client = app.test_client()
        employer = employer_with_people(client)
        for month in MONTHS:
            pages = Pages(client, employer, month)
            pages.upload()
            pages.submit()
            figures.append(milliseconds(lambda pages=pages: revise(pages)))  # type: ignore[misc]
    return [Measure(f"a month of {PEOPLE:,} lines, revised: old beside new, submitted", middle(figures), 2_000)]


def revise(pages: Pages) -> None:
    """Begin, change two lines, look at what differs, submit."""
    begun = pages.client.post(f"{pages.base}/start/{pages.month}/revise", follow_redirects=True)
    found = re.search(rf"{pages.base}/([0-9a-f-]{{36}})/give-up", begun.text)
    assert found is not None, begun.text
    draft = f"{pages.base}/{found[1]}"
    typed = {"version": "1", "basic-2": "4444.00", "gross-2": "5555.00", "out-3": "1"}
    assert pages.client.post(f"{draft}/lines", data=typed).status_code == 303
    check = pages.client.get(f"{draft}/check").text
    assert check.count("Taken out") == 2, check
    ticked = {"version": "2", "confirm": "y", "looked": "y"}
    answer = pages.client.post(f"{draft}/submit", data=ticked, follow_redirects=True)
    assert "is declared" in answer.text, answer.text
