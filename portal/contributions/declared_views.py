"""The pages of what was declared: a declaration with its lines, its PDF, what a later one changed."""

from __future__ import annotations

from datetime import datetime

from flask import Response, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from portal import clock, pdf
from portal.auth.access import Right, needs
from portal.contributions import queries, service
from portal.contributions.acknowledgement import PDF, keep_pdf
from portal.contributions.models import Declaration
from portal.contributions.pages import bp
from portal.db import reading, writing
from portal.files import StoredFile
from portal.installation import pack
from portal.web.pages import Page, download, page_number


@bp.get("/declarations/<number>")
@needs(Right.VIEW)
def declaration(employer_number: str, number: str) -> ResponseReturnValue:
    """One declaration with its lines, and what it changed when it revises another."""
    with reading() as session:
        found = service.declaration_by_number(session, g.employer.id, number)
        lines, total = queries.declared_lines(session, found, page_number())
        before = session.get(Declaration, found.supersedes_id) if found.supersedes_id else None
        changed = queries.differences(session, before, found) if before is not None else []
        row = service.payroll_by_id(session, g.employer.id, found.payroll_id)
    return render_template(
        "contributions/declaration.html", declaration=found, rules=pack(found.scheme), before=before, changed=changed,
        page=Page(lines, page_number(), total), may_change=Right.PREPARE in g.rights, payroll=row,
    )  # fmt: skip


@bp.get("/declarations/<number>.pdf")
@needs(Right.VIEW)
def acknowledgement_pdf(employer_number: str, number: str) -> Response:
    """The acknowledgement as PDF: drawn when it is first asked for, the same bytes ever after."""
    with writing() as session:
        found = service.declaration_by_number(session, g.employer.id, number)
        content = _kept_pdf(session, found, clock.now())
    return download(content, f"{number}.pdf", PDF)


def _kept_pdf(session: Session, found: Declaration, at: datetime) -> bytes:
    if found.file_id is None:
        session.refresh(found, with_for_update=True)  # somebody else may be drawing it
    if found.file_id is not None:
        return session.get_one(StoredFile, found.file_id).content
    html = render_template("pdf/acknowledgement.html", **pdf.page(found.snapshot))
    title = gettext("Acknowledgement %(number)s", number=found.number)
    content = pdf.render(html, title=title, language=found.snapshot["language"])
    keep_pdf(session, found, content, at=at)
    return content
