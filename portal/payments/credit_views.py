"""Credit: where it came from, what it is for, and asking for it back; for the employer and for an officer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from portal import approvals, clock, db
from portal.auth.access import Right, acting_for_employer, fresh, fund_staff, guarded, needs
from portal.employers.models import Employer
from portal.employers.service import employer_by_number
from portal.errors import NotFound, Refused
from portal.payments import documents, receipts, refunds
from portal.payments.credit import CreditAccount, credit_account
from portal.payments.forms import RefundForm
from portal.web.pages import download

bp = guarded(
    Blueprint("credit", __name__, url_prefix="/employers/<employer_number>/account/credit"), acting_for_employer
)
fund_bp = guarded(Blueprint("fund_credit", __name__, url_prefix="/fund/employers/<employer_number>/credit"), fund_staff)


@bp.get("/<scheme>")
@needs(Right.VIEW)
def show(employer_number: str, scheme: str) -> ResponseReturnValue:
    """My credit in one scheme."""
    return _show(employer_number, scheme, may_ask=Right.SUBMIT in g.rights)


@fund_bp.get("/<scheme>")
@needs(Right.FUND_VIEW)
def fund_show(employer_number: str, scheme: str) -> ResponseReturnValue:
    """An employer's credit, for an officer."""
    return _show(employer_number, scheme, may_ask=Right.CONTRIBUTIONS in g.rights)


@bp.route("/<scheme>/refund", methods=["GET", "POST"])
@needs(Right.SUBMIT)
@fresh
def ask(employer_number: str, scheme: str) -> ResponseReturnValue:
    """Ask for my credit back."""
    return _ask(employer_number, scheme)


@fund_bp.route("/<scheme>/refund", methods=["GET", "POST"])
@needs(Right.CONTRIBUTIONS)
@fresh
def fund_ask(employer_number: str, scheme: str) -> ResponseReturnValue:
    """Ask for an employer that its credit is given back."""
    return _ask(employer_number, scheme)


@bp.post("/<scheme>/withdraw")
@needs(Right.SUBMIT)
def withdraw(employer_number: str, scheme: str) -> ResponseReturnValue:
    """Take my request back; pressed again, nothing more happens."""
    with db.writing() as session:
        employer = _employer(session, employer_number)
        waiting = refunds.waiting_refund(session, employer.public_id, scheme)
        if waiting is not None:
            approvals.withdraw(session, waiting.public_id, by=current_user.id, at=clock.now())
            flash(gettext("The request is taken back. Nothing was changed."), "success")
    return redirect(url_for(".show", employer_number=employer_number, scheme=scheme))


@bp.get("/notes/<uuid:refund>.pdf")
@needs(Right.VIEW)
def note(employer_number: str, refund: UUID) -> ResponseReturnValue:
    """The note of a refund as PDF, always the same bytes."""
    return _note(employer_number, refund)


@fund_bp.get("/notes/<uuid:refund>.pdf")
@needs(Right.FUND_VIEW)
def fund_note(employer_number: str, refund: UUID) -> ResponseReturnValue:
    """The same for an officer."""
    return _note(employer_number, refund)


def _employer(session: Any, number: str) -> Employer:
    return employer_by_number(session, number)


def _read(employer_number: str, scheme: str) -> tuple[Employer, CreditAccount]:
    with db.reading() as session:
        employer = _employer(session, employer_number)
        return employer, credit_account(session, employer.id, scheme)


def _show(employer_number: str, scheme: str, *, may_ask: bool) -> ResponseReturnValue:
    employer, found = _read(employer_number, scheme)
    own = found.waiting is not None and found.waiting.asked_by == current_user.id
    return render_template(
        "payments/credit.html", employer=employer, found=found, own=own, to=_addresses(employer, scheme),
        may_ask=may_ask and found.left and not found.waiting, of_fund=g.get("employer") is None,
    )  # fmt: skip


def _ask(employer_number: str, scheme: str) -> ResponseReturnValue:
    employer, found = _read(employer_number, scheme)
    form = RefundForm(currency=found.rules.currency.code)
    if not form.is_submitted():
        form.begin(employer, found.left)
        return _form(employer, found, form)
    if not form.validate():
        return _form(employer, found, form, 422)
    try:
        with db.writing() as session:
            refunds.ask_for_refund(
                session, employer.id, scheme, form.minor, form.bank_account, reason=form.reason.data or "",
                by=current_user.id, at=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        return _form(employer, found, form, refusal.status)
    flash(gettext("The refund is asked for. It waits for a second person at the fund."), "success")
    return redirect(_addresses(employer, scheme)("show"))


def _form(employer: Employer, found: CreditAccount, form: RefundForm, status: int = 200) -> ResponseReturnValue:
    if status == 200 and not found.left:
        raise NotFound("credit")
    to = _addresses(employer, found.rules.id)
    return render_template("payments/refund.html", employer=employer, found=found, form=form, to=to), status


def _note(employer_number: str, refund: UUID) -> ResponseReturnValue:
    with db.reading() as session:
        found = refunds.refund_by_id(session, _employer(session, employer_number).id, refund)
    content = documents.refund_pdf(found, at=clock.now())
    return download(content, f"{found.number}.pdf", receipts.PDF)


def _addresses(employer: Employer, scheme: str) -> Callable[..., str]:
    """The addresses of these pages, for whichever of the two reads them."""
    start = "credit." if g.get("employer") is not None else "fund_credit.fund_"

    def to(page: str, **more: Any) -> str:
        named = more if page == "note" else {"scheme": scheme, **more}
        return url_for(f"{start}{page}", employer_number=employer.number, **named)

    return to
