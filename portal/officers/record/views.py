"""The employer's record at the fund: a tab an address, notes, and the papers on file."""

from __future__ import annotations

from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.auth.reads import note_read
from portal.cases.kinds import INQUIRY
from portal.employers.service import employer_by_number
from portal.installation import fund, packs
from portal.officers.record import lists, notes
from portal.officers.record.notes import NoteForm
from portal.officers.record.tabs import READERS, TABS, WRITERS, Asked, Tab
from portal.web.pages import download, page_number

bp = guarded(Blueprint("record", __name__, url_prefix="/fund/employers/<employer_number>"), fund_staff)


@bp.get("")
@needs(Right.FUND_VIEW)
def overview(employer_number: str) -> ResponseReturnValue:
    """What matters about an employer, with the notes of colleagues."""
    return page(employer_number, TABS["overview"])


@bp.get("/tab/<tab>")
@needs(Right.FUND_VIEW)
def show(employer_number: str, tab: str) -> ResponseReturnValue:
    """One tab of the record."""
    one = TABS.get(tab) or abort(404)
    if not one.opens_to(g.rights):
        abort(403)
    return page(employer_number, one)


def page(employer_number: str, one: Tab, form: NoteForm | None = None) -> str:
    """A tab as it is shown; what shows many persons is written down."""
    asked = _asked()
    with db.reading() as session:
        employer = employer_by_number(session, employer_number)
        shown = one.shown(session, employer, asked)
    if one.reads:
        note_read(one.reads, employer=employer.id, persons=len(shown["page"].rows) if "page" in shown else 1)
    return render_template(
        f"record/{one.code}.html", employer=employer, tab=one, asked=asked, today=asked.today, packs=packs(),
        tabs=[each for each in TABS.values() if each.opens_to(g.rights)], may_note=bool(WRITERS & g.rights),
        form=form or NoteForm(formdata=None, once=str(uuid4())), may_ask=bool(INQUIRY.rights & g.rights), **shown,
    )  # fmt: skip


def _asked() -> Asked:
    return Asked(
        clock.today(fund().timezone), page_number(), str(get_locale()),
        search=request.args.get("search", "").strip()[:100].replace("\x00", ""), everything="all" in request.args,
    )  # fmt: skip


@bp.post("/notes")
@needs(Right.FUND_VIEW)
def write_note(employer_number: str) -> ResponseReturnValue:
    """Keep a note for colleagues."""
    if not WRITERS & g.rights:
        abort(403)
    form = NoteForm()
    if not form.validate_on_submit():
        return page(employer_number, TABS["overview"], form), 422
    with db.writing() as session:
        employer = employer_by_number(session, employer_number)
        notes.keep(
            session, employer.id, form.text.data or "", once=form.once.data or "", by=current_user.id, at=clock.now()
        )
    flash(_("The note is kept."), "success")
    return redirect(url_for(".overview", employer_number=employer_number))


@bp.get("/documents/<uuid:file>")
@needs(Right.FUND_VIEW)
def document(employer_number: str, file: UUID) -> ResponseReturnValue:
    """A paper on file."""
    if not READERS & g.rights:
        abort(403)
    with db.reading() as session:
        employer = employer_by_number(session, employer_number)
        stored = lists.paper(session, employer.id, file)
        content, name, media = stored.content, stored.name, stored.media_type
    note_read("documents", subject=f"file:{file}", employer=employer.id)
    return download(content, name, media)
