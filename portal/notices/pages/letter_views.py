"""Letters to an employer: the officer writes and sees them; the employer opens them among its messages."""

from __future__ import annotations

from uuid import UUID, uuid4

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, fund_staff, guarded, needs
from portal.errors import NotFound
from portal.files import StoredFile
from portal.installation import fund
from portal.notices import letters
from portal.notices.catalogue import LETTERS
from portal.notices.kinds import LetterKind
from portal.notices.letters import Addressee
from portal.notices.pages.forms import LetterForm
from portal.notices.templates import BadTemplate
from portal.notices.written import EMPLOYER
from portal.web.language import own_name
from portal.web.pages import download

bp = guarded(Blueprint("letters", __name__, url_prefix="/fund/employers/<employer_number>/letters"), fund_staff)
own_bp = guarded(
    Blueprint("my_letters", __name__, url_prefix="/employers/<employer_number>/messages/letters"), acting_for_employer
)


@bp.get("")
@needs(Right.FUND_VIEW)
def listed(employer_number: str) -> ResponseReturnValue:
    """Every letter to the employer, with each way it went."""
    with db.reading() as session:
        to = _to(session, employer_number)
        rows = letters.letters_of(session, to.id)
    return render_template(
        "notices/letters.html", to=to, rows=rows, kinds=LETTERS, may_write=Right.CONTRIBUTIONS in g.rights,
        spoken=_spoken(),
    )  # fmt: skip


@bp.get("/new")
@needs(Right.CONTRIBUTIONS)
def new(employer_number: str) -> ResponseReturnValue:
    """A letter begun from a template in a language; both stand in the address."""
    kind = request.args.get("kind", LetterKind.PLAIN.value)
    language = request.args.get("language", fund().languages[0])
    if kind not in set(LetterKind) or language not in fund().languages:
        raise NotFound(kind)
    form = LetterForm(formdata=None, kind=kind, language=language, once=str(uuid4()))
    with db.reading() as session:
        to = _to(session, employer_number)
        form.subject.data, form.text.data = letters.begun(session, LetterKind(kind), language, to, at=clock.now())
    return _page(to, form)


@bp.post("/new")
@needs(Right.CONTRIBUTIONS)
def write(employer_number: str) -> ResponseReturnValue:
    """Look at the letter once more, or send it; a second click sends the same one."""
    form = LetterForm()
    with db.reading() as session:
        to = _to(session, employer_number)
    if not form.validate_on_submit():
        return _page(to, form), 422
    if "preview" in request.form:
        return _page(to, form, looked=True)
    try:
        with db.writing() as session:
            letter = letters.write(
                session, to.id, LetterKind(str(form.kind.data)), str(form.language.data), *form.given,
                once=str(form.once.data),
                by=current_user.id, at=clock.now(),
            )  # fmt: skip
    except BadTemplate as bad:
        form.show(bad.problems)
        return _page(to, form), bad.status
    flash(
        _("The letter %(number)s is written. It reaches the employer within a minute.", number=letter.number), "success"
    )
    return redirect(url_for(".listed", employer_number=employer_number))


@bp.get("/<uuid:letter>")
@needs(Right.FUND_VIEW)
def pdf(employer_number: str, letter: UUID) -> ResponseReturnValue:
    """The PDF of a letter."""
    with db.reading() as session:
        return _file(letters.letter_of(session, _to(session, employer_number).id, letter)[1])


@own_bp.get("/<uuid:letter>")
@needs(Right.VIEW)
def open_letter(employer_number: str, letter: UUID) -> ResponseReturnValue:
    """The PDF of a letter, for those who act for the employer."""
    with db.reading() as session:
        return _file(letters.letter_of(session, g.employer.id, letter)[1])


def _to(session: Session, number: str) -> Addressee:
    found = session.scalar(select(EMPLOYER.c.id).where(EMPLOYER.c.number == number))
    if found is None:
        raise NotFound(number)
    return letters.addressee(session, found)


def _file(stored: StoredFile | None) -> ResponseReturnValue:
    if stored is None:
        raise NotFound("letter")
    return download(stored.content, stored.name, stored.media_type)


def _spoken() -> dict[str, str]:
    return {code: own_name(code) for code in fund().languages}


def _page(to: Addressee, form: LetterForm, *, looked: bool = False) -> str:
    spec = LETTERS[LetterKind(form.kind.data)] if form.kind.data in set(LetterKind) else None
    return render_template("notices/letter.html", to=to, form=form, spec=spec, looked=looked, spoken=_spoken())
