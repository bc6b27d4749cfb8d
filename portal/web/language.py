"""Which of the fund's languages a reader gets, and how to change it: ``?lang=fr``, kept in a cookie."""

from __future__ import annotations

from typing import NamedTuple

from babel import Locale
from flask import Flask, Response, current_app, has_request_context, request

from portal.installation import fund

_COOKIE = "language"
_A_YEAR = 365 * 24 * 3600  # seconds


class Choice(NamedTuple):
    """A language a reader may choose: its code, its own name, and the address that leads back in it."""

    code: str
    name: str
    address: str


def register(app: Flask) -> None:
    """Keep what a reader chose."""
    app.after_request(_remember)


def reader() -> str:
    """
    The reader's language: chosen just now, chosen before, or the first one the browser asks for.

    Where none of the fund's languages is asked for, and in a job, it is the fund's first.
    """
    offered = fund().languages
    if not has_request_context():
        return offered[0]
    for chosen in (request.args.get("lang"), request.cookies.get(_COOKIE)):
        if chosen in offered:
            return chosen
    return request.accept_languages.best_match(offered) or offered[0]


def choices() -> list[Choice]:
    """Every language of the fund; none where there is nothing to choose."""
    offered = fund().languages
    if len(offered) < 2:
        return []
    return [Choice(code, own_name(code), f"/language/{code}") for code in offered]


def own_name(code: str) -> str:
    """What a language calls itself, with a capital: Français."""
    name = Locale.parse(code, sep="-").get_display_name() or code
    return name[:1].upper() + name[1:]


def _remember(response: Response) -> Response:
    chosen = request.args.get("lang")
    if chosen in fund().languages and chosen != request.cookies.get(_COOKIE):
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(_COOKIE, chosen, max_age=_A_YEAR, secure=secure, httponly=True, samesite="Lax")
    return response
