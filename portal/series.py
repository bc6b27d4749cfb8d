"""
Numbers without gaps: acknowledgements, bills, receipts, employer numbers.

A series is one counter row, locked until the transaction ends: a number given out in a
transaction that fails is given out again.  A sequence would leave gaps, and max+1 would
use a number twice.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.db import Base

#: Every series there is: those that go on for ever, and those that begin anew each year ("receipt/2026").
FOR_EVER = frozenset(("case", "employer", "insurance_number", "registration"))
OF_A_YEAR = frozenset(("acknowledgement", "bill", "credit_note", "letter", "receipt"))


class Series(Base):
    """The last number given out in a series."""

    __tablename__ = "series"

    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


#: Built once: a night gives out thousands of numbers.
_NEXT = (
    insert(Series)
    .values(name=bindparam("series"), last=1)
    .on_conflict_do_update(index_elements=[Series.name], set_={"last": Series.last + 1})
    .returning(Series.last)
)


def next_number(session: Session, series: str) -> int:
    """
    The next number of *series*, starting at 1.  Holds the series until the transaction ends: take it last.

    ValueError for one that is not listed here: going on from a backup would not know of it.
    """
    kind, _slash, year = series.partition("/")
    if kind not in (OF_A_YEAR if year else FOR_EVER):
        raise ValueError(f"{series} is not among the series of numbers")
    return session.execute(_NEXT, {"series": series}).scalar_one()
