"""The pages of a correction: old and new side by side, before it is submitted and ever after; the wait for the fund."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock
from portal.auth.access import Right, needs
from portal.contributions import service
from portal.contributions.corrections import lowering
from portal.contributions.corrections.compare import of_declared, versions_of
from portal.contributions.corrections.shown import OnPage, as_csv, draft_beside, on_page
from portal.contributions.models import Declaration
from portal.contributions.pages import bp, draft_on_page, to
from portal.contributions.standing import Declared
from portal.db import reading, writing
from portal.errors import NotFound
from portal.installation import pack
from portal.web.pages import PER_PAGE, Page, download, page_number

CSV = "text/csv"


@bp.get("/<uuid:payroll>/differences/<scheme>")
@needs(Right.VIEW)
def differences(employer_number: str, payroll: UUID, scheme: str) -> ResponseReturnValue:
    """A revision that is not submitted yet beside what is declared, line by line."""
    with reading() as session:
        row = draft_on_page(session, payroll)
        shown = draft_beside(session, row, scheme, limit=PER_PAGE, offset=_offset())
    page = Page(shown.rows, page_number(), shown.found.lines)
    return render_template("contributions/differences.html", shown=shown, page=page, payroll=row, month=row.month)


@bp.get("/<uuid:payroll>/differences/<scheme>.csv")
@needs(Right.VIEW)
def differences_file(employer_number: str, payroll: UUID, scheme: str) -> Response:
    """The same as a file, all its lines."""
    with reading() as session:
        row = draft_on_page(session, payroll)
        shown = draft_beside(session, row, scheme)
    return download(as_csv(shown), f"revision-{row.month}-{scheme}.csv", CSV)


@bp.get("/declarations/<number>/compare/<other>")
@needs(Right.VIEW)
def compare(employer_number: str, number: str, other: str) -> ResponseReturnValue:
    """Two versions of what was declared for a month, the older one first, whichever was asked from."""
    with reading() as session:
        old, new = _versions(session, number, other)
        shown = _beside(session, old, new, limit=PER_PAGE, offset=_offset())
    page = Page(shown.rows, page_number(), shown.found.lines)
    return render_template(
        "contributions/differences.html", shown=shown, page=page, payroll=None, old=old, new=new, month=new.main.month
    )


@bp.get("/declarations/<number>/compare/<other>.csv")
@needs(Right.VIEW)
def compare_file(employer_number: str, number: str, other: str) -> Response:
    """The same as a file, all its lines."""
    with reading() as session:
        old, new = _versions(session, number, other)
        shown = _beside(session, old, new)
    return download(as_csv(shown), f"{old.main.number}-{new.main.number}.csv", CSV)


@bp.post("/<uuid:payroll>/take-back")
@needs(Right.SUBMIT)
def take_back(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """The person who asked the fund takes the request back."""
    with writing() as session:
        lowering.take_back(session, g.employer.id, payroll, by=current_user.id, at=clock.now())
    flash(gettext("The request is taken back. The revision is a draft again."), "success")
    return to("draft", payroll=payroll)


def _beside(
    session: Session, old: Declared, new: Declared, *, limit: int | None = None, offset: int = 0
) -> OnPage:  # fmt: skip
    rules = pack(new.main.scheme)
    return on_page(session, of_declared(rules, old), of_declared(rules, new), limit=limit, offset=offset)


def _versions(session: Session, number: str, other: str) -> tuple[Declared, Declared]:
    """The two versions these declarations belong to, the older first; NotFound when they are not of one month."""
    first, second = (service.declaration_by_number(session, g.employer.id, each) for each in (number, other))
    versions = versions_of(session, g.employer.id, first)
    found = [one for one in reversed(versions) if {first.id, second.id} & {each.id for each in one.all}]
    if len(found) != 2 or not _same_month(first, second):
        raise NotFound(other)
    return found[0], found[1]


def _same_month(first: Declaration, second: Declaration) -> bool:
    return (first.scheme, first.month) == (second.scheme, second.month)


def _offset() -> int:
    return (page_number() - 1) * PER_PAGE
