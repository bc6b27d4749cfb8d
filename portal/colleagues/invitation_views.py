"""The link of an invitation: what it offers, and the way to accept it, with an account or without one yet."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock, db
from portal.auth.access import anyone, guarded
from portal.auth.models import Account
from portal.auth.roles import named
from portal.auth.service import account_by_email
from portal.auth.views import TOO_MANY, allowed, begin_visit
from portal.colleagues import invitations
from portal.colleagues.forms import NewAccountForm
from portal.colleagues.models import Invitation
from portal.employers.models import Employer
from portal.errors import Refused
from portal.installation import fund
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.words import _

bp = guarded(Blueprint("invitations", __name__, url_prefix="/invitations"), anyone)


@bp.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """What one is invited to.  Opening the link changes nothing: mail scanners open links, too."""
    return _show(token, None)


@bp.post("/<token>/accept")
def accept(token: str) -> ResponseReturnValue:
    """Somebody who is signed in accepts."""
    if not _account():
        return redirect(url_for("auth.sign_in", next=url_for(".show", token=token)))
    with db.writing() as session:
        found = invitations.accept(session, token, current_user.id, today=_today(), at=clock.now())
        employer = _employer(session, found)
    return _accepted(employer)


@bp.post("/<token>/account")
def new_account(token: str) -> ResponseReturnValue:
    """Somebody without an account makes one and accepts with it; the link has shown that the address is theirs."""
    with db.reading() as session:
        form = NewAccountForm(invitations.invitation_of(session, token).email)
    if not form.validate_on_submit():
        return _show(token, form)
    try:
        if not allowed(("new-account", request.remote_addr or "")):
            raise Refused(TOO_MANY, field="name", status=429)
        with db.writing() as session:
            name, password = form.name.data or "", form.password.data or ""
            account = invitations.accept_with_new_account(
                session, token, name, password, today=_today(), at=clock.now()
            )
            employer = _employer(session, invitations.invitation_of(session, token))
    except Refused as refusal:
        form.refuse(refusal)
        return _show(token, form, refusal.status)
    begin_visit(account)
    return _accepted(employer)


def _accepted(employer: Employer | None) -> ResponseReturnValue:
    if employer is None:
        flash(say(_("You now work at %(name)s in this portal.", name=fund().short_name)), "success")
        return redirect("/fund/")
    flash(say(_("You may now act for %(name)s.", name=employer.name)), "success")
    return redirect(f"/employers/{employer.number}/")


def _show(token: str, form: NewAccountForm | None, status: int = 200) -> ResponseReturnValue:
    with db.reading() as session:
        found = invitations.invitation_of(session, token)
        trouble = invitations.trouble_with(found, _today())
        inviter = session.get(Account, found.invited_by) if found.invited_by else None
        employer, known = _employer(session, found), account_by_email(session, found.email) is not None
    if trouble is not None:
        raise Refused(trouble, status=410)
    form = form or NewAccountForm(found.email, formdata=None)
    mine = _account() and invitations.is_for(found, current_user._get_current_object())
    shown = render_template(
        "colleagues/invitation.html", form=form, invitation=found, employer=employer, inviter=inviter,
        roles=named(found.roles), known=known, signed_in=_account(), mine=mine, token=token, today=_today(),
        plain=PortalForm(formdata=None),
    )  # fmt: skip
    return shown, 422 if form.errors else status


def _employer(session: Any, found: Invitation) -> Employer | None:
    return session.get(Employer, found.employer_id) if found.employer_id else None


def _account() -> bool:
    """Whether somebody with an account is signed in; an employee's visit has none."""
    return bool(current_user.is_authenticated and current_user.kind == "account")


def _today() -> date:
    return clock.today(fund().timezone)
