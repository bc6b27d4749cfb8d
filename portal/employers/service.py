"""Employers on file: found by number, enrolled in schemes, and the people who act for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import audit, clock, outbox
from portal.audit import Event
from portal.auth import service as accounts
from portal.auth.models import Account, EmployerRole, Mandate
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


def enrolments_of(session: Session, employer_id: int) -> list[Enrolment]:
    """Every enrolment there ever was, in the fund's order of schemes, the oldest first."""
    found = session.scalars(select(Enrolment).where(Enrolment.employer_id == employer_id))
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


@dataclass(frozen=True, slots=True)
class MandateOnFile:
    """Someone who may act for an employer today, in one role; *from_day* is included."""

    account: UUID
    name: str
    email: str
    role: EmployerRole
    from_day: date


def mandates_of(session: Session, employer_id: int, on: date) -> list[MandateOnFile]:
    """Who may act for the employer on the day, by name; someone with two roles stands there twice."""
    rows = session.execute(
        select(Account, Mandate)
        .join(Mandate, Mandate.account_id == Account.id)
        .where(Mandate.employer_id == employer_id, day_range(on, Mandate.from_day, Mandate.to_day))
        .order_by(Account.name, Mandate.role)
    )
    return [
        MandateOnFile(account.public_id, account.name, account.email, EmployerRole(mandate.role), mandate.from_day)
        for account, mandate in rows
    ]


def employers_of(session: Session, account_id: int, on: date) -> Sequence[Employer]:
    """The employers an account may act for on the day, by name."""
    numbers = select(Mandate.employer_id).where(
        Mandate.account_id == account_id, day_range(on, Mandate.from_day, Mandate.to_day)
    )
    return session.scalars(select(Employer).where(Employer.id.in_(numbers)).order_by(Employer.legal_name)).all()


def invite(
    session: Session, employer: Employer, email: str, role: EmployerRole, *,
    by: int, today: date, at: datetime, url: str,
) -> None:  # fmt: skip
    """
    Let whoever has the account *email* act for the employer; they are told by mail.

    Without such an account a mail asks to make one at *url*.  Nobody learns from the answer
    whether there is an account.
    """
    account = accounts.account_by_email(session, email)
    known = account is not None and account.confirmed_at is not None and account.disabled_at is None
    if account is not None and known:
        _forget_of_today(session, employer.id, account.id, role, today)
        accounts.give_mandate(session, employer.id, account, role, from_day=today, at=at, by=by)
    said = {"name": employer.name, "number": employer.number, "role": role.value, "url": url}
    asked = _(
        "%(name)s (%(number)s) would like you to act for it as %(role)s. Make an account with this e-mail address at "
        "%(url)s and tell the person who invited you, who can then let you in.",
        **said,
    )
    let_in = _("You may now act for %(name)s (%(number)s) as %(role)s. Sign in at %(url)s", **said)
    subject = _("Acting for %(name)s", name=employer.name)
    name = f"mail/mandate/{employer.public_id}/{email.strip().lower()}/{role.value}/{at.isoformat()}"
    at_once = clock.real_now()
    outbox.put_mail(session, name, email.strip(), subject, let_in if known else asked, at=at_once, employer=employer.id)


def _forget_of_today(session: Session, employer_id: int, account_id: int, role: EmployerRole, today: date) -> None:
    """Make room for a new mandate: one that began and ended today held on no day, and the audit log has both."""
    session.execute(
        delete(Mandate).where(
            Mandate.employer_id == employer_id,
            Mandate.account_id == account_id,
            Mandate.role == role.value,
            Mandate.from_day == today,
            Mandate.to_day < today,
        )
    )


def end_mandate(
    session: Session, employer: Employer, account: UUID, role: EmployerRole, *, by: int, today: date, at: datetime
) -> None:
    """
    From now on *account* may no longer act for the employer in this role.  Again: nothing changes.

    Refused for the last administrator: nobody could let anyone in again.
    """
    session.scalar(select(Employer.id).where(Employer.id == employer.id).with_for_update())
    holding = select(Mandate).where(
        Mandate.employer_id == employer.id,
        Mandate.role == role.value,
        day_range(today, Mandate.from_day, Mandate.to_day),
    )
    of_account = select(Account.id).where(Account.public_id == account).scalar_subquery()
    mandate = session.scalar(holding.where(Mandate.account_id == of_account))
    if mandate is None:
        return
    if role is EmployerRole.ADMINISTRATOR and len(session.scalars(holding).all()) == 1:
        raise Refused(_("This is the last administrator. Make someone else an administrator first."))
    mandate.to_day = today - timedelta(days=1)
    audit.record(
        session, Event.MANDATE_ENDED, at=at, by=by, employer=employer.id, account=str(account), role=role.value
    )
