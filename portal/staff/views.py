"""Who may do what: the review of it, and the fund's own people invited, given roles and places, and let go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fresh, fund_staff, guarded, needs
from portal.auth.models import FundRole, FundRoleName, Mandate
from portal.auth.roles import NAMES, named, role_of
from portal.colleagues import invitations
from portal.colleagues.forms import typed_day
from portal.colleagues.invitations import Offer
from portal.colleagues.views import link
from portal.errors import Refused
from portal.installation import fund
from portal.staff import reading, resets, review, service
from portal.staff.forms import FundInviteForm, FundRoleForm, PlacesForm, ResetForm
from portal.staff.review import Access, Wanted
from portal.tabular.writing import Cell, write_csv
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.web.pages import PER_PAGE, Page, download, page_number
from portal.words import Words, _

bp = guarded(Blueprint("access", __name__, url_prefix="/fund/access"), fund_staff)


@bp.get("")
@needs(Right.REVIEW)
def index() -> ResponseReturnValue:
    """Everybody with what they may do and when they were last here; filters stay in the address."""
    wanted, number, now = _wanted(), page_number(), clock.real_now()
    with db.reading() as session:
        offset = (number - 1) * PER_PAGE
        rows, total = review.reviewed(session, wanted, _today(), now, limit=PER_PAGE, offset=offset)
        invited = invitations.open_invitations(session, None) if Right.SYSTEM in g.rights else ()
    return render_template(
        "staff/access.html", page=Page(rows, number, total), fields=_fields(wanted), names=NAMES, named=named,
        role_of=role_of, today=_today(), now=now, invited=invited, may_manage=Right.SYSTEM in g.rights,
        export=url_for(".file", kind=wanted.kind, away="1" if wanted.away else "", q=wanted.text),
    )  # fmt: skip


@bp.get("/access.csv")
@needs(Right.REVIEW)
@fresh
def file() -> ResponseReturnValue:
    """Exactly the list that is shown, all its pages, a line for each right."""
    header = [
        gettext("Name"), gettext("E-mail address"), gettext("Where"), gettext("As"), gettext("From"), gettext("To"),
        gettext("Second step"), gettext("Last here"), gettext("Account closed"),
    ]  # fmt: skip
    with db.reading() as session:
        rows, _total = review.reviewed(session, _wanted(), _today(), clock.real_now())
    return download(write_csv(header, _lines(rows)), "access.csv", "text/csv")


def _lines(rows: list[Access]) -> Iterator[list[Cell]]:
    for one in rows:
        account, seen = one.account, one.account.last_seen_at
        after: list[Cell] = [
            gettext("on") if one.two_steps else gettext("off"), seen.date() if seen else "",
            account.disabled_at.date() if account.disabled_at else "",
        ]  # fmt: skip
        held: list[tuple[str, FundRole | Mandate]] = [(fund().short_name, role) for role in one.roles]
        held += [(f"{employer.number} {employer.legal_name}", mandate) for mandate, employer in one.mandates]
        for where, right in held:
            of_right: list[Cell] = [where, say(NAMES[role_of(right.role)]), right.from_day, right.to_day or ""]
            yield [account.name, account.email, *of_right, *after]
        if not held:
            yield [account.name, account.email, "", "", "", "", *after]


@bp.route("/invite", methods=["GET", "POST"])
@needs(Right.SYSTEM)
@fresh
def invite() -> ResponseReturnValue:
    """Ask somebody to work at the fund."""
    form = FundInviteForm()
    if form.validate_on_submit():
        try:
            return _invited(form)
        except Refused as refusal:
            form.refuse(refusal)
    return render_template("staff/invite.html", form=form), 422 if form.errors else 200


def _invited(form: FundInviteForm) -> ResponseReturnValue:
    email, roles = form.email.data or "", tuple(FundRoleName(role) for role in form.roles.data or ())
    offer = Offer(roles, typed_day(form.from_day) or _today(), typed_day(form.to_day), _places(form))
    with db.writing() as session:
        service.check_places(offer.districts)
        by, at = current_user.id, clock.now()
        invitations.invite(session, None, email, offer, by=by, today=_today(), at=at, url=link())
    flash(say(_("We have written to %(email)s. The link is good for seven days.", email=email)), "success")
    return redirect(url_for(".index"))


@bp.post("/invitations/<uuid:invitation>/again")
@needs(Right.SYSTEM)
def send_again(invitation: UUID) -> ResponseReturnValue:
    """A new link; the old one ends."""
    with db.writing() as session:
        found = invitations.send_again(session, None, invitation, by=current_user.id, at=clock.now(), url=link())
    flash(say(_("We have written to %(email)s. The link is good for seven days.", email=found.email)), "success")
    return redirect(url_for(".index"))


@bp.post("/invitations/<uuid:invitation>/withdraw")
@needs(Right.SYSTEM)
def withdraw(invitation: UUID) -> ResponseReturnValue:
    """The link opens nothing any more."""
    with db.writing() as session:
        invitations.withdraw(session, None, invitation, by=current_user.id, at=clock.now())
    flash(say(_("The invitation is withdrawn; its link opens nothing any more.")), "success")
    return redirect(url_for(".index"))


@bp.get("/<uuid:account>")
@needs(Right.REVIEW)
def show(account: UUID) -> ResponseReturnValue:
    """One account: everything it may do, and for the system administrator the way to change it."""
    return _show(account)


@bp.post("/<uuid:account>/roles")
@needs(Right.SYSTEM)
@fresh
def give_role(account: UUID) -> ResponseReturnValue:
    """Another role at the fund."""
    form = FundRoleForm()
    if not form.validate_on_submit():
        return _show(account, form)
    try:
        role, to_day = FundRoleName(form.role.data), typed_day(form.to_day)
        from_day, by, today = typed_day(form.from_day) or _today(), current_user.id, _today()
        with db.writing() as session:
            service.give_role(
                session, account, role, from_day=from_day, to_day=to_day, by=by, today=today, at=clock.now()
            )
    except Refused as refusal:
        return _refused(account, form, refusal)
    return _done(account, _("The role is given."))


@bp.post("/<uuid:account>/roles/<uuid:role>/end")
@needs(Right.SYSTEM)
@fresh
def end_role(account: UUID, role: UUID) -> ResponseReturnValue:
    """From now on no longer in this role."""
    with db.writing() as session:
        service.end_role(session, account, role, by=current_user.id, today=_today(), at=clock.now())
    return _done(account, _("The role has ended: from the next click on it opens nothing any more."))


@bp.post("/<uuid:account>/places")
@needs(Right.SYSTEM)
@fresh
def change_places(account: UUID) -> ResponseReturnValue:
    """The places somebody of the fund works for."""
    form = PlacesForm()
    if not form.validate_on_submit():
        return _show(account, form)
    with db.writing() as session:
        by, at = current_user.id, clock.now()
        service.change_districts(session, account, _places(form), by=by, today=_today(), at=at)
    return _done(account, _("The places are changed."))


@bp.post("/<uuid:account>/close")
@needs(Right.SYSTEM)
@fresh
def close(account: UUID) -> ResponseReturnValue:
    """Nobody signs in with the account any more; its visits end at once."""
    with db.writing() as session:
        found = service.locked_account(session, account)
        service.disable(session, found, by=current_user.id, today=_today(), at=clock.now())
    return _done(account, _("The account is closed and signed out everywhere."))


@bp.post("/<uuid:account>/open")
@needs(Right.SYSTEM)
@fresh
def open_again(account: UUID) -> ResponseReturnValue:
    """The account may be used again."""
    with db.writing() as session:
        service.enable(session, service.locked_account(session, account), by=current_user.id, at=clock.now())
    return _done(account, _("The account is open again."))


@bp.post("/<uuid:account>/second-step")
@needs(Right.SYSTEM)
@fresh
def ask_reset(account: UUID) -> ResponseReturnValue:
    """Ask a second person to take the second step of an account away."""
    form = ResetForm()
    if not form.validate_on_submit():
        return _show(account, form)
    try:
        with db.writing() as session:
            found, reason = service.locked_account(session, account), form.reason.data or ""
            resets.ask_reset(session, found, reason=reason, by=current_user.id, at=clock.now())
    except Refused as refusal:
        return _refused(account, form, refusal)
    return _done(account, _("It is asked for. A supervisor decides on it under Approvals."))


def _done(account: UUID, words: Words) -> ResponseReturnValue:
    flash(say(words), "success")
    return redirect(url_for(".show", account=account))


def _refused(account: UUID, form: PortalForm, refusal: Refused) -> ResponseReturnValue:
    form.refuse(refusal)
    return _show(account, form, refusal.status)


def _show(account: UUID, form: PortalForm | None = None, status: int = 200) -> ResponseReturnValue:
    with db.reading() as session:
        found = review.access_of(session, account, _today())
        was_here = service.worked_here(session, found.account)
        reset, stopped = resets.waiting_reset(session, found.account), reading.stopped(session, found.account)
    empty: dict[str, Any] = {"formdata": None}
    forms: dict[type[PortalForm], PortalForm] = {
        FundRoleForm: FundRoleForm(**empty), ResetForm: ResetForm(**empty),
        PlacesForm: PlacesForm(**empty, data={"districts": found.account.districts}),
    }  # fmt: skip
    if form is not None:
        forms[type(form)] = form
    shown = render_template(
        "staff/account.html", one=found, was_here=was_here, reset=reset, stopped=stopped, form=form or forms[ResetForm],
        role_form=forms[FundRoleForm], places_form=forms[PlacesForm], reset_form=forms[ResetForm], names=NAMES,
        role_of=role_of, may_manage=Right.SYSTEM in g.rights, may_audit=Right.AUDIT,
        own=found.account.id == current_user.id, today=_today(), now=clock.real_now(),
    )  # fmt: skip
    return shown, 422 if form is not None and form.errors and status == 200 else status


def _places(form: PlacesForm) -> tuple[str, ...]:
    return tuple(form.districts.data or ())


def _wanted() -> Wanted:
    """What the address narrows the list to; what it does not know is left out."""
    kind = request.args.get("kind", "")
    text = request.args.get("q", "").strip()[:100]
    return Wanted(kind if kind in review.KINDS else "fund", bool(request.args.get("away")), text)


def _fields(wanted: Wanted) -> list[dict[str, Any]]:
    kinds = [
        ("fund", gettext("People of the fund")), ("employers", gettext("People of employers")),
        ("nothing", gettext("Accounts without any access")), ("all", gettext("Everybody")),
    ]  # fmt: skip
    away = [("", gettext("It does not matter")), ("1", gettext("Not for 90 days"))]
    return [
        {"name": "q", "label": gettext("Name or e-mail address"), "value": wanted.text},
        {"name": "kind", "label": gettext("Who"), "value": wanted.kind, "options": kinds},
        {"name": "away", "label": gettext("Last here"), "value": "1" if wanted.away else "", "options": away},
    ]


def _today() -> date:
    return clock.today(fund().timezone)
