"""The page of the search."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.auth.reads import note_read
from portal.officers.search import search

bp = guarded(Blueprint("search", __name__, url_prefix="/fund/search"), fund_staff)


@bp.get("")
@needs(Right.FUND_VIEW)
def show() -> ResponseReturnValue:
    """What fits the number or name typed, by kind; that a person was looked for and found is written down."""
    text = request.args.get("q", "").strip()[:100].replace("\x00", "")
    with db.reading() as session:
        found = search(session, text, g.rights)
    if persons := sum(len(one.hits) for one in found if one.code == "person"):
        note_read("search", persons=persons)
    return render_template("officers/search.html", text=text, found=found)
