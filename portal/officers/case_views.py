"""Cases as the fund works on them: the list, one case, its owner, an answer, a question to an employer."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock, db, taken
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.auth.reads import note_read
from portal.cases import queries, service
from portal.cases.forms import InquiryForm, OfficerForm, ReasonForm
from portal.cases.kinds import BESIDE, INQUIRY, KINDS, OUTCOMES
from portal.cases.models import Case, Side
from portal.cases.service import New, Writer
from portal.employers.service import employer_by_number
from portal.errors import NotFound, Refused
from portal.installation import fund
from portal.officers.colleagues import colleagues
from portal.officers.queue_views import bp as queue_bp  # noqa: F401  # the app opens every blueprint it finds here
from portal.people.models import Person
from portal.web.filters import say
from portal.web.pages import PER_PAGE, Page, download, page_number

bp = guarded(Blueprint("cases", __name__, url_prefix="/fund/cases"), fund_staff)


def _writer() -> Writer:
    return Writer(service.FUND, account=current_user.id)


def _may_work(case: Case) -> bool:
    return bool(KINDS[case.kind].rights & g.rights)


def _today() -> date:
    return clock.today(fund().timezone)


@bp.get("")
@needs(Right.FUND_VIEW)
def listed() -> ResponseReturnValue:
    """What is not closed, what is due first at the top; or what the filter asks for."""
    number, wanted = page_number(), _wanted()
    with db.reading() as session:
        rows, total = queries.listed(session, wanted, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    return render_template(
        "officers/cases.html", page=Page(rows, number, total), filters=_fields(), today=_today(),
        may_print=Right.CONTRIBUTIONS in g.rights,
    )  # fmt: skip


def _wanted() -> queries.Wanted:
    """What the address narrows the list to; what it does not know is left out."""
    owner = {"me": current_user.id, "nobody": 0}.get(request.args.get("owner", ""))
    kind = request.args.get("kind", "")
    return queries.Wanted(
        kind=kind if kind in KINDS else "",
        state=request.args.get("state", ""),
        owner=owner,
        overdue_on=_today() if request.args.get("due") == "overdue" else None,
        text=request.args.get("q", "").strip()[:40].replace("\x00", ""),
    )


def _fields() -> list[dict[str, object]]:
    kinds = [("", _("All")), *((one.code, say(one.title)) for one in KINDS.values())]
    states = [
        ("", _("All that are not closed")), ("waiting_for_us", _("Waiting for us")),
        ("waiting_for_them", _("Waiting for their answer")), ("closed", _("Closed")),
    ]  # fmt: skip
    owners = [("", _("Anybody")), ("me", _("Me")), ("nobody", _("Nobody yet"))]
    due = [("", _("Any")), ("overdue", _("Past its day"))]
    found = [("kind", _("Kind"), kinds), ("state", _("State"), states), ("owner", _("Taken by"), owners)]
    found.append(("due", _("To be done by"), due))
    chosen = [
        {"name": name, "label": label, "value": request.args.get(name, ""), "options": options}
        for name, label, options in found
    ]
    return [{"name": "q", "label": _("Case number"), "value": request.args.get("q", "")}, *chosen]


@bp.get("/<uuid:case>")
@needs(Right.FUND_VIEW)
def show(case: UUID) -> ResponseReturnValue:
    """One case with everything written in it, and what the portal knows beside it."""
    with db.reading() as session:
        personal = service.case_of(session, case).person_id is not None
    shown = _page(case, None)
    if personal:
        note_read("case", subject=f"case:{case}")
    return shown


@bp.post("/<uuid:case>")
@needs(Right.FUND_VIEW)
def write(case: UUID) -> ResponseReturnValue:
    """Answer, note or close."""
    with db.reading() as session:
        form = OfficerForm(readable=_can_be_sent(_workable(session, case)))
    if not form.validate_on_submit():
        return _page(case, form), 422
    try:
        with db.writing() as session:
            _written(session, _workable(session, case, lock=True), form)
    except Refused as refusal:
        form.refuse(refusal)
        return _page(case, form), refusal.status
    done = {"wait": _("It is sent."), "close": _("The case is closed."), "note": _("The note is kept.")}
    flash(done[form.then.data], "success")
    return redirect(url_for(".show", case=case))


def _written(session: Session, case: Case, form: OfficerForm) -> None:
    text, by, at, papers = form.text.data or "", _writer(), clock.now(), form.sent()
    match form.then.data:
        case "note":
            service.note(session, case, text, by=by, at=at, papers=papers)
        case "close":
            service.close(session, case, text, form.outcome.data, by=by, seen=form.last_seen, at=at, papers=papers)
            taken.release(session, case.subject_name, by=by.account or 0, at=at)
        case _:
            service.write(session, case, text, by=by, seen=form.last_seen, at=at, papers=papers)


@bp.post("/<uuid:case>/reopen")
@needs(Right.FUND_VIEW)
def reopen(case: UUID) -> ResponseReturnValue:
    """Open a closed case again, with a reason for colleagues."""
    form = ReasonForm()
    with db.writing() as session:
        found = _workable(session, case, lock=True)
        if form.validate_on_submit():
            service.reopen(session, found, form.text.data or "", by=_writer(), at=clock.now())
    if form.errors:
        flash(str(form.text.errors[0]), "error")
    return redirect(url_for(".show", case=case))


@bp.post("/<uuid:case>/owner")
@needs(Right.FUND_VIEW)
def owner(case: UUID) -> ResponseReturnValue:
    """Take it, give it to a colleague, or give it back to everybody."""
    to = request.form.get("to", "")
    try:
        with db.writing() as session:
            found = _workable(session, case)
            _given(session, found, to)
    except Refused as refusal:
        flash(say(refusal.words), "error")
    return redirect(url_for(".show", case=case))


def _given(session: Session, case: Case, to: str) -> None:
    by, at = current_user.id, clock.now()
    if to == "me":
        taken.take(session, case.subject_name, by=by, at=at)
    elif not to:
        taken.release(session, case.subject_name, by=by, at=at)
    elif to in {str(one.id) for one in colleagues(session, KINDS[case.kind].rights, _today())}:
        taken.assign(session, case.subject_name, int(to), by=by, at=at)


@bp.get("/<uuid:case>/files/<uuid:file>")
@needs(Right.FUND_VIEW)
def file(case: UUID, file: UUID) -> ResponseReturnValue:
    """A document of the case."""
    with db.reading() as session:
        stored = service.file_of(session, service.case_of(session, case), file, fund_side=True)
        return download(stored.content, stored.name, stored.media_type)


@bp.route("/ask/<employer_number>", methods=["GET", "POST"])
@needs(Right.FUND_VIEW)
def ask(employer_number: str) -> ResponseReturnValue:
    """Ask an employer something; where it came from another case, nothing of that case is told."""
    if not INQUIRY.rights & g.rights:
        abort(403)
    with db.reading() as session:
        employer = employer_by_number(session, employer_number)
        parent = _parent(session)
    form = InquiryForm(once=str(uuid4()))
    shown = {"form": form, "employer": employer, "parent": parent}
    if not form.validate_on_submit():
        return render_template("officers/case_ask.html", **shown), 422 if form.errors else 200
    try:
        with db.writing() as session:
            case = _asked(session, form, employer.id, parent)
    except Refused as refusal:
        form.refuse(refusal)
        return render_template("officers/case_ask.html", **shown), refusal.status
    flash(_("The employer can read your question now."), "success")
    return redirect(url_for(".show", case=case.public_id))


def _asked(session: Session, form: InquiryForm, employer: int, parent: Case | None) -> Case:
    new = New(
        INQUIRY, Side.EMPLOYER, {"title": form.title.data or ""}, employer=employer,
        parent=parent.id if parent else None, name=f"inquiry/{employer}/{form.once.data}",
    )  # fmt: skip
    case = service.open_case(session, new, form.text.data or "", by=_writer(), at=clock.now(), papers=form.sent())
    taken.take_if_free(session, case.subject_name, by=current_user.id, at=clock.now())
    return case


def _parent(session: Session) -> Case | None:
    name = request.args.get("case", "")
    try:
        return service.case_of(session, UUID(name)) if name else None
    except ValueError:
        raise NotFound(name) from None


def _workable(session: Session, name: UUID, *, lock: bool = False) -> Case:
    """The case, for those whose work it is; 403 for the fund's other people."""
    found = service.case_of(session, name, lock=lock)
    if not _may_work(found):
        abort(403)
    return found


def _can_be_sent(case: Case) -> bool:
    """Whether there is anybody to send an answer to."""
    return case.side != Side.NOBODY or "@" in case.contact


def _page(name: UUID, form: OfficerForm | None) -> str:
    with db.reading() as session:
        row = queries.row_of(session, service.case_of(session, name))
        case = row.case
        entries = queries.thread(session, case, fund_side=True)
        form = form or OfficerForm(formdata=None, readable=_can_be_sent(case))
        form.seen.data = str(entries[-1].entry.id)
        template, values = BESIDE[case.kind](session, case) if case.kind in BESIDE else ("", {})
        shown: dict[str, Any] = {
            "row": row, "entries": entries, "form": form, "beside": template, **values,
            "person": session.get(Person, case.person_id) if case.person_id else None,
            "owner": taken.owners(session, [case.subject_name]).get(case.subject_name),
            "colleagues": colleagues(session, row.kind.rights, _today()),
            "parent": queries.parent_of(session, case), "children": queries.children_of(session, case),
        }  # fmt: skip
    return render_template(
        "officers/case.html", **shown, outcomes=OUTCOMES, may_work=_may_work(case), today=_today(),
        reason=ReasonForm(formdata=None), may_ask=bool(INQUIRY.rights & g.rights), kinds=KINDS,
    )  # fmt: skip
