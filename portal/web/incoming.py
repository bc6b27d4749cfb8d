"""What a request must be before anything looks at it: meant for this portal, sent from it, and readable in one way."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, request

#: Load balancers and monitors ask by address, not by name.
_BY_ADDRESS = ("/health", "/healthz", "/ready", "/metrics")
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


def register(app: Flask) -> None:
    """Look at every request before the guards do."""
    app.before_request(_check)


def _check() -> None:
    if not is_ours(request.host) and request.path not in _BY_ADDRESS:
        abort(400)  # somebody else's name: links in mails and caches would carry it on
    if has_control(request.path):
        abort(404)
    for name, values in request.args.lists():
        # Two values for one name are read differently by whoever looks first; lists are not asked for in addresses.
        if len(values) > 1 or name.endswith("]") or has_control(name) or has_control(values[0]):
            abort(400)
    if request.method not in _SAFE and not _sent_from_here():
        abort(400)


def is_ours(host: str) -> bool:
    """Whether a request's host is the one in BASE_URL; in practice also this machine, and any bare address."""
    name = _name_of(f"//{host}")
    if name == _name_of(current_app.config["BASE_URL"]):
        return True
    return not current_app.config["PORTAL"].production and (name == "localhost" or _is_address(name))


def has_control(text: str) -> bool:
    """Whether a text holds a character that nobody types in an address, such as NUL."""
    return any(letter < " " or letter == "\x7f" for letter in text)


def _sent_from_here() -> bool:
    """A browser says from where a form was sent; what is no browser says nothing and has its own proof."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site":
        return False
    origin = request.headers.get("Origin")
    own = {request.host, urlsplit(current_app.config["BASE_URL"]).netloc}
    return origin is None or urlsplit(origin).netloc in own


def _name_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
