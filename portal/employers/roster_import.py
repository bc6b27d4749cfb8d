"""
A roster file, from upload to confirmation: read, shown as a plan, carried out as a set.

The number of statements does not grow with the number of rows.  Confirming a file twice, or
one whose changes are all made already, changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Date, Integer, String, column, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from portal.audit import AuditEvent, Event, record
from portal.db import copy_rows
from portal.employers.given import added as with_answers
from portal.employers.given import questions
from portal.employers.models import Employment, Wage
from portal.employers.roster import day_of, lock_roster
from portal.employers.roster_file import ParsedRoster, columns_of, parse
from portal.employers.roster_moves import Known, Move, Plan, facts_of
from portal.employers.roster_plan import READING, SAVING, comparing, plan
from portal.errors import NotFound, Refused
from portal.files import StoredFile, keep
from portal.installation import components, fund
from portal.people.models import Person
from portal.people.service import add_people, agrees, people_by_national_id
from portal.scheme.calendars import Month
from portal.scheme.identity import IdentityRules, NumberRule
from portal.tabular.amounts import AmountRule
from portal.tabular.reading import read
from portal.tabular.rows import FileRules, Fitted, fit
from portal.tabular.table import Fault, masked
from portal.words import Words, _
from portal.work import Tell, silent

CHANGED_SINCE = _("The roster changed since this page was drawn. Look at what the file does now, and confirm again.")


@dataclass(frozen=True, slots=True)
class NumberAs:
    """A rule of the fund for numbers, as the reader of files asks for it."""

    rule: IdentityRules | NumberRule

    def normalise(self, text: str) -> str:
        """The form that is kept."""
        return self.rule.normalise(text)

    def problem(self, text: str) -> Fault | None:
        """What is wrong with a number; it is repeated by its last four characters only."""
        words = self.rule.problem(text)
        if words is None:
            return None
        values = {name: masked(str(value)) if name == "number" else value for name, value in words.values.items()}
        return Fault("E_ID_FORMAT", Words(words.msgid, values))


@dataclass(frozen=True, slots=True)
class Reading:
    """An uploaded file, read: the header it came with, good and faulty rows."""

    fitted: Fitted
    parsed: ParsedRoster


def money() -> AmountRule:
    """How wages are written in files of this fund."""
    return AmountRule(fund().currency.code, fund().currency.digits)


def file_rules(today: date) -> FileRules:
    """How files of this fund are read on this day."""
    rules = fund()
    return FileRules(
        NumberAs(rules.identity), money(), today, NumberAs(rules.insurance_number), f"+{rules.phone.country}"
    )


def read_file(content: bytes, name: str, today: date) -> Reading:
    """Read an uploaded roster.  ``FileRefused`` when it cannot be read as a whole."""
    table, rules = read(content, name), file_rules(today)
    asked = (components(), rules, tuple(questions()))
    return Reading(fit(table, columns_of(*asked)), parse(table, *asked))


def keep_file(
    session: Session, employer_id: int, content: bytes, name: str, media_type: str, *, at: datetime, by: int | None
) -> StoredFile:
    """Keep an upload until it is confirmed; the same file sent twice is kept once while it waits."""
    digest = hashlib.sha256(content).hexdigest()
    query = select(StoredFile).where(StoredFile.employer_id == employer_id, StoredFile.sha256 == digest)
    for row in session.scalars(query.order_by(StoredFile.id.desc())):
        if row.name == name and imported(session, employer_id, row) is None:
            return row
    return keep(session, content, name=name, media_type=media_type, at=at, employer=employer_id, by=by)


def file_of(session: Session, employer_id: int, name: UUID) -> StoredFile:
    """The employer's uploaded file; NotFound when there is none or it is another's."""
    row = session.scalar(select(StoredFile).where(StoredFile.employer_id == employer_id, StoredFile.public_id == name))
    if row is None:
        raise NotFound(name)
    return row


def imported(session: Session, employer_id: int, file: StoredFile) -> AuditEvent | None:
    """When and by whom the file was confirmed, and how much it changed; None while it was not."""
    query = select(AuditEvent).where(
        AuditEvent.subject == f"file:{file.public_id}", AuditEvent.event == Event.ROSTER_IMPORTED.label,
        AuditEvent.employer_id == employer_id,
    )  # fmt: skip
    return session.scalar(query)


def plan_import(session: Session, employer_id: int, reading: Reading, wages_from: Month) -> Plan:
    """What the file would change as the roster stands now; nothing is touched."""
    return plan(reading.fitted, reading.parsed, known(session, employer_id, reading), fund(), wages_from)


def known(session: Session, employer_id: int, reading: Reading) -> Known:
    """Everything on file about the people of a file, in four statements."""
    rows = reading.parsed.rows
    people = people_by_national_id(session, (row.national_id for row in rows))
    numbers = [row.insurance_number for row in rows if row.insurance_number]
    owners = session.scalars(select(Person).where(Person.insurance_number == func.any(numbers))) if numbers else ()
    held = select(Employment).where(
        Employment.employer_id == employer_id, Employment.person_id == func.any([one.id for one in people.values()])
    )
    employments = list(session.scalars(held.order_by(Employment.person_id, Employment.from_day)))
    paid = select(Wage.employment_id, Wage.from_month, Wage.components).where(
        Wage.employment_id == func.any([one.id for one in employments])
    )
    wages = session.execute(paid.order_by(Wage.employment_id, Wage.from_month)).all()
    return Known(
        people,
        {one.insurance_number: one for one in owners},
        {person: list(rows) for person, rows in groupby(employments, lambda one: one.person_id)},
        {of: [(since, what) for _of, since, what in rows] for of, rows in groupby(wages, lambda one: one[0])},
    )


def import_roster(
    session: Session,
    employer_id: int,
    file: StoredFile,
    *,
    wages_from: Month,
    at: datetime,
    by: int | None = None,
    shown: str | None = None,
    tell: Tell = silent,
) -> dict[str, Any]:
    """
    Carry out what the file's good rows say; faulty rows are left out.  Again: what was done the first time.

    *shown* is the fingerprint of the plan that was confirmed: Refused when the roster changed since.
    Gives the counts of hired, changed (wages, leavers, corrections) and faulty rows.
    """
    lock_roster(session, employer_id)
    if done := imported(session, employer_id, file):
        return done.fields
    tell(0, READING)
    reading = read_file(file.content, file.name, day_of(at))
    tell(1, comparing(len(reading.parsed.rows)))
    intended = plan_import(session, employer_id, reading, wages_from)
    if shown is not None and shown != intended.fingerprint:
        raise Refused(CHANGED_SINCE)
    tell(2, SAVING)
    carry_out(session, employer_id, intended, at=at, by=by)
    counts = intended.counts
    changed = sum(move.changes and not move.hires for move in intended.moves)
    record(
        session, Event.ROSTER_IMPORTED, at=at, by=by, employer=employer_id, subject=f"file:{file.public_id}",
        file=file.public_id, hired=counts["hired"], changed=changed, faulty=counts["faulty"],
    )  # fmt: skip
    return {"file": str(file.public_id), "hired": counts["hired"], "changed": changed, "faulty": counts["faulty"]}


def carry_out(session: Session, employer_id: int, intended: Plan, *, at: datetime, by: int | None) -> None:
    """Write the moves of a plan: ends first, so that somebody may begin anew the day after."""
    _change(session, [move for move in intended.moves if move.leaves or (move.corrects and not move.hires)], at, by)
    hired = _hire(session, employer_id, [move for move in intended.moves if move.hires], at=at, by=by)
    held = {move.row.row: move.employment for move in intended.moves if move.employment}
    rows = {**hired, **held}
    _pay(session, [(rows[move.row.row], move) for move in intended.moves if move.wage], at)
    events = [_event(Event.HIRED, row) for row in hired.values()]
    for move in intended.moves:
        if move.employment and move.leaves:
            events.append(_event(Event.LEFT, move.employment, reason=move.reason))
        if move.employment and move.wage:
            events.append(_event(Event.WAGE_CHANGED, move.employment, from_month=str(move.wage[0])))
    stamped = [(at, label, by, employer_id, subject, fields) for label, subject, fields in events]
    if stamped:
        columns = ("at", "event", "account_id", "employer_id", "subject", "fields")
        copy_rows(session, "audit_event", columns, stamped)


def _event(event: Event, row: Employment, **fields: str) -> tuple[str, str, str]:
    """An event's name, subject and fields as text."""
    return event.label, f"employment:{row.public_id}", json.dumps({"employment": str(row.public_id), **fields})


def _hire(
    session: Session, employer_id: int, moves: Sequence[Move], *, at: datetime, by: int | None
) -> dict[int, Employment]:
    """Add persons not yet known and all employments; these by row."""
    if not moves:
        return {}
    new = [facts_of(move.row) for move in moves if move.person is None]
    added = add_people(session, new, at=at, by=by, employer=employer_id) if new else {}
    if not all(agrees(added[one.national_id], one) for one in new):
        raise Refused(CHANGED_SINCE)  # somebody else added the person a moment ago, with other facts
    names: dict[UUID, int] = {}
    rows = []
    for move in moves:
        row, name = move.row, uuid4()
        names[name] = row.row
        person = move.person or added[row.national_id]
        rows.append(
            (
                name, employer_id, person.id, row.staff_number or "", move.category, row.from_day, move.last_day,
                move.reason if move.last_day else "", at,
                json.dumps(with_answers([], move.said, move.said_from, at=at, by=by)),
            )
        )  # fmt: skip
    columns = (
        "public_id", "employer_id", "person_id", "staff_number", "category", "from_day", "to_day",
        "leave_reason", "created_at", "answers",
    )  # fmt: skip
    copy_rows(session, "employment", columns, rows)
    stored = session.scalars(select(Employment).where(Employment.public_id == func.any(list(names))))
    return {names[row.public_id]: row for row in stored}


def _change(session: Session, moves: Sequence[Move], at: datetime, by: int | None) -> None:
    """Last days, reasons, staff numbers, categories and answers, in one statement."""
    if not moves:
        return
    values = [
        {
            "id": row.id,
            "staff_number": move.row.staff_number or row.staff_number,
            "category": move.category or row.category,
            "to_day": last_day.isoformat() if (last_day := move.last_day or row.to_day) else None,
            "leave_reason": move.reason if move.last_day else row.leave_reason,
            "answers": with_answers(row.answers, move.said, move.said_from, at=at, by=by),
        }
        for move in moves
        if (row := move.employment)
    ]
    types = {"staff_number": String(), "category": String(), "to_day": Date(), "leave_reason": String()}
    given = _set_of(values, id=BigInteger(), **types, answers=JSONB())
    new = {name: given.c[name] for name in (*types, "answers")}
    statement = update(Employment).where(Employment.id == given.c.id).values(new)
    session.execute(statement, execution_options={"synchronize_session": False})


def _pay(session: Session, paid: Iterable[tuple[Employment, Move]], at: datetime) -> None:
    """Wages of the hired and of the changed, in one statement; a month's earlier entry is replaced."""
    values = [
        {"employer_id": row.employer_id, "employment_id": row.id, "from_month": month.as_int, "components": dict(wage)}
        for row, move in paid
        for month, wage in [move.wage or (None, {})]
        if month is not None
    ]
    if not values:
        return
    given = _set_of(
        values, employer_id=BigInteger(), employment_id=BigInteger(), from_month=Integer(), components=JSONB()
    )
    columns = ("employer_id", "employment_id", "from_month", "components")
    source = select(*(given.c[name] for name in columns), literal(at))
    statement = insert(Wage).from_select([*columns, "recorded_at"], source)
    excluded = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Wage.employment_id, Wage.from_month],
            set_={"components": excluded.components, "recorded_at": excluded.recorded_at},
        )
    )


def _set_of(values: Sequence[dict[str, Any]], **types: Any) -> TableValuedAlias:
    """Rows of values as a table inside a statement, so that one statement takes any number of them."""
    columns = [column(name, kind) for name, kind in types.items()]
    rows = func.jsonb_to_recordset(literal(list(values), JSONB())).table_valued(*columns)
    return rows.render_derived(name="given", with_types=True)
