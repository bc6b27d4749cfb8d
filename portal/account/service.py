"""What somebody changes about their own account."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit, clock, outbox
from portal.audit import Event
from portal.auth.models import Account, Token
from portal.auth.passwords import fits, hash_of
from portal.auth.service import account_by_email, digest_of, issue_token, use_token
from portal.auth.visits import end_visits
from portal.errors import NotFound, Refused
from portal.words import Words, _

#: How long the link to a new address is good.
ADDRESS_FOR = timedelta(days=1)


def change_details(session: Session, account_id: int, name: str, office: str, *, at: datetime) -> None:
    """Another name, or another accountant's office."""
    account = session.get_one(Account, account_id, with_for_update=True)
    if (account.name, account.office) == (name, office):
        return
    account.name, account.office = name, office
    audit.record(session, Event.DETAILS_CHANGED, at=at, by=account.id, account=str(account.public_id))


def change_password(session: Session, account_id: int, old: str, new: str, *, visit: str | None, at: datetime) -> None:
    """A new password; every other visit ends (*visit* is the row of the one that goes on)."""
    account = session.get_one(Account, account_id, with_for_update=True)
    if not fits(account.password_hash, old):
        raise Refused(_("That is not your password."), field="old", status=422)
    account.password_hash = hash_of(new)
    end_visits(session, account.id, but=visit)
    audit.record(session, Event.PASSWORD_CHANGED, at=at, by=account.id, account=str(account.public_id))
    _tell(
        session, account.email, _("Your password was changed"),
        _("The password of your account was changed. If it was not you, choose a new one and tell the fund."),
    )  # fmt: skip


def ask_for_address(session: Session, account_id: int, address: str, *, url: str) -> None:
    """
    Mail a link to the new address; it is used once the link is opened.

    The answer is the same whether or not somebody has that address already: then that address is told.
    """
    account = session.get_one(Account, account_id)
    if account_by_email(session, address) is not None:
        text = _("Somebody wanted to use this address for another account. It belongs to yours; nothing was changed.")
        return _tell(session, address, _("Your e-mail address"), text)
    secret = issue_token(session, account, "email", ADDRESS_FOR)
    session.flush()
    session.get_one(Token, digest_of(secret)).address = address
    text = _("Open this link within a day to sign in with this address from now on: %(url)s", url=f"{url}{secret}")
    return _tell(session, address, _("Your new e-mail address"), text)


def use_address(session: Session, secret: str, *, at: datetime) -> None:
    """The link was opened: the account has the new address, and the old one is told."""
    address = session.scalar(select(Token.address).where(Token.id == digest_of(secret)))
    account = use_token(session, secret, "email")
    if not address or account.disabled_at is not None or account_by_email(session, address) is not None:
        raise NotFound("token")
    text = _("Your account now has another e-mail address. If it was not you, write to the fund at once.")
    _tell(session, account.email, _("Your e-mail address was changed"), text)
    account.email = address
    end_visits(session, account.id)
    audit.record(session, Event.ADDRESS_CHANGED, at=at, by=account.id, account=str(account.public_id))


def _tell(session: Session, to: str, subject: Words, text: Words) -> None:
    outbox.put_mail(session, f"mail/account/{secrets.token_hex(8)}", to, subject, text, at=clock.real_now())
