"""The rules as the fund reads them: the schemes in use, a pack on any day, two of them side by side."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from uuid import UUID

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.errors import NotFound
from portal.installation import pack, packs
from portal.scheme.blocks.pack import Pack
from portal.scheme.candidate import proofs
from portal.scheme.pack import PackRefused
from portal.scheme.packfile.tree import Mistake
from portal.scheme.told.changes import changes
from portal.scheme.told.two_days import two_days
from portal.schemes import candidates, reading
from portal.schemes.candidates import Candidate
from portal.schemes.reading import Files
from portal.schemes.uploads import CandidateForm
from portal.web.pages import download

bp = guarded(Blueprint("schemes", __name__, url_prefix="/fund/schemes"), fund_staff)


@bp.get("/")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """The packs in use."""
    return render_template("schemes/index.html", packs=packs(), statuses=reading.STATUSES)


@bp.get("/<scheme>/")
@needs(Right.FUND_VIEW)
def show(scheme: str) -> ResponseReturnValue:
    """All that a pack says on a day, with its sources, its gaps, and its own tests run now."""
    rules, on = pack(scheme), _day("on", pack(scheme))
    files = files_of(scheme)
    return render_template(
        "schemes/show.html", rules=rules, on=on, today=clock.today(rules.timezone), files=files,
        chapters=reading.chapters(rules, on),
        decided=reading.decided(rules, on), proofs=proofs(files.pack, files.overlay), statuses=reading.STATUSES,
        kinds=reading.SOURCES, may_decide=Right.DECIDE in g.rights,
    )  # fmt: skip


@bp.get("/<scheme>/<kind>.toml")
@needs(Right.FUND_VIEW)
def toml(scheme: str, kind: str) -> ResponseReturnValue:
    """The pack's file (``pack``), or the fund's own file over it (``overlay``), as it stands."""
    files = files_of(pack(scheme).id)
    path = {"pack": files.pack, "overlay": files.overlay}.get(kind)
    if path is None:
        raise NotFound(kind)
    return download(path.read_bytes(), path.name, "application/toml")


@bp.get("/<scheme>/compare")
@needs(Right.FUND_VIEW)
def compare(scheme: str) -> ResponseReturnValue:
    """Two days of the pack in use side by side, or the pack beside a candidate that was kept."""
    return _compare(pack(scheme), CandidateForm(formdata=None))


@bp.post("/<scheme>/compare")
@needs(Right.DECIDE)
def bring(scheme: str) -> ResponseReturnValue:
    """Bring a candidate: a whole pack, or a file to lay over the one in use.  Nothing is activated by it."""
    rules, form = pack(scheme), CandidateForm()
    found = form.chosen()
    if found is None:
        return _compare(rules, form), 422
    try:
        with db.writing() as session:
            made = candidates.keep(
                session, rules.id, found[1], found[0], files_of(scheme).overlay, at=clock.now(), by=current_user.id
            )  # fmt: skip
    except PackRefused as refused:
        form.file.errors = [gettext("This file is no pack that can be used yet. What to mend stands below.")]
        return _compare(rules, form, refused.mistakes), 422
    return redirect(url_for(".compare", scheme=scheme, candidate=made.file), 303)


def _compare(rules: Pack, form: CandidateForm, mistakes: tuple[Mistake, ...] = ()) -> str:
    today = clock.today(rules.timezone)
    one, other = _day("one", rules), _day("other", rules)
    made = _candidate(rules, mistakes)
    found = changes(rules, made.pack, today) if made is not None else ()
    rows = two_days(rules, one, other) if made is None else ()
    return render_template(
        "schemes/compare.html", rules=rules, form=form, mistakes=mistakes, candidate=made, one=one, other=other,
        changes=[(title, list(group)) for title, group in groupby(found, key=lambda change: change.title)],
        days=[(title, list(group)) for title, group in groupby(rows, key=lambda row: row.title)],
        different=sum(row.differs for row in rows), may_decide=Right.DECIDE in g.rights,
    )  # fmt: skip


def _candidate(rules: Pack, mistakes: tuple[Mistake, ...]) -> Candidate | None:
    """The candidate in the address; none while another one is being mended."""
    text = request.args.get("candidate", "")
    if not text or mistakes:
        return None
    try:
        name = UUID(text)
    except ValueError:
        raise NotFound(text) from None
    with db.reading() as session:
        return candidates.kept(session, rules.id, name, files_of(rules.id).overlay)


def files_of(scheme: str) -> Files:
    """The files behind a scheme in use."""
    return reading.files_of(scheme, current_app.config["PORTAL"].fund_file)


def _day(name: str, rules: Pack) -> date:
    """A day in the address; today where there is none that can be read."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return clock.today(rules.timezone)
