"""Trying a change of the rules on the real rosters, before anybody decides it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, db
from portal import work as works
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.errors import NotFound
from portal.files import StoredFile
from portal.installation import pack
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.scheme.explain import words_from_json
from portal.scheme.pack import PackRefused
from portal.scheme.packfile.tree import Mistake
from portal.schemes import candidates, forms, simulation_work
from portal.schemes.candidates import Candidate
from portal.schemes.forms import Question
from portal.schemes.uploads import CandidateForm
from portal.web.pages import download
from portal.work import Work

bp = guarded(Blueprint("simulations", __name__, url_prefix="/fund/schemes/<scheme>"), fund_staff)


@bp.get("/simulate")
@needs(Right.DECIDE)
def ask(scheme: str) -> ResponseReturnValue:
    """Choose the candidate and the month."""
    rules = pack(scheme)
    return _page(rules, CandidateForm(formdata=None), _question(rules, None))


@bp.post("/simulate")
@needs(Right.DECIDE)
def begin(scheme: str) -> ResponseReturnValue:
    """Put the simulation down, and lead to the page that says how far it is."""
    rules, upload = pack(scheme), CandidateForm()
    form = _question(rules, request.form)
    month = form.month(rules)
    said = {code: text for of in ("person", "employer", "options") for code, text in form.answers(rules, of).items()}
    brought = _brought(rules, upload)
    if month is None or form.errors or brought is None or isinstance(brought, tuple):
        mistakes = brought if isinstance(brought, tuple) else ()
        return _page(rules, upload, form, mistakes), 422
    back = url_for(".ask", scheme=scheme)
    with db.writing() as session:
        row = simulation_work.begin(session, rules.id, brought, month, said, by=current_user.id, back=back)
    return redirect(url_for(".show", scheme=scheme, simulation=row.public_id), 303)


@bp.get("/simulations/<uuid:simulation>")
@needs(Right.DECIDE)
def show(scheme: str, simulation: UUID) -> ResponseReturnValue:
    """How far it is; once done, what would change."""
    rules = pack(scheme)
    with db.reading() as session:
        row = _row(session, rules, simulation)
        found = simulation_work.result_of(session, row) if row.state == "done" else None
    return render_template(
        "schemes/simulation.html", rules=rules, work=row, found=found,
        month=Month.parse(row.payload["month"], rules.calendar),
        refusal=words_from_json(row.refusal) if row.refusal else None,
        until=row.updated_at + simulation_work.SIMULATION.kept,
    )  # fmt: skip


@bp.get("/simulations/<uuid:simulation>/employers.csv")
@needs(Right.DECIDE)
def employers_file(scheme: str, simulation: UUID) -> ResponseReturnValue:
    """Every employer, as a file."""
    with db.reading() as session:
        row = _row(session, pack(scheme), simulation)
        offered = next((file for file in row.files if file.get("words")), None)
        name = UUID(offered["file"]) if offered else None
        content = session.scalar(select(StoredFile.content).where(StoredFile.public_id == name))
    if offered is None or content is None:
        raise NotFound(simulation)
    return download(content, offered["name"], "text/csv")


def _row(session: Session, rules: Pack, simulation: UUID) -> Work:
    """The simulation of this scheme."""
    row = works.work_of(session, None, simulation)
    if row.kind != simulation_work.SIMULATION.code or row.payload["scheme"] != rules.id:
        raise NotFound(simulation)
    return row


def _question(rules: Pack, given: object) -> Question:
    """The month, and what is said once for everybody."""
    today = clock.today(rules.timezone)
    return forms.ask(forms.month_fields(rules, today) | forms.common_fields(rules), given)


def _brought(rules: Pack, upload: CandidateForm) -> Candidate | tuple[Mistake, ...] | None:
    """The candidate that was kept before, or the one in the upload; else what is wrong with it."""
    overlay = simulation_work.overlay_of(rules.id)
    kept = request.form.get("candidate", "")
    try:
        if kept and not any(one.filename for one in request.files.getlist("file")):
            with db.reading() as session:
                return candidates.kept(session, rules.id, _uuid(kept), overlay)
        found = upload.chosen()
        if found is None:
            return None
        with db.writing() as session:
            return candidates.keep(
                session, rules.id, found[1], found[0], overlay, at=clock.now(), by=current_user.id
            )  # fmt: skip
    except PackRefused as refused:
        upload.file.errors = [gettext("This file is no pack that can be used yet. What to mend stands below.")]
        return refused.mistakes


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(text) from None


def _page(rules: Pack, upload: CandidateForm, form: Question, mistakes: tuple[Mistake, ...] = ()) -> str:
    candidate = request.values.get("candidate", "")
    with db.reading() as session:
        before = works.latest(session, None, simulation_work.SIMULATION, prefix=f"{rules.id}/")
    return render_template(
        "schemes/simulate.html", rules=rules, upload=upload, form=form, mistakes=mistakes, candidate=candidate,
        before=before,
    )  # fmt: skip
