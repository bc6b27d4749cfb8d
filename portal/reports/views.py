"""The month in figures: a scheme's month for the fund, by region, by sector, by sex and age, and who is missing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.employers.answers import place_in_words
from portal.employers.due import month_fallen_due
from portal.installation import fund, packs
from portal.reports import saved, shown
from portal.reports.contents import PAGES, Asked
from portal.reports.counting.scope import fund_scope
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month, month_of
from portal.web.filters import month_name
from portal.web.pages import PER_PAGE, Page, download, page_number

bp = guarded(Blueprint("figures", __name__, url_prefix="/fund/figures"), fund_staff)

#: How many months one can choose from, the newest first.
CHOICE = 36
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@bp.get("")
@needs(Right.FUND_VIEW)
def overview() -> ResponseReturnValue:
    """A month beside the one before and the same one a year before, and the months up to it."""
    return _page("overview")


@bp.get("/regions")
@needs(Right.FUND_VIEW)
def regions() -> ResponseReturnValue:
    """The month by region; of one region, by district."""
    return _page("regions")


@bp.get("/sectors")
@needs(Right.FUND_VIEW)
def sectors() -> ResponseReturnValue:
    """The month by sector."""
    return _page("sectors")


@bp.get("/people")
@needs(Right.FUND_VIEW)
def people() -> ResponseReturnValue:
    """The month by sex and age."""
    return _page("people")


@bp.get("/silent")
@needs(Right.FUND_VIEW)
def silent() -> ResponseReturnValue:
    """Who did not declare the month, and what is probably missed."""
    return _page("silent")


@bp.get("/ages")
@needs(Right.FUND_VIEW)
def ages() -> ResponseReturnValue:
    """What is overdue today, by age and region and sector."""
    return _page("ages")


@bp.get("/files/<part>.<kind>")
@needs(Right.FUND_VIEW)
def file(part: str, kind: str) -> ResponseReturnValue:
    """Exactly what a page shows: one of its tables as CSV, or all of them with their meanings as XLSX."""
    if part not in PAGES or kind not in _TYPES:
        abort(404)
    asked, at = wanted(), clock.now()
    with db.reading() as session:
        contents = PAGES[part](session, asked)
    code, rules = request.args.get("table", ""), asked.scope.rules
    content = saved.as_csv(contents, code, rules) if kind == "csv" else saved.as_xlsx(contents, asked, at)
    return download(content, f"figures-{part}-{rules.id}-{asked.month}.{kind}", _TYPES[kind])


def wanted(limit: int | None = None) -> Asked:
    """What the address asks for; what it does not know is left out, a month nobody could have declared too."""
    rules = packs().get(request.args.get("scheme", "")) or next(iter(packs().values()))
    today, place = clock.today(rules.timezone), request.args.get("place", "")
    known = fund().location(place) is not None
    offset = (page_number() - 1) * (limit or 0)
    return Asked(fund_scope(rules, own_places()), _month(rules), today, place if known else "", limit, offset)


def own_places() -> list[str] | None:
    """The places the reader works for; None for somebody who works for the whole fund."""
    return list(current_user.districts) or None


def _month(rules: Pack) -> Month:
    today = clock.today(rules.timezone)
    try:
        month = Month.parse(request.args.get("month", ""), rules.calendar)
    except ValueError:
        month = month_fallen_due(rules, today)
    first, last = month_of(rules.begins, rules.calendar), month_of(today, rules.calendar)
    return max(first, min(month, last))


def _page(name: str) -> ResponseReturnValue:
    """Any page of figures: its tables, charts and files, for what the address asks."""
    asked, at = wanted(PER_PAGE), clock.now()
    rules = asked.scope.rules
    with db.reading() as session:
        contents = PAGES[name](session, asked)
    return render_template(
        f"reports/{name}.html",
        name=name,
        asked=asked,
        rules=rules,
        contents=contents,
        drawings=shown.drawings(name, contents, rules, asked.month),
        headline=shown.headline(contents, rules) if name == "overview" else [],
        page=Page(contents.tables[0].rows, page_number(), contents.listed),
        at=at,
        place=place_in_words(fund(), asked.place),
        own_places=[place_in_words(fund(), code) or code for code in own_places() or ()],
        filters=_filters(asked),
        shown=shown,
        address=lambda to, **changes: url_for(f"figures.{to}", **{**_kept(asked), **changes}),
    )


def _kept(asked: Asked) -> dict[str, Any]:
    """The same choice as an address carries it."""
    kept = {"scheme": asked.scope.rules.id, "month": str(asked.month), "place": asked.place}
    return {name: value for name, value in kept.items() if value}


def _filters(asked: Asked) -> list[dict[str, object]]:
    """The fields of the filter, with what is chosen."""
    rules = asked.scope.rules
    schemes = [(one.id, one.short_name) for one in packs().values()]
    now = month_of(clock.today(rules.timezone), rules.calendar)
    months = {now.plus(-back, rules.calendar): None for back in range(CHOICE)} | {asked.month: None}
    listed = [(str(month), month_name(month, rules.calendar)) for month in sorted(months, reverse=True)]
    own = own_places()
    codes = own or [place.code for place in fund().locations]
    places = [("", _("All your places") if own else _("All places"))]
    places += [(code, place_in_words(fund(), code) or code) for code in dict.fromkeys([*codes, asked.place]) if code]
    return [
        {"name": "scheme", "label": _("Scheme"), "value": rules.id, "options": schemes},
        {"name": "month", "label": _("Month"), "value": str(asked.month), "options": listed},
        {"name": "place", "label": _("Place"), "value": asked.place, "options": places},
    ]
