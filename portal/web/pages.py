"""Lists in pages of fifty, downloads, and addresses that are safe to go back to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response, abort, g, has_request_context, request, url_for
from werkzeug.utils import secure_filename

PER_PAGE = 50
#: What no file is called: ways to another folder, signs a shell or a disk reads, and what cannot be seen.
_OF_NO_NAME = re.compile(r"[/\\:*?\"<>|\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, its number (from 1), and how many there are in all."""

    rows: Sequence[Any]
    number: int
    total: int
    size: int = PER_PAGE

    def __post_init__(self) -> None:
        """Count what a page lists: whoever reads page after page for an employer is counted by it."""
        if has_request_context():
            g.rows_shown = g.get("rows_shown", 0) + len(self.rows)

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.size))

    def url(self, number: int) -> str:
        """The address of another page of the same list, with the same filters."""
        # Names that begin with "_" steer url_for itself (another host, another scheme): never a visitor's.
        filters = {name: value for name, value in request.args.items() if not name.startswith("_")}
        args = {**filters, **(request.view_args or {}), "page": number}
        return url_for(request.endpoint or "", **args)


def order(known: Sequence[str]) -> str:
    """The order a list is asked for in; the first of *known* when none is, 400 for one there is not."""
    asked = request.args.get("sort") or known[0]
    if asked not in known:
        abort(400)
    return asked


def page_number() -> int:
    """The page asked for in the address; 1 when it is missing or makes no sense."""
    text = request.args.get("page", "1")
    return int(text) if text.isdigit() and 0 < int(text) < 1_000_000 else 1


def download(content: bytes, name: str, media_type: str) -> Response:
    """A file to save, never to be shown inside the portal; its name also in letters beyond ASCII (RFC 6266)."""
    g.files_given = g.get("files_given", 0) + 1
    response = Response(content, mimetype=media_type)
    plain = secure_filename(name) or "file"
    own = _OF_NO_NAME.sub("_", name)[-200:]
    full = f"; filename*=UTF-8''{quote(own, safe='')}" if own != plain and own.strip("_. ") else ""
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}"{full}'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def safe_return(target: str | None) -> str | None:
    """*target* when it is an address of this portal, else None."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith("//")
        or "\\" in target
        or ":" in target.split("?")[0]
    ):
        return None
    return target if target.isprintable() else None
