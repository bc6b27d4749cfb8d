"""
What waits for the fund's officers, kind by kind: how many, how old, whose, and what is past its day.

Every queue is a query of the same three columns (what, since when, and what its line needs to be shown), so that
counting, listing, taking and finding the next one are done once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, String, cast, func, select
from sqlalchemy.orm import Session

from portal import outbox, taken
from portal.approvals import ACTIONS, Approval
from portal.auth.access import Right
from portal.auth.models import Account
from portal.auth.scope import MINE
from portal.bank.models import BankEntry
from portal.cases.kinds import KINDS, Kind
from portal.cases.models import Case, CaseState
from portal.contributions.models import Declaration
from portal.contributions.reviewing.models import DeclarationReview
from portal.contributions.standing import GONE
from portal.employers.models import Employer, Registration, RegistrationState
from portal.installation import fund, month_words, pack
from portal.scheme.explain import words_from_json
from portal.taken import Taken
from portal.words import Amount, Words, _

#: A query of `subject`, `since` and whatever else the line of the list needs.
Waiting = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in a queue; *owner* is None while nobody has taken it."""

    subject: str
    since: datetime
    title: Words | str
    more: Words | str
    url: str
    owner: int | None
    owner_name: str
    due_day: date


@dataclass(frozen=True, slots=True)
class Queue:
    """A kind of work.  Any of *rights* is enough to do it; it should be done within *days*."""

    code: str
    title: Words
    rights: frozenset[Right]
    days: int
    waiting: Callable[[], Waiting]
    shown: Callable[[Any], tuple[Words | str, Words | str, str]]

    @property
    def service_days(self) -> int:
        """The days within which the fund means to have done it."""
        return fund().service_days.get(self.code, self.days)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a queue stands: all that waits, what nobody has taken, what is mine, what is past its day, the oldest."""

    queue: Queue
    count: int
    free: int
    mine: int
    overdue: int
    since: datetime | None


QUEUES: dict[str, Queue] = {}


def queue(one: Queue) -> Queue:
    """Make a queue known to the portal."""
    QUEUES[one.code] = one
    return one


def open_to(rights: Collection[Right]) -> list[Queue]:
    """The queues somebody with these rights works on."""
    return [one for one in QUEUES.values() if one.rights & set(rights)]


def standing(session: Session, one: Queue, *, me: int, today: date) -> Standing:
    """How one queue stands today.  One query."""
    rows = _with_owner(one)
    found = session.execute(
        select(
            func.count(),
            func.count().filter(rows.c.owner.is_(None)),
            func.count().filter(rows.c.owner == me),
            func.count().filter(rows.c.since < _too_old(one, today)),
            func.min(rows.c.since),
        ).select_from(rows)
    ).one()
    return Standing(one, *found)


def lines(
    session: Session, one: Queue, *, owner: int | None = None, free: bool = False, limit: int, offset: int = 0
) -> list[Line]:
    """What waits in a queue, the oldest first; only what *owner* has, or what nobody has."""
    rows = _with_owner(one)
    statement = select(rows, Account.name.label("owner_name")).outerjoin(Account, Account.id == rows.c.owner)
    if owner is not None:
        statement = statement.where(rows.c.owner == owner)
    if free:
        statement = statement.where(rows.c.owner.is_(None))
    statement = statement.order_by(rows.c.since, rows.c.subject).limit(limit).offset(offset)
    found = session.execute(statement, execution_options=MINE)
    return [_line(one, row) for row in found]


def take_next(session: Session, one: Queue, *, by: int, at: datetime) -> Line | None:
    """Take the oldest thing nobody has taken; None when there is none.  Two who ask at once get two things."""
    for line in lines(session, one, free=True, limit=20):
        if taken.take_if_free(session, line.subject, by=by, at=at):
            return line
    return None


def waiting_among(session: Session, one: Queue, subjects: Sequence[str]) -> list[str]:
    """Those of *subjects* that wait in this queue: what else a form names is left out."""
    rows = one.waiting().subquery()
    wanted = select(rows.c.subject).where(rows.c.subject.in_(subjects))
    return list(session.scalars(wanted, execution_options=MINE))


def _with_owner(one: Queue) -> Any:
    rows = one.waiting().subquery()
    owned = select(rows, Taken.account_id.label("owner")).outerjoin(Taken, Taken.subject == rows.c.subject)
    return owned.subquery()


def _zone() -> ZoneInfo:
    return ZoneInfo(fund().timezone)


def _too_old(one: Queue, today: date) -> datetime:
    """What waits since before this moment is past its day."""
    return datetime.combine(today - timedelta(days=one.service_days), time(), _zone())


def _line(one: Queue, row: Any) -> Line:
    title, more, url = one.shown(row)
    due = row.since.astimezone(_zone()).date() + timedelta(days=one.service_days)
    return Line(row.subject, row.since, title, more, url, row.owner, row.owner_name or "", due)


# -- the queues ----------------------------------------------------------------


def _registrations() -> Waiting:
    name = func.coalesce(Registration.answers["legal_name"].astext, "").label("name")
    return select(
        ("registration:" + cast(Registration.public_id, String)).label("subject"),
        Registration.submitted_at.label("since"), name, Registration.tracking_number.label("number"),
        Registration.public_id.label("place"),
    ).where(Registration.state == RegistrationState.SUBMITTED.value)  # fmt: skip


def _approvals() -> Waiting:
    return select(
        ("approval:" + cast(Approval.public_id, String)).label("subject"), Approval.asked_at.label("since"),
        Approval.action.label("action"), func.coalesce(Employer.legal_name, "").label("name"),
        Approval.public_id.label("place"),
    ).outerjoin(Employer, Employer.id == Approval.employer_id).where(Approval.decision.is_(None))  # fmt: skip


def _refusals() -> Waiting:
    return (
        select(
            ("message:" + cast(outbox.Message.effect, String)).label("subject"),
            outbox.Message.created_at.label("since"), outbox.Message.last_problem.label("problem"),
            func.coalesce(Employer.legal_name, "").label("name"),
        )
        .outerjoin(Employer, Employer.id == outbox.Message.employer_id)
        .where(outbox.Message.topic == "core", outbox.Message.state == "refused")
    )  # fmt: skip


def _in_suspense() -> Waiting:
    return select(
        ("bank_entry:" + cast(BankEntry.public_id, String)).label("subject"), BankEntry.recorded_at.label("since"),
        BankEntry.unsettled.label("amount"), BankEntry.currency.label("currency"), BankEntry.payer_name.label("name"),
        BankEntry.booking_day.label("day"), BankEntry.why.label("why"), BankEntry.public_id.label("place"),
    ).where(BankEntry.unsettled != 0, BankEntry.parked == "")  # fmt: skip


def _in_suspense_line(row: Any) -> tuple[Words | str, Words | str, str]:
    amount = Amount(row.amount, row.currency)
    title = _("%(amount)s of %(day)s, %(name)s", amount=amount, day=row.day, name=row.name or "-")
    return title, words_from_json(row.why) if row.why else "", f"/fund/bank/entries/{row.place}"


def _odd() -> Waiting:
    return (
        select(
            ("declaration:" + cast(Declaration.public_id, String)).label("subject"),
            DeclarationReview.found_at.label("since"), Declaration.scheme.label("scheme"),
            Declaration.month.label("month"), Declaration.public_id.label("place"), Employer.number.label("number"),
            Employer.legal_name.label("name"), DeclarationReview.findings.label("findings"),
        )
        .join(Declaration, Declaration.id == DeclarationReview.declaration_id)
        .join(Employer, Employer.id == DeclarationReview.employer_id)
        .where(DeclarationReview.decision.is_(None), Declaration.state.not_in(GONE))
    )  # fmt: skip


def _odd_line(row: Any) -> tuple[Words | str, Words | str, str]:
    """The employer's month, and the first thing that seems odd about it."""
    rules = pack(row.scheme)
    title = _("%(name)s, %(month)s, %(scheme)s", name=row.name, month=month_words(row.month), scheme=rules.short_name)
    return title, words_from_json(row.findings[0]), f"/fund/employers/{row.number}/declarations/{row.place}/review"


def _cases_of(kind: Kind) -> Callable[[], Waiting]:
    def waiting() -> Waiting:
        return (
            select(
                ("case:" + cast(Case.public_id, String)).label("subject"), Case.opened_at.label("since"),
                Case.number.label("number"), Case.facts.label("facts"), Case.public_id.label("place"),
                func.coalesce(Employer.legal_name, "").label("name"),
            )
            .outerjoin(Employer, Employer.id == Case.employer_id)
            .where(Case.kind == kind.code, Case.state == CaseState.OPEN.value)
        )  # fmt: skip

    return waiting


queue(Queue(
    "registration", _("Registrations"), frozenset({Right.REGISTER}), 7, _registrations,
    lambda row: (row.name or row.number, row.number, f"/fund/registrations/{row.place}"),
))  # fmt: skip
queue(
    Queue("declaration_review", _("Declarations that seem odd"), frozenset({Right.CONTRIBUTIONS}), 7, _odd, _odd_line)
)
queue(Queue(
    "approval", _("Requests that need a second person"), frozenset({Right.DECIDE}), 3, _approvals,
    lambda row: (ACTIONS[row.action].title, row.name, f"/fund/approvals/{row.place}"),
))  # fmt: skip
queue(Queue(
    "core", _("Messages the core refused"), frozenset({Right.CONTRIBUTIONS, Right.SYSTEM}), 1, _refusals,
    lambda row: (row.name or _("A message to the core"), row.problem, "/fund/core"),
))  # fmt: skip
queue(Queue("bank_entry", _("Money in suspense"), frozenset({Right.CASH}), 3, _in_suspense, _in_suspense_line))
for _kind in KINDS.values():
    queue(Queue(
        _kind.code, _kind.many, _kind.rights, _kind.days, _cases_of(_kind),
        lambda row, kind=_kind: (kind.about(row), row.name or row.number, f"/fund/cases/{row.place}"),  # type: ignore[misc]  # bound now
    ))  # fmt: skip
