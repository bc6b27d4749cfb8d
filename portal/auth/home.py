"""The front door: sends everybody to the page that matters to them, and shows the public one to the rest."""

from __future__ import annotations

from flask import Flask, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import column, select, table

from portal import clock, db
from portal.auth.models import Mandate
from portal.auth.service import fund_roles
from portal.db import day_range
from portal.installation import fund

_employer = table("employer", column("id"), column("number"))


def home() -> ResponseReturnValue:
    """Fund staff go to the fund's pages, an employer's people to their employer, an employee to their cover."""
    if not current_user.is_authenticated:
        return render_template("web/start.html")
    if current_user.kind == "employee":
        return redirect("/me/")
    today = clock.today(fund().timezone)
    with db.reading() as session:
        if fund_roles(session, current_user.id, today):
            return redirect("/fund/")
        numbers = session.scalars(
            select(_employer.c.number)
            .join(Mandate, Mandate.employer_id == _employer.c.id)
            .where(Mandate.account_id == current_user.id, day_range(today, Mandate.from_day, Mandate.to_day))
            .distinct()
        ).all()
    if len(numbers) == 1:
        return redirect(f"/employers/{numbers[0]}/")
    return redirect("/employers/" if numbers else "/registration/")


def fund_css() -> ResponseReturnValue:
    """The fund's colours, which a fund changes in its file and not in a stylesheet."""
    colours = fund().colours
    css = f":root{{--fund-brand:{colours.brand};--fund-on-brand:{colours.on_brand};--fund-pale:{colours.pale}}}"
    return css, 200, {"Content-Type": "text/css", "Cache-Control": "public, max-age=3600"}


def register(app: Flask) -> None:
    """The addresses that belong to no room."""
    app.add_url_rule("/", "home", home)
    app.add_url_rule("/fund.css", "fund_css", fund_css)
