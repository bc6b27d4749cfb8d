"""The second step of somebody who lost it is taken away by two people: one asks, another has looked who is asking."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import approvals, clock, outbox
from portal.approvals import Action, Approval, Decider, Row, action
from portal.auth import factor
from portal.auth.models import Account
from portal.auth.visits import end_visits
from portal.errors import NotFound, Refused
from portal.words import _

RESET = "account.second_step_reset"


def ask_reset(session: Session, account: Account, *, reason: str, by: int, at: datetime) -> Approval:
    """
    Ask that signing in to an account takes no code any more, so that a new authenticator can be set up.

    Refused for one's own account, and for one without a second step.
    """
    if account.id == by:
        raise Refused(_("This is your own account. Ask another system administrator."), field="reason", status=409)
    if not factor.is_on(session, account.id):
        raise Refused(_("Signing in to this account takes no code already."), field="reason", status=409)
    who = str(account.public_id)
    return approvals.ask(session, RESET, subject_of(account), shown={"account": who}, reason=reason, by=by, at=at)


def waiting_reset(session: Session, account: Account) -> Approval | None:
    """The request about this account that nobody has decided yet."""
    return approvals.open_about(session, RESET, subject_of(account))


def subject_of(account: Account) -> str:
    """How requests and the audit log name an account."""
    return f"account:{account.public_id}"


def _rows(session: Session, request: Approval) -> list[Row]:
    account = _account(session, request)
    return [
        (_("Name"), account.name),
        (_("E-mail address"), account.email),
        (_("What follows"), _(
            "The next sign-in asks for the password only, and wherever a code is needed a new authenticator has to be "
            "set up first. All visits of the account end. Make sure by telephone or in person that it is really them."
        )),
    ]  # fmt: skip


def _carry_out(session: Session, request: Approval, by: Decider) -> None:
    account = _account(session, request)
    if account.id == by.account:
        raise Refused(_("This is your own account. Somebody else has to decide."), status=409)
    factor.end(session, account, by=by.account, at=by.at)
    end_visits(session, account.id)
    subject, text = _("The second step of your account was taken away"), _(
        "You can sign in with your password and set up a new authenticator. If you did not ask for it, write to the "
        "fund at once."
    )  # fmt: skip
    name = f"mail/second-step/{request.public_id}"
    outbox.put_mail(session, name, account.email, subject, text, at=clock.real_now())


def _account(session: Session, request: Approval) -> Account:
    found = session.scalar(select(Account).where(Account.public_id == UUID(request.shown["account"])))
    if found is None:
        raise NotFound("account")
    return found


action(Action(RESET, "decide", _("Take the second step of an account away"), _rows, _carry_out))
