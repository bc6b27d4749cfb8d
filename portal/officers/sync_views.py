"""Does the core know who is covered?  What waits, what it refused, and sending that again."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_login import current_user

from config import Config
from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.coverage import findings, repairing, setting_aside, watch
from portal.coverage.core_check import Finding, check
from portal.coverage.core_client import Core
from portal.errors import NotFound, Refused
from portal.installation import fund, month_from, packs
from portal.scheme.calendars import Month
from portal.web.filters import say
from portal.web.pages import PER_PAGE, Page, page_number

bp = guarded(Blueprint("sync", __name__, url_prefix="/fund/core"), fund_staff)

#: How long the page waits for the core, in seconds.
TIMEOUT = 2.0


@bp.get("")
@needs(Right.FUND_VIEW)
def show() -> ResponseReturnValue:
    """How the telling of the core stands."""
    config: Config = current_app.config["PORTAL"]
    number = page_number()
    troubles, practice_core = look_at(config)
    with db.reading() as session:
        state = watch.state(session)
        refused, total = watch.refusals(session, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    return render_template(
        "officers/sync.html",
        state=state,
        page=Page(refused, number, total),
        packs=packs(),
        troubles=troubles,
        core_url=config.core_url,
        practice_core=practice_core,
        now=clock.now(),
        may_send=Right.CONTRIBUTIONS,
    )


@bp.post("/again")
@needs(Right.CONTRIBUTIONS)
def send_again() -> ResponseReturnValue:
    """Send once more what the core refused of one employer's month."""
    with db.writing() as session:
        subject = watch.subject_of(
            session, request.form.get("employer", ""), request.form.get("scheme", ""), _month(request.form.get("month"))
        )
        if subject is None or subject.scheme not in packs():
            raise NotFound("subject")
        people = setting_aside.send_again(session, subject, by=current_user.id, at=clock.now())
    if people:
        text = ngettext(
            "%(num)s person-month waits to be sent again.", "%(num)s person-months wait to be sent again.", people
        )
        flash(text, "success")
    else:
        flash(gettext("Nothing of this is refused any more."), "info")
    return redirect(url_for(".show"))


@bp.get("/differences")
@needs(Right.FUND_VIEW)
def differences() -> ResponseReturnValue:
    """What the core has otherwise than the portal, as the last comparisons found it."""
    number = page_number()
    with db.reading() as session:
        found, total = findings.listed(session, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        months = findings.left_to_repair(session)
        asked = repairing.waiting_requests(session)
        last, soon = findings.last_comparison(session), findings.is_asked(session)
    return render_template(
        "officers/core_differences.html",
        page=Page(found, number, total),
        months=months,
        asked=asked,
        kinds=repairing.KINDS,
        packs=packs(),
        last=last,
        soon=soon,
        has_core=bool(current_app.config["PORTAL"].core_url),
        may_repair=Right.CONTRIBUTIONS,
    )


@bp.post("/differences/again")
@needs(Right.CONTRIBUTIONS)
def read_back() -> ResponseReturnValue:
    """Have the core read back now, not only once a day: did it help to put something right?"""
    if not current_app.config["PORTAL"].core_url:
        flash(gettext("No core is set: paid months wait until one is."), "error")
        return redirect(url_for(".differences"), 303)
    with db.writing() as session:
        findings.ask(session, day=clock.today(fund().timezone), at=clock.real_now())
    flash(gettext("The core is read back in a moment. Open this page again to see what was found."), "success")
    return redirect(url_for(".differences"), 303)


@bp.post("/differences")
@needs(Right.CONTRIBUTIONS)
def ask_to_repair() -> ResponseReturnValue:
    """Ask a second person to have a month put right, or one person's difference; pressed twice, asked once."""
    scheme, month = request.form.get("scheme", ""), _month(request.form.get("month"))
    if scheme not in packs():
        raise NotFound("scheme")
    try:
        with db.writing() as session:
            asked = repairing.ask_to_repair(
                session, scheme, month, only=_only(request.form.get("difference")),
                reason=gettext("The comparison with the core found this."), by=current_user.id, at=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        flash(say(refusal.words), "error")
        return redirect(url_for(".differences"), 303)
    flash(gettext("It is asked for. Somebody else has to decide, then it is done."), "success")
    return redirect(url_for("approvals.show", approval=asked.public_id), 303)


def _only(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("difference") from None


def look_at(config: Config) -> tuple[list[Finding], bool]:
    """What must be mended before the core can be told everything, and whether it is the practice core."""
    if not config.core_url:
        return [], False
    core = Core(config.core_url, config.core_user, config.core_password, config.core_agent, timeout=TIMEOUT)
    found = check(core, set(fund().products.values()), now=clock.real_now)
    return [one for one in found if not one.ok], core.line.practice


def _month(text: str | None) -> Month:
    try:
        return month_from(text or "")
    except ValueError:
        raise NotFound("month") from None
