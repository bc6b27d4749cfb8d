"""An officer books an entry for the claim of an employer: everything it will do is shown before it is done."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portal import clock, db
from portal.approvals import Approval
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.bank import claims, settling
from portal.bank.claiming import booking, rules
from portal.bank.claiming.booking import Wanted
from portal.bank.models import BankAccount, BankEntry
from portal.bank.pages.forms import ClaimedForm
from portal.bank.reading.values import digits_of
from portal.cases.models import Case
from portal.employers.models import Employer
from portal.errors import Refused
from portal.installation import pack
from portal.payments import service
from portal.scheme.deadlines import effective_day
from portal.tabular.amounts import AmountRule
from portal.web.typed import name_of

bp = guarded(
    Blueprint("bank_claims", __name__, url_prefix="/fund/bank/claims/<uuid:claim>/entries/<uuid:entry>"), fund_staff
)


@bp.get("")
@needs(Right.CASH)
def show(claim: UUID, entry: UUID) -> ResponseReturnValue:
    """The claim beside the entry; what would be booked, to whom, and what it settles, before it is done."""
    with db.reading() as session:
        line = settling.entry_by_id(session, entry)
        typed = request.args if request.args else _suggested(session, booking.claim_by_name(session, claim), line)
    form = ClaimedForm(typed, currency=line.currency, meta={"csrf": False})
    if not request.args and not form.scheme.data:  # the officer has to say it first
        return _page(claim, entry, form, None)
    return _page(claim, entry, form, form.minor if form.validate() else None)


def _suggested(session: Session, case: Case, line: BankEntry) -> MultiDict[str, str]:
    """The form as claim and entry suggest it."""
    amount = min(int(case.facts["amount"]), max(line.unsettled, 0))
    scheme = line.found_scheme or session.get_one(BankAccount, line.bank_account_id).scheme or ""
    written = AmountRule(line.currency, digits_of(line.currency)).written(amount)
    return MultiDict({"key": str(uuid4()), "scheme": scheme, "amount": written, "reason": ""})


def _page(
    claim: UUID, entry: UUID, form: ClaimedForm, minor: int | None, status: int = 200
) -> ResponseReturnValue:  # fmt: skip
    """*minor*: what would be booked, where the form holds together."""
    with db.reading() as session:
        case, line = booking.claim_by_name(session, claim), settling.entry_by_id(session, entry)
        employer, asked = session.get_one(Employer, case.employer_id), claims.asked_about(session, case)
        shown = _preview(session, line, employer, form) if minor is not None and not asked else None
        why = rules.second_person(line, employer.id, minor or 0)
    return render_template(
        "bank/claimed.html", case=case, line=line, employer=employer, form=form, shown=shown, why=why, asked=asked,
        rules=pack(str(form.scheme.data)) if shown else None, paid_on=_day(line, form) if shown else None,
        claimed_on=date.fromisoformat(case.facts["paid_on"]),
    ), 422 if form.errors and status == 200 else status  # fmt: skip


def _day(line: BankEntry, form: ClaimedForm) -> date:
    return effective_day(pack(str(form.scheme.data)), line.ordered_day, line.value_day)


def _preview(session: Session, line: BankEntry, employer: Employer, form: ClaimedForm) -> service.Preview | None:
    """What booking it would settle; None where it cannot be booked, and the form says why."""
    scheme = str(form.scheme.data)
    try:
        settling.fits(line, form.minor, scheme)
        return service.preview(
            session, employer.id, scheme=scheme, amount=form.minor, paid_on=_day(line, form), at=clock.now()
        )
    except Refused as refusal:
        if not form.errors:
            form.refuse(refusal)
        return None


@bp.post("")
@needs(Right.CASH)
def book(claim: UUID, entry: UUID) -> ResponseReturnValue:
    """Book it and close the claim, or ask a second person; the same form again changes nothing more."""
    with db.reading() as session:
        form = ClaimedForm(currency=settling.entry_by_id(session, entry).currency)
    key = name_of(form.key.data)
    if not form.validate() or key is None:
        return _page(claim, entry, form, None, 422)
    wanted = Wanted(str(form.scheme.data), form.minor)
    try:
        with db.writing() as session:
            made = booking.book_claimed(
                session, claim, entry, wanted, reason=form.reason.data or "", key=key, by=current_user.id,
                at=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        return _page(claim, entry, form, form.minor, refusal.status)
    if isinstance(made, Approval):
        flash(_("Somebody else has to agree now."), "success")
        return redirect(url_for("cases.show", case=claim))
    return redirect(url_for("payments.receipt", receipt=made.public_id, new=1))
