"""Employers on file: found by number, enrolled in schemes, and the people who act for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.auth.models import Mandate
from portal.db import day_range
from portal.employers.given import added, asked_of_employer, written
from portal.employers.models import Employer, Enrolment
from portal.errors import NotFound, Refused
from portal.installation import pack, packs
from portal.scheme.calendars import Month
from portal.words import _


def employer_by_number(session: Session, number: str) -> Employer:
    """The employer of this number, as it stands in addresses; NotFound when there is none."""
    employer = session.scalar(select(Employer).where(Employer.number == number))
    if employer is None:
        raise NotFound("employer")
    return employer


def first_day_of(scheme: str) -> date:
    """The first day for which a scheme's pack knows a rate and a due day: nobody is enrolled before it."""
    return pack(scheme).begins


def enrol(
    session: Session, employer_id: int, scheme: str, from_day: date, *, at: datetime, by: int | None = None,
    said: Mapping[str, str] | None = None,
) -> Enrolment:  # fmt: skip
    """
    Make the employer a member of *scheme* from *from_day* on, or from the scheme's own first day if that is later.

    An employer who is a member on that day already stays so; nothing is added.  *said* answers what
    the scheme asks, as typed.
    """
    from_day = max(from_day, first_day_of(scheme))
    of_scheme = select(Enrolment).where(Enrolment.employer_id == employer_id, Enrolment.scheme == scheme)
    held = session.scalar(of_scheme.where(day_range(from_day, Enrolment.from_day, Enrolment.to_day)))
    if held is not None:
        return held
    later = session.scalar(of_scheme.where(Enrolment.from_day > from_day).order_by(Enrolment.from_day))
    if later is not None:
        words = _(
            "The employer is enrolled in %(scheme)s from %(day)s on already.",
            scheme=pack(scheme).short_name, day=later.from_day,
        )  # fmt: skip
        raise Refused(words, field="from_day")
    enrolment = Enrolment(employer_id=employer_id, scheme=scheme, from_day=from_day, to_day=None, answers=[])
    session.add(enrolment)
    session.flush()
    audit.record(session, Event.ENROLLED, at=at, by=by, employer=employer_id, scheme=scheme, from_day=from_day)
    if said:
        answer(session, enrolment, said, from_day=from_day, reason="", at=at, by=by)
    return enrolment


def answer(
    session: Session, enrolment: Enrolment, said: Mapping[str, str], *, from_day: date, reason: str, at: datetime,
    by: int | None,
) -> bool:  # fmt: skip
    """
    From *from_day* on the scheme's rules are told this about the employer; what was said before stays readable.

    Answers that were left empty are not changed.  Gives whether anything changed.
    """
    session.refresh(enrolment, with_for_update=True)
    rules = pack(enrolment.scheme)
    if from_day < enrolment.from_day or (enrolment.to_day is not None and from_day > enrolment.to_day):
        words = _("Choose a day of the enrolment, which begins on %(day)s.", day=enrolment.from_day)
        raise Refused(words, field="from_day", status=422)
    asked = {one.code for one in asked_of_employer(rules)}
    kept = {code: written(rules, code, text) for code, text in said.items() if code in asked and text.strip()}
    before, enrolment.answers = enrolment.answers, added(
        enrolment.answers, kept, from_day, at=at, by=by, reason=reason
    )  # fmt: skip
    if enrolment.answers == before:
        return False
    audit.record(
        session, Event.ENROLMENT_ANSWERED, at=at, by=by, employer=enrolment.employer_id,
        subject=f"enrolment:{enrolment.id}", scheme=rules.id, from_day=from_day,
        said=enrolment.answers[-1]["said"], reason=reason,
    )  # fmt: skip
    session.flush()
    return True


#: Built once: every declaration and every page of an employer asks.
_ENROLMENTS = select(Enrolment).where(Enrolment.employer_id == bindparam("employer"))


def enrolments_of(session: Session, employer_id: int) -> list[Enrolment]:
    """Every enrolment there ever was, in the fund's order of schemes, the oldest first."""
    found = session.scalars(_ENROLMENTS, {"employer": employer_id})
    order = {scheme: place for place, scheme in enumerate(packs())}
    return sorted(found, key=lambda one: (order.get(one.scheme, len(order)), one.from_day))


def enrolments_in(session: Session, employer_id: int, month: Month) -> list[Enrolment]:
    """The enrolments in active schemes that hold on any day of *month* in the scheme's own calendar, one a scheme."""
    holding: dict[str, Enrolment] = {}
    for one in enrolments_of(session, employer_id):
        if one.scheme not in packs():
            continue
        calendar = pack(one.scheme).calendar
        first, last = month.first_day(calendar), month.last_day(calendar)
        if one.from_day <= last and (one.to_day is None or one.to_day >= first):
            holding[one.scheme] = one  # left and came back within the month: the later one stands
    return list(holding.values())


def employers_of(session: Session, account_id: int, on: date) -> Sequence[Employer]:
    """The employers an account may act for on the day, by name."""
    numbers = select(Mandate.employer_id).where(
        Mandate.account_id == account_id, day_range(on, Mandate.from_day, Mandate.to_day)
    )
    return session.scalars(select(Employer).where(Employer.id.in_(numbers)).order_by(Employer.legal_name)).all()


def mandates_held(session: Session, account_id: int, on: date) -> list[tuple[Employer, list[Mandate]]]:
    """The employers an account may act for on the day, by name, each with its mandates."""
    held: dict[int, list[Mandate]] = {}
    mine = (Mandate.account_id == account_id, day_range(on, Mandate.from_day, Mandate.to_day))
    for mandate in session.scalars(select(Mandate).where(*mine).order_by(Mandate.role)):
        held.setdefault(mandate.employer_id, []).append(mandate)
    return [(employer, held[employer.id]) for employer in employers_of(session, account_id, on)]
