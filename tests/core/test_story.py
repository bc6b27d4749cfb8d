"""A month is declared, paid, taken back and paid again, and the core follows, read by its own as-of query."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal import db
from portal.coverage import setting_aside, sync
from portal.coverage.core_client import Core
from portal.coverage.models import CoverageMonth
from portal.scheme.calendars import Month
from tests.core.conftest import BOTH
from tests.payments.conftest import NHIMA, Story

#: What four paid months from January open.
MAY, FIRST, LAST = Month(2026, 5), date(2026, 5, 1), date(2026, 5, 31)
PAID_ON = date(2026, 5, 5)


def here(story: Story) -> list[str]:
    """Whether the portal says they are covered in May."""
    with db.reading() as session:
        wanted = select(CoverageMonth.state).where(CoverageMonth.month == MAY)
        return list(session.scalars(wanted))


def there(core: Core, story: Story, day: date) -> list[bool]:
    """Whether the core says they are covered on a day, after it was told all that waits."""
    while sync.send_one(core):
        pass
    with db.reading() as session:
        problems = session.scalars(select(CoverageMonth.core_problem).where(CoverageMonth.core_problem != "")).all()
    assert problems == []
    numbers = [person.insurance_number for person in story.people]
    seen = core.read_back(numbers, "NHIMA01", day)
    return [seen[number].covered for number in numbers if number in seen]


@pytest.mark.parametrize("core", BOTH, indirect=True)
@pytest.mark.usefixtures("database", "_fund")
def test_declared_paid_covered_taken_back_suspended_paid_again_covered(core: Core) -> None:
    kafue = Story(people=3)
    for n in range(1, 5):
        kafue.declare(Month(2026, n), date(2026, n + 1, 5))
        receipt = kafue.pay(300_00, date(2026, n + 1, 5), scheme=NHIMA)
    assert here(kafue) == ["open"] * 3
    assert there(core, kafue, FIRST) == there(core, kafue, LAST) == [True] * 3
    assert there(core, kafue, date(2026, 6, 1)) == []

    kafue.take_back(receipt, on=date(2026, 5, 20))
    assert here(kafue) == ["closed"] * 3
    assert there(core, kafue, FIRST) == [False] * 3

    kafue.pay(300_00, date(2026, 5, 25), scheme=NHIMA)
    assert here(kafue) == ["open"] * 3
    assert there(core, kafue, FIRST) == there(core, kafue, LAST) == [True] * 3


@pytest.mark.parametrize("core", BOTH, indirect=True)
@pytest.mark.usefixtures("database", "_fund")
def test_told_again_after_the_portal_forgot_that_it_had_told_nothing_is_doubled(core: Core) -> None:
    kafue = Story(number="ZE1000025", people=2)
    for n in range(1, 5):
        kafue.declare(Month(2026, n), PAID_ON)
        kafue.pay(200_00, PAID_ON, scheme=NHIMA)
    assert there(core, kafue, FIRST) == [True] * 2
    with db.writing() as session:
        rows = session.scalars(select(CoverageMonth)).all()
        for row in rows:
            row.core_state, row.core_policy = "refused", ""
        setting_aside.send_again(
            session, setting_aside.Subject(kafue.id, NHIMA, rows[0].month), by=None, at=rows[0].opened_at
        )
        policies = {row.core_receipt for row in rows}
    assert there(core, kafue, FIRST) == [True] * 2
    assert core.find_cover(policies) == policies
    number = kafue.people[0].insurance_number
    assert (
        core.graph.ask(f'{{insureePolicy(insuree_ChfId:"{number}"){{totalCount}}}}')["insureePolicy"]["totalCount"] == 1
    )
