"""The roster as pages and files show it: the list with its filters, one person's record, the export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session

from portal.audit import AuditEvent, Event
from portal.auth.models import Account
from portal.employers.given import holding, questions
from portal.employers.models import Employment, Wage
from portal.employers.roster_file import TEXT_COLUMNS, RosterRow, export
from portal.employers.roster_import import Reading, money
from portal.employers.roster_moves import NOT_SAID
from portal.errors import NotFound
from portal.installation import components, fund, month_on
from portal.people.models import Person
from portal.tabular.writing import write_csv, write_xlsx

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

#: What a list can be sorted by; a minus before it turns it round.
SORTS = {
    "name": (Person.surname, Person.first_name, Person.id),
    "staff_number": (Employment.staff_number, Person.surname, Person.id),
    "from_day": (Employment.from_day, Person.surname, Person.id),
    "to_day": (Employment.to_day, Person.surname, Person.id),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the roster is asked for: *state* is working, left or all; *sort* one of `SORTS`, with "-" in reverse."""

    today: date
    search: str = ""
    state: str = "working"
    sort: str = "name"


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list: a person, an employment here, and the wage in force today or when it ended."""

    person: Person
    employment: Employment
    components: dict[str, int]


@dataclass(frozen=True, slots=True)
class Record:
    """
    What an employer sees of a person: the employments here with their wages, and what happened to them.

    *brought* says whether this employer made the person known; only then are contacts shown to it.
    """

    person: Person
    employments: Sequence[Employment]
    wages: Sequence[Wage]
    events: Sequence[tuple[AuditEvent, str | None]]
    brought: bool


def list_roster(
    session: Session, employer_id: int, asked: Asked, *, page: int, per_page: int
) -> tuple[list[Listed], int]:
    """One page of the roster and how many lines there are in all, in two statements."""
    total = session.scalar(select(func.count()).select_from(_query(employer_id, asked).subquery()))
    return _lines(session, _query(employer_id, asked).limit(per_page).offset((page - 1) * per_page)), total or 0


def _lines(session: Session, query: Select[Any]) -> list[Listed]:
    return [Listed(person, employment, paid or {}) for person, employment, paid in session.execute(query)]


def _query(employer_id: int, asked: Asked) -> Select[Any]:
    wage = (
        select(Wage.components)
        .where(Wage.employment_id == Employment.id, Wage.from_month <= month_on(asked.today))
        .order_by(Wage.from_month.desc())
        .limit(1)
        .lateral()
    )
    query = (
        select(Person, Employment, wage.c.components)
        .join(Employment, Employment.person_id == Person.id)
        .outerjoin(wage, true())
        .where(Employment.employer_id == employer_id)
    )
    gone = Employment.to_day < asked.today
    if asked.state == "left":
        query = query.where(gone)
    elif asked.state == "working":
        query = query.where(or_(Employment.to_day.is_(None), ~gone))
    if asked.search.strip():
        query = query.where(or_(*_matches(asked.search.strip())))
    order = SORTS.get(asked.sort.removeprefix("-"), SORTS["name"])
    return query.order_by(*(one.desc() for one in order) if asked.sort.startswith("-") else order)


def _matches(text: str) -> list[ColumnElement[bool]]:
    """Names in part, numbers however they are typed."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    whole = func.concat_ws(" ", Person.first_name, func.nullif(Person.other_names, ""), Person.surname)
    turned = func.concat_ws(" ", Person.surname, Person.first_name)
    return [
        whole.ilike(f"%{escaped}%"),
        turned.ilike(f"%{escaped}%"),
        Employment.staff_number.ilike(f"{escaped}%"),
        Person.national_id == fund().identity.normalise(text),
        Person.insurance_number == fund().insurance_number.normalise(text),
    ]


def record_of(session: Session, employer_id: int, person: UUID) -> Record:
    """A person of this employer's roster; NotFound for anybody else, known or not."""
    ours = select(Employment.person_id).where(Employment.employer_id == employer_id)
    row = session.scalar(select(Person).where(Person.public_id == person, Person.id.in_(ours)))
    if row is None:
        raise NotFound(person)
    held = select(Employment).where(Employment.employer_id == employer_id, Employment.person_id == row.id)
    employments = list(session.scalars(held.order_by(Employment.from_day.desc())))
    ids = [one.id for one in employments]
    wages = select(Wage).where(Wage.employment_id.in_(ids)).order_by(Wage.from_month.desc())
    about = [f"person:{row.public_id}", *(f"employment:{one.public_id}" for one in employments)]
    happened = (
        select(AuditEvent, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.account_id)
        .where(AuditEvent.subject.in_(about), AuditEvent.employer_id == employer_id)
        .order_by(AuditEvent.id.desc())
    )
    events = [(event, name) for event, name in session.execute(happened)]
    brought = any(event.event == Event.PERSON_ADDED.label for event, _name in events)
    return Record(row, employments, list(session.scalars(wages)), events, brought)


def export_roster(session: Session, employer_id: int, asked: Asked, kind: str) -> bytes:
    """Everything the list shows with these filters, as a file that can be changed and imported."""
    return as_file([_exported(line, asked.today) for line in _lines(session, _query(employer_id, asked))], kind)


def as_file(rows: Sequence[RosterRow], kind: str) -> bytes:
    """Rows in the layout of the import; none gives the template to fill in."""
    header, cells = export(rows, components(), money(), tuple(questions()))
    return write_xlsx(header, cells, TEXT_COLUMNS) if kind == "xlsx" else write_csv(header, cells)


def _exported(line: Listed, today: date) -> RosterRow:
    person, held = line.person, line.employment
    return RosterRow(
        0, person.national_id, person.insurance_number, person.surname, person.first_name, person.other_names,
        None if person.sex == NOT_SAID else person.sex, person.birth_date, None, None, held.staff_number,
        held.category, held.from_day, held.to_day, held.leave_reason, line.components,
        holding(held.answers, max(today, held.from_day)),
    )  # fmt: skip


def rows_with_reasons(reading: Reading, why: Mapping[int, str], heading: str, kind: str) -> bytes:
    """The rows of a file that *why* names by number, as they came, with the reason in a last column *heading*."""
    header = [*reading.fitted.table.header, heading]
    width = len(header) - 1
    rows = [
        [*(row.cells + [""] * width)[:width], why[row.number]] for row in reading.fitted.table.rows if row.number in why
    ]
    return write_xlsx(header, rows, set(header)) if kind == "xlsx" else write_csv(header, rows)
