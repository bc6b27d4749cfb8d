"""A large roster file in the background: looked at, and carried out once it is confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from flask_babel import force_locale, gettext
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock, work
from portal.auth.access import Right
from portal.employers.roster_import import (
    Reading,
    file_of,
    import_roster,
    plan_import,
    read_file,
)
from portal.employers.roster_list import CSV, XLSX, rows_with_reasons
from portal.employers.roster_moves import Plan
from portal.employers.roster_plan import READING, comparing
from portal.employers.roster_review import Review, review_from_json, review_of, review_to_json
from portal.files import StoredFile, keep
from portal.installation import fund, month_from
from portal.scheme.calendars import Month
from portal.tabular.size import about_rows
from portal.web.filters import say
from portal.words import _
from portal.work import Kind, Order, Part, Tell, Work

#: A file of so many rows is carried out in about a second; a longer one is not worked on while a page waits.
LONG = 2_000
#: No file of so few bytes is longer: a packed row takes more than 25.
SHORT_BYTES = 25 * LONG
REVIEW = "review"
#: Steps of a look and of an import, as the page counts them.
STEPS = 3


def is_long(content: bytes) -> bool:
    """Whether an upload has more rows than are worked on at once."""
    return about_rows(content) > LONG


def is_large(file: StoredFile) -> bool:
    """The same of a stored file; a small one is not even read."""
    return file.size > SHORT_BYTES and is_long(file.content)


def begin_look(
    session: Session, file: StoredFile, wages_from: Month, *, by: int | None, back: str, language: str
) -> Work:
    """Look at a file in the background: what it would change as the roster stands when the worker comes to it."""
    payload = {"file": str(file.public_id), "wages_from": str(wages_from), "language": language}
    name = _name(file, wages_from)
    return work.begin(session, LOOK, name, payload, employer=_employer(file), by=by, total=STEPS, back=back)


def begin_import(
    session: Session, file: StoredFile, wages_from: Month, *, shown: str, by: int | None, back: str, language: str
) -> Work:
    """Carry out in the background what the page with the fingerprint *shown* showed."""
    payload = {"file": str(file.public_id), "wages_from": str(wages_from), "shown": shown, "language": language}
    name = _name(file, wages_from)
    return work.begin(session, IMPORT, name, payload, employer=_employer(file), by=by, total=STEPS, back=back)


def works_of(session: Session, employer_id: int) -> Sequence[Work]:
    """The looks and imports that still go on, the newest first."""
    found = chain.from_iterable(work.latest(session, employer_id, one) for one in (LOOK, IMPORT))
    return [one for one in found if one.is_open]


def looked(session: Session, employer_id: int, file: StoredFile, wages_from: Month, part: slice) -> Review | None:
    """What the last look at a large file found, with that part of its changes; None when it must be looked at anew."""
    content = _kept(session, employer_id, file, wages_from, REVIEW)
    return None if content is None else review_from_json(content, part)


def kept_problems(session: Session, employer_id: int, file: StoredFile, wages_from: Month, kind: str) -> bytes | None:
    """The rows to mend that the last look at a large file wrote down; None where there was none."""
    return _kept(session, employer_id, file, wages_from, kind)


def problems_of(reading: Reading, plan: Plan, kind: str) -> bytes:
    """The rows that are left out, as they came, each with what to do, as CSV or XLSX."""
    why = {one.row: " ".join(say(problem.words) for problem in one.problems) for one in plan.faulty}
    return rows_with_reasons(reading, why, gettext("What to do"), kind)


# -- what the worker does ------------------------------------------------------------


def _look(session: Session, order: Order, tell: Tell) -> Part:
    wages_from = month_from(order.payload["wages_from"])
    row = _file(session, order)
    tell(0, READING)
    reading = read_file(row.content, row.name, clock.today(fund().timezone))
    tell(1, comparing(len(reading.parsed.rows)))
    plan = plan_import(session, order.employer_id, reading, wages_from)
    tell(2, _("Writing down what it would change"))
    made = [_keep(session, order, REVIEW, "application/json", review_to_json(review_of(plan)))]
    if plan.faulty:
        with force_locale(order.payload["language"]):
            for kind, media_type in (("csv", CSV), ("xlsx", XLSX)):
                made.append(_keep(session, order, kind, media_type, problems_of(reading, plan, kind)))
    return Part(STEPS, files=made, result=_page(order))


def _import(session: Session, order: Order, tell: Tell) -> Part:
    import_roster(
        session, order.employer_id, _file(session, order), wages_from=month_from(order.payload["wages_from"]),
        at=clock.now(), by=order.by, shown=order.payload["shown"], tell=tell,
    )  # fmt: skip
    return Part(STEPS, result=_page(order))


def _leave_nothing(session: Session, order: Order) -> None:
    """A file that cannot be read is not kept."""
    name = UUID(order.payload["file"])
    session.execute(delete(StoredFile).where(StoredFile.employer_id == order.employer_id, StoredFile.public_id == name))


def _look_again(session: Session, order: Order) -> None:
    """What the looks found holds no longer."""
    work.forget(session, order.employer_id, LOOK, order.payload["file"])


LOOK = work.kind(Kind("roster_look", Right.PREPARE.value, _("Looking at your file"), _look, _leave_nothing))
IMPORT = work.kind(Kind("roster_import", Right.PREPARE.value, _("Importing your file"), _import, _look_again))


def _name(file: StoredFile, wages_from: Month) -> str:
    return f"{file.public_id}/{wages_from}"


def _employer(file: StoredFile) -> int:
    assert file.employer_id is not None
    return file.employer_id


def _file(session: Session, order: Order) -> StoredFile:
    return file_of(session, order.employer_id, UUID(order.payload["file"]))


def _page(order: Order) -> dict[str, Any]:
    args = {name: order.payload[name] for name in ("file", "wages_from")}
    return {"endpoint": "roster_import.review", "args": args}


def _keep(session: Session, order: Order, name: str, media_type: str, content: bytes) -> Mapping[str, Any]:
    row = keep(
        session, content, name=name, media_type=media_type, at=clock.real_now(), employer=order.employer_id,
        by=order.by,
    )  # fmt: skip
    return {"file": str(row.public_id), "name": name}


def _kept(session: Session, employer_id: int, file: StoredFile, wages_from: Month, name: str) -> bytes | None:
    """A file the last look made; None when there is no look, it was not finished, or it made no such file."""
    last = work.latest(session, employer_id, LOOK, prefix=_name(file, wages_from), most=1)
    found = [each["file"] for one in last if one.state == "done" for each in one.files if each["name"] == name]
    if not found:
        return None
    return session.scalar(select(StoredFile.content).where(StoredFile.public_id == UUID(found[0])))
