"""
Bills, receipts and statements as PDF.

What is issued is drawn when first asked for, in the language of its snapshot; a statement, in its reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal import db, files, pdf
from portal.auth.access import EmployerOnPage
from portal.contributions.acknowledgement import PDF, fund_head
from portal.employers.models import Employer
from portal.files import StoredFile
from portal.installation import fund, pack
from portal.ledger import book
from portal.ledger.statement import Statement, ageing
from portal.payments import bills, receipts
from portal.payments.models import Bill, PaymentReversal, Receipt, ReceiptFile, Refund, RefundFile
from portal.scheme.explain import words_to_json
from portal.web import language
from portal.web.filters import say
from portal.words import Words, _

#: What is drawn when first asked for and then kept byte for byte.
Paper = Receipt | Bill | Refund


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
    return _drawn_once(receipt, "receipt", _("Receipt %(number)s", number=receipt.number), at=at)


def receipt_file(found: receipts.ReceiptOnPage, *, as_issued: bool, at: datetime) -> bytes:
    """What to download: the receipt as it was issued, or with the mark that the payment was taken back since."""
    if found.reversal is not None and not as_issued:
        return cancelled_pdf(found.receipt, found.reversal)
    return receipt_pdf(found.receipt, at=at)


def bill_pdf(bill: Bill, *, at: datetime) -> bytes:
    """The PDF of a bill, always the same bytes once every room said what stands on it."""
    title = _("Bill %(number)s", number=bill.number)
    with db.reading() as session:
        more, last_word = bills.on_paper(session, bill, at)
    if not last_word:
        return _draw("bill", title, {**bill.snapshot, **more}, bill.public_id)
    return _drawn_once(bill, "bill", title, at=at, more=more)


def refund_pdf(refund: Refund, *, at: datetime) -> bytes:
    """The note of a refund, always the same bytes."""
    return _drawn_once(refund, "refund", _("Refund %(number)s", number=refund.number), at=at)


def _drawn_once(
    paper: Paper, kind: str, title: Words, *, at: datetime, more: Mapping[str, Any] = MappingProxyType({})
) -> bytes:
    """The PDF that is kept; the first time it is drawn, while nothing of the database is held."""
    with db.reading() as session:
        kept = _kept(session, paper)
    if kept is not None:
        return kept
    drawn = _draw(kind, title, {**paper.snapshot, **more}, paper.public_id)
    with db.writing() as session:
        return _keep(session, paper, drawn, at=at)


def _kept(session: Session, paper: Paper) -> bytes | None:
    """The PDF as it was first drawn; None while nobody asked for it."""
    file: Select[int] | Select[int | None]
    match paper:
        case Receipt():
            file = select(ReceiptFile.file_id).where(ReceiptFile.receipt_id == paper.id)
        case Refund():
            file = select(RefundFile.file_id).where(RefundFile.refund_id == paper.id)
        case Bill():
            file = select(Bill.file_id).where(Bill.id == paper.id)
    return session.scalar(select(StoredFile.content).where(StoredFile.id == file.scalar_subquery()))


def _keep(session: Session, paper: Paper, content: bytes, *, at: datetime) -> bytes:
    """Keep the PDF byte for byte; the one kept first, when two readers asked at once."""
    book.lock(session, paper.employer_id)
    kept = _kept(session, paper)
    if kept is not None:
        return kept
    name = f"{paper.number}.pdf"
    file = files.keep(session, content, name=name, media_type=PDF, at=at, employer=paper.employer_id)
    match paper:
        case Receipt():
            session.add(ReceiptFile(receipt_id=paper.id, employer_id=paper.employer_id, file_id=file.id))
        case Refund():
            session.add(RefundFile(refund_id=paper.id, employer_id=paper.employer_id, file_id=file.id))
        case Bill():
            session.get_one(Bill, paper.id).file_id = file.id
    return content


def statement_pdf(session: Session, employer: EmployerOnPage, read: Statement, *, today: date) -> bytes:
    """A statement of account as it reads now, in the reader's language; it is not kept, because the book is."""
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
        "language": language.reader(),
        "practice": fund().practice,
        "fund": fund_head(),
        "employer": {"number": employer.number, "name": session.get_one(Employer, employer.id).legal_name},
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
