"""Who may act for the employer: the list, an invitation, another role, the end of a mandate."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, fresh, guarded, needs
from portal.auth.models import EmployerRole
from portal.auth.roles import NAMES, named
from portal.colleagues import invitations, mandates
from portal.colleagues.forms import EndForm, InviteForm, RoleForm, typed_day
from portal.colleagues.invitations import Offer
from portal.employers.service import employer_by_number
from portal.errors import Refused
from portal.installation import fund
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.words import _

bp = guarded(
    Blueprint("colleagues", __name__, url_prefix="/employers/<employer_number>/colleagues"), acting_for_employer
)


@bp.get("/")
@needs(Right.VIEW)
def index(employer_number: str) -> ResponseReturnValue:
    """Everybody who may act for the employer; whoever decides about it also sees who was invited."""
    may_manage = Right.MANAGE in g.rights
    with db.reading() as session:
        employer = employer_by_number(session, g.employer.number)
        found = mandates.colleagues(session, employer.id, _today())
        invited = invitations.open_invitations(session, employer) if may_manage else ()
    return render_template(
        "colleagues/index.html", employer=g.employer, colleagues=found, invited=invited, named=named, names=NAMES,
        may_manage=may_manage, today=_today(), now=clock.real_now(),
    )  # fmt: skip


@bp.route("/invite", methods=["GET", "POST"])
@needs(Right.MANAGE)
@fresh
def invite(employer_number: str) -> ResponseReturnValue:
    """Ask somebody to act for the employer.  The answer is the same whether or not they have an account."""
    form = InviteForm()
    if form.validate_on_submit():
        try:
            return _invited(form)
        except Refused as refusal:
            form.refuse(refusal)
    return _page("colleagues/invite.html", form, employer=g.employer)


def _invited(form: InviteForm) -> ResponseReturnValue:
    email, role = form.email.data or "", EmployerRole(form.role.data)
    offer = Offer((role,), typed_day(form.from_day) or _today(), typed_day(form.to_day))
    with db.writing() as session:
        employer = employer_by_number(session, g.employer.number)
        mandates.refuse_if_held(session, employer.id, email, role, offer.from_day)
        invitations.invite(
            session, employer, email, offer, by=current_user.id, today=_today(), at=clock.now(), url=link()
        )
    flash(say(_("We have written to %(email)s. The link is good for seven days.", email=email)), "success")
    return redirect(url_for(".index", employer_number=g.employer.number))


@bp.post("/invitations/<uuid:invitation>/again")
@needs(Right.MANAGE)
def send_again(employer_number: str, invitation: UUID) -> ResponseReturnValue:
    """A new link; the old one ends."""
    with db.writing() as session:
        employer = employer_by_number(session, g.employer.number)
        found = invitations.send_again(
            session, employer, invitation, by=current_user.id, at=clock.now(), url=link()
        )  # fmt: skip
    flash(say(_("We have written to %(email)s. The link is good for seven days.", email=found.email)), "success")
    return redirect(url_for(".index", employer_number=employer_number))


@bp.post("/invitations/<uuid:invitation>/withdraw")
@needs(Right.MANAGE)
def withdraw(employer_number: str, invitation: UUID) -> ResponseReturnValue:
    """The link opens nothing any more."""
    with db.writing() as session:
        employer = employer_by_number(session, g.employer.number)
        invitations.withdraw(session, employer, invitation, by=current_user.id, at=clock.now())
    flash(say(_("The invitation is withdrawn; its link opens nothing any more.")), "success")
    return redirect(url_for(".index", employer_number=employer_number))


@bp.get("/<uuid:mandate>")
@needs(Right.MANAGE)
def show(employer_number: str, mandate: UUID) -> ResponseReturnValue:
    """One colleague: another role, or the end."""
    return _show(mandate, RoleForm(formdata=None), EndForm(formdata=None))


@bp.post("/<uuid:mandate>/role")
@needs(Right.MANAGE)
@fresh
def change_role(employer_number: str, mandate: UUID) -> ResponseReturnValue:
    """From today on in another role."""
    form = RoleForm()
    if not form.validate_on_submit():
        return _show(mandate, form, EndForm(formdata=None))
    try:
        with db.writing() as session:
            employer, role = employer_by_number(session, g.employer.number), EmployerRole(form.role.data)
            by, today, at = current_user.id, _today(), clock.now()
            mandates.change_role(session, employer, mandate, role, by=by, today=today, at=at)
    except Refused as refusal:
        form.refuse(refusal)
        return _show(mandate, form, EndForm(formdata=None))
    flash(say(_("The role is changed from today on.")), "success")
    return redirect(url_for(".index", employer_number=employer_number))


@bp.post("/<uuid:mandate>/end")
@needs(Right.MANAGE)
@fresh
def end(employer_number: str, mandate: UUID) -> ResponseReturnValue:
    """They may no longer act for the employer: at once, or after a day."""
    form = EndForm()
    if not form.validate_on_submit():
        return _show(mandate, RoleForm(formdata=None), form)
    try:
        with db.writing() as session:
            employer, last_day = employer_by_number(session, g.employer.number), form.day()
            by, today, at = current_user.id, _today(), clock.now()
            ended = mandates.end(session, employer, mandate, last_day=last_day, by=by, today=today, at=at)
    except Refused as refusal:
        form.refuse(refusal)
        return _show(mandate, RoleForm(formdata=None), form)
    return _ended(ended.account_id, last_day)


def _ended(account: int, last_day: date | None) -> ResponseReturnValue:
    """Back to the list; whoever ended their own mandate may not see that any more."""
    if last_day is not None:
        flash(say(_("The mandate ends after %(day)s.", day=last_day)), "success")
    else:
        flash(say(_("The mandate has ended: from the next click on nothing opens any more.")), "success")
    if account == current_user.id and last_day is None:
        return redirect("/employers/")
    return redirect(url_for(".index", employer_number=g.employer.number))


def _show(mandate: UUID, role: RoleForm, end: EndForm) -> ResponseReturnValue:
    with db.reading() as session:
        found = mandates.colleague(session, g.employer.id, mandate, _today())
        last = mandates.is_last_administrator(session, found.mandate, _today())
    if not role.role.data:
        role.role.data = found.role.value
    form = role if role.errors else end
    return _page(
        "colleagues/colleague.html", form, employer=g.employer, one=found, role_form=role, end_form=end, last=last,
        names=NAMES, today=_today(), own=found.account.id == current_user.id,
    )  # fmt: skip


def _page(template: str, form: PortalForm, **shown: object) -> ResponseReturnValue:
    return render_template(template, form=form, **shown), 422 if form.errors else 200


def link() -> str:
    """What stands before the secret in the link of an invitation."""
    return str(current_app.config["BASE_URL"]) + "/invitations/"


def _today() -> date:
    return clock.today(fund().timezone)
