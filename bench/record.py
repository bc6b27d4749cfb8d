"""An employer's record at the fund, each of its tabs, after two years of a large fund."""

from __future__ import annotations

from bench import Measure
from bench._stage import middle, milliseconds, stage
from bench.figures import EMPLOYERS, MONTHS, PEOPLE, make_large, officer
from portal.officers.record.tabs import TABS

RECORD = "/fund/employers/L42"
TIMES = 9


def measures() -> list[Measure]:
    """The median of each tab, one after the other; and a search by name."""
    with stage() as app:
        make_large()
        client = officer(app.test_client())
        pages = {
            RECORD: RECORD,
            **{f"{RECORD}/tab/{code}": code for code in TABS},
            "/fund/search?q=banda p42": "search",
        }
        found = {}
        for page, name in pages.items():

            def opened(page: str = page) -> None:
                answer = client.get(page)
                if answer.status_code != 200:
                    raise RuntimeError(f"{page}: {answer.status_code}")

            opened()
            found[name] = middle([milliseconds(opened) for _time in range(TIMES)])
    said = f"{EMPLOYERS} employers, {PEOPLE:,} people, {MONTHS} months"
    return [
        Measure(f"{name}, {said}, median", figure, 300 if name == "search" else 80) for name, figure in found.items()
    ]
