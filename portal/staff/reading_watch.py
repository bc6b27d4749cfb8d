"""After each page the fund's people see: what it showed is counted, and who reads too much is stopped."""

from __future__ import annotations

from flask import Flask, Response, current_app, g
from flask_login import current_user

from portal import clock, db
from portal.staff import reading
from portal.staff.reading import Most


def register(app: Flask) -> None:
    """Watch every page of *app*."""
    app.after_request(_count)


def _count(response: Response) -> Response:
    on_behalf = g.get("on_behalf") is not None
    if not (on_behalf or "fund_roles" in g) or response.status_code >= 400:
        return response
    persons, files = g.get("persons_shown", 0) + (g.get("rows_shown", 0) if on_behalf else 0), g.get("files_given", 0)
    if persons or files:
        config = current_app.config["PORTAL"]
        most = Most(config.read_persons_a_day, config.read_files_an_hour)
        with db.writing() as session:
            reading.note(session, current_user.id, persons=persons, files=files, most=most, at=clock.real_now())
    return response
