"""Payments at the fund: found, checked, recorded, shown, taken back."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fresh, fund_staff, guarded, needs
from portal.employers.models import Employer
from portal.employers.service import employer_by_number
from portal.errors import Refused
from portal.installation import fund, pack, packs
from portal.payments import documents, receipts, service, taking_back
from portal.payments.account import accounts_of
from portal.payments.find import payers
from portal.payments.forms import FindForm, PaymentForm, TakeBackForm
from portal.web.filters import say
from portal.web.pages import PER_PAGE, Page, download, page_number
from portal.web.typed import name_of

bp = guarded(Blueprint("payments", __name__, url_prefix="/fund/payments"), fund_staff)


@bp.get("/")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """Every payment, and the way to enter one."""
    return _index(FindForm(None))


def _index(form: FindForm, found: list[Employer] | None = None, status: int = 200) -> ResponseReturnValue:
    wanted, number = _wanted(), page_number()
    with db.reading() as session:
        rows, total = receipts.receipts(session, wanted, page=number, per_page=PER_PAGE)
    return render_template(
        "payments/fund_index.html",
        form=form,
        found=found,
        page=Page(rows, number, total),
        fields=_filter_fields(wanted),
        may_record=Right.CASH in g.rights,
        address_of=lambda one: url_for(".receipt", receipt=one),
    ), status


@bp.get("/find")
@needs(Right.CASH)
def find() -> ResponseReturnValue:
    """The employer that pays, by number, bill reference or name; one that is found leads straight to the form."""
    form = FindForm(request.args, meta={"csrf": False})
    if not form.validate():
        return _index(form, status=422)
    try:
        with db.reading() as session:
            found = payers(session, form.find.data or "")
    except Refused as refusal:
        form.find.errors = [say(refusal.words)]
        return _index(form, status=refusal.status)
    if len(found.employers) > 1:
        return _index(form, list(found.employers))
    number, reference = found.employers[0].number, found.bill.reference if found.bill else None
    scheme = found.bill.scheme if found.bill else None
    return redirect(url_for(".new", employer_number=number, bill=reference, scheme=scheme, key=uuid4()))


@bp.get("/<employer_number>/new")
@needs(Right.CASH)
def new(employer_number: str) -> ResponseReturnValue:
    """What was received.  The form has a name in its address, so that it can be sent only once."""
    if not request.args.get("key"):
        bill, scheme = request.args.get("bill"), request.args.get("scheme")
        return redirect(url_for(".new", employer_number=employer_number, bill=bill, scheme=scheme, key=uuid4()))
    form = PaymentForm(request.args, meta={"csrf": False})
    if not form.paid_on.raw_data:
        form.paid_on.data = clock.today(fund().timezone)
    return _form_page(employer_number, form)


def _form_page(employer_number: str, form: PaymentForm, status: int = 200) -> ResponseReturnValue:
    with db.reading() as session:
        employer = employer_by_number(session, employer_number)
        form.offer(service.schemes_of(session, employer.id))
        owed = accounts_of(session, employer.id, clock.today(fund().timezone))
    return render_template("payments/fund_new.html", form=form, employer=employer, accounts=owed), status


@bp.get("/<employer_number>/check")
@needs(Right.CASH)
def check(employer_number: str) -> ResponseReturnValue:
    """Everything that will happen, before it does."""
    form = PaymentForm(request.args, meta={"csrf": False})
    try:
        with db.reading() as session:
            employer = employer_by_number(session, employer_number)
            form.offer(service.schemes_of(session, employer.id))
            key = name_of(form.key.data)
            if not form.validate() or key is None:
                return _form_page(employer_number, form, 422)
            first = service.receipt_of_key(session, employer.id, key)
            if first is not None:
                return redirect(url_for(".receipt", receipt=first.public_id))
            return render_template("payments/fund_check.html", **_checked(session, employer, form))
    except Refused as refusal:
        form.refuse(refusal)
        return _form_page(employer_number, form, refusal.status)


def _checked(session: Any, employer: Employer, form: PaymentForm) -> dict[str, Any]:
    """What the check page shows."""
    facts = {"scheme": form.scheme.data, "amount": form.minor, "paid_on": form.paid_on.data}
    shown = service.preview(session, employer.id, at=clock.now(), **facts)
    return {
        "employer": employer,
        "form": form,
        "rules": pack(str(form.scheme.data)),
        "method": service.METHODS[str(form.method.data)],
        "shown": shown,
        "similar": service.similar(session, employer.id, **facts),
        "fields": {name: field.data or "" for name, field in form._fields.items() if name != "csrf_token"},
        **facts,
    }


@bp.post("/<employer_number>/record")
@needs(Right.CASH)
def record(employer_number: str) -> ResponseReturnValue:
    """Record the payment; the same form again leads to the same receipt."""
    form = PaymentForm()
    try:
        with db.writing() as session:
            employer = employer_by_number(session, employer_number)
            form.offer(service.schemes_of(session, employer.id))
            key = name_of(form.key.data)
            if not form.validate() or key is None:
                return _form_page(employer_number, form, 422)
            made = service.record_payment(
                session, employer.id, scheme=str(form.scheme.data), amount=form.minor,
                paid_on=form.paid_on.data or date.min, method=str(form.method.data),
                bank_reference=form.bank_reference.data or "", bill_reference=form.bill.data or None,
                key=key, by=current_user.id, at=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        return _form_page(employer_number, form, refusal.status)
    return redirect(url_for(".receipt", receipt=made.public_id, new=1))


@bp.get("/receipts/<uuid:receipt>")
@needs(Right.FUND_VIEW)
def receipt(receipt: UUID) -> ResponseReturnValue:
    """One receipt, with the way to take the payment back."""
    with db.reading() as session:
        found = receipts.receipt_on_page(session, receipt)
        waiting = taking_back.waiting_request(session, found.payment)
    return render_template(
        "payments/fund_receipt.html",
        found=found,
        waiting=waiting,
        may_take_back=Right.CASH in g.rights and not found.reversal and not waiting,
        is_new=bool(request.args.get("new")),
        **documents.public_qr(receipt),
    )


@bp.get("/receipts/<uuid:receipt>.pdf")
@needs(Right.FUND_VIEW)
def receipt_file(receipt: UUID) -> ResponseReturnValue:
    """The receipt as PDF: as it was issued, or marked when the payment was taken back."""
    with db.reading() as session:
        found = receipts.receipt_on_page(session, receipt)
    content = documents.receipt_file(found, as_issued="issued" in request.args, at=clock.now())
    return download(content, f"{found.receipt.number}.pdf", receipts.PDF)


@bp.route("/receipts/<uuid:receipt>/take-back", methods=["GET", "POST"])
@needs(Right.CASH)
@fresh
def take_back(receipt: UUID) -> ResponseReturnValue:
    """Ask that a payment is taken back: what will happen, and the reason.  A colleague decides."""
    form = TakeBackForm()
    with db.reading() as session:
        found = receipts.receipt_on_page(session, receipt)
    if found.reversal is not None:
        return redirect(url_for(".receipt", receipt=receipt))
    if not form.validate_on_submit():
        return render_template("payments/take_back.html", form=form, found=found), 422 if form.errors else 200
    try:
        with db.writing() as session:
            taking_back.ask_to_take_back(
                session, receipt, reason=form.reason.data or "", by=current_user.id, at=clock.now()
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        return render_template("payments/take_back.html", form=form, found=found), refusal.status
    return redirect(url_for(".receipt", receipt=receipt))


def _wanted() -> receipts.Wanted:
    """What the address narrows the list to; what it does not know is left out."""
    scheme = request.args.get("scheme", "")
    return receipts.Wanted(
        text=request.args.get("text", "").strip()[:120],
        scheme=scheme if scheme in packs() else "",
        from_day=_day("from"),
        to_day=_day("to"),
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _filter_fields(wanted: receipts.Wanted) -> list[dict[str, Any]]:
    schemes = [("", _("all schemes")), *((one, rules.short_name) for one, rules in packs().items())]
    days = (("from", _("Paid from"), wanted.from_day), ("to", _("Paid to"), wanted.to_day))
    return [
        {"name": "text", "label": _("Receipt, employer or bank's reference"), "value": wanted.text},
        {"name": "scheme", "label": _("Scheme"), "value": wanted.scheme, "options": schemes},
        *[{"name": name, "label": label, "kind": "date", "value": day and str(day)} for name, label, day in days],
    ]
