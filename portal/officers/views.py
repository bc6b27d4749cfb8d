"""The fund's home page and the list of its employers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.installation import fund, pack, packs
from portal.ledger.statement import ageing
from portal.officers import approval_lists, queries
from portal.officers.enrolment_views import bp as enrolment_bp  # noqa: F401  # the app opens every blueprint here
from portal.officers.on_behalf_views import bp as on_behalf_bp  # noqa: F401
from portal.officers.record.views import bp as record_bp  # noqa: F401
from portal.officers.review_views import bp as review_bp  # noqa: F401
from portal.officers.search_views import bp as search_bp  # noqa: F401
from portal.officers.shown import EMPLOYER_STATES, by_scheme, employer_csv
from portal.officers.waiting import Home, Waiting
from portal.officers.waiting import home as what_waits
from portal.web.filters import day
from portal.web.pages import PER_PAGE, Page, download, order, page_number

bp = guarded(Blueprint("officers", __name__, url_prefix="/fund"), fund_staff)


class First(NamedTuple):
    """The one thing that matters now."""

    title: str
    url: str
    action: str
    kind: str


@bp.get("/")
@needs(Right.FUND_VIEW)
def home() -> ResponseReturnValue:
    """What matters now: what waits for an officer, what is overdue, who has not declared."""
    today = clock.today(fund().timezone)
    with db.reading() as session:
        waits, approvals = what_waits(session, today, at=clock.real_now()), approval_lists.waiting(session)
        mine = approval_lists.waiting_for(session, g.rights, current_user.id)
        ages = by_scheme(ageing(session, today))
    return render_template(
        "officers/home.html", waits=waits, approvals=approvals, ages=ages, first=first_of(waits, mine), today=today,
        packs=packs(),
    )  # fmt: skip


def first_of(waits: Home, approvals: Waiting) -> First:
    """The most urgent of what waits, for a reader with these rights who may decide on these *approvals*."""
    if waits.refused.count and g.rights & {Right.CONTRIBUTIONS, Right.SYSTEM}:
        n = waits.refused.count
        title = ngettext(
            "The core refused %(num)s message. People may be without cover.",
            "The core refused %(num)s messages. People may be without cover.", n,
        )  # fmt: skip
        return First(title, "/fund/core", _("See what the core refused"), "late")
    if Right.CASH in g.rights and g.get("places") is None and (of_gateway := _of_gateway(waits)) is not None:
        return of_gateway
    if approvals.count:
        n, since = approvals.count, day(approvals.since)
        title = ngettext(
            "%(num)s request waits for your decision, since %(since)s.",
            "%(num)s requests wait for your decision, the oldest since %(since)s.", n, since=since,
        )  # fmt: skip
        return First(title, "/fund/approvals", _("Look at the requests"), "")
    if waits.registrations.count and Right.REGISTER in g.rights:
        n, since = waits.registrations.count, day(waits.registrations.since)
        title = ngettext(
            "%(num)s registration waits, since %(since)s.",
            "%(num)s registrations wait, the oldest since %(since)s.", n, since=since,
        )  # fmt: skip
        return First(title, "/fund/registrations", _("Look at the registrations"), "")
    if waits.reports.count and Right.CONTRIBUTIONS in g.rights:
        n, since = waits.reports.count, day(waits.reports.since)
        title = ngettext(
            "%(num)s report of an employee waits, since %(since)s.",
            "%(num)s reports of employees wait, the oldest since %(since)s.", n, since=since,
        )  # fmt: skip
        return First(title, "/fund/queues/report", _("Read the reports"), "")
    return First(_("Nothing waits for you. Look at what is overdue."), "/fund/arrears", _("See the arrears"), "done")


def _of_gateway(waits: Home) -> First | None:
    """What waits at the payment gateway."""
    if waits.calls_refused:
        n = waits.calls_refused
        title = ngettext(
            "%(num)s call-back of the payment gateway was refused in the last two days.",
            "%(num)s call-backs of the payment gateway were refused in the last two days.", n,
        )  # fmt: skip
        return First(title, "/fund/gateway/", _("See why"), "late")
    if waits.gateway.count:
        n, since = waits.gateway.count, day(waits.gateway.since)
        title = ngettext(
            "%(num)s payment of the gateway waits for you, since %(since)s.",
            "%(num)s payments of the gateway wait for you, the oldest since %(since)s.", n, since=since,
        )  # fmt: skip
        return First(title, "/fund/gateway/", _("Look at the payments"), "")
    if waits.odd:
        title = ngettext(
            "%(num)s message of the payment gateway does not fit what it said before.",
            "%(num)s messages of the payment gateway do not fit what it said before.", waits.odd,
        )  # fmt: skip
        return First(title, "/fund/gateway/", _("Look at the messages"), "late")
    return None


def wanted_employers() -> queries.Wanted:
    """What the address narrows the list of employers to; what it does not know is left out."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = request.args.get(name, "")
        return value if value in known else ""

    return queries.Wanted(
        text=request.args.get("q", "").strip()[:100].replace("\x00", ""),
        state=one_of("state", EMPLOYER_STATES),
        scheme=one_of("scheme", packs()),
        standing=one_of("standing", ("arrears", "clear", "silent")),
        sort=order(("name", "number", "oldest")),
    )


@bp.get("/employers")
@needs(Right.FUND_VIEW)
def employers() -> ResponseReturnValue:
    """The employers, searched and filtered; fifty a page."""
    wanted, number, today = wanted_employers(), page_number(), clock.today(fund().timezone)
    with db.reading() as session:
        rows, total = queries.employers(session, wanted, today, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    return render_template(
        "officers/employers.html",
        page=Page(rows, number, total),
        wanted=wanted,
        schemes=[pack(scheme) for scheme in queries.shown_schemes(wanted.scheme)],
        packs=packs(),
        filters=_filter_fields(wanted),
        export=url_for(".employers_file", **_narrowed(wanted)),
        sorted_by=lambda sort: url_for(".employers", **_narrowed(replace(wanted, sort=sort))),
    )


def _narrowed(wanted: queries.Wanted) -> dict[str, Any]:
    """The same choice as an address carries it."""
    kept = {"q": wanted.text, "state": wanted.state, "scheme": wanted.scheme, "standing": wanted.standing}
    return {name: value for name, value in {**kept, "sort": wanted.sort}.items() if value}


def _filter_fields(wanted: queries.Wanted) -> list[dict[str, object]]:
    """The fields of the search form, with what is chosen."""
    schemes = [("", _("All schemes")), *((one.id, one.short_name) for one in packs().values())]
    states = [("", _("All")), ("active", _("Active")), ("suspended", _("Suspended")), ("closed", _("Closed"))]
    standings = [
        ("", _("All")),
        ("arrears", _("In arrears")),
        ("clear", _("Nothing overdue")),
        ("silent", _("Last month not declared")),
    ]
    return [
        {"name": "q", "label": _("Name, number or tax number"), "value": wanted.text},
        {"name": "state", "label": _("State"), "value": wanted.state, "options": states},
        {"name": "scheme", "label": _("Scheme"), "value": wanted.scheme, "options": schemes},
        {"name": "standing", "label": _("Standing"), "value": wanted.standing, "options": standings},
    ]


@bp.get("/employers.csv")
@needs(Right.FUND_VIEW)
def employers_file() -> ResponseReturnValue:
    """Exactly the list that is shown, all its pages, as a file."""
    wanted, today = wanted_employers(), clock.today(fund().timezone)
    with db.reading() as session:
        rows, _total = queries.employers(session, wanted, today)
    return download(employer_csv(rows, queries.shown_schemes(wanted.scheme)), f"employers-{today}.csv", "text/csv")
