"""The pages of what was declared: a declaration with its lines, its PDF, what a later one changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Response, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from portal import clock, pdf
from portal.auth.access import Right, needs
from portal.auth.on_behalf import paper_of
from portal.contributions import queries, service
from portal.contributions.acknowledgement import PDF, keep_pdf
from portal.contributions.corrections.compare import versions_of
from portal.contributions.models import Declaration, State
from portal.contributions.pages import bp, here
from portal.contributions.reviewing.service import review_of
from portal.contributions.standing import Declared
from portal.contributions.storage import open_payroll
from portal.db import reading, writing
from portal.errors import NotFound
from portal.files import StoredFile
from portal.installation import pack
from portal.web.pages import Page, download, page_number


@bp.get("/declarations/<number>")
@needs(Right.VIEW)
def declaration(employer_number: str, number: str) -> ResponseReturnValue:
    """One declaration with its lines, and every other return of its month to compare it with."""
    with reading() as session:
        found = service.declaration_by_number(session, g.employer.id, number)
        lines, total = queries.declared_lines(session, found, page_number())
        versions = versions_of(session, g.employer.id, found)
        open_now = open_payroll(session, g.employer.id, found.month)
        review = review_of(session, found) if found.state == State.RETURNED.value else None
        row = service.payroll_by_id(session, g.employer.id, found.payroll_id)
    return render_template(
        "contributions/declaration.html", declaration=found, review=review, rules=pack(found.scheme), payroll=row,
        returns=[one for each in versions for one in reversed(each.all)], compare=_comparison(found, versions),
        page=Page(lines, page_number(), total), may_change=Right.PREPARE in g.rights,
        waits=open_now is not None and open_now.waits,
    )  # fmt: skip


def _comparison(found: Declaration, versions: Sequence[Declared]) -> Callable[[Declaration], str | None]:
    """Where a declaration of the month stands beside the one on the page; nowhere for those of the same version."""
    version = {one.id: each.main.id for each in versions for one in each.all}

    def address(other: Declaration) -> str | None:
        if version[other.id] == version[found.id] or other.supplements_id:
            return None
        return here("compare", number=found.number, other=other.number)

    return address


@bp.get("/declarations/<number>.pdf")
@needs(Right.VIEW)
def acknowledgement_pdf(employer_number: str, number: str) -> Response:
    """The acknowledgement as PDF: drawn when it is first asked for, the same bytes ever after."""
    with writing() as session:
        found = service.declaration_by_number(session, g.employer.id, number)
        content = _kept_pdf(session, found, clock.now())
    return download(content, f"{number}.pdf", PDF)


@bp.get("/declarations/<number>/paper")
@needs(Right.VIEW)
def paper(employer_number: str, number: str) -> Response:
    """The paper from which somebody of the fund entered a declaration."""
    with reading() as session:
        found = service.declaration_by_number(session, g.employer.id, number)
        if found.on_behalf_id is None:
            raise NotFound(number)
        _behind, file = paper_of(session, found.on_behalf_id)
        return download(file.content, file.name, file.media_type)


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
