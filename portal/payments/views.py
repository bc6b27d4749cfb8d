"""An employer's account: what is owed and why, bills, receipts and statements; and the public page behind a QR."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, guarded, needs
from portal.installation import fund, pack, packs
from portal.ledger.statement import Statement, statement
from portal.payments import account as accounts
from portal.payments import bills, documents, receipts
from portal.payments.public_views import bp as public_bp  # noqa: F401  # the app opens every blueprint it finds here
from portal.scheme.calendars import month_of
from portal.web.pages import PER_PAGE, Page, download, page_number

bp = guarded(Blueprint("account", __name__, url_prefix="/employers/<employer_number>/account"), acting_for_employer)

#: How many months the account shows before it is asked for all; open ones are always shown.
LATEST = 12


def today() -> date:
    """The day it is for the fund."""
    return clock.today(fund().timezone)


@bp.get("/")
@needs(Right.VIEW)
def show(employer_number: str) -> ResponseReturnValue:
    """What I owe and why, scheme by scheme."""
    with db.reading() as session:
        found = accounts.accounts_of(session, g.employer.id, today())
    everything = bool(request.args.get("all"))
    return render_template(
        "payments/account.html",
        employer=g.employer,
        today=today(),
        accounts=[(one, _shown(one, everything)) for one in found],
        everything=everything,
    )


def _shown(one: accounts.SchemeAccount, everything: bool) -> list[accounts.OpenMonth]:
    """The months a page shows: the latest, and every one in which something is open."""
    return [month for place, month in enumerate(one.months) if everything or place < LATEST or month.total]


@bp.get("/charges/<uuid:charge>")
@needs(Right.VIEW)
def charge(employer_number: str, charge: UUID) -> ResponseReturnValue:
    """One month of one scheme: what was declared, what lateness cost, what was paid, step by step."""
    with db.reading() as session:
        found = accounts.charge_account(session, g.employer.id, charge, today())
        issued = bills.bills_of_charge(session, found.month.charge)
    return render_template(
        "payments/charge.html", employer=g.employer, found=found, month=found.month, bills=issued, today=today()
    )


@bp.post("/charges/<uuid:charge>/bill")
@needs(Right.PREPARE)
def make_bill(employer_number: str, charge: UUID) -> ResponseReturnValue:
    """The bill for what is open today; the same one while nothing changed."""
    with db.writing() as session:
        one = accounts.charge_of(session, g.employer.id, charge)
        made = bills.issue_bill(session, g.employer.id, one.id, at=clock.now(), by=current_user.id)
    return redirect(url_for(".bill", employer_number=employer_number, bill=made.public_id))


@bp.get("/bills/")
@needs(Right.VIEW)
def bill_list(employer_number: str) -> ResponseReturnValue:
    """Every bill, the newest first."""
    scheme, number = _scheme(), page_number()
    with db.reading() as session:
        rows, total = bills.bills_of(session, g.employer.id, scheme=scheme, page=number, per_page=PER_PAGE)
    return render_template(
        "payments/bills.html", employer=g.employer, page=Page(rows, number, total), fields=[_scheme_field(scheme)]
    )


@bp.get("/bills/<uuid:bill>")
@needs(Right.VIEW)
def bill(employer_number: str, bill: UUID) -> ResponseReturnValue:
    """One bill: how much, where to pay, with which reference."""
    with db.reading() as session:
        found = bills.bill_on_page(session, bill, g.employer.id)
        now = accounts.charge_account(session, g.employer.id, found.charge.public_id, today()).month
        beside = bills.beside(session, found.bill, clock.now())
    facts = documents.public_qr(bill)
    return render_template(
        "payments/bill.html", employer=g.employer, found=found, open_now=now.total, beside=beside, **facts
    )


@bp.get("/bills/<uuid:bill>.pdf")
@needs(Right.VIEW)
def bill_file(employer_number: str, bill: UUID) -> ResponseReturnValue:
    """The bill as PDF."""
    with db.reading() as session:
        found = bills.bill_on_page(session, bill, g.employer.id)
    content = documents.bill_pdf(found.bill, at=clock.now())
    return download(content, f"{found.bill.number}.pdf", receipts.PDF)


@bp.get("/receipts/")
@needs(Right.VIEW)
def receipt_list(employer_number: str) -> ResponseReturnValue:
    """Every receipt, the newest first."""
    scheme, number = _scheme(), page_number()
    wanted = receipts.Wanted(employer_id=g.employer.id, scheme=scheme)
    with db.reading() as session:
        rows, total = receipts.receipts(session, wanted, page=number, per_page=PER_PAGE)
    return render_template(
        "payments/receipts.html",
        employer=g.employer,
        page=Page(rows, number, total),
        fields=[_scheme_field(scheme)],
        address_of=lambda one: url_for(".receipt", employer_number=employer_number, receipt=one),
    )


@bp.get("/receipts/<uuid:receipt>")
@needs(Right.VIEW)
def receipt(employer_number: str, receipt: UUID) -> ResponseReturnValue:
    """One receipt: what was paid and what it settled."""
    with db.reading() as session:
        found = receipts.receipt_on_page(session, receipt, g.employer.id)
    return render_template("payments/receipt.html", employer=g.employer, found=found, **documents.public_qr(receipt))


@bp.get("/receipts/<uuid:receipt>.pdf")
@needs(Right.VIEW)
def receipt_file(employer_number: str, receipt: UUID) -> ResponseReturnValue:
    """The receipt as PDF: as it was issued, or marked when the payment was taken back."""
    with db.reading() as session:
        found = receipts.receipt_on_page(session, receipt, g.employer.id)
    content = documents.receipt_file(found, as_issued="issued" in request.args, at=clock.now())
    return download(content, f"{found.receipt.number}.pdf", receipts.PDF)


@bp.get("/statement")
@needs(Right.VIEW)
def statement_page(employer_number: str) -> ResponseReturnValue:
    """The account in one scheme from day to day."""
    with db.reading() as session:
        read = _asked_statement(session)
    fields = [_scheme_field(read.scheme, every=False), *_day_fields(read)]
    narrowed = {"scheme": read.scheme, "from": read.from_day.isoformat(), "to": read.to_day.isoformat()}
    return render_template(
        "payments/statement.html",
        employer=g.employer,
        read=read,
        rules=pack(read.scheme),
        fields=fields,
        narrowed=narrowed,
    )


@bp.get("/statement.pdf")
@needs(Right.VIEW)
def statement_file(employer_number: str) -> ResponseReturnValue:
    """The same as PDF."""
    with db.reading() as session:
        read = _asked_statement(session)
        content = documents.statement_pdf(session, g.employer, read, today=today())
    name = f"{employer_number}-{read.scheme}-{read.from_day.isoformat()}-{read.to_day.isoformat()}.pdf"
    return download(content, name, receipts.PDF)


def _asked_statement(session: Any) -> Statement:
    """The statement of the scheme and days in the address; of the last twelve months where it names none."""
    scheme = _scheme() or next(iter(packs()))
    rules = pack(scheme)
    until = _day("to", today())
    first = _day("from", month_of(until, rules.calendar).plus(-11, rules.calendar).first_day(rules.calendar))
    return statement(session, g.employer.id, scheme, min(first, until), max(first, until))


def _day(name: str, otherwise: date) -> date:
    """The day in the address, if it is one and has come; else *otherwise*."""
    try:
        return min(date.fromisoformat(request.args.get(name, "")), today())
    except ValueError:
        return otherwise


def _scheme() -> str:
    """The scheme in the address, if the fund runs it."""
    scheme = request.args.get("scheme", "")
    return scheme if scheme in packs() else ""


def _scheme_field(scheme: str, *, every: bool = True) -> dict[str, Any]:
    options = [(one, rules.short_name) for one, rules in packs().items()]
    first = [("", _("all schemes"))] if every else []
    return {"name": "scheme", "label": _("Scheme"), "value": scheme, "options": first + options}


def _day_fields(read: Statement) -> list[dict[str, Any]]:
    days = (("from", _("From"), read.from_day), ("to", _("To"), read.to_day))
    return [{"name": name, "label": label, "kind": "date", "value": day.isoformat()} for name, label, day in days]
