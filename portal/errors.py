"""What can go wrong on purpose.  Anything else is our own mistake and a 500 page."""

from __future__ import annotations

from portal.words import Words


class Refused(Exception):
    """
    The portal will not do this, and says why in words the reader can act on.

    Shown as it stands.  *field* names the form field it belongs to, when there is one;
    *status* is the HTTP status of the page (409: it no longer fits what is stored).
    """

    def __init__(self, words: Words, *, field: str | None = None, status: int = 409) -> None:
        super().__init__(str(words))
        self.words = words
        self.field = field
        self.status = status


class NotFound(Exception):
    """No such thing, or not yours: the two are never told apart."""
