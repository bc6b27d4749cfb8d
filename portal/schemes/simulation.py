"""
A change of the rules tried on the real rosters before it takes effect: who would pay more, who less, and how much.

People are computed as columns, by the same function that computes one of them; nothing is stored but the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from portal.employers.given import HEADCOUNT, Given, given_on, of_person
from portal.employers.models import Employer, Employment, Enrolment, Wage
from portal.errors import Refused
from portal.people.models import Person
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import Month
from portal.scheme.contribution import People, Unusable, work_out
from portal.scheme.money import format_amount
from portal.scheme.pay.answers import answer_from_text, unanswered
from portal.schemes.needs import needs_birth
from portal.tabular.writing import write_csv
from portal.web.filters import say
from portal.words import Words, _

#: So many of the largest differences are shown by person.
LARGEST = 50


@dataclass(frozen=True, slots=True)
class Roster:
    """
    Everybody whom the scheme's employers have in a month, person beside person in each column.

    *said*: what was answered about each person and their employer, as text by the code of the question.
    *left_out*: how many have no wage for a component that is counted, and so are not computed.
    """

    employers: Mapping[int, tuple[str, str]]
    employer: Sequence[int]
    insurance: Sequence[str]
    births: Sequence[int]
    said: Sequence[Mapping[str, str]]
    earnings: Mapping[str, Sequence[int]]
    left_out: int

    @property
    def people(self) -> int:
        """How many are computed."""
        return len(self.employer)


def roster_of(session: Session, pack: Pack, month: Month, components: Sequence[str]) -> Roster:
    """The rosters of every employer enrolled in the scheme, with wages and answers in force, in two statements."""
    first, last = month.first_day(pack.calendar), month.last_day(pack.calendar)
    wage = (
        select(Wage.components)
        .where(Wage.employment_id == Employment.id, Wage.from_month <= month)
        .order_by(Wage.from_month.desc())
        .limit(1)
        .lateral()
    )
    enrolled = session.execute(
        select(Enrolment, Employer.number, Employer.trade_name, Employer.legal_name)
        .join(Employer, Employer.id == Enrolment.employer_id)
        .where(
            Enrolment.scheme == pack.id, Enrolment.from_day <= last,
            or_(Enrolment.to_day.is_(None), Enrolment.to_day >= first),
        )
    ).all()  # fmt: skip
    statement = (
        select(
            Employment.employer_id, Person.insurance_number, Person.birth_date, wage.c.components, Employment.answers,
            Employment.from_day, Person.id,
        )
        .join(Person, Person.id == Employment.person_id)
        .outerjoin(wage, true())
        .where(
            Employment.employer_id.in_({row[0].employer_id for row in enrolled}), Employment.from_day <= last,
            or_(Employment.to_day.is_(None), Employment.to_day >= first),
        )
        .order_by(Employment.employer_id, Employment.from_day)
    )  # fmt: skip
    latest = {(row[0], row[6]): tuple(row) for row in session.execute(statement)}
    rows = list(latest.values())
    sizes = Counter(row[0] for row in rows)
    of_employers = {
        one.employer_id: given_on(pack, month, one, sizes[one.employer_id]) for one, *_names in enrolled
    }  # fmt: skip
    names = {one.employer_id: (number, trade or legal) for one, number, trade, legal in enrolled}
    return _columns(pack, month, rows, names, of_employers, components)


def _columns(
    pack: Pack, month: Month, rows: Sequence[Any], names: Mapping[int, tuple[str, str]], given: Mapping[int, Given],
    components: Sequence[str],
) -> Roster:  # fmt: skip
    """The rows as columns; who has no wage for a component that anybody has is left out."""
    had = [code for code in components if any(code in (row[3] or {}) for row in rows)]
    whole = [row for row in rows if row[3] and all(code in row[3] for code in had)]
    about = {id: _about(one) for id, one in given.items()}
    return Roster(
        employers=names,
        employer=[row[0] for row in whole],
        insurance=[row[1] for row in whole],
        births=[_ordinal(row[2]) for row in whole],
        said=[about[row[0]] | of_person(pack, row[4], month, row[5]) for row in whole],
        earnings={code: [row[3][code] for row in whole] for code in had},
        left_out=len(rows) - len(whole),
    )


def _about(given: Given) -> dict[str, str]:
    """What the rules are told about an employer, with the people on its roster where nobody said how many."""
    counted = {HEADCOUNT: str(given.headcount)} if given.headcount is not None else {}
    return counted | dict(given.said)


def _ordinal(day: date) -> int:
    return day.toordinal()


@dataclass(frozen=True, slots=True)
class Sides:
    """What everybody pays by one set of rules, in minor units; the shares are None where only their sum is known."""

    employer: Sequence[int] | None
    employee: Sequence[int] | None
    total: Sequence[int]


def paid_by(pack: Pack, month: Month, roster: Roster, common: Mapping[str, str]) -> Sides:
    """
    Everybody's shares by one pack; ``Refused`` says what is not known or was not said.

    *common*: answers for those about whom nothing was said.
    """
    birth = roster.births if needs_birth(pack) else None
    answers: dict[str, dict[str, Any]] = {"person": {}, "employer": {}, "options": {}}
    try:
        for one in pack.inputs.values():
            column = _answers(pack, one.code, roster, common.get(one.code) or one.default)
            if column is not None:
                answers[one.of][one.code] = column
        people = People({code: list(paid) for code, paid in roster.earnings.items()}, answers["person"], birth)
        found = work_out(pack, month, people, answers["employer"], answers["options"])
    except (NotKnown, Unusable) as fault:
        raise Refused(fault.words, status=422) from fault
    return Sides(_listed(found.employer), _listed(found.employee), _listed(found.total) or ())


def _answers(pack: Pack, code: str, roster: Roster, otherwise: str | None) -> list[Any] | None:
    """The answers of everybody to one question; None where nobody said anything: the rules then say what they need."""
    texts = [said.get(code, otherwise) for said in roster.said]
    if all(text is None for text in texts):
        return None
    read = {text: None if text is None else answer_from_text(pack, code, text) for text in set(texts)}
    if None in read and pack.inputs[code].kind != "date":
        raise unanswered(pack, pack.inputs[code])
    return [read[text] for text in texts]


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
    rows = []
    for one in found["employers"]:
        amounts = (one["before"], one["after"], one["after"] - one["before"])
        written = (format_amount(minor, pack.currency) for minor in amounts)
        rows.append([one["number"], one["name"], one["people"], *written, one["more"], one["less"], one["same"]])
    return write_csv([say(words) for words in _HEAD], rows)


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
