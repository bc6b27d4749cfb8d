"""An employee says what is wrong with a month: a case of the fund that the employer never reads."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.cases import kinds, service
from portal.cases.kinds import COMPLAINT, REPORT, REPORTS, Beside
from portal.cases.models import Case, CaseEntry, CaseState, Side
from portal.cases.service import New, Writer
from portal.employees.record import record_of
from portal.employees.why import shown
from portal.employers.models import Employer
from portal.errors import NotFound, Refused
from portal.installation import fund, month_from
from portal.people.models import Person
from portal.scheme.calendars import Month
from portal.words import _

#: Cases of one person that may wait for an answer at the same time.
MOST_OPEN = 20


def send(
    session: Session, person_id: int, employer_number: str, month: Month, *, kind: str, message: str, at: datetime
) -> Case:
    """Tell the fund that a month is wrong.  The same again while it waits for an answer: the same case."""
    employer = session.scalar(select(Employer).where(Employer.number == employer_number))
    if employer is None or kind not in REPORTS:
        raise NotFound("employer")
    facts = {"month": str(month), "what": kind}
    new = New(REPORT, Side.PERSON, facts, person=person_id, employer=employer.id)
    return _open(session, new, message, at)


def complain(session: Session, person_id: int, message: str, *, title: str, at: datetime) -> Case:
    """Complain about the fund.  The same again while it waits for an answer: the same case."""
    return _open(session, New(COMPLAINT, Side.PERSON, {"title": title}, person=person_id), message, at)


def _open(session: Session, new: New, message: str, at: datetime) -> Case:
    session.scalars(select(Person.id).where(Person.id == new.person).with_for_update(key_share=True)).one()
    waiting = session.execute(
        select(Case, CaseEntry.text)
        .join(CaseEntry, (CaseEntry.case_id == Case.id) & (CaseEntry.step == "opened"))
        .where(Case.person_id == new.person, Case.side == Side.PERSON.value, Case.state == CaseState.OPEN.value)
    ).all()
    for case, text in waiting:
        if (case.kind, case.employer_id, case.facts, text) == (new.kind.code, new.employer, new.facts, message.strip()):
            return case
    if len(waiting) >= MOST_OPEN:
        words = _("%(n)s of your cases still wait for an answer. Please wait for the fund, or call.", n=MOST_OPEN)
        raise Refused(words, field="message", status=422)
    return service.open_case(session, new, message, by=writer(new.person or 0), at=at)


def writer(person_id: int) -> Writer:
    """The employee, as one who writes in a case."""
    return Writer(service.OTHER, person=person_id)


def waiting_for(session: Session, person_id: int) -> int:
    """How many of an employee's cases wait for their answer."""
    mine = service.of_person(person_id)
    return session.scalar(select(func.count()).where(*mine, Case.state == CaseState.WAITING.value)) or 0


def _beside(session: Session, case: Case) -> Beside:
    """What was declared and paid for that month, as the employee sees it."""
    employer = session.get_one(Employer, case.employer_id)
    record = record_of(session, case.person_id or 0, clock.today(fund().timezone))
    month = month_from(case.facts["month"])
    return "employees/report_beside.html", {"months": shown(record, month, employer=employer.number)}


kinds.beside(REPORT.code, _beside)
