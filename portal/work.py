"""
Work that takes longer than a visitor should wait: a row that says who asked for what, how far it is, what came of it.

The row is stored in the transaction of the request.  A worker does it step by step; a step is one transaction that
keeps what was done together with how far it got: a worker that is killed repeats one step and nothing twice.  Who works
on a row holds a lock that ends with the worker.  The broker only wakes: a lost message costs one tick of the timetable.
Times are real ones: a moved practice clock neither hurries nor loses work.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, delete, exists, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import audit, clock, db, trace
from portal.db import WAKE, Base, Id, PublicId
from portal.errors import NotFound, Refused
from portal.files import StoredFile
from portal.scheme.explain import words_to_json
from portal.tabular.table import FileRefused
from portal.words import Words, _

log = logging.getLogger("portal.work")

OPEN = ("waiting", "working")
ONE_OPEN = ("employer_id", "name")
STILL_OPEN = "state IN ('waiting', 'working')"
#: A step that fails so often without an answer is given up.
TRIES = 3
GIVEN_UP = _("This did not work, and the fault is ours. Nothing was changed by it. Try again; if it stays, tell us.")
GONE = _("What this was about is no longer there. Start again.")
WAITING = _("Waiting for its turn")
LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:work, 0))")


class Work(Base):
    """One piece of work, of one employer or of the fund itself."""

    __tablename__ = "work"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'working', 'done', 'failed')", name="state"),
        CheckConstraint("done BETWEEN 0 AND total", name="done"),
        Index(None, "employer_id", "kind", "id"),
        Index(None, "updated_at"),
        Index("uq_work_open", "employer_id", "name", unique=True, postgresql_where=text(STILL_OPEN),
              postgresql_nulls_not_distinct=True),
    )  # fmt: skip

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    #: None: of the fund itself.
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str]
    #: What a second click would ask for again: while one of this name is open, there is no other.
    name: Mapped[str]
    payload: Mapped[dict[str, Any]]
    #: The page it was asked for on, to go back to.
    back: Mapped[str]
    state: Mapped[str]
    #: What is being done now, as kept words.
    doing: Mapped[dict[str, Any]]
    done: Mapped[int]
    total: Mapped[int]
    tries: Mapped[int]
    #: Files made so far: {"file": public id, "name": …}, and "words" (kept words) where it is offered to the visitor.
    files: Mapped[list[Any]]
    #: When done: {"endpoint": a page of the employer, "args": {…}}, or {} when the files are the result.
    result: Mapped[dict[str, Any] | None]
    #: When failed: why, as kept words.
    refusal: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    reference: Mapped[str] = mapped_column(default="", server_default="")
    updated_at: Mapped[datetime]

    @property
    def is_open(self) -> bool:
        """Whether it waits or is being done."""
        return self.state in OPEN

    @property
    def title(self) -> Words:
        """What it is, in words."""
        return KINDS[self.kind].title


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, by whom, and how much of it is done; *employer_id* is 0 for work of the fund itself."""

    id: int
    kind: str
    employer_id: int
    by: int | None
    payload: Mapping[str, Any]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one step did: how much is done after it, the files it made, and at the end the result (see `Work`)."""

    done: int
    doing: Words = WAITING
    files: Sequence[Mapping[str, Any]] = ()
    result: Mapping[str, Any] | None = None


#: Says how far a long step is, while it is still going on: how much is done, and what is being done now.
Tell = Callable[[int, Words], None]


def silent(_done: int, _doing: Words) -> None:
    """For callers whom nobody watches."""


@dataclass(frozen=True, slots=True)
class Kind:
    """
    A kind of work: the right (a value of ``Right``) one needs to ask for it and see it, its title, and its step.

    *refused* clears away what a refused one must not leave behind; results are kept for *kept*.
    """

    code: str
    right: str
    title: Words
    step: Callable[[Session, Order, Tell], Part]
    refused: Callable[[Session, Order], None] = field(default=lambda _session, _order: None)
    kept: timedelta = timedelta(days=7)


KINDS: dict[str, Kind] = {}


def kind(one: Kind) -> Kind:
    """Make a kind known to web and worker."""
    KINDS[one.code] = one
    return one


def begin(
    session: Session, kind: Kind, name: str, payload: Mapping[str, Any], *, employer: int | None, by: int | None,
    total: int, back: str,
) -> Work:  # fmt: skip
    """Put work of an employer (None: of the fund) down, in the caller's transaction; the open one of that *name*."""
    now = clock.real_now()
    statement = insert(Work).values(
        employer_id=employer, asked_by=by, kind=kind.code, name=f"{kind.code}/{name}", back=back,
        payload={**payload, audit.ON_BEHALF: audit.acting_under(session)}, doing=words_to_json(WAITING),
        state="waiting", done=0, total=total, tries=0, files=[], created_at=now, updated_at=now,
        reference=trace.current(),
    )  # fmt: skip
    session.execute(statement.on_conflict_do_nothing(index_elements=ONE_OPEN, index_where=text(STILL_OPEN)))
    session.info[WAKE] = True
    wanted = (Work.employer_id.is_not_distinct_from(employer), Work.name == f"{kind.code}/{name}", Work.state.in_(OPEN))
    return session.scalars(select(Work).where(*wanted)).one()


def work_of(session: Session, employer_id: int | None, name: UUID) -> Work:
    """The employer's work, or (None) the fund's; NotFound when there is none or it is another's."""
    owner = Work.employer_id.is_not_distinct_from(employer_id)
    row = session.scalar(select(Work).where(owner, Work.public_id == name))
    if row is None or row.kind not in KINDS:
        raise NotFound(name)
    return row


def latest(session: Session, employer_id: int | None, kind: Kind, *, prefix: str = "", most: int = 5) -> Sequence[Work]:
    """The last works of a kind whose name begins with *prefix*, the newest first."""
    named = Work.name.startswith(f"{kind.code}/{prefix}", autoescape=True)
    owner = Work.employer_id.is_not_distinct_from(employer_id)
    statement = select(Work).where(owner, Work.kind == kind.code, named)
    return session.scalars(statement.order_by(Work.id.desc()).limit(most)).all()


def waits() -> bool:
    """Whether there is anything to do."""
    with db.reading() as session:
        return bool(session.scalar(select(exists().where(Work.state.in_(OPEN)))))


def do_waiting(seconds: int) -> bool:
    """Do what waits, the longest untouched first, for about so many seconds; True when time ran out."""
    until = monotonic() + seconds
    with db.reading() as session:
        waiting = session.scalars(select(Work.id).where(Work.state.in_(OPEN)).order_by(Work.updated_at, Work.id)).all()
    for number in waiting:
        with _held(number) as ours, trace.under(trace.current()):
            while ours and _step(number):
                if monotonic() > until:
                    return True
        if monotonic() > until:
            return True
    return False


def sweep(session: Session, *, at: datetime) -> None:
    """Remove works that ended long enough ago, and the files they made."""
    for one in KINDS.values():
        _remove(session, Work.kind == one.code, Work.state.not_in(OPEN), Work.updated_at < at - one.kept)


def forget(session: Session, employer_id: int, kind: Kind, prefix: str) -> None:
    """Remove the works that ended of a kind whose name begins with *prefix*, and the files they made."""
    named = Work.name.startswith(f"{kind.code}/{prefix}", autoescape=True)
    _remove(session, Work.employer_id == employer_id, named, Work.state.not_in(OPEN))


def _remove(session: Session, *which: ColumnElement[bool]) -> None:
    for files in session.scalars(delete(Work).where(*which).returning(Work.files)).all():
        names = [UUID(file["file"]) for file in files]
        session.execute(delete(StoredFile).where(StoredFile.public_id.in_(names)))


# -- one step ------------------------------------------------------------------------


@contextmanager
def _held(number: int) -> Iterator[bool]:
    """Whether this worker has the work to itself, until the end or its own."""
    with db.engine().begin() as connection:
        yield bool(connection.scalar(LOCK, {"work": f"work/{number}"}))


def _step(number: int) -> bool:
    """Do the next step; True when there is another."""
    order = _taken(number)
    if order is None:
        return False
    kind = KINDS[order.kind]
    try:
        with db.writing() as session:
            session.info[audit.ON_BEHALF] = order.payload.get(audit.ON_BEHALF)
            part = kind.step(session, order, _teller(number))
            _put_down(session, order, part)
        return part.result is None
    except Refused as refusal:
        _refuse(order, refusal.words)
    except FileRefused as refused:
        _refuse(order, refused.problem.placed)
    except NotFound:
        _refuse(order, GONE)
    except Exception:  # tried again at the next tick of the timetable, and given up in the end
        log.exception("work %s not done", number)
    return False


def _taken(number: int) -> Order | None:
    """The work as it stands, counted as tried; None when it is over, or was tried too often."""
    with db.writing() as session:
        row = session.get(Work, number, with_for_update=True)
        if row is None or not row.is_open or row.kind not in KINDS:
            return None
        row.tries += 1
        row.state, row.updated_at = "working", clock.real_now()
        trace.follow(row.reference)
        order = Order(row.id, row.kind, row.employer_id or 0, row.asked_by, row.payload, row.done, row.total)
    if row.tries > TRIES:
        _refuse(order, GIVEN_UP)
        return None
    return order


def _put_down(session: Session, order: Order, part: Part) -> None:
    """In the step's own transaction, last of all: how far it got."""
    row = session.get_one(Work, order.id, populate_existing=True)
    row.done, row.doing, row.tries, row.updated_at = part.done, words_to_json(part.doing), 0, clock.real_now()
    row.files = [*row.files, *(dict(file) for file in part.files)]
    if part.result is not None:
        row.state, row.result = "done", dict(part.result)


def _refuse(order: Order, words: Words) -> None:
    with db.writing() as session:
        KINDS[order.kind].refused(session, order)
        row = session.get_one(Work, order.id, with_for_update=True)
        row.state, row.refusal, row.updated_at = "failed", words_to_json(words), clock.real_now()


def _teller(number: int) -> Tell:
    """In a transaction of its own, so that others see it before the step is over."""

    def tell(done: int, doing: Words) -> None:
        values = {"done": done, "doing": words_to_json(doing), "updated_at": clock.real_now()}
        with db.writing() as session:
            session.execute(update(Work).where(Work.id == number, Work.state == "working").values(values))

    return tell
