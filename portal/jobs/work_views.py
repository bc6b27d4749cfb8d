"""Work in the background as its employer sees it: how far it is, and what came of it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import work as works
from portal.auth.access import Right, acting_for_employer, guarded, needs
from portal.db import reading
from portal.errors import NotFound
from portal.files import StoredFile
from portal.web.pages import download
from portal.work import Work

bp = guarded(Blueprint("work", __name__, url_prefix="/employers/<employer_number>/work"), acting_for_employer)


@bp.get("/<uuid:work>")
@needs(Right.VIEW)
def show(employer_number: str, work: UUID) -> ResponseReturnValue:
    """How far it is; once done, what it led to."""
    with reading() as session:
        row = _allowed(session, work)
    if row.state == "done" and row.result:
        args = {**row.result["args"], "employer_number": employer_number}
        return redirect(url_for(row.result["endpoint"], **args), 303)
    return render_template("work/show.html", work=row, until=row.updated_at + works.KINDS[row.kind].kept)


@bp.get("/<uuid:work>/<uuid:file>")
@needs(Right.VIEW)
def file(employer_number: str, work: UUID, file: UUID) -> ResponseReturnValue:
    """One of the files it made."""
    with reading() as session:
        row = _allowed(session, work)
        offered = {each["file"]: each["name"] for each in row.files if each.get("words")}
        found = session.scalar(select(StoredFile).where(StoredFile.public_id == file))
        if found is None or str(file) not in offered:
            raise NotFound(file)
        return download(found.content, offered[str(file)], found.media_type)


def _allowed(session: Session, name: UUID) -> Work:
    """The employer's work, for those who might have asked for it; 403 for its other people."""
    row = works.work_of(session, g.employer.id, name)
    if Right(works.KINDS[row.kind].right) not in g.rights:
        abort(403)
    return row
