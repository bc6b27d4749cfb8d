"""Payrolls as rows: found, locked, read whole and stored whole, whatever their size with the same few statements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, null, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.contributions.amending import amended_since
from portal.contributions.assessment import Assessed, assess, problem_to_json, problems_from_json
from portal.contributions.basis import Basis, Line, load_basis
from portal.contributions.models import FaultyLine, Payroll, PayrollLine, PayrollState
from portal.contributions.standing import standing_declarations
from portal.db import copy_rows
from portal.errors import NotFound, Refused
from portal.installation import pack
from portal.scheme.calendars import Month
from portal.tabular.rows import FaultyRow
from portal.tabular.table import Problem
from portal.words import _

#: What a draft remembers from save to save: the schemes it is for, and how its file was laid out.
KEPT = ("schemes", "layout", "columns", "file_name", "notices")


class Stale(Refused):
    """The payroll was changed since the page was opened; what was typed is to be shown again."""

    def __init__(self) -> None:
        super().__init__(
            _("Someone changed this payroll since you opened it. What you typed is kept below; look at it and save.")
        )


class Closed(Stale):
    """The payroll is no longer a draft; what was typed is to be shown again, so that it can be taken along."""

    def __init__(self) -> None:
        Refused.__init__(
            self,
            _(
                "This payroll was submitted or given up since you opened it, so nothing was saved. What you typed is "
                "kept below; open the month to see how it stands."
            ),
            status=409,
        )


@dataclass(frozen=True, slots=True)
class Contents:
    """What a draft holds; *kept* is what it remembers from save to save (see `KEPT`)."""

    lines: Sequence[Line]
    faulty: Sequence[FaultyRow] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)


def payroll_of(session: Session, employer_id: int, payroll: UUID, *, lock: bool = False) -> Payroll:
    """The employer's payroll of this name; NotFound when there is none or it is another's."""
    statement = select(Payroll).where(Payroll.employer_id == employer_id, Payroll.public_id == payroll)
    found = session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound(payroll)
    return found


def draft_of(session: Session, employer_id: int, payroll: UUID, version: int) -> Payroll:
    """The draft, held until the transaction ends; `Stale` when it changed since the *version* the page showed."""
    draft = payroll_of(session, employer_id, payroll, lock=True)
    if draft.state != PayrollState.DRAFT.value:
        raise Closed
    if draft.version != version:
        raise Stale
    return draft


def open_payroll(session: Session, employer_id: int, month: Month) -> Payroll | None:
    """The payroll of *month* that is worked on, or waits for the fund; there is one at most."""
    wanted = (Payroll.employer_id == employer_id, Payroll.month == month)
    is_open = Payroll.state.in_((PayrollState.DRAFT.value, PayrollState.ASKED.value))
    return session.scalar(select(Payroll).where(*wanted, is_open))


def basis_of(session: Session, draft: Payroll, known_on: date) -> Basis:
    """What a draft is checked against now, with the rules as they are known on this day."""
    packs = [pack(name) for name in draft.checked["schemes"]]
    return load_basis(session, draft.employer_id, draft.month, packs, known_on, adds=draft.adds)


def contents_of(session: Session, draft: Payroll) -> Contents:
    """The stored lines and faulty rows of a draft, in the order of their rows."""
    kept_line = (
        PayrollLine.row_number, PayrollLine.person_id, PayrollLine.components, PayrollLine.days, null(),
        PayrollLine.reason, PayrollLine.reason_from, PayrollLine.reason_to,
    )  # fmt: skip
    lines = session.execute(
        select(*kept_line).where(PayrollLine.payroll_id == draft.id).order_by(PayrollLine.row_number)
    )
    faulty = session.execute(
        select(FaultyLine.row_number, FaultyLine.cells, FaultyLine.problems)
        .where(FaultyLine.payroll_id == draft.id)
        .order_by(FaultyLine.row_number)
    )
    kept = {name: draft.checked[name] for name in KEPT if name in draft.checked}
    rows = [FaultyRow(row, cells, tuple(problems_from_json(problems))) for row, cells, problems in faulty]
    return Contents([Line(*row) for row in lines], rows, kept)


def save(
    session: Session, draft: Payroll, basis: Basis, contents: Contents, *, at: datetime, by: int | None
) -> Payroll:
    """Check, compute and store the whole payroll in place of what it held; the version counts up."""
    assessed = assess(basis, contents.lines, contents.kept.get("columns"))
    if draft.version:  # a new draft holds nothing yet
        session.execute(delete(PayrollLine).where(PayrollLine.payroll_id == draft.id))
        session.execute(delete(FaultyLine).where(FaultyLine.payroll_id == draft.id))
    store_rows(session, draft, assessed, contents.faulty)
    given = {scheme: one.to_json() for scheme, one in basis.given.items()}
    amended = _amended(session, draft, basis, assessed)
    draft.checked = {**contents.kept, **_result(assessed, contents), "given": given, "amended": amended}
    draft.version += 1
    audit.record(
        session, Event.PAYROLL_SAVED, at=at, by=by, employer=draft.employer_id, subject=f"payroll:{draft.public_id}",
        payroll=draft.public_id, month=draft.month, lines=len(contents.lines), faulty=len(contents.faulty),
    )  # fmt: skip
    session.flush()
    return draft


def _amended(session: Session, draft: Payroll, basis: Basis, assessed: Assessed) -> dict[str, int]:
    """What only a change of the rules brought, where the draft replaces what was declared."""
    if not draft.revises:
        return {}
    before = standing_declarations(session, draft.employer_id, draft.month)
    return amended_since(basis, assessed.lines, assessed.sums, before)


def _result(assessed: Assessed, contents: Contents) -> dict[str, Any]:
    """What the pages show without computing it again: totals, counts and the notices that belong to no line."""
    return {
        "sums": {scheme: asdict(sums) for scheme, sums in assessed.sums.items()},
        "lines": len(contents.lines),
        "faulty": len(contents.faulty),
        "blocking": assessed.blocking,
        "warnings": assessed.warnings,
        "missing": assessed.missing,
        "namesakes": assessed.namesakes,
        "missing_people": [problem_to_json(problem) for problem in assessed.notices],
    }


def store_rows(session: Session, draft: Payroll, assessed: Assessed, faulty: Sequence[FaultyRow]) -> None:
    """Good lines and faulty rows, each with one COPY where there are any."""
    columns = (
        "payroll_id", "row_number", "employer_id", "person_id", "components", "days", "shares", "problems", "reason",
        "reason_from", "reason_to",
    )  # fmt: skip
    copy_rows(session, PayrollLine.__tablename__, columns, _line_rows(draft, assessed))
    names = ("payroll_id", "row_number", "employer_id", "cells", "problems")
    rows = ((draft.id, row.row, draft.employer_id, json.dumps(row.cells), _problems(row.problems)) for row in faulty)
    if faulty:
        copy_rows(session, FaultyLine.__tablename__, names, rows)


def _line_rows(draft: Payroll, assessed: Assessed) -> Iterator[tuple[object, ...]]:
    for line, found in zip(assessed.lines, assessed.contributions, strict=True):
        shares = {scheme: [one.insurable, one.employer, one.employee] for scheme, one in found.items()}
        problems = _problems(assessed.problems.get(line.row, ()))
        yield (
            draft.id, line.row, draft.employer_id, line.person_id, json.dumps(dict(line.components)), line.days,
            json.dumps(shares), problems, line.reason, line.reason_from, line.reason_to,
        )  # fmt: skip


def _problems(problems: Sequence[Problem]) -> str:
    return json.dumps([problem_to_json(problem) for problem in problems]) if problems else "[]"
