"""Proposals of matching: ticked, confirmed in one go, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.bank.confirming import batches, proposals
from portal.bank.confirming.batches import Tick
from portal.bank.pages import confirmed
from portal.errors import Refused
from portal.web.filters import say
from portal.web.pages import Page, page_number
from portal.web.typed import name_of

bp = guarded(Blueprint("bank_proposals", __name__, url_prefix="/fund/bank/proposals"), fund_staff)


@bp.get("")
@needs(Right.CASH)
def index() -> ResponseReturnValue:
    """The proposals, the oldest first, as many as a form holds."""
    return _page(name=uuid4(), ticked=None if request.args.get("tick") == "all" else ())


def _page(*, name: UUID, ticked: Sequence[str] | None, status: int = 200) -> ResponseReturnValue:
    """*ticked*: the entries whose boxes are ticked; None for all."""
    kind, number = request.args.get("kind", ""), page_number()
    if kind and kind not in proposals.KINDS:
        abort(400)
    with db.reading() as session:
        counts = proposals.counts(session)
        total = counts.get(kind, 0) if kind else sum(counts.values())
        number = min(number, max(1, -(-total // batches.MOST)))  # the last ones of a page were booked meanwhile
        rows = proposals.page(session, kind, limit=batches.MOST, offset=(number - 1) * batches.MOST)
    return render_template(
        "bank/proposals.html", page=Page(rows, number, total, batches.MOST), kind=kind, kinds=proposals.KINDS,
        counts=counts, name=name, ticked=ticked, all=sum(counts.values()),
    ), status  # fmt: skip


@bp.post("")
@needs(Right.CASH)
def confirm() -> ResponseReturnValue:
    """Carry out what is ticked; the same form again leads to the same page."""
    name = name_of(request.form.get("key"))
    ticks = [one for one in map(_tick, request.form.getlist("tick")) if one is not None]
    if name is None:
        abort(400)
    try:
        with db.writing() as session:
            made = batches.confirm(session, name, ticks, by=current_user.id, at=clock.now())
    except Refused as refusal:
        flash(say(refusal.words), "error")
        return _page(name=name, ticked=[str(one.entry) for one in ticks], status=refusal.status)
    return redirect(url_for(".show", confirmation=made.public_id, kind=request.args.get("kind") or None))


def _tick(text: str) -> Tick | None:
    entry, _colon, mark = text.partition(":")
    name = name_of(entry)
    return Tick(name, mark) if name is not None else None


@bp.get("/confirmed/<uuid:confirmation>")
@needs(Right.FUND_VIEW)
def show(confirmation: UUID) -> ResponseReturnValue:
    """How far it is, what was left and why, and what was booked."""
    with db.reading() as session:
        shown = confirmed.read(session, batches.by_name(session, confirmation))
        more = sum(proposals.counts(session).values())
    return render_template("bank/confirmed.html", shown=shown, more=more, kind=request.args.get("kind") or None)
