"""Inviting somebody, and accepting: a link bound to one address, good once, for a week."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit, clock, outbox
from portal.audit import Event
from portal.auth import service as accounts
from portal.auth.models import Account, EmployerRole, FundRoleName
from portal.auth.roles import NAMES, role_of
from portal.colleagues.models import Invitation
from portal.employers.models import Employer
from portal.errors import NotFound, Refused
from portal.installation import fund
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.words import Words, _

#: How long a link is good.
GOOD_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody is invited to: in these roles, from a day to a day (both included), for these districts."""

    roles: tuple[EmployerRole | FundRoleName, ...]
    from_day: date
    to_day: date | None = None
    districts: tuple[str, ...] = ()


def invite(
    session: Session, employer: Employer | None, email: str, offer: Offer, *, by: int | None, today: date,
    at: datetime, url: str,
) -> Invitation:  # fmt: skip
    """
    Mail a link to *email* (*url* + secret).  Whoever has an open invitation gets a new link, and the old one ends.

    Without *employer* it is an invitation to work at the fund.  Refused for days that cannot be, or oneself.
    """
    _check(session, email, offer, by, today)
    found = _open_for(session, employer.id if employer else None, email)
    if found is None:
        found = Invitation(employer_id=employer.id if employer else None, email=email.strip(), digest="")
        session.add(found)
    found.roles, found.districts = [role.value for role in offer.roles], list(offer.districts)
    found.from_day, found.to_day = offer.from_day, offer.to_day
    found.invited_by, found.invited_at = by, at
    _send(session, found, employer, url)
    if employer is not None:
        notices.tell(
            session, Kind.COLLEAGUE_INVITED, name=f"{found.public_id}/{at.isoformat()}", at=at, employer=employer.id,
            email=found.email, roles=[NAMES[role] for role in offer.roles],
        )  # fmt: skip
    audit.record(
        session, Event.INVITED, at=at, by=by, employer=found.employer_id, subject=f"invitation:{found.public_id}",
        roles=found.roles, from_day=offer.from_day, to_day=offer.to_day,
    )  # fmt: skip
    return found


def _check(session: Session, email: str, offer: Offer, by: int | None, today: date) -> None:
    if offer.from_day < today:
        raise Refused(_("Choose today or a later day."), field="from_day", status=422)
    if offer.to_day is not None and offer.to_day < offer.from_day:
        raise Refused(_("The last day is before the first. Correct one of them."), field="to_day", status=422)
    if by is not None and session.get_one(Account, by).email.lower() == email.strip().lower():
        raise Refused(_("This is your own address. Nobody invites themselves."), field="email", status=422)


def send_again(
    session: Session, employer: Employer | None, invitation: UUID, *, by: int, at: datetime, url: str
) -> Invitation:
    """A new link, good for another week; the old one ends."""
    found = _of(session, employer, invitation)
    if not found.is_open:
        raise Refused(_("This invitation was accepted or withdrawn already. Reload the page."), status=409)
    _send(session, found, employer, url)
    subject = f"invitation:{found.public_id}"
    audit.record(session, Event.INVITED_AGAIN, at=at, by=by, employer=found.employer_id, subject=subject)
    return found


def withdraw(session: Session, employer: Employer | None, invitation: UUID, *, by: int, at: datetime) -> None:
    """The link opens nothing any more.  Again: nothing more happens."""
    found = _of(session, employer, invitation)
    if found.accepted_at is not None:
        raise Refused(_("This invitation was accepted meanwhile. End the mandate instead."), status=409)
    if found.withdrawn_at is None:
        _withdraw(session, found, by, at)


def withdraw_of(session: Session, employer_id: int | None, inviter: int, *, by: int, at: datetime) -> None:
    """Withdraw what somebody offered to others and nobody accepted yet: it ends with their own right to offer it."""
    of_employer = Invitation.employer_id == employer_id if employer_id else Invitation.employer_id.is_(None)
    is_open = (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    offered = select(Invitation).where(of_employer, Invitation.invited_by == inviter, *is_open).with_for_update()
    for found in session.scalars(offered):
        _withdraw(session, found, by, at)


def _withdraw(session: Session, found: Invitation, by: int, at: datetime) -> None:
    found.withdrawn_at = at
    subject = f"invitation:{found.public_id}"
    audit.record(session, Event.INVITATION_WITHDRAWN, at=at, by=by, employer=found.employer_id, subject=subject)


def open_invitations(session: Session, employer: Employer | None) -> Sequence[Invitation]:
    """The invitations that wait to be accepted, the newest first."""
    of_employer = Invitation.employer_id == employer.id if employer else Invitation.employer_id.is_(None)
    is_open = (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    return session.scalars(select(Invitation).where(of_employer, *is_open).order_by(Invitation.id.desc())).all()


def invitation_of(session: Session, secret: str, *, lock: bool = False) -> Invitation:
    """The invitation a link belongs to; NotFound for one that was replaced by a newer one, or never sent."""
    statement = select(Invitation).where(Invitation.digest == accounts.digest_of(secret))
    found = session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("invitation")
    return found


def trouble_with(found: Invitation, today: date) -> Words | None:
    """Why an invitation cannot be accepted any more, in words; None when it can."""
    if found.accepted_at is not None:
        return _(
            "This invitation was accepted on %(day)s. Each link works once: sign in to go on.", day=found.accepted_at
        )
    if found.withdrawn_at is not None:
        return _("This invitation was withdrawn on %(day)s. Ask the person who invited you.", day=found.withdrawn_at)
    if found.expires_at < clock.real_now():
        return _("This invitation was good until %(day)s. Ask for a new link.", day=found.expires_at)
    if found.to_day is not None and found.to_day < today:
        return _("What you were invited to ended on %(day)s. Ask for a new invitation.", day=found.to_day)
    return None


def is_for(found: Invitation, account: Account) -> bool:
    """Whether it was sent to the address of this account."""
    return found.email.lower() == account.email.lower()


def accept(session: Session, secret: str, account_id: int, *, today: date, at: datetime) -> Invitation:
    """
    Give what was offered; the link is then spent.  By the same account again: nothing more happens.

    Refused when it is too late, or when it is another's.
    """
    found = invitation_of(session, secret, lock=True)
    if found.accepted_by == account_id:
        return found  # clicked twice
    _refuse_late(found, today)
    account = session.get_one(Account, account_id, with_for_update=True)
    if not is_for(found, account):
        raise Refused(
            _("This invitation was sent to another address than yours. Sign out, then sign in with that one."),
            status=409,
        )
    _give(session, found, account, max(found.from_day, today), at)
    if found.employer_id is not None:
        notices.tell(
            session, Kind.COLLEAGUE_JOINED, name=str(found.public_id), at=at, employer=found.employer_id,
            colleague=account.name, roles=[NAMES[role_of(role)] for role in found.roles],
        )  # fmt: skip
    found.accepted_by, found.accepted_at = account.id, at
    subject = f"invitation:{found.public_id}"
    audit.record(session, Event.INVITATION_ACCEPTED, at=at, by=account.id, employer=found.employer_id, subject=subject)
    return found


def accept_with_new_account(
    session: Session, secret: str, name: str, password: str, *, today: date, at: datetime
) -> Account:
    """Make the account the invitation is for, whose address the link has proven, and accept."""
    found = invitation_of(session, secret, lock=True)
    _refuse_late(found, today)
    if accounts.account_by_email(session, found.email) is not None:
        raise Refused(_("There is an account with this address already. Sign in to accept."), status=409)
    account = accounts.add_account(session, found.email, name, at=at, password=password)
    accept(session, secret, account.id, today=today, at=at)
    return account


def _refuse_late(found: Invitation, today: date) -> None:
    trouble = trouble_with(found, today)
    if trouble is not None:
        raise Refused(trouble, status=410)


def _give(session: Session, found: Invitation, account: Account, from_day: date, at: datetime) -> None:
    by = found.invited_by
    for role in found.roles:
        if found.employer_id is not None:
            accounts.give_mandate(
                session, found.employer_id, account, EmployerRole(role), from_day=from_day, to_day=found.to_day,
                at=at, by=by,
            )  # fmt: skip
        else:
            accounts.give_fund_role(
                session, account, FundRoleName(role), from_day=from_day, to_day=found.to_day, at=at, by=by
            )
    if found.employer_id is None:
        _work_for(session, account, found.districts, at, by)


def _work_for(session: Session, account: Account, districts: list[str], at: datetime, by: int | None) -> None:
    if account.districts != districts:
        account.districts = districts
        who = str(account.public_id)
        audit.record(session, Event.DISTRICTS_CHANGED, at=at, by=by, account=who, districts=districts)


def _open_for(session: Session, employer_id: int | None, email: str) -> Invitation | None:
    return session.scalar(
        select(Invitation)
        .where(
            Invitation.employer_id == employer_id if employer_id else Invitation.employer_id.is_(None),
            func.lower(Invitation.email) == email.strip().lower(),
            Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None),
        )
        .with_for_update()
    )  # fmt: skip


def _of(session: Session, employer: Employer | None, invitation: UUID) -> Invitation:
    found = session.scalar(select(Invitation).where(Invitation.public_id == invitation).with_for_update())
    if found is None or found.employer_id != (employer.id if employer else None):
        raise NotFound("invitation")
    return found


def _send(session: Session, found: Invitation, employer: Employer | None, url: str) -> None:
    secret = secrets.token_urlsafe(24)
    found.digest, found.expires_at = accounts.digest_of(secret), clock.real_now() + GOOD_FOR
    session.flush()
    subject, text = _mail_of(found, employer, f"{url}{secret}")
    name = f"mail/invitation/{found.public_id}/{found.digest[:16]}"
    outbox.put_mail(session, name, found.email, subject, text, at=clock.real_now(), employer=found.employer_id)


def _mail_of(found: Invitation, employer: Employer | None, link: str) -> tuple[Words, Words]:
    if employer is None:
        subject = _("Working at %(name)s", name=fund().short_name)
        text = _(
            "%(name)s invites you to its contribution portal. Open this link within seven days; it works once: %(url)s",
            name=fund().name, url=link,
        )  # fmt: skip
        return subject, text
    subject = _("Acting for %(name)s", name=employer.name)
    text = _(
        "%(name)s (%(number)s) invites you to act for it as %(role)s. Open this link within seven days; it works once: "
        "%(url)s",
        name=employer.name, number=employer.number, role=NAMES[role_of(found.roles[0])], url=link,
    )  # fmt: skip
    return subject, text
