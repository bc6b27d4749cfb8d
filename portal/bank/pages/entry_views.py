"""Entries of the bank: what waits, one entry with what it may be, and what an officer does with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.bank import returning, settling
from portal.bank.pages import listing
from portal.bank.pages.forms import LinkForm, ReasonForm, SettleForm
from portal.bank.pages.views import today
from portal.bank.reading.values import digits_of
from portal.employers.models import Employer
from portal.errors import NotFound, Refused
from portal.installation import pack
from portal.payments import service
from portal.payments.find import payers
from portal.scheme.deadlines import effective_day
from portal.tabular.amounts import AmountRule
from portal.web.filters import say
from portal.web.pages import PER_PAGE, Page, page_number
from portal.web.typed import name_of

bp = guarded(Blueprint("bank_entries", __name__, url_prefix="/fund/bank/entries"), fund_staff)


@bp.get("")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """Entries, the oldest first: those that wait, those left in suspense, those that are settled."""
    which = request.args.get("show", "waiting")
    which, number = which if which in listing.SHOWN else "waiting", page_number()
    text = request.args.get("text", "").strip()[:80]
    with db.reading() as session:
        rows, total = listing.entries(
            session, which, today=today(), text=text, limit=PER_PAGE, offset=(number - 1) * PER_PAGE
        )
    options = [(code, say(words)) for code, words in listing.SHOWN.items()]
    fields = [
        {"name": "show", "label": _("Which"), "value": which, "options": options},
        {"name": "text", "label": _("Payer, text or reference"), "value": text},
    ]  # fmt: skip
    return render_template("bank/entries.html", page=Page(rows, number, total), fields=fields)


@bp.get("/<uuid:entry>")
@needs(Right.FUND_VIEW)
def show(entry: UUID) -> ResponseReturnValue:
    """One entry: what the bank said, what it may be and why, and what can be done with it."""
    return _page(entry)


def _page(entry: UUID, status: int = 200, **forms: Any) -> ResponseReturnValue:
    with db.reading() as session:
        found = settling.entry_by_id(session, entry)
        shown = listing.entry_page(session, found, today())
        if "settle" not in forms:
            forms["settle"] = _begun(session, shown)
    return render_template(
        "bank/entry.html", shown=shown, line=found, settle=forms["settle"], may=Right.CASH in g.rights,
        link=forms.get("link") or LinkForm(formdata=None), reason=forms.get("reason") or ReasonForm(formdata=None),
    ), status  # fmt: skip


def _begun(session: Session, shown: listing.EntryPage) -> SettleForm:
    """The form as the entry suggests it."""
    entry = shown.row.entry
    form = SettleForm(formdata=None, currency=entry.currency)
    employer = session.get(Employer, entry.found_employer_id) if entry.found_employer_id else None
    form.employer.data = shown.bill.reference if shown.bill else (employer.number if employer else "")
    form.scheme.data = entry.found_scheme or shown.account.scheme or ""
    form.amount.data = AmountRule(entry.currency, digits_of(entry.currency)).written(max(entry.unsettled, 0))
    form.key.data = str(uuid4())
    return form


@bp.get("/<uuid:entry>/check")
@needs(Right.CASH)
def check(entry: UUID) -> ResponseReturnValue:
    """Everything that booking it will do, before it does."""
    with db.reading() as session:
        found = settling.entry_by_id(session, entry)
        form = SettleForm(request.args, currency=found.currency, meta={"csrf": False})
        if not form.validate() or name_of(form.key.data) is None:
            return _page(entry, 422, settle=form)
        try:
            employer, bill = _whose(session, form)
            scheme = str(bill.scheme if bill else form.scheme.data)
            paid_on = effective_day(pack(scheme), found.ordered_day, found.value_day)
            shown = service.preview(
                session, employer.id, scheme=scheme, amount=form.minor, paid_on=paid_on, at=clock.now()
            )
        except Refused as refusal:
            form.refuse(refusal)
            return _page(entry, refusal.status, settle=form)
    return render_template(
        "bank/check.html", line=found, form=form, employer=employer, bill=bill, rules=pack(scheme), paid_on=paid_on,
        shown=shown,
    )  # fmt: skip


def _whose(session: Session, form: SettleForm) -> Any:
    """The employer, and the bill when its reference was typed."""
    try:
        found = payers(session, form.employer.data or "")
    except Refused as refusal:
        raise Refused(refusal.words, field="employer", status=422) from None
    if len(found.employers) != 1:
        raise Refused(listing.SEVERAL, field="employer", status=422)
    return found.employers[0], found.bill


@bp.post("/<uuid:entry>/settle")
@needs(Right.CASH)
def settle(entry: UUID) -> ResponseReturnValue:
    """Book it; the same form again leads to the same receipt."""
    with db.reading() as session:
        form = SettleForm(currency=settling.entry_by_id(session, entry).currency)
    key = name_of(form.key.data)
    if not form.validate() or key is None:
        return _page(entry, 422, settle=form)
    try:
        with db.writing() as session:
            employer, bill = _whose(session, form)
            receipt = settling.settle(
                session, entry, employer.id, scheme=str(bill.scheme if bill else form.scheme.data), amount=form.minor,
                bill=bill.reference if bill else None, key=key, by=current_user.id, at=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        return _page(entry, refusal.status, settle=form)
    return redirect(url_for("payments.receipt", receipt=receipt.public_id, new=1))


@bp.post("/<uuid:entry>/link")
@needs(Right.CASH)
def link(entry: UUID) -> ResponseReturnValue:
    """It is the money of a receipt that was made by hand."""
    form = LinkForm()

    def do(session: Session) -> None:
        try:
            receipt = listing.receipt_by_number(session, form.receipt.data or "")
        except NotFound:
            raise Refused(listing.NO_RECEIPT, field="receipt", status=422) from None
        settling.link(session, entry, receipt, by=current_user.id, at=clock.now())

    return done(entry, do, link=form)


@bp.post("/<uuid:entry>/out")
@needs(Right.CASH)
def out(entry: UUID) -> ResponseReturnValue:
    """Money that went out and is no employer's."""
    return done(entry, lambda session: settling.out(session, entry, by=current_user.id, at=clock.now()))


@bp.post("/<uuid:entry>/park")
@needs(Right.CASH)
def park(entry: UUID) -> ResponseReturnValue:
    """Leave it in suspense, and say what is waited for."""
    form = ReasonForm()
    return done(
        entry,
        lambda session: settling.park(session, entry, form.reason.data or "", by=current_user.id, at=clock.now()),
        reason=form,
    )


@bp.post("/<uuid:entry>/return")
@needs(Right.CASH)
def take_back(entry: UUID) -> ResponseReturnValue:
    """Ask that the payment a returned entry made is taken back."""
    return done(
        entry, lambda session: returning.ask_for_return(session, entry, by=current_user.id, at=clock.now())
    )  # fmt: skip


@bp.post("/<uuid:entry>/<any(send_back, not_ours):way>")
@needs(Right.CASH)
def ask(entry: UUID, way: str) -> ResponseReturnValue:
    """Ask a second person to send it back, or to count it as no contribution."""
    form, code = ReasonForm(), returning.SEND_BACK if way == "send_back" else returning.NOT_OURS
    return done(
        entry,
        lambda session: returning.ask(
            session, code, entry, reason=form.reason.data or "", by=current_user.id, at=clock.now()
        ),
        reason=form,
    )


def done(entry: UUID, do: Callable[[Session], object], **forms: Any) -> ResponseReturnValue:
    """Do it and show the entry again; what is refused is said, and what was typed is kept."""
    form: Any = next(iter(forms.values()), None)
    if form is not None and not form.validate():
        return _page(entry, 422, **forms)
    try:
        with db.writing() as session:
            asked = do(session)
    except Refused as refusal:
        if form is None:
            flash(say(refusal.words), "error")
            return redirect(url_for("bank_entries.show", entry=entry))
        form.refuse(refusal)
        return _page(entry, refusal.status, **forms)
    if asked is not None:
        flash(_("Somebody else has to agree now."), "success")
    return redirect(url_for("bank_entries.show", entry=entry))
