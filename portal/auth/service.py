"""Accounts: made, confirmed, signed in, given and relieved of roles."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from portal import audit, clock, outbox
from portal.audit import Event
from portal.auth.models import Account, Attempt, EmployerRole, FundRole, FundRoleName, Mandate, Token
from portal.auth.passwords import fits, hash_of
from portal.auth.visits import end_visits
from portal.db import day_range
from portal.errors import NotFound, Refused
from portal.words import Words, _

Period = TypeVar("Period", Mandate, FundRole)
CONFIRM_FOR, RESET_FOR = timedelta(days=3), timedelta(minutes=30)

#: A try of a code counts in both: what a quarter of an hour allows, and what a day does.
SECOND_STEP_TRIES = ("second-step", "second-step-day")

#: bucket -> (how many, within): counted before anything is judged, on the real clock.
LIMITS = {
    "sign-in-account": (10, timedelta(minutes=5)),
    "sign-in-address": (30, timedelta(minutes=5)),
    "second-step": (10, timedelta(minutes=15)),
    "second-step-day": (50, timedelta(days=1)),
    "proof": (10, timedelta(minutes=5)),
    "reset": (5, timedelta(days=1)),
    "new-account": (20, timedelta(hours=1)),
    "employee-number": (10, timedelta(minutes=15)),
    "employee-address": (40, timedelta(minutes=15)),
    "problem": (10, timedelta(hours=1)),
    "call-back": (60, timedelta(minutes=5)),
}


def count_attempt(session: Session, kind: str, who: str, *, at: datetime) -> bool:
    """
    Count one try of *kind* by *who* (an address, an account) and say whether it is still allowed.

    Call it in a transaction of its own: a try that is refused must be counted too.
    """
    limit, window = LIMITS[kind]
    bucket = f"{kind}:{hashlib.sha256(who.lower().encode()).hexdigest()[:32]}"
    session.add(Attempt(bucket=bucket, at=at))
    session.flush()
    tries = session.scalar(select(func.count()).where(Attempt.bucket == bucket, Attempt.at > at - window))
    return (tries or 0) <= limit


def account_by_email(session: Session, email: str) -> Account | None:
    """The account with this address, whatever its case."""
    return session.scalar(select(Account).where(func.lower(Account.email) == email.strip().lower()))


def create_account(
    session: Session, email: str, name: str, password: str, *, at: datetime, confirm_url: str
) -> Account | None:
    """
    Make an account and mail a link that confirms the address (*confirm_url* + token).

    Someone who already has an account gets a mail saying so; None is returned, and the
    visitor sees the same page either way.
    """
    found = account_by_email(session, email)
    if found is not None:
        _mail(
            session,
            found.email,
            _("You already have an account"),
            _("Sign in, or choose a new password, at %(url)s", url=f"{confirm_url.split('/account')[0]}/sign-in"),
        )
        return None
    account = _made(session, email.strip(), name.strip(), password, at=at, confirmed_at=None)
    token = issue_token(session, account, "confirm", CONFIRM_FOR)
    text = _("Open this link within three days: %(url)s", url=f"{confirm_url}{token}")
    _mail(session, account.email, _("Confirm your e-mail address"), text)
    return account


def add_account(session: Session, email: str, name: str, *, at: datetime, password: str | None = None) -> Account:
    """Make an account whose address is known to be right: by the command line and the practice fund."""
    return _made(session, email, name, password, at=at, confirmed_at=at)


def _made(
    session: Session, email: str, name: str, password: str | None, *, at: datetime, confirmed_at: datetime | None
) -> Account:
    kept = hash_of(password) if password else None
    account = Account(email=email, name=name, password_hash=kept, created_at=at, confirmed_at=confirmed_at)
    session.add(account)
    session.flush()
    audit.record(session, Event.ACCOUNT_CREATED, at=at, by=account.id, account=str(account.public_id))
    return account


def issue_token(session: Session, account: Account, purpose: str, valid: timedelta) -> str:
    """
    A new secret for a link, stored only as its hash; older ones of the same purpose end.

    It runs on the real clock: moving the practice clock neither ends a link nor revives one.
    """
    at = clock.real_now()
    for old in session.scalars(
        select(Token).where(Token.account_id == account.id, Token.purpose == purpose, Token.used_at.is_(None))
    ):
        old.used_at = at
    secret = secrets.token_urlsafe(24)
    session.add(Token(id=digest_of(secret), purpose=purpose, account_id=account.id, expires_at=at + valid))
    return secret


def use_token(session: Session, secret: str, purpose: str) -> Account:
    """The account a link was sent to; the link is then spent.  NotFound when spent, too old or never made."""
    at = clock.real_now()
    token = session.scalar(select(Token).where(Token.id == digest_of(secret)).with_for_update())
    if token is None or token.purpose != purpose or token.used_at is not None or token.expires_at < at:
        raise NotFound("token")
    token.used_at = at
    account = session.get(Account, token.account_id)
    assert account is not None
    return account


def confirm_address(session: Session, secret: str, *, at: datetime) -> Account:
    """The link in the first mail was opened: the address is right."""
    account = use_token(session, secret, "confirm")
    account.confirmed_at = account.confirmed_at or at
    audit.record(session, Event.ADDRESS_CONFIRMED, at=at, by=account.id, account=str(account.public_id))
    return account


def request_reset(session: Session, email: str, *, at: datetime, reset_url: str) -> None:
    """Mail a link for a new password, if there is such an account; nobody is told which."""
    account = account_by_email(session, email)
    if account is None or account.disabled_at is not None:
        return
    token = issue_token(session, account, "reset", RESET_FOR)
    text = _("Open this link within 30 minutes: %(url)s", url=f"{reset_url}{token}")
    _mail(session, account.email, _("Choose a new password"), text)


def address_behind(session: Session, secret: str) -> str:
    """The e-mail address a link belongs to, to keep it out of the password; nothing for a link nobody was sent."""
    wanted = select(Account.email).join(Token, Token.account_id == Account.id).where(Token.id == digest_of(secret))
    return session.scalar(wanted) or ""


def choose_password(session: Session, secret: str, password: str, *, at: datetime) -> Account:
    """Set a new password by the link of a reset mail.  The address is then known to be right, too."""
    account = use_token(session, secret, "reset")
    account.password_hash = hash_of(password)
    account.confirmed_at = account.confirmed_at or at
    end_visits(session, account.id)
    audit.record(session, Event.PASSWORD_CHANGED, at=at, by=account.id, account=str(account.public_id))
    return account


def check_password(session: Session, email: str, password: str) -> Account:
    """
    The account these belong to.  Refused, always in the same words, when they do not fit.

    An unknown address costs the same work as a known one, so that time tells nothing.
    """
    account = account_by_email(session, email)
    stored = account.password_hash if account is not None and account.disabled_at is None else None
    if not fits(stored, password) or account is None:
        raise Refused(
            _("That e-mail address and password do not belong together. Check both, or choose a new password."),
            field="password",
            status=422,
        )
    if account.confirmed_at is None:
        raise Refused(
            _("Open the link in the mail we sent you first. To get a new one, choose a new password."),
            field="email",
            status=422,
        )
    return account


def give_mandate(
    session: Session, employer_id: int, account: Account, role: EmployerRole, *, from_day: date, at: datetime,
    by: int | None = None, to_day: date | None = None,
) -> None:  # fmt: skip
    """Let *account* act for the employer in *role* from day to day, both included.  Again: it holds for the longer."""
    of_role = (Mandate.employer_id == employer_id, Mandate.account_id == account.id, Mandate.role == role.value)
    held = session.scalar(_holding(Mandate, from_day).where(*of_role))
    if held is not None and not _longer(to_day, held.to_day):
        return
    if held is not None:
        held.to_day = to_day
    else:
        mandate = Mandate(employer_id=employer_id, account_id=account.id, role=role.value)
        mandate.from_day, mandate.to_day = from_day, to_day
        session.add(mandate)
    audit.record(
        session, Event.MANDATE_GIVEN, at=at, by=by, employer=employer_id, account=str(account.public_id),
        role=role.value,
    )  # fmt: skip


def give_fund_role(
    session: Session, account: Account, role: FundRoleName, *, from_day: date, at: datetime,
    by: int | None = None, to_day: date | None = None,
) -> None:  # fmt: skip
    """Let *account* work at the fund in *role* from day to day, both included.  Again: it holds for the longer."""
    of_role = (FundRole.account_id == account.id, FundRole.role == role.value)
    held = session.scalar(_holding(FundRole, from_day).where(*of_role))
    if held is not None and not _longer(to_day, held.to_day):
        return
    if held is not None:
        held.to_day = to_day
    else:
        session.add(FundRole(account_id=account.id, role=role.value, from_day=from_day, to_day=to_day))
    audit.record(session, Event.FUND_ROLE_GIVEN, at=at, by=by, account=str(account.public_id), role=role.value)


def _holding(table: type[Period], from_day: date) -> Select[Period]:
    """What holds on a day; or else what began on it and was ended on the same day, and so held on no whole one."""
    on_the_day = day_range(from_day, table.from_day, table.to_day) | (table.from_day == from_day)
    return select(table).where(on_the_day).order_by(table.to_day.desc().nulls_first()).limit(1)


def _longer(to_day: date | None, than: date | None) -> bool:
    """Whether a period that ends on *to_day* ends later than another; None is open."""
    return than is not None and (to_day is None or to_day > than)


def fund_roles(session: Session, account_id: int, on: date) -> set[FundRoleName]:
    """The roles an account holds at the fund on a day."""
    found = session.scalars(
        select(FundRole.role).where(
            FundRole.account_id == account_id, day_range(on, FundRole.from_day, FundRole.to_day)
        )
    )
    return {FundRoleName(role) for role in found}


def mandates(session: Session, account_id: int, employer_id: int, on: date) -> set[EmployerRole]:
    """The roles an account holds for an employer on a day."""
    found = session.scalars(
        select(Mandate.role).where(
            Mandate.account_id == account_id,
            Mandate.employer_id == employer_id,
            day_range(on, Mandate.from_day, Mandate.to_day),
        )
    )
    return {EmployerRole(role) for role in found}


def mandates_of(session: Session, account_id: int, on: date) -> dict[int, set[EmployerRole]]:
    """The employers an account may act for on a day, with its roles there."""
    mine = (Mandate.account_id == account_id, day_range(on, Mandate.from_day, Mandate.to_day))
    held: dict[int, set[EmployerRole]] = {}
    for employer, role in session.execute(select(Mandate.employer_id, Mandate.role).where(*mine)):
        held.setdefault(employer, set()).add(EmployerRole(role))
    return held


def why_not_acting(session: Session, account_id: int, employer_id: int, name: str, today: date) -> Words | None:
    """To somebody who acted for the employer called *name*, or will: why not now.  None for anybody else."""
    mine = (Mandate.account_id == account_id, Mandate.employer_id == employer_id)
    begins = session.scalar(select(func.min(Mandate.from_day)).where(*mine, Mandate.from_day > today, _lasts()))
    if begins is not None:
        return _("You may act for %(name)s from %(day)s on, not yet.", name=name, day=begins)
    if session.scalar(select(Mandate.id).where(*mine).limit(1)) is None:
        return None
    return _(
        "Your mandate to act for %(name)s has ended. What you had saved stays with the employer. If this is a mistake, "
        "ask its administrator to invite you again.", name=name,
    )  # fmt: skip


def _lasts() -> ColumnElement[bool]:
    """That a mandate holds on a day at least."""
    return Mandate.to_day.is_(None) | (Mandate.to_day >= Mandate.from_day)


def digest_of(secret: str) -> str:
    """What is kept of the secret of a link."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _mail(session: Session, to: str, subject: Words, text: Words) -> None:
    # On the real clock, like every message: it must not wait until a moved clock's day comes.
    name = f"mail/{secrets.token_hex(8)}"
    outbox.put_mail(session, name, to, subject, text, at=clock.real_now())
