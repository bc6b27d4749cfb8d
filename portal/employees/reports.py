"""An employee says what is wrong with a month; an officer of the fund answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal import audit, clock, outbox
from portal.audit import Event
from portal.auth.models import Account
from portal.employees.models import Report
from portal.employers.models import Employer
from portal.errors import NotFound, Refused
from portal.installation import fund
from portal.people.models import Person
from portal.scheme.calendars import Month
from portal.words import Words, _

#: What can be wrong, as it is said to an officer.
KINDS: Mapping[str, Words] = {
    "not_declared": _("My employer did not declare this month"),
    "wrong_wage": _("The wage declared is wrong"),
}
#: Reports of one person that may wait for an answer at the same time.
MOST_OPEN = 20
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class ReportOnFile:
    """A report with whom it is from and about, and who answered it."""

    report: Report
    person: Person
    employer: Employer
    answered_by: str


def send(
    session: Session, person_id: int, employer_number: str, month: Month, *, kind: str, message: str, at: datetime
) -> Report:
    """Tell the fund that a month is wrong.  The same again while it waits for an answer: the same report."""
    person = session.scalars(select(Person).where(Person.id == person_id).with_for_update(key_share=True)).one()
    employer = session.scalar(select(Employer).where(Employer.number == employer_number))
    if employer is None or kind not in KINDS:
        raise NotFound("employer")
    waiting = session.scalars(select(Report).where(Report.person_id == person_id, Report.state == "open")).all()
    for each in waiting:
        if (each.employer_id, each.month, each.kind, each.message) == (employer.id, month, kind, message):
            return each
    if len(waiting) >= MOST_OPEN:
        words = _("%(n)s of your reports still wait for an answer. Please wait for the fund, or call.", n=MOST_OPEN)
        raise Refused(words, field="message", status=422)
    report = Report(
        person_id=person.id, employer_id=employer.id, scheme="", month=month, kind=kind, message=message, state="open",
        created_at=at,
    )  # fmt: skip
    session.add(report)
    session.flush()
    audit.record(
        session, Event.REPORT_SENT, at=at, person=person.id, employer=employer.id,
        subject=f"report:{report.public_id}", report=str(report.public_id), kind=kind,
    )  # fmt: skip
    return report


def answer(session: Session, report_id: UUID, text: str, *, by: int, at: datetime) -> Report:
    """Answer a report; its sender is mailed that there is one, if an address is on file.  Once only."""
    report = session.scalar(select(Report).where(Report.public_id == report_id).with_for_update())
    if report is None:
        raise NotFound("report")
    if report.state == "answered":
        if report.answer == text:
            return report
        raise Refused(_("Somebody else has answered this report a moment ago. Look at their answer."))
    report.state, report.answer, report.answered_at, report.answered_by = "answered", text, at, by
    subject = f"report:{report.public_id}"
    audit.record(
        session, Event.REPORT_ANSWERED, at=at, by=by, employer=report.employer_id, subject=subject,
        report=str(report.public_id),
    )  # fmt: skip
    _tell(session, session.get_one(Person, report.person_id), report)
    return report


def _tell(session: Session, person: Person, report: Report) -> None:
    """The mail says that there is an answer and not what it says: others may read it."""
    if not person.email:
        return
    text = _(
        "The fund has answered what you reported about one of your months. Come in with your insurance number, your "
        "birth date and a code to read the answer."
    )
    subject = _("%(fund)s has answered your report", fund=fund().short_name)
    outbox.put_mail(session, f"mail/report/{report.public_id}", person.email, subject, text, at=clock.real_now())


def own_reports(session: Session, person_id: int) -> list[ReportOnFile]:
    """What somebody has reported, the newest first."""
    return _listed(session, _joined().where(Report.person_id == person_id).order_by(Report.id.desc()))


def reports(session: Session, *, limit: int, offset: int = 0) -> tuple[list[ReportOnFile], int]:
    """Everybody's reports: those that wait first, the oldest at the top, then the latest answered; and how many."""
    total = session.scalar(select(func.count()).select_from(Report)) or 0
    order = (Report.answered_at.desc().nulls_first(), Report.created_at, Report.id)
    return _listed(session, _joined().order_by(*order).limit(limit).offset(offset)), total


def report_of(session: Session, report_id: UUID) -> ReportOnFile:
    """One report; NotFound when there is none."""
    found = _listed(session, _joined().where(Report.public_id == report_id))
    if not found:
        raise NotFound("report")
    return found[0]


def _joined() -> Select[Report, Person, Employer, str]:
    return (
        select(Report, Person, Employer, Account.name)
        .join(Person, Person.id == Report.person_id)
        .join(Employer, Employer.id == Report.employer_id)
        .outerjoin(Account, Account.id == Report.answered_by)
    )


def _listed(session: Session, statement: Select[Report, Person, Employer, str]) -> list[ReportOnFile]:
    return [ReportOnFile(row[0], row[1], row[2], row[3] or "") for row in session.execute(statement)]
