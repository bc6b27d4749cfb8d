"""
Under which reference something happens: one click of a visitor, and whatever follows from it in jobs, in messages that
leave the portal and at the core.  It is what the log writes on each line and what a page of failure shows.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: How a reference travels: on requests and answers, and on what is asked of the core.
HEADER = "X-Request-ID"

_SHAPE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{7,63}")
_reference: ContextVar[str] = ContextVar("reference", default="")


def new() -> str:
    """A reference of our own: eight letters and digits, short enough to be read out on the telephone."""
    return secrets.token_hex(4).upper()


def current() -> str:
    """The reference of what is going on; empty when nobody named one."""
    return _reference.get()


def follow(reference: str) -> None:
    """From here on, what happens belongs to *reference*; an empty one changes nothing."""
    if reference:
        _reference.set(reference)


def forget() -> None:
    """What was going on is over: what happens now belongs to nothing yet."""
    _reference.set("")


@contextmanager
def under(reference: str) -> Iterator[None]:
    """In here what happens belongs to *reference*; afterwards to what it belonged to before."""
    before = _reference.set(reference)
    try:
        yield
    finally:
        _reference.reset(before)


def taken_from(header: str | None) -> str:
    """
    The reference somebody else gave a request, or an empty text when it does not look like one.

    >>> taken_from("5f0e6f3a-7f0c-4f51-9a6e-4b1a0c0f9d11")
    '5f0e6f3a-7f0c-4f51-9a6e-4b1a0c0f9d11'
    >>> taken_from("Chanda Mulenga"), taken_from(None)
    ('', '')
    """
    return header if header and _SHAPE.fullmatch(header) else ""
