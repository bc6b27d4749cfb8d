"""Bills, receipts and statements as PDF: drawn when first asked for, in the language of their snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy.orm import Session

from portal import db, pdf
from portal.auth.access import EmployerOnPage
from portal.contributions.acknowledgement import fund_head
from portal.installation import fund, pack
from portal.ledger.statement import Statement, ageing
from portal.payments import bills, receipts, refunds
from portal.payments.models import Bill, PaymentReversal, Receipt, Refund
from portal.scheme.explain import words_to_json
from portal.web.filters import say
from portal.words import Words, _


def verify_url(document: UUID) -> str:
    """The public address that says whether a document is genuine."""
    return f"{current_app.config['BASE_URL']}/verify/{document}"


def cancelled_pdf(receipt: Receipt, reversal: PaymentReversal) -> bytes:
    """The receipt of a payment that was taken back, marked so; the one that was issued stays kept as it was."""
    day = reversal.recorded_at.astimezone(ZoneInfo(fund().timezone)).date().isoformat()
    snapshot = {**receipt.snapshot, "cancelled": {"on": day, "reason": reversal.reason}}
    return _draw("receipt", _("Receipt %(number)s, cancelled", number=receipt.number), snapshot, receipt.public_id)


def receipt_pdf(receipt: Receipt, *, at: datetime) -> bytes:
    """The PDF of a receipt as it was issued, always the same bytes."""
    with db.reading() as session:
        kept = receipts.kept_pdf(session, receipt)
    if kept is not None:
        return kept
    drawn = _draw("receipt", _("Receipt %(number)s", number=receipt.number), receipt.snapshot, receipt.public_id)
    with db.writing() as session:
        return receipts.keep_pdf(session, receipt, drawn, at=at)


def receipt_file(found: receipts.ReceiptOnPage, *, as_issued: bool, at: datetime) -> bytes:
    """What to download: the receipt as it was issued, or with the mark that the payment was taken back since."""
    if found.reversal is not None and not as_issued:
        return cancelled_pdf(found.receipt, found.reversal)
    return receipt_pdf(found.receipt, at=at)


def bill_pdf(bill: Bill, *, at: datetime) -> bytes:
    """The PDF of a bill, always the same bytes."""
    with db.reading() as session:
        kept = bills.kept_pdf(session, bill)
    if kept is not None:
        return kept
    drawn = _draw("bill", _("Bill %(number)s", number=bill.number), bill.snapshot, bill.public_id)
    with db.writing() as session:
        return bills.keep_pdf(session, bill, drawn, at=at)


def refund_pdf(refund: Refund, *, at: datetime) -> bytes:
    """The note of a refund, always the same bytes."""
    with db.reading() as session:
        kept = refunds.kept_pdf(session, refund)
    if kept is not None:
        return kept
    drawn = _draw("refund", _("Refund %(number)s", number=refund.number), refund.snapshot, refund.public_id)
    with db.writing() as session:
        return refunds.keep_pdf(session, refund, drawn, at=at)


def statement_pdf(session: Session, employer: EmployerOnPage, read: Statement, *, today: date) -> bytes:
    """A statement of account as it reads now; it is not kept, because the book is."""
    snapshot = _statement(session, employer, read, today)
    return _draw("statement", _("Statement of account"), snapshot, None)


def _draw(template: str, title: Words, snapshot: Mapping[str, Any], document: UUID | None) -> bytes:
    address = verify_url(document) if document else None
    with force_locale(snapshot["language"]):
        html = render_template(f"pdf/{template}.html", **pdf.page({**snapshot, "verify_url": address}))
        return pdf.render(html, title=say(title), language=snapshot["language"])


def _statement(session: Session, employer: EmployerOnPage, read: Statement, today: date) -> dict[str, Any]:
    """What ``templates/pdf/statement.html`` wants."""
    ages = ageing(session, read.to_day, read.scheme, employer.id)
    return {
        "number": f"{employer.number} {read.from_day.isoformat()}/{read.to_day.isoformat()}",
        "issued_on": today.isoformat(),
        "language": fund().languages[0],
        "practice": fund().practice,
        "fund": fund_head(),
        "employer": {"number": employer.number, "name": employer.name},
        "scheme": pack(read.scheme).name,
        "first": read.from_day.isoformat(),
        "last": read.to_day.isoformat(),
        "currency": read.currency,
        "opening": read.opening,
        "closing": read.closing,
        "entries": [
            {
                "on": row.day.isoformat(),
                "words": words_to_json(row.words),
                "charged": row.debit,
                "paid": row.credit,
                "balance": row.balance,
            }
            for row in read.rows
        ],
        "overdue": sum(age.total for age in ages),
        "ageing": [{"words": words_to_json(age.bucket.name), "amount": age.total} for age in ages if age.total],
    }


def public_qr(document: UUID) -> dict[str, str]:
    """For a page: the public address of a document, and its QR."""
    address = verify_url(document)
    return {"verify_url": address, "qr": pdf.qr_svg(address)}
