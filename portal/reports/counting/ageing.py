"""How old what is overdue has become, by region, district and sector: the page of arrears, divided."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from portal.employers.models import Employer
from portal.installation import fund
from portal.ledger.models import Charge
from portal.ledger.statement import overdue_on
from portal.reports.counting.scope import By, Scope


@dataclass(frozen=True, slots=True)
class GroupAges:
    """What is overdue in one group, by the fund's buckets in their order, in minor units; *employers* that owe it."""

    contributions: tuple[int, ...]
    late: tuple[int, ...]
    employers: int

    def totals(self, *, with_late: bool) -> list[int]:
        """Each bucket with or without late charges."""
        return [one + (late if with_late else 0) for one, late in zip(self.contributions, self.late, strict=True)]


def ages_by_group(session: Session, scope: Scope, on: date) -> dict[str | None, GroupAges]:
    """What is overdue at the end of day *on*, by group of the scope ("" in none) and in all (None).  One query."""
    of_group = {code: group.code for group in scope.groups for code in group.inside}
    size, none = len(fund().ageing), (0, 0)
    sums: dict[str | None, dict[int, tuple[int, int]]] = defaultdict(dict)
    owing: dict[str | None, set[int]] = defaultdict(set)
    for row in session.execute(_statement(scope, on)):
        for code in (of_group.get(row.inside, ""), None):
            before = sums[code].get(row.place, none)
            sums[code][row.place] = (before[0] + int(row.contribution), before[1] + int(row.late))
            owing[code].add(row.employer_id)
    return {
        code: GroupAges(
            tuple(found.get(place, none)[0] for place in range(size)),
            tuple(found.get(place, none)[1] for place in range(size)),
            len(owing[code]),
        )
        for code, found in {None: {}, **sums}.items()
    }


def _statement(scope: Scope, on: date) -> Any:
    """What each employer has overdue, by bucket, with the code that puts it into a group."""
    overdue = overdue_on(on, Charge.scheme == scope.rules.id)
    bucket = case(
        *((overdue.c.days <= one.last, place) for place, one in enumerate(fund().ageing) if one.last is not None),
        else_=len(fund().ageing) - 1,
    ).label("place")
    inside = (Employer.activity if scope.by is By.SECTOR else Employer.location).label("inside")
    here = [] if scope.places is None else [Employer.location.in_(scope.places)]
    return (
        select(
            overdue.c.employer_id, inside, bucket,
            func.sum(overdue.c.contribution).label("contribution"), func.sum(overdue.c.late).label("late"),
        )
        .join(Employer, Employer.id == overdue.c.employer_id)
        .where(*here)
        .group_by(overdue.c.employer_id, inside, bucket)
    )  # fmt: skip
