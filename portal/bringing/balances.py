"""
Opening balances: what employers owe on the day a fund begins here, posted once two people agree.

The file is brought over whole or not at all: while a row has a problem, or what it adds up to is not the control total
that was typed with it, nothing can be asked for.  Late charges run on from the day of the balances: what was owed for
being late until then stands in the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import approvals, audit
from portal.approvals import Action, Approval, Decider, action
from portal.approvals import Row as ShownRow
from portal.audit import Event
from portal.bringing import uploads
from portal.bringing.balances_file import BalanceRow, Parsed, parse
from portal.bringing.balances_posting import Brought, post
from portal.bringing.uploads import MOST_ROWS, Upload
from portal.employers.given import latest_due_day
from portal.employers.models import Employer
from portal.errors import Refused
from portal.installation import calendar, fund, pack
from portal.ledger.models import Transaction
from portal.tabular.reading import read
from portal.tabular.table import Problem
from portal.words import Amount, Words, _

POST = "opening.post"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would post now, by row with the employer's id; minor units in *currency*."""

    as_of: date
    currency: str
    rows: Sequence[tuple[int, BalanceRow]]
    owed: int
    credit: int
    control: Mapping[str, int]
    problems: Sequence[Problem]
    notices: Sequence[Problem]

    @property
    def employers(self) -> int:
        """How many employers it is about."""
        return len({employer for employer, _row in self.rows})

    @property
    def difference(self) -> Words | None:
        """How far what the file adds up to is from what was typed; None when they agree."""
        for words, found, typed in (
            (_("What is owed"), self.owed, self.control["owed"]), (_("Credit"), self.credit, self.control["credit"])
        ):  # fmt: skip
            if found != typed:
                return _(
                    "%(what)s: the file adds up to %(found)s, the control total is %(typed)s. Find the difference of "
                    "%(difference)s before anything is brought over.",
                    what=words, found=Amount(found, self.currency), typed=Amount(typed, self.currency),
                    difference=Amount(abs(found - typed), self.currency),
                )  # fmt: skip
        return None


def plan(session: Session, upload: Upload) -> Plan:
    """What the file would post as the books stand now; nothing is touched.  ``FileRefused`` when it cannot be read."""
    as_of = date.fromisoformat(upload.row.options["as_of"])
    parsed = parse(read(upload.content, upload.name), fund(), calendar(), as_of)
    if len(parsed.rows) > MOST_ROWS:
        raise Refused(_("A file may hold %(most)s balances. Cut it into several.", most=MOST_ROWS), status=422)
    rows, problems = _placed(session, parsed)
    currency, control = fund().currency.code, {key: int(upload.row.options[key]) for key in ("owed", "credit")}
    problems = sorted((*parsed.problems, *problems), key=lambda one: one.row or 0)
    return Plan(as_of, currency, rows, parsed.owed, parsed.credit, control, problems, parsed.notices)


def _placed(session: Session, parsed: Parsed) -> tuple[list[tuple[int, BalanceRow]], list[Problem]]:
    """Each row with its employer; those without one, with no due day, or brought over before are problems."""
    numbers = list({row.number for row in parsed.rows})
    found = select(Employer.number, Employer.id).where(Employer.number == func.any(numbers))
    ids = {number: id for number, id in session.execute(found)}  # noqa: C416  # rows of a query, not pairs
    before = _before(session, list(ids.values()))
    rows, problems = [], []
    for row in parsed.rows:
        employer = ids.get(row.number)
        words = _not_now(row, employer, before)
        if words is not None or employer is None:
            problems.append(words or Problem("E_EMPLOYER", _("There is no employer of this number."), row.row,
                                             "employer_number", row.number))  # fmt: skip
        else:
            rows.append((employer, row))
    return rows, problems


def _not_now(row: BalanceRow, employer: int | None, before: set[tuple[int, str]]) -> Problem | None:
    if employer is not None and {(employer, name) for name in names_of(row)} & before:
        words = _("A balance of this employer, scheme and month was brought over before. Leave the row out.")
        return Problem("E_BEFORE", words, row.row, "month", str(row.month or ""))
    if row.month is not None and latest_due_day(pack(row.scheme), row.month) is None:
        words = _("%(scheme)s does not know when this month was due. The fund decides it in its own file first.",
                  scheme=pack(row.scheme).short_name)  # fmt: skip
        return Problem("E_DUE", words, row.row, "month", str(row.month))
    return None


def names_of(row: BalanceRow) -> list[str]:
    """The names of what a row is posted under, each once in an employer's book."""
    owed = [f"opening/{row.scheme}/{row.month}"] if row.contribution or row.late else []
    return [*owed, *([f"opening/{row.scheme}/credit"] if row.credit else [])]


def _before(session: Session, employers: list[int]) -> set[tuple[int, str]]:
    """What was brought over before, by employer and name."""
    wanted = (Transaction.employer_id == func.any(employers), Transaction.kind == "opening")
    rows = session.execute(select(Transaction.employer_id, Transaction.name).where(*wanted)) if employers else ()
    return {(employer, name) for employer, name in rows}


def ask(session: Session, public_id: UUID, *, reason: str, by: int, at: datetime) -> Approval:
    """Ask a second person to agree.  Refused while a row has a problem or the control total is another one."""
    upload = uploads.upload_of(session, public_id, lock=True)
    found = _whole(session, upload)
    shown = {
        "file": upload.name, "sha256": upload.row.sha256, "as_of": found.as_of.isoformat(), "rows": len(found.rows),
        "employers": found.employers, "owed": found.owed, "credit": found.credit, "currency": found.currency,
    }  # fmt: skip
    return approvals.ask(session, POST, f"opening:{public_id}", shown=shown, reason=reason, by=by, at=at)


def _whole(session: Session, upload: Upload) -> Plan:
    if upload.row.done_at is not None:
        raise Refused(_("This file was brought over on %(day)s.", day=upload.row.done_at))
    found = plan(session, upload)
    if found.problems:
        raise Refused(_("Some rows have problems. Mend them in the file and choose it again; nothing was changed."))
    if found.difference is not None:
        raise Refused(found.difference)
    return found


def _rows(_session: Session, request: Approval) -> list[ShownRow]:
    shown = request.shown
    return [
        (_("File"), shown["file"]),
        (_("Fingerprint of the file (SHA-256)"), shown["sha256"]),
        (_("Balances at the end of"), date.fromisoformat(shown["as_of"])),
        (_("Rows"), str(shown["rows"])),
        (_("Employers"), str(shown["employers"])),
        (_("Owed in all"), Amount(shown["owed"], shown["currency"])),
        (_("Credit in all"), Amount(shown["credit"], shown["currency"])),
        (_("What follows"), _(
            "Each amount stands in the book as of that day. Late charges are reckoned from the day after; those owed "
            "until then are the ones in the file."
        )),
    ]  # fmt: skip


def _carry_out(session: Session, request: Approval, by: Decider) -> None:
    upload = uploads.upload_of(session, UUID(request.subject.partition(":")[2]), lock=True)
    found = _whole(session, upload)
    if (found.owed, found.credit) != (request.shown["owed"], request.shown["credit"]):
        raise Refused(_("The file no longer says what was asked for. Look at it again."))
    post(session, found.rows, Brought(found.as_of, upload.row.public_id, by.account, by.at))
    result: dict[str, Any] = {"employers": found.employers, "owed": found.owed, "credit": found.credit}
    uploads.finish(session, upload.row, {"rows": len(found.rows), **result}, by=by.account, at=by.at)
    audit.record(
        session, Event.BALANCES_BROUGHT, at=by.at, by=by.account, subject=request.subject, file=upload.row.public_id,
        as_of=found.as_of, **result,
    )  # fmt: skip


action(Action(POST, "decide", _("Bring over opening balances"), _rows, _carry_out))
