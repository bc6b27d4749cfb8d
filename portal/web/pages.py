"""Lists in pages of fifty, downloads, and addresses that are safe to go back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from werkzeug.utils import secure_filename

PER_PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, its number (from 1), and how many there are in all."""

    rows: Sequence[Any]
    number: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // PER_PAGE))

    def url(self, number: int) -> str:
        """The address of another page of the same list, with the same filters."""
        # Names that begin with "_" steer url_for itself (another host, another scheme): never a visitor's.
        filters = {name: value for name, value in request.args.items() if not name.startswith("_")}
        args = {**filters, **(request.view_args or {}), "page": number}
        return url_for(request.endpoint or "", **args)


def page_number() -> int:
    """The page asked for in the address; 1 when it is missing or makes no sense."""
    text = request.args.get("page", "1")
    return int(text) if text.isdigit() and 0 < int(text) < 1_000_000 else 1


def download(content: bytes, name: str, media_type: str) -> Response:
    """A file to save, never to be shown inside the portal."""
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{secure_filename(name) or "file"}"'
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
