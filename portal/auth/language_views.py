"""Choosing a language: back to the page one came from, in the other language."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, current_app, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from portal.auth.access import anyone, guarded
from portal.errors import NotFound
from portal.installation import fund

bp = guarded(Blueprint("language", __name__), anyone)


@bp.get("/language/<code>")
def choose(code: str) -> ResponseReturnValue:
    """
    The page the reader came from, in this language; the home page where that only answers a form.

    The way back is what the browser says, so that no page has to repeat its own address.
    """
    if code not in fund().languages:
        raise NotFound(code)
    path, query = _came_from()
    kept = [(name, value) for name, value in parse_qsl(query) if name != "lang"]
    return redirect(f"{path}?{urlencode([*kept, ('lang', code)])}", 303)


def _came_from() -> tuple[str, str]:
    """Path and query of the page the reader came from, where it is one of ours that can be opened."""
    page = urlsplit(request.referrer or "")
    if page.netloc != request.host:
        return "/", ""
    try:
        current_app.create_url_adapter(request).match(page.path, method="GET")  # type: ignore[union-attr]  # in a request
    except HTTPException:
        return "/", ""
    return page.path, page.query
