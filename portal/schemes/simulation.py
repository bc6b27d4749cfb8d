"""
A change of the rules tried on the real rosters before it takes effect: who would pay more, who less, and how much.

People are computed as columns, by the same function that computes one of them; nothing is stored but the result.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from portal.employers.models import Employer, Employment, Enrolment, Wage
from portal.errors import Refused
from portal.people.models import Person
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import Month
from portal.scheme.cases.given import answers_of
from portal.scheme.contribution import People, Unusable, work_out
from portal.scheme.money import format_amount
from portal.schemes.needs import needs_birth
from portal.web.filters import say
from portal.words import Words, _

#: So many of the largest differences are shown by person.
LARGEST = 50


@dataclass(frozen=True, slots=True)
class Roster:
    """
    Everybody whom the scheme's employers have in a month, person beside person in each column.

    *left_out*: how many have no wage for a component that is counted, and so are not computed.
    """

    employers: Mapping[int, tuple[str, str]]
    employer: Sequence[int]
    insurance: Sequence[str]
    births: Sequence[int]
    headcounts: Sequence[int]
    earnings: Mapping[str, Sequence[int]]
    left_out: int

    @property
    def people(self) -> int:
        """How many are computed."""
        return len(self.employer)


def roster_of(session: Session, pack: Pack, month: Month, components: Sequence[str]) -> Roster:
    """The rosters of every employer enrolled in the scheme, with the wages in force in the month, in one statement."""
    first, last = month.first_day(pack.calendar), month.last_day(pack.calendar)
    wage = (
        select(Wage.components)
        .where(Wage.employment_id == Employment.id, Wage.from_month <= month)
        .order_by(Wage.from_month.desc())
        .limit(1)
        .lateral()
    )
    enrolled = select(Enrolment.employer_id).where(
        Enrolment.scheme == pack.id, Enrolment.from_day <= last,
        or_(Enrolment.to_day.is_(None), Enrolment.to_day >= first),
    )  # fmt: skip
    statement = (
        select(Employment.employer_id, Person.id, Person.insurance_number, Person.birth_date, wage.c.components)
        .join(Person, Person.id == Employment.person_id)
        .outerjoin(wage, true())
        .where(
            Employment.employer_id.in_(enrolled), Employment.from_day <= last,
            or_(Employment.to_day.is_(None), Employment.to_day >= first),
        )
        .order_by(Employment.employer_id, Employment.from_day)
    )  # fmt: skip
    latest = {(row[0], row[1]): row for row in session.execute(statement)}
    known = session.execute(
        select(Employer.id, Employer.number, Employer.trade_name, Employer.legal_name, Employer.headcount).where(
            Employer.id.in_({key[0] for key in latest})
        )
    ).all()
    return _columns([tuple(row) for row in latest.values()], [tuple(row) for row in known], components)


def _columns(rows: Sequence[Any], employers: Sequence[Any], components: Sequence[str]) -> Roster:
    """The rows as columns; who has no wage for a component that anybody has is left out."""
    had = [code for code in components if any(code in (row[4] or {}) for row in rows)]
    whole = [row for row in rows if row[4] and all(code in row[4] for code in had)]
    sizes = {row[0]: row[4] for row in employers}
    return Roster(
        employers={id: (number, trade or legal) for id, number, trade, legal, _size in employers},
        employer=[row[0] for row in whole],
        insurance=[row[2] for row in whole],
        births=[_ordinal(row[3]) for row in whole],
        headcounts=[sizes[row[0]] for row in whole],
        earnings={code: [row[4][code] for row in whole] for code in had},
        left_out=len(rows) - len(whole),
    )


def _ordinal(day: date) -> int:
    return day.toordinal()


@dataclass(frozen=True, slots=True)
class Sides:
    """What everybody pays by one set of rules, in minor units; the shares are None where only their sum is known."""

    employer: Sequence[int] | None
    employee: Sequence[int] | None
    total: Sequence[int]


def paid_by(pack: Pack, month: Month, roster: Roster, said: Mapping[str, Mapping[str, Any]]) -> Sides:
    """Everybody's shares by one pack; ``Refused`` says what is not known or was not said."""
    birth = roster.births if needs_birth(pack) else None
    person, employer, options = (answers_of(pack, said.get(of, {})) for of in ("person", "employer", "options"))
    if "headcount" in pack.inputs:
        employer["headcount"] = list(roster.headcounts)
    try:
        people = People({code: list(paid) for code, paid in roster.earnings.items()}, person, birth)
        found = work_out(pack, month, people, employer, options)
    except (NotKnown, Unusable) as fault:
        raise Refused(fault.words, status=422) from fault
    return Sides(_listed(found.employer), _listed(found.employee), _listed(found.total) or ())


def _listed(column: Any) -> list[int] | None:
    """A column as whole numbers of Python, which go to JSON."""
    return None if column is None else [int(one) for one in column.tolist()]


def outcome(roster: Roster, before: Sides, after: Sides) -> dict[str, Any]:
    """Totals, employer by employer and in all, and the largest differences; plain JSON."""
    changes = [new - old for old, new in zip(before.total, after.total, strict=True)]
    return {
        "people": roster.people,
        "left_out": roster.left_out,
        "before": _sums(before),
        "after": _sums(after),
        **_counts(changes),
        "employers": _by_employer(roster, before, after, changes),
        "largest": _largest(roster, before, after, changes),
    }


def _sums(sides: Sides) -> dict[str, int | None]:
    return {
        "employer": None if sides.employer is None else sum(sides.employer),
        "employee": None if sides.employee is None else sum(sides.employee),
        "total": sum(sides.total),
    }


def _counts(changes: Sequence[int]) -> dict[str, int]:
    """For how many more, less, or the same is paid."""
    more, less = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
    return {"more": more, "less": less, "same": len(changes) - more - less}


def _by_employer(roster: Roster, before: Sides, after: Sides, changes: Sequence[int]) -> list[dict[str, Any]]:
    """Each employer's totals, the largest difference first."""
    places: dict[int, list[int]] = {}
    for place, employer in enumerate(roster.employer):
        places.setdefault(employer, []).append(place)
    found = []
    for employer, own in places.items():
        number, name = roster.employers[employer]
        sums = {key: sum(sides.total[one] for one in own) for key, sides in (("before", before), ("after", after))}
        counted = _counts([changes[one] for one in own])
        found.append({"number": number, "name": name, "people": len(own), **sums, **counted})
    return sorted(found, key=lambda one: (-abs(one["after"] - one["before"]), one["number"]))


def _largest(roster: Roster, before: Sides, after: Sides, changes: Sequence[int]) -> list[dict[str, Any]]:
    """Who would pay the most more or less, by insurance number only."""
    places = sorted(range(len(changes)), key=lambda place: (-abs(changes[place]), roster.insurance[place]))
    return [
        {
            "insurance": roster.insurance[place],
            "employer": roster.employers[roster.employer[place]],
            "before": before.total[place],
            "after": after.total[place],
        }
        for place in places[:LARGEST]
        if changes[place]
    ]


def as_csv(found: Mapping[str, Any], pack: Pack) -> bytes:
    """Every employer of an outcome, as a file for spreadsheets."""
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow([say(words) for words in _HEAD])
    for one in found["employers"]:
        amounts = (one["before"], one["after"], one["after"] - one["before"])
        written = (format_amount(minor, pack.currency) for minor in amounts)
        name = f"'{one['name']}" if one["name"][:1] in "=+-@" else one["name"]  # a spreadsheet would reckon it
        writer.writerow([one["number"], name, one["people"], *written, one["more"], one["less"], one["same"]])
    return output.getvalue().encode("utf-8-sig")


_HEAD: tuple[Words, ...] = (
    _("Employer number"),
    _("Employer"),
    _("People"),
    _("By the rules in force"),
    _("By the candidate"),
    _("Difference"),
    _("People with more"),
    _("People with less"),
    _("People with the same"),
)
