"""The page of one line of a payroll: how its shares come about, the days worked, and why it is not a whole month."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from portal import clock
from portal.auth.access import Right, needs
from portal.contributions import changes, queries
from portal.contributions.changes import Change
from portal.contributions.draft_views import labels
from portal.contributions.pages import bp, draft_on_page, here, is_draft, to, today
from portal.contributions.storage import Stale
from portal.contributions.why_form import WhyForm
from portal.db import reading, writing
from portal.installation import fund
from portal.web.filters import say


@bp.get("/<uuid:payroll>/lines/<int:row>")
@needs(Right.VIEW)
def line(employer_number: str, payroll: UUID, row: int) -> ResponseReturnValue:
    """How the shares of one person come about, step by step; in a draft also days and reason, to be changed."""
    return _page(payroll, row, None)


@bp.post("/<uuid:payroll>/lines/<int:row>")
@needs(Right.PREPARE)
def save_line(employer_number: str, payroll: UUID, row: int) -> ResponseReturnValue:
    """Keep days and reason of one line; what cannot be read comes back as typed."""
    with reading() as session:
        kept = draft_on_page(session, payroll)
        shown = queries.line_of(session, kept, row)
    form = WhyForm(kept.month, today())
    if not form.validate_on_submit():
        return _page(payroll, row, form), 422
    change = Change(shown.components, form.taken_days, form.why)
    try:
        with writing() as session:
            changes.change_lines(
                session, g.employer.id, payroll, version=form.shown_version, changes={row: change}, at=clock.now(),
                by=current_user.id,
            )  # fmt: skip
    except Stale as stale:
        flash(say(stale.words), "error")
        return _page(payroll, row, form), 409
    flash(gettext("Saved and checked."), "success")
    return to("draft", payroll=payroll)


def _page(payroll: UUID, row: int, form: WhyForm | None) -> str:
    """The page of a line, with what was typed where something is wrong with it."""
    with reading() as session:
        kept = draft_on_page(session, payroll)
        shown = queries.line_of(session, kept, row)
        explained = queries.explained(session, kept, shown)
    may_change = form is not None or (is_draft(kept) and Right.PREPARE in g.rights)
    form = form or WhyForm.of(shown, kept.month, today())
    form.version.data = str(kept.version)
    return render_template(
        "contributions/line.html", payroll=kept, line=shown, explained=explained, labels=labels(kept),
        currency=fund().currency.code, form=form if may_change else None,
        action=here("save_line", payroll=payroll, row=row),
    )  # fmt: skip
