"""The fund's pages of the gateway: what waits, what came, the days; and what an officer decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.employers.models import Employer
from portal.errors import Refused
from portal.gateway import payouts, refusals, taking
from portal.gateway.pages import listing
from portal.gateway.pages.forms import AssignForm
from portal.installation import fund, pack
from portal.payments.find import payers
from portal.payments.models import Bill
from portal.web.pages import PER_PAGE, Page, page_number

bp = guarded(Blueprint("gateway", __name__, url_prefix="/fund/gateway"), fund_staff)


@bp.get("/")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """What waits for an officer, every payment, and the days beside the gateway's lists."""
    number = page_number()
    with db.reading() as session:
        rows, total = listing.payments(session, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        shown: dict[str, Any] = {
            "waiting": listing.waiting(session), "oddities": listing.oddities(session), "days": listing.days(session),
            "troubled": listing.refused_bills(session), "payouts": listing.payouts(session),
            "still": listing.still_there(session),
            "refused": refusals.lately(session, clock.real_now()), "refusals": refusals.by_day(session),
            "page": Page(rows, number, total),
        }  # fmt: skip
    return render_template(
        "gateway/index.html", gateway=fund().gateway, differences=listing.DIFFERENCES, why=listing.REFUSED,
        may=Right.CASH in g.rights,
        **shown,
    )  # fmt: skip


@bp.get("/payments/<uuid:gateway_payment>")
@needs(Right.FUND_VIEW)
def payment(gateway_payment: UUID) -> ResponseReturnValue:
    """One payment: what the gateway said, and whose it is."""
    return _page(gateway_payment)


def _page(name: UUID, form: AssignForm | None = None, status: int = 200) -> ResponseReturnValue:
    with db.reading() as session:
        row = listing.one(session, taking.payment_by_id(session, name))
    form = form or AssignForm(formdata=None, currency=row.payment.currency)
    return render_template(
        "gateway/payment.html", row=row, form=form, way=listing.WAYS[row.payment.way], may=Right.CASH in g.rights
    ), status


@bp.get("/payouts/<uuid:payout>")
@needs(Right.FUND_VIEW)
def payout(payout: UUID) -> ResponseReturnValue:
    """What the gateway sent to the bank in one sum, and the payments in it."""
    number = page_number()
    with db.reading() as session:
        found = payouts.by_id(session, payout)
        rows, total = listing.parts(session, found, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        at_bank = payouts.entry_name(session, found)
    return render_template("gateway/payout.html", payout=found, page=Page(rows, number, total), at_bank=at_bank)


@bp.get("/payments/<uuid:gateway_payment>/check")
@needs(Right.CASH)
def check(gateway_payment: UUID) -> ResponseReturnValue:
    """Everything that giving it to an employer will do, before it does."""
    try:
        with db.reading() as session:
            row = listing.one(session, taking.payment_by_id(session, gateway_payment))
            form = AssignForm(request.args, currency=row.payment.currency, meta={"csrf": False})
            if row.receipt is not None:
                return redirect(url_for("payments.receipt", receipt=row.receipt.public_id))
            if not form.validate():
                return _page(gateway_payment, form, 422)
            return render_template("gateway/check.html", row=row, form=form, **_checked(session, row, form))
    except Refused as refusal:
        form.refuse(refusal)
        return _page(gateway_payment, form, refusal.status)


def _checked(session: Session, row: listing.Row, form: AssignForm) -> dict[str, Any]:
    """What the check page shows."""
    employer, bill, scheme = _whose(session, form)
    shown = taking.preview(session, row.payment.public_id, employer.id, scheme=scheme, at=clock.now())
    return {
        "employer": employer, "bill": bill, "rules": pack(scheme), "shown": shown,
        "paid_on": taking.paid_on(row.payment, scheme, clock.now()),
    }  # fmt: skip


@bp.post("/payments/<uuid:gateway_payment>/assign")
@needs(Right.CASH)
def assign(gateway_payment: UUID) -> ResponseReturnValue:
    """It is this employer's; pressed twice, the same receipt."""
    with db.reading() as session:
        form = AssignForm(currency=taking.payment_by_id(session, gateway_payment).currency)
    if not form.validate():
        return _page(gateway_payment, form, 422)
    try:
        with db.writing() as session:
            receipt = _assigned(session, gateway_payment, form)
    except Refused as refusal:
        form.refuse(refusal)
        return _page(gateway_payment, form, refusal.status)
    return redirect(url_for("payments.receipt", receipt=receipt, new=1))


def _assigned(session: Session, name: UUID, form: AssignForm) -> UUID:
    employer, bill, scheme = _whose(session, form)
    receipt = taking.assign(session, name, employer.id, scheme=scheme, bill=bill, by=current_user.id, at=clock.now())
    if receipt.employer_id != employer.id:
        raise Refused(listing.given_to_another(receipt.number), status=409)
    return receipt.public_id


def _whose(session: Session, form: AssignForm) -> tuple[Employer, Bill | None, str]:
    """The employer, the bill when its reference was typed, and the scheme."""
    try:
        found = payers(session, form.employer.data or "")
    except Refused as refusal:
        raise Refused(refusal.words, field="employer", status=422) from None
    if len(found.employers) != 1:
        raise Refused(listing.SEVERAL, field="employer", status=422)
    return found.employers[0], found.bill, found.bill.scheme if found.bill else str(form.scheme.data)


@bp.post("/oddities/<uuid:oddity>/close")
@needs(Right.CASH)
def close(oddity: UUID) -> ResponseReturnValue:
    """It was spoken about with the gateway."""
    with db.writing() as session:
        taking.close_oddity(session, oddity, by=current_user.id, at=clock.now())
    flash(_("It is dealt with."), "success")
    return redirect(url_for(".index"))
