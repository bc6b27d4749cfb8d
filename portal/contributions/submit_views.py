"""The pages before and after submitting: everything that will happen, the click, the acknowledgement."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock
from portal.auth.access import Right, fresh, needs
from portal.contributions import changes, queries, service
from portal.contributions.acknowledgement import attestation
from portal.contributions.assessment import problems_from_json
from portal.contributions.corrections.shown import what_changes
from portal.contributions.forms import SubmitForm
from portal.contributions.models import Payroll
from portal.contributions.pages import bp, draft_on_page, here, is_draft, schemes_on, to, today
from portal.contributions.service import NotReady
from portal.contributions.storage import Stale
from portal.db import reading, writing
from portal.errors import Refused
from portal.installation import pack
from portal.web.filters import month_name, say


@bp.get("/<uuid:payroll>/check")
@needs(Right.VIEW)
def check(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """Everything that will happen when the payroll is submitted."""
    with reading() as session:
        row = draft_on_page(session, payroll)
    return _check_page(payroll, SubmitForm(formdata=None)) if is_draft(row) else to("draft", payroll=payroll)


@bp.post("/<uuid:payroll>/submit")
@needs(Right.SUBMIT)
@fresh
def submit(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """Make it binding.  A second click shows the same acknowledgement."""
    form = SubmitForm()
    with reading() as session:
        row = draft_on_page(session, payroll)
    if is_draft(row) and not form.agreed(_asked_about(row.checked)):
        return _check_page(payroll, form), 422
    version = form.version.data or ""
    try:
        with writing() as session:
            service.submit_payroll(
                session, g.employer.id, payroll, version=int(version) if version.isdigit() else 0,
                by=current_user.id, at=clock.now(), **form.said(),
            )  # fmt: skip
    except (NotReady, Stale) as refusal:
        return _not_submitted(payroll, refusal)
    except Refused as refusal:
        if refusal.field is None and not is_draft(row):
            raise
        form.refuse(refusal)
        return _check_page(payroll, form), refusal.status
    return to("acknowledgement", payroll=payroll)


@bp.get("/<uuid:payroll>/acknowledgement")
@needs(Right.VIEW)
def acknowledgement(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """What was submitted, with the numbers that prove it, and what comes next."""
    with reading() as session:
        row = draft_on_page(session, payroll)
        made = service.declarations_of(session, row)
    if not made:
        return to("draft", payroll=payroll)
    return render_template("contributions/acknowledgement.html", payroll=row, declarations=made, packs=pack)


def _check_page(payroll: UUID, form: SubmitForm) -> str:
    with reading() as session:
        row = draft_on_page(session, payroll)
        doubtful, total = queries.lines_page(session, row, 1, queries.DOUBTFUL)
        signers = queries.signatories(session, g.employer.id, clock.now())
        changed = what_changes(session, row, today())
    schemes = schemes_on(row)
    form.version.data = str(row.version)
    form.confirm.label.text = say(attestation(row.month))
    asked = [problem for line in doubtful for problem in line.problems]
    return render_template(
        "contributions/check.html", payroll=row, schemes=schemes, form=form, signers=signers, asked=asked,
        more=total > len(doubtful), missing=problems_from_json(row.checked.get("missing_people", ())),
        may_submit=Right.SUBMIT in g.rights, ready=_ready(row), changed=changed,
        lowers=any(one.consequence.lowers_paid for one in changed),
        late=any(one.due_day < today() for one in schemes), month=month_name(row.month),
        action=here("submit", payroll=payroll),
    )  # fmt: skip


def _asked_about(checked: dict[str, int]) -> int:
    """How much asks for a look before the payroll may be submitted."""
    return sum(checked.get(name, 0) for name in ("warnings", "missing", "namesakes"))


def _ready(row: Payroll) -> bool:
    """Whether nothing keeps the payroll from being submitted; a revision may say that nobody was paid."""
    checked = row.checked
    return not checked.get("faulty") and not checked.get("blocking") and (row.revises or bool(checked.get("lines")))


def _not_submitted(payroll: UUID, refusal: Refused) -> ResponseReturnValue:
    """Check it again against the roster as it is now, and say what keeps it back."""
    with writing() as session:
        row = draft_on_page(session, payroll)
        if is_draft(row):
            changes.mend_rows(
                session, g.employer.id, payroll, version=row.version, typed={}, at=clock.now(), by=current_user.id
            )
    flash(say(refusal.words), "error")
    return to("draft", payroll=payroll)
