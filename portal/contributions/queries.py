"""What the pages of a payroll show: a page of lines with names, rows to mend, and one line explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, literal, literal_column, select, tuple_
from sqlalchemy.orm import Session

from portal.auth.models import Account, EmployerRole, Mandate
from portal.contributions.assessment import problems_from_json
from portal.contributions.basis import earlier_pay, last_pay
from portal.contributions.checks import CheckLimits, LineToCheck, namesakes
from portal.contributions.explaining import told
from portal.contributions.models import Declaration, DeclarationLine, FaultyLine, Payroll, PayrollLine
from portal.contributions.reasons import WHY
from portal.db import day_range
from portal.employers.given import given_from_json, of_person
from portal.employers.roster import day_of, roster_in
from portal.employers.roster_import import money
from portal.errors import NotFound
from portal.installation import pack
from portal.people.models import Person
from portal.scheme.blocks.pack import Pack
from portal.scheme.explain import Step
from portal.tabular.table import Problem
from portal.web.pages import PER_PAGE

#: Cells of a row to mend in the order in which they are asked for; pay follows.
CELLS = (
    "national_id", "insurance_number", "staff_number", "account_number", "surname", "first_name", "other_names", "name",
    "birth_date", "year", "month", "days", *WHY,
)  # fmt: skip

#: Parts of a payroll one may look at alone: the lines with a problem, and those that share their name with another.
DOUBTFUL, SAME_NAMES = "1", "names"
LOOKS = (DOUBTFUL, SAME_NAMES)


@dataclass(frozen=True, slots=True)
class LineOnPage:
    """One person's line: pay by component and both shares together by scheme, in minor units."""

    row: int
    insurance_number: str
    name: str
    components: Mapping[str, int]
    days: int | None
    totals: Mapping[str, int]
    problems: Sequence[Problem]
    reason: str | None = None
    reason_from: date | None = None
    reason_to: date | None = None


@dataclass(frozen=True, slots=True)
class RowToMend:
    """A row as it was typed, by our column names, and all that is wrong with it."""

    row: int
    cells: Mapping[str, str]
    problems: Sequence[Problem]


def lines_page(session: Session, payroll: Payroll, number: int, look: str = "") -> tuple[list[LineOnPage], int]:
    """Page *number* (from 1) of the lines, or of one of `LOOKS` only; and how many there are in all."""
    wanted: list[ColumnElement[bool]] = [PayrollLine.payroll_id == payroll.id]
    order: list[Any] = [PayrollLine.row_number]
    counted = select(func.count()).select_from(PayrollLine)
    if look == DOUBTFUL:
        wanted.append(func.jsonb_array_length(PayrollLine.problems) > 0)
    elif look == SAME_NAMES:
        wanted.append(_shares_name(payroll))
        order[:0] = _names()
        counted = counted.join(Person, Person.id == PayrollLine.person_id)
    total = session.scalar(counted.where(*wanted)) or 0
    statement = _lines().where(*wanted).order_by(*order)
    rows = session.execute(statement.limit(PER_PAGE).offset((number - 1) * PER_PAGE))
    return [_line(*row) for row in rows], total


def line_of(session: Session, payroll: Payroll, row: int) -> LineOnPage:
    """One line by its row number; NotFound when the payroll has none."""
    statement = _lines().where(PayrollLine.payroll_id == payroll.id, PayrollLine.row_number == row)
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NotFound(row)
    return _line(*found)


def explained(session: Session, payroll: Payroll, line: LineOnPage) -> list[tuple[Pack, Sequence[Step]]]:
    """How each scheme's shares of a line come about, step by step."""
    packs, given = [pack(scheme) for scheme in payroll.checked["schemes"]], payroll.checked.get("given", {})
    person, month = _person_of(session, payroll, line.row), payroll.month
    who = next(iter(roster_in(session, payroll.employer_id, month, person=person.id)), None)
    before = earlier_pay(session, payroll.employer_id, month, packs, person.id)
    found: list[tuple[Pack, Sequence[Step]]] = []
    for rules in packs:
        said = of_person(rules, who.answers, month, who.from_day) if who else {}
        asked = given_from_json(rules, given.get(rules.id, {}))
        earlier = before.get((rules.id, person.id), ())
        steps = told(asked, month, line.components, line.days, said, person.birth_date, earlier).steps
        found.append((rules, steps))
    return found


def _person_of(session: Session, payroll: Payroll, row: int) -> Person:
    """Who a line is about."""
    statement = select(Person).join(PayrollLine, PayrollLine.person_id == Person.id)
    return session.scalars(statement.where(PayrollLine.payroll_id == payroll.id, PayrollLine.row_number == row)).one()


def rows_to_mend(session: Session, payroll: Payroll, number: int) -> tuple[list[RowToMend], int]:
    """Page *number* of the faulty rows, and how many there are in all."""
    wanted = FaultyLine.payroll_id == payroll.id
    total = session.scalar(select(func.count()).select_from(FaultyLine).where(wanted)) or 0
    statement = select(FaultyLine).where(wanted).order_by(FaultyLine.row_number)
    found = session.scalars(statement.limit(PER_PAGE).offset((number - 1) * PER_PAGE))
    return [RowToMend(one.row_number, _in_order(one.cells), problems_from_json(one.problems)) for one in found], total


def _in_order(cells: Mapping[str, str]) -> dict[str, str]:
    """Cells as people read them, who first and pay last: the database keeps them in no order."""
    place = {name: number for number, name in enumerate(CELLS)}
    return dict(sorted(cells.items(), key=lambda cell: (place.get(cell[0], len(place)), cell[0])))


def all_problems(session: Session, payroll: Payroll) -> list[Problem]:
    """Everything that is wrong or asked about, by row, for a file to take along; what belongs to no row comes first."""
    lines = select(PayrollLine.row_number, PayrollLine.problems).where(
        PayrollLine.payroll_id == payroll.id, func.jsonb_array_length(PayrollLine.problems) > 0
    )
    faulty = select(FaultyLine.row_number, FaultyLine.problems).where(FaultyLine.payroll_id == payroll.id)
    found = sorted([*session.execute(lines), *session.execute(faulty)], key=lambda row: row[0])
    notices = [*payroll.checked.get("notices", ()), *payroll.checked.get("missing_people", ())]
    asked = [*(one for _row, kept in found for one in problems_from_json(kept)), *_same_names(session, payroll)]
    return [*problems_from_json(notices), *sorted(asked, key=lambda one: one.row or 0)]


def _same_names(session: Session, payroll: Payroll) -> list[Problem]:
    """The questions about names that were too many to stand at their lines."""
    if not payroll.checked.get("namesakes"):
        return []
    statement = (
        select(PayrollLine.row_number, PayrollLine.person_id, Person.national_id, Person.surname, _first_names())
        .join(Person, Person.id == PayrollLine.person_id)
        .where(PayrollLine.payroll_id == payroll.id, _shares_name(payroll))
        .order_by(PayrollLine.row_number)
    )
    rows = session.execute(statement)
    lines = [LineToCheck(row, person, number, surname, first, {}) for row, person, number, surname, first in rows]
    asked = last_pay(session, payroll.employer_id, payroll.month)
    return list(namesakes(lines, CheckLimits(money(), columns=payroll.checked.get("columns", {})), asked))


def _shares_name(payroll: Payroll) -> ColumnElement[bool]:
    """Whether somebody else in the payroll has the same name and another number."""
    repeated = (
        select(*_names())
        .join(PayrollLine, PayrollLine.person_id == Person.id)
        .where(PayrollLine.payroll_id == payroll.id)
        .group_by(*_names())
        .having(func.count(Person.national_id.distinct()) > 1)
    )
    return tuple_(*_names()).in_(repeated)


def _names() -> list[ColumnElement[str]]:
    """The names two people are compared by, whatever their case."""
    return [func.lower(Person.surname), func.lower(_first_names())]


def _first_names() -> ColumnElement[str]:
    return func.trim(func.concat(Person.first_name, literal_column("' '"), Person.other_names))


def declared_lines(
    session: Session, declaration: Declaration, number: int
) -> tuple[list[tuple[DeclarationLine, Person]], int]:
    """Page *number* of the lines of a declaration with their people, by surname; and how many there are."""
    wanted = DeclarationLine.declaration_id == declaration.id
    statement = (
        select(DeclarationLine, Person)
        .join(Person, Person.id == DeclarationLine.person_id)
        .where(wanted)
        .order_by(Person.surname, Person.first_name, Person.id)
    )
    rows = session.execute(statement.limit(PER_PAGE).offset((number - 1) * PER_PAGE))
    return [(line, person) for line, person in rows], declaration.people


def signatories(session: Session, employer_id: int, at: Any) -> list[str]:
    """The names of those who may submit for the employer today."""
    roles = (EmployerRole.SIGNATORY.value, EmployerRole.ADMINISTRATOR.value)
    statement = (
        select(Account.name)
        .join(Mandate, Mandate.account_id == Account.id)
        .where(
            Mandate.employer_id == employer_id,
            Mandate.role.in_(roles),
            Account.disabled_at.is_(None),
            day_range(day_of(at), Mandate.from_day, Mandate.to_day),
        )
    )
    return sorted(set(session.scalars(statement)))


def _lines() -> Any:
    name = func.concat_ws(literal(" "), Person.surname, Person.first_name)
    return select(
        PayrollLine.row_number, Person.insurance_number, name, PayrollLine.components, PayrollLine.days,
        PayrollLine.shares, PayrollLine.problems, PayrollLine.reason, PayrollLine.reason_from, PayrollLine.reason_to,
    ).join(Person, Person.id == PayrollLine.person_id)  # fmt: skip


def _line(
    row: int, insured: str, name: str, components: Any, days: int | None, shares: Any, problems: Any, *why: Any
) -> LineOnPage:
    totals = {scheme: employer + employee for scheme, (_insurable, employer, employee) in shares.items()}
    return LineOnPage(row, insured, name, components, days, totals, problems_from_json(problems), *why)
