"""A refusal, a missing page and our own mistakes, as pages that say what to do."""

from __future__ import annotations

import logging

from flask import Flask, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from portal.errors import NotFound, Refused
from portal.installation import fund
from portal.tabular.table import FileRefused
from portal.web.filters import say

log = logging.getLogger("portal")

#: Of PostgreSQL's codes: no connection, no room for one more, being shut down or starting; and a question called off.
_GONE, _NO_CONNECTION, _CANCELLED = ("08", "53", "57"), "08000", "57014"


def register(app: Flask) -> None:
    """Give every kind of failure its page."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(FileRefused, _unreadable)
    app.register_error_handler(DataError, _cannot_be_kept)
    app.register_error_handler(OperationalError, _perhaps_away)
    app.register_error_handler(InterfaceError, _away)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _our_mistake)


def _page(status: int, title: str, text: str) -> ResponseReturnValue:
    return render_template("web/problem.html", heading=title, text=text), status


def _refused(refusal: Refused) -> ResponseReturnValue:
    return _page(refusal.status, gettext("This was not done"), say(refusal.words))


def _unreadable(refused: FileRefused) -> ResponseReturnValue:
    return _page(422, gettext("This file cannot be read"), say(refused.problem.words))


def _not_found(_: NotFound | None = None) -> ResponseReturnValue:
    return _page(
        404,
        gettext("There is no such page"),
        gettext("The address may be mistyped, or it may belong to somebody you do not act for."),
    )


def _cannot_be_kept(problem: DataError) -> ResponseReturnValue:
    # The forms refuse it beside the field; this is for what is read without one.  Its words may hold what was typed.
    log.warning("not kept: %s on %s", type(problem.orig).__name__, request.url_rule)
    return _page(
        422,
        gettext("This was not done"),
        gettext("Something that was typed cannot be kept: an invisible character, or a number that is too large."),
    )


def _perhaps_away(problem: OperationalError) -> ResponseReturnValue:
    """PostgreSQL says by the class of its code whether it is away or what was asked of it went wrong."""
    code = getattr(problem.orig, "sqlstate", None) or _NO_CONNECTION
    return _away(problem) if code != _CANCELLED and code[:2] in _GONE else _our_mistake(problem)


def _away(problem: DBAPIError) -> ResponseReturnValue:
    """
    Without the database nobody is known here: a page that asks for nothing, of the visit or of who reads it.

    What was sent may or may not be stored; to send it again is always right, because it counts once.
    """
    log.warning("no database on %s %s: %s", request.method, request.url_rule, type(problem.orig).__name__)
    g._login_user = AnonymousUserMixin()  # whatever still asks who it was must not ask the database
    page = current_app.jinja_env.get_template("web/away.html")
    return page.render(fund=fund(), lang=get_locale()), 503, {"Retry-After": "30"}


def _stale_form(_: CSRFError) -> ResponseReturnValue:
    return _page(
        400,
        gettext("This page had been open for too long"),
        gettext("Nothing was changed. Go back, reload the page and send it again."),
    )


def _http(problem: HTTPException) -> ResponseReturnValue:
    cause = getattr(problem, "original_exception", None)
    if cause is not None:  # outside of a view: the deed may be done, and the visit could not be stored
        return _perhaps_away(cause) if isinstance(cause, OperationalError) else _our_mistake(cause)
    code = problem.code or 500
    if code == 404:
        return _not_found()
    if code == 403:
        return _page(
            403, gettext("You may not do this"), gettext("Your role does not include it. Ask your administrator.")
        )
    if code == 405:
        return _page(405, gettext("This page is opened another way"), gettext("Start again from the home page."))
    if code == 413:
        return _page(
            413,
            gettext("This is too large to send"),
            gettext("A file may have up to 20 MB. Split it and send the parts."),
        )
    if code < 400:
        return problem.get_response()
    return _page(code, gettext("This did not work"), gettext("Nothing was changed. Go back and try again."))


def _our_mistake(problem: Exception) -> ResponseReturnValue:
    log.exception("our mistake on %s %s", request.method, request.url_rule)
    return _page(
        500,
        gettext("Something went wrong on our side"),
        gettext("What you had saved is kept. Try again in a minute; if it stays, tell us the reference below."),
    )
