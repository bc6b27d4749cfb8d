"""How much a payment asks of the database: the same for one month as for a year of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import event

from portal import db
from portal.scheme.calendars import Month
from tests.payments.conftest import NAPSA, NHIMA, Story

#: An ordinary payment in time; NHIMA's opens cover as well.  It was forty before the book was read once.
MOST = {NAPSA: 18, NHIMA: 28}


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent inside the block."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def paid_months(kafue: Story, months: list[Month], scheme: str) -> list[int]:
    """Each month declared and paid in time; how many statements each payment took."""
    found = []
    for month in months:
        following = month.next()
        kafue.declare(month, date(following.year, following.number, 2))
        paid_on = date(following.year, following.number, 3)
        for one in (NAPSA, NHIMA):  # a month left unpaid in one scheme has its late charge posted with any payment
            with counted() as sent:
                kafue.pay(kafue.month_of[one], paid_on, scheme=one)
            if one == scheme:
                found.append(len(sent))
    return found


@pytest.mark.parametrize("scheme", [NAPSA, NHIMA])
def test_the_twelfth_payment_asks_no_more_than_the_fifth(kafue: Story, scheme: str) -> None:
    asked = paid_months(kafue, [Month(2025, number) for number in range(1, 13)], scheme)
    assert asked[11] <= asked[4] <= MOST[scheme], asked  # NHIMA opens its first cover with the fourth month
