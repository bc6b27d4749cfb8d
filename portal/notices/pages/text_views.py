"""The fund's own texts: which there are, one of them with its preview and its versions, saved or given up."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.errors import NotFound, Refused
from portal.installation import fund
from portal.notices import templates
from portal.notices.catalogue import CATALOGUE, LETTERS, spec_of
from portal.notices.kinds import Audience, Kind, LetterKind, Spec
from portal.notices.pages.forms import TextForm
from portal.notices.pages.seen import AUDIENCES, LETTERS_TITLE, places_of, shown_as
from portal.notices.templates import BadTemplate
from portal.notices.written import default_text
from portal.web.language import own_name

bp = guarded(Blueprint("texts", __name__, url_prefix="/fund/texts"), fund_staff)


@bp.get("/")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """Every kind of message, by who gets it, and where the fund has a text of its own."""
    with db.reading() as session:
        own = templates.changed(session)
    groups = [(AUDIENCES[one], [spec for spec in CATALOGUE.values() if spec.audience is one]) for one in Audience]
    groups.append((LETTERS_TITLE, list(LETTERS.values())))
    return render_template("notices/texts.html", groups=groups, own=own, spoken=_spoken())


@bp.get("/<kind>/<language>")
@needs(Right.FUND_VIEW)
def show(kind: str, language: str) -> ResponseReturnValue:
    """One text in one language as it holds now."""
    spec = _asked(kind, language)
    with db.reading() as session:
        now, seen = templates.in_force(session, spec.kind, language), templates.latest(session, spec.kind, language)
    form = TextForm(formdata=None, seen=str(seen))
    form.subject.data, form.text.data = (now.subject, now.text) if now else default_text(spec, language)
    return _page(spec, language, form)


@bp.post("/<kind>/<language>")
@needs(Right.SYSTEM)
def save(kind: str, language: str) -> ResponseReturnValue:
    """Try a text or save it; what is wrong with it is said beside it, and it is kept as it was typed."""
    spec, form = _asked(kind, language), TextForm()
    if not form.validate_on_submit():
        return _page(spec, language, form), 422
    if "preview" in request.form:
        problems = templates.problems(spec, *form.given)
        form.show(problems)
        return _page(spec, language, form), 422 if problems else 200
    return _save(spec, language, form)


@bp.post("/<kind>/<language>/default")
@needs(Right.SYSTEM)
def default(kind: str, language: str) -> ResponseReturnValue:
    """Back to the portal's own text; the fund's stays among the versions."""
    spec = _asked(kind, language)
    with db.writing() as session:
        templates.back_to_default(session, spec.kind, language, by=current_user.id, at=clock.now())
    flash(_("The portal's own text holds again for what is told from now on."), "success")
    return redirect(url_for(".show", kind=kind, language=language))


def _save(spec: Spec, language: str, form: TextForm) -> ResponseReturnValue:
    try:
        with db.writing() as session:
            templates.save(
                session, spec.kind, language, *form.given, seen=form.last_seen, by=current_user.id, at=clock.now()
            )
    except BadTemplate as bad:
        form.show(bad.problems)
        return _page(spec, language, form), bad.status
    except Refused as refusal:
        form.refuse(refusal)
        with db.reading() as session:
            form.seen.data = str(templates.latest(session, spec.kind, language))
        return _page(spec, language, form), refusal.status
    flash(_("The text is saved. It holds for what is told from now on."), "success")
    return redirect(url_for(".show", kind=spec.kind, language=language))


def _spoken() -> dict[str, str]:
    return {code: own_name(code) for code in fund().languages}


def _asked(kind: str, language: str) -> Spec:
    """The kind in the address; NotFound when there is none, or the fund does not speak the language."""
    if kind not in {*Kind, *LetterKind} or language not in fund().languages:
        raise NotFound(kind)
    return spec_of(LetterKind(kind) if kind in set(LetterKind) else Kind(kind))


def _page(spec: Spec, language: str, form: TextForm) -> str:
    with db.reading() as session:
        versions = templates.versions_with_names(session, spec.kind, language)
    sample = None if form.errors else shown_as(spec, *form.given, language)
    return render_template(
        "notices/text.html", spec=spec, language=language, spoken=_spoken(), form=form, versions=versions,
        sample=sample, places=places_of(spec, language), may_save=Right.SYSTEM in g.rights,
        own=bool(versions) and bool(versions[0][0].text), standard=default_text(spec, language),
    )  # fmt: skip
