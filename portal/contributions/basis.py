"""What a payroll is checked and computed with, in as many statements for two people as for twenty thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select, true
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration, DeclarationLine, PayrollLine
from portal.contributions.reasons import Why
from portal.contributions.standing import already_declared, counts, standing_declarations
from portal.employers.given import Given, given_on
from portal.employers.models import Employment
from portal.employers.roster import RosterPerson, roster_in
from portal.employers.service import enrolments_in
from portal.installation import calendar
from portal.people.models import Person
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month


@dataclass(frozen=True, slots=True)
class Line:
    """
    One person's pay: *components* in minor units; *days* None is the whole month.

    *in_file* are the shares (employee's, employer's) the file brought, to be compared and then forgotten.
    *reason* says why it is not a whole month at the wage (a code of `reasons`), for the days from *reason_from* to
    *reason_to*, both included, as far as they are known.
    """

    row: int
    person_id: int
    components: Mapping[str, int]
    days: int | None = None
    in_file: tuple[int, int] | None = None
    reason: str | None = None
    reason_from: date | None = None
    reason_to: date | None = None

    @property
    def why(self) -> Why:
        """The reason with its days."""
        return Why(self.reason, self.reason_from, self.reason_to)

    def because(self, why: Why) -> Line:
        """The same line with another reason, or none."""
        return replace(self, reason=why.reason, reason_from=why.reason_from, reason_to=why.reason_to)


@dataclass(frozen=True)
class Basis:
    """
    What a payroll is checked against: the schemes it declares, everybody who ever worked for the employer
    (with the employment that touches the month, where there is one), and the pay declared last.

    *given* is what each scheme is told beside pay; *earlier* is pay of months before, by scheme and person,
    for schemes with limits of a year.  *declared* are those the month was declared for already, each with its
    acknowledgement, where the payroll may only add others; *enrolments* names the enrolment in each scheme.
    """

    month: Month
    packs: tuple[Pack, ...]
    people: Mapping[int, RosterPerson]
    last_pay: Mapping[int, Mapping[str, int]]
    given: Mapping[str, Given]
    earlier: Mapping[tuple[str, int], Sequence[tuple[Month, Mapping[str, int]]]] = field(default_factory=dict)
    declared: Mapping[int, str] = field(default_factory=dict)
    enrolments: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def components(self) -> tuple[str, ...]:
        """The pay components these schemes count, in a stable order: the columns of the payroll."""
        return tuple(dict.fromkeys(code for rules in self.packs for code in rules.components))

    @cached_property
    def bounds(self) -> tuple[date, date]:
        """The first and the last day of the month."""
        return self.month.first_day(calendar()), self.month.last_day(calendar())

    @property
    def working(self) -> list[RosterPerson]:
        """Who worked on a day of the month, by surname."""
        first, last = self.bounds
        return [one for one in self.people.values() if one.from_day <= last and (not one.to_day or one.to_day >= first)]

    @property
    def expected(self) -> list[RosterPerson]:
        """Who belongs into the payroll: everybody who worked, but those the month was declared for already."""
        return [one for one in self.working if one.person_id not in self.declared]


def load_basis(
    session: Session, employer_id: int, month: Month, packs: Sequence[Pack], known_on: date | None, *,
    adds: bool = False,
) -> Basis:  # fmt: skip
    """
    Everything a payroll of *month* is checked against, with the rules as they were known on *known_on*.

    *adds*: it is for people the month was not declared for.  Four statements, one more where a scheme counts by the
    year, two more where it adds.
    """
    first, last = month.first_day(calendar()), month.last_day(calendar())
    people = {one.person_id: one for one in roster_in(session, employer_id, month)}
    statement = (
        select(
            Person.id, Person.insurance_number, Person.national_id, Person.surname, Person.first_name,
            Person.other_names, Employment.id, Employment.staff_number, Employment.category,
            Employment.from_day, Employment.to_day, Person.birth_date, Employment.answers,
        )
        .join(Employment, Employment.person_id == Person.id)
        .where(
            Employment.employer_id == employer_id,
            or_(Employment.to_day < first, Employment.from_day > last),
        )
        .order_by(Employment.from_day.desc())
    )  # fmt: skip
    for row in session.execute(statement):
        values: tuple[Any, ...] = (*row, {})
        people.setdefault(values[0], RosterPerson(*values))
    basis = Basis(month, tuple(packs), people, last_pay(session, employer_id, month), {})
    enrolled = {one.scheme: one for one in enrolments_in(session, employer_id, month)}
    ids, headcount = {scheme: one.id for scheme, one in enrolled.items()}, len(basis.working)
    given = {each.id: given_on(each, month, enrolled.get(each.id), headcount, known_on) for each in packs}
    earlier = earlier_pay(session, employer_id, month, packs)
    declared = already_declared(session, standing_declarations(session, employer_id, month)) if adds else {}
    return replace(basis, given=given, earlier=earlier, declared=declared, enrolments=ids)


def earlier_pay(
    session: Session, employer_id: int, month: Month, packs: Sequence[Pack], person: int | None = None
) -> dict[tuple[str, int], list[tuple[Month, dict[str, int]]]]:  # fmt: skip
    """Pay declared for the year before *month* by scheme and person, where a scheme has limits of a year."""
    schemes = [one.id for one in packs if any(each.year_ceiling or each.additional for each in one.branches)]
    found: dict[tuple[str, int], list[tuple[Month, dict[str, int]]]] = {}
    if not schemes:
        return found
    statement = (
        select(Declaration.scheme, DeclarationLine.person_id, Declaration.month, DeclarationLine.components)
        .join(DeclarationLine, DeclarationLine.declaration_id == Declaration.id)
        .where(
            Declaration.employer_id == employer_id, Declaration.scheme.in_(schemes), counts(),
            DeclarationLine.person_id == person if person is not None else true(),
            Declaration.month < month, Declaration.month >= month.plus(-calendar().months_in_year, calendar()),
        )
        .order_by(Declaration.month)
    )  # fmt: skip
    for scheme, person, paid_in, components in session.execute(statement):
        found.setdefault((scheme, person), []).append((paid_in, components))
    return found


def _last_pay() -> Select[tuple[int, Any]]:
    """Built once, with the employer and the month to be filled in."""
    wanted = (Declaration.employer_id == bindparam("employer"), counts())
    before = Declaration.month < bindparam("month")
    last = select(func.max(Declaration.month)).where(*wanted, before).scalar_subquery()
    of_month = select(Declaration.payroll_id).where(*wanted, Declaration.month == last)
    statement = select(PayrollLine.person_id, PayrollLine.components).where(PayrollLine.payroll_id.in_(of_month))
    return statement.order_by(PayrollLine.payroll_id)


_LAST_PAY = _last_pay()


def last_pay(session: Session, employer_id: int, month: Month) -> dict[int, Mapping[str, int]]:
    """What each person was paid in the last month declared before *month*."""
    return dict(session.execute(_LAST_PAY, {"employer": employer_id, "month": month}).all())
