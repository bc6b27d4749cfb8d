"""An officer looks at a declaration: what seems odd, what was declared before, and the decision."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.auth.models import Account
from portal.contributions.models import Declaration
from portal.contributions.reviewing import service
from portal.contributions.standing import GONE
from portal.employers.service import employer_by_number
from portal.errors import Refused
from portal.installation import pack
from portal.officers import records
from portal.scheme.explain import words_from_json
from portal.web.forms import PortalForm

bp = guarded(Blueprint("review", __name__, url_prefix="/fund/employers/<employer_number>/declarations"), fund_staff)


class ReviewForm(PortalForm):
    """In order, or back to the employer with a reason."""

    decision = RadioField(
        _l("What do you decide?"),
        choices=[
            SelectChoice("fine", _l("It is in order")),
            SelectChoice("returned", _l("Give it back: the employer should correct it")),
        ],
        validators=[InputRequired(_l("Choose what you decide."))],
    )
    reason = TextAreaField(
        _l("What should the employer look at?"),
        description=_l("The employer reads this. Leave out what single people earn."),
        validators=[Length(max=service.LONGEST, message=_l("Use at most %(max)d characters."))],
        render_kw={"rows": "4"},
    )


@bp.get("/<uuid:declaration>/review")
@needs(Right.CONTRIBUTIONS)
def show(employer_number: str, declaration: UUID) -> ResponseReturnValue:
    """The declaration with what seems odd about it."""
    return _page(employer_number, declaration, ReviewForm(formdata=None))


@bp.post("/<uuid:declaration>/review")
@needs(Right.CONTRIBUTIONS)
def decide(employer_number: str, declaration: UUID) -> ResponseReturnValue:
    """In order, or given back."""
    form = ReviewForm()
    if not form.validate_on_submit():
        return _page(employer_number, declaration, form), 422
    reason = (form.reason.data or "") if form.decision.data == "returned" else ""
    try:
        with db.writing() as session:
            employer = employer_by_number(session, employer_number)
            service.decide(
                session, employer.id, declaration, form.decision.data, reason=reason, by=current_user.id,
                at=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        return _page(employer_number, declaration, form), refusal.status
    flash(_("The employer is told.") if reason else _("It is noted as in order."), "success")
    return redirect(url_for(".show", employer_number=employer_number, declaration=declaration))


def _page(employer_number: str, declaration: UUID, form: ReviewForm) -> str:
    with db.reading() as session:
        employer = employer_by_number(session, employer_number)
        found = records.declaration_record(session, employer.id, declaration)
        review = service.review_of(session, found)
        charge = records.charge_of(session, found)
        by = _who(session, review.decided_by) if review else ""
    return render_template(
        "officers/review.html", employer=employer, declaration=found, review=review, form=form, by=by, charge=charge,
        rules=pack(found.scheme), findings=[words_from_json(one) for one in review.findings] if review else [],
        open=_is_open(found, review.decision if review else None),
    )  # fmt: skip


def _is_open(found: Declaration, decision: str | None) -> bool:
    """Whether there is still something to decide: what was found in order may still be given back."""
    return found.state not in GONE and decision != "returned"


def _who(session: Session, account: int | None) -> str:
    found = session.get(Account, account) if account else None
    return found.name if found else ""
