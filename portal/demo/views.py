"""
Practice mode: sign in with one click, move the clock, run the night's jobs, read the mail, start afresh.

Registered only where the settings say practice; production refuses that setting.
"""

from __future__ import annotations

import email
import email.policy
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from wtforms import DateField
from wtforms.validators import InputRequired

from portal import audit, clock, db
from portal.audit import Event
from portal.auth.access import EmployeeVisit, anyone, guarded
from portal.auth.models import Account
from portal.auth.service import account_by_email
from portal.auth.views import begin_visit
from portal.coverage import findings
from portal.demo import snapshot
from portal.demo.bank_file import next_statement, payouts_on_the_way
from portal.demo.exercises import offered
from portal.demo.stories import card_of, cards
from portal.demo.story import Card
from portal.installation import fund
from portal.jobs import nightly, notifying
from portal.jobs.models import JobRun
from portal.jobs.tasks import compare_core, compare_gateway, send_waiting
from portal.people.models import Person
from portal.web.forms import PortalForm
from portal.web.pages import download

bp = guarded(Blueprint("practice", __name__, url_prefix="/practice"), anyone)

#: How far the clock may be moved: the packs know no rules for another century.
FURTHEST = timedelta(days=3 * 366)


class ClockForm(PortalForm):
    """The day it shall be."""

    day = DateField(
        _l("Make it this day"),
        validators=[InputRequired(_l("Enter a day."))],
        description=_l("For example, the day after a due day. Late charges appear when you then run tonight's jobs."),
    )


@bp.get("/")
def index() -> ResponseReturnValue:
    """Where the clock is, what the jobs did, and how to start afresh."""
    return render_template("practice/index.html", form=ClockForm(formdata=None), **_shown())


def _shown() -> dict[str, object]:
    with db.reading() as session:
        runs = session.scalars(
            select(JobRun).where(JobRun.job != findings.ASKED).order_by(JobRun.id.desc()).limit(10)
        ).all()
        on_the_way = len(payouts_on_the_way(session, clock.today(fund().timezone))) if fund().gateway else None
    return {
        "on_the_way": on_the_way,
        "runs": runs,
        "now": clock.now(),
        "moved": clock.offset().days,
        "cards": cards(),
        "mails": len(_mails()),
        "exercises": bool(offered()),
    }


@bp.post("/clock")
def move_clock() -> ResponseReturnValue:
    """Make it another day, at the same hour, for web, worker and timetable alike."""
    form = ClockForm()
    if not form.validate_on_submit():
        return render_template("practice/index.html", form=form, **_shown()), 422
    assert form.day.data is not None
    real = clock.real_now()
    zone = ZoneInfo(fund().timezone)
    wanted = datetime.combine(form.day.data, real.astimezone(zone).time() or time(12), zone)
    offset = timedelta(days=(wanted.date() - real.astimezone(zone).date()).days)
    if abs(offset) > FURTHEST:
        form.day.errors = [_("Choose a day within three years of today.")]
        return render_template("practice/index.html", form=form, **_shown()), 422
    with db.writing() as session:
        db.store_offset(session, offset)
        audit.record(session, Event.CLOCK_MOVED, at=clock.now(), by=_account(), to=form.day.data)
    flash(_("The clock is moved. Nothing else happened yet: the night's jobs run when you say so."), "success")
    return redirect(url_for(".index"))


@bp.post("/jobs")
def run_jobs() -> ResponseReturnValue:
    """Run tonight's jobs now, by the same functions as at night, and show what they did."""
    day = clock.today(fund().timezone)
    with db.writing() as session:
        employers = nightly.employers_with_charges(session)
        audit.record(session, Event.JOBS_RUN, at=clock.now(), by=_account(), day=day)
    for chunk in nightly.chunks(employers):
        nightly.accrue(chunk, day)
    notifying.tell_the_day(day)
    send_waiting.run()
    compare_gateway.run(day.isoformat())
    if current_app.config["PORTAL"].core_url:
        with db.writing() as session:
            findings.ask(session, day=day, at=clock.real_now())
        compare_core.run()
    notifying.send_digests()
    send_waiting.run()
    flash(_("Tonight's jobs are done; what they did stands below."), "success")
    return redirect(url_for(".index"))


@bp.get("/statement")
def statement() -> ResponseReturnValue:
    """The practice bank's statement with what the gateway paid out, to be imported as a cashier does."""
    today = clock.today(fund().timezone)
    with db.reading() as session:
        content = next_statement(session, today)
    if content is None:
        flash(_("Nothing new is at the practice bank."), "error")
        return redirect(url_for(".index"))
    return download(content, f"practice-bank-{today}.sta", "text/plain")


@bp.post("/sign-in/<card>")
def sign_in(card: str) -> ResponseReturnValue:
    """Come in as one of the people of the practice fund."""
    chosen = card_of(card)
    user = who_is(chosen)
    if user is None:
        flash(_("This person is not in the practice fund. Start it afresh."), "error")
        return redirect(url_for(".index"))
    begin_visit(user, "card")
    return redirect(chosen.goes_to)


def who_is(card: Card) -> Account | EmployeeVisit | None:
    """The person of a card; None when the practice fund has nobody of that name."""
    with db.reading() as session:
        if card.national_id:
            person = session.scalar(select(Person).where(Person.national_id == card.national_id))
            return EmployeeVisit(person.id) if person else None
        return account_by_email(session, card.email)


@bp.get("/mail")
def mail() -> ResponseReturnValue:
    """The mail that was sent: without a server it is written to files and read here."""
    return render_template("practice/mail.html", mails=_mails())


@bp.post("/reset")
def reset() -> ResponseReturnValue:
    """Put the practice fund back as it was made, and the clock to today."""
    config = current_app.config["PORTAL"]
    folder = config.var / "practice"
    if not folder.exists():
        abort(409)
    snapshot.put_back(config.owner_url, folder)
    for path in _mail_folder().glob("*.eml"):
        path.unlink()
    _empty(config.core_url)
    if fund().gateway is not None:
        _empty(config.gateway_url)
    flash(_("The practice fund is as it was made. The clock shows the real day."), "success")
    return redirect(url_for(".index"))


def _empty(url: str) -> None:
    from urllib.error import URLError
    from urllib.request import Request, urlopen

    if not url.startswith("http://127.0.0.1:"):
        return  # only our own practice servers forget on request
    try:
        urlopen(Request(f"{url}/practice/reset", method="POST", data=b"{}"), timeout=5).close()  # our own core
    except (URLError, OSError):
        flash(_("A practice server did not answer; it may still hold what it was told before."), "error")


def _account() -> int | None:
    return current_user.id if current_user.is_authenticated and current_user.kind == "account" else None


def _mail_folder() -> Path:
    return Path(current_app.config["PORTAL"].var) / "mail"


def _mails() -> list[dict[str, object]]:
    found = []
    for path in sorted(_mail_folder().glob("*.eml"), key=lambda each: each.stat().st_mtime, reverse=True)[:50]:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        found.append(
            {
                "to": str(message["To"]),
                "subject": str(message["Subject"]),
                "text": body.get_content() if body else "",
                "links": [word for word in (body.get_content() if body else "").split() if word.startswith("http")],
            }
        )
    return found
