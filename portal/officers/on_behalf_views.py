"""An officer begins to act for an employer that sent paper, and ends it."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.file import FileField, FileRequired
from sqlalchemy.orm import Session
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Length

from portal import clock, db, words
from portal.auth import on_behalf
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.employers.service import employer_by_number
from portal.errors import Refused
from portal.files import LARGEST_DOCUMENT
from portal.installation import fund
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.web.forms import PortalForm

bp = guarded(Blueprint("on_behalf", __name__, url_prefix="/fund/employers/<employer_number>/on-behalf"), fund_staff)


class PaperForm(PortalForm):
    """The paper that asks the fund to enter something."""

    signed_by = StringField(
        _l("Who signed the paper?"),
        description=_l("The person of the employer, as the name stands on the paper."),
        validators=[DataRequired(_l("Write who signed the paper.")), Length(max=on_behalf.LONGEST)],
    )
    paper = FileField(
        _l("The paper"),
        description=_l("A scan or photograph: PDF, PNG or JPEG, up to 5 MB. The employer can read it."),
        validators=[FileRequired(_l("Choose the scan or photograph of the paper."))],
    )
    #: So that a second click begins nothing twice.
    once = HiddenField(validators=[DataRequired(), Length(max=40)])


@bp.route("", methods=["GET", "POST"])
@needs(Right.CONTRIBUTIONS)
def begin(employer_number: str) -> ResponseReturnValue:
    """Attach the paper; then the employer's own pages open."""
    form = PaperForm(once=str(uuid4()))
    with db.reading() as session:
        employer = employer_by_number(session, employer_number)
    if not form.validate_on_submit():
        return render_template("officers/on_behalf.html", form=form, employer=employer), 422 if form.errors else 200
    try:
        with db.writing() as session:
            _begun(session, employer.id, form)
    except Refused as refusal:
        form.refuse(refusal)
        return render_template("officers/on_behalf.html", form=form, employer=employer), refusal.status
    return redirect(f"/employers/{employer_number}/")


def _begun(session: Session, employer_id: int, form: PaperForm) -> None:
    """Begin, and tell the employer whose signature the paper carries."""
    at, day, file = clock.now(), clock.today(fund().timezone), form.paper.data
    begun, new = on_behalf.begin(
        session, employer_id, signed_by=form.signed_by.data or "", once=form.once.data or "", by=current_user.id,
        paper=(file.filename or "", file.stream.read(LARGEST_DOCUMENT + 1)), day=day, at=at,
    )  # fmt: skip
    if new:
        what = words._("What stands on a paper signed by %(who)s is entered into the portal.", who=begun.signed_by)
        notices.tell(
            session, Kind.ON_BEHALF, name=str(begun.public_id), at=at, employer=employer_id, day=day, what=what
        )


@bp.post("/end")
@needs(Right.CONTRIBUTIONS)
def end(employer_number: str) -> ResponseReturnValue:
    """Stop acting for the employer; back to its record."""
    with db.writing() as session:
        employer = employer_by_number(session, employer_number)
        on_behalf.end(session, current_user.id, employer.id, at=clock.now())
    flash(_("You no longer act for the employer."), "success")
    return redirect(url_for("record.overview", employer_number=employer_number))
