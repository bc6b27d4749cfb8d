"""A notice as a text message: its first paragraph, on one line, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.installation import fund
from portal.notices.models import Delivery, Notice
from portal.notices.text_message import cheapest
from portal.notices.written import Written, put_into_words


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One text message, ready to be handed over."""

    to: str
    text: str


def text_of(words: Written) -> str:
    """What a text message says: who writes, then the first paragraph."""
    return cheapest(f"{fund().short_name}: {words.short}")


def compose_text(session: Session, payload: Mapping[str, Any]) -> TextMessage | None:
    """The text message that a row of the outbox stands for; None when there is nothing to send any more."""
    found = session.execute(
        select(Delivery, Notice).join(Notice, Notice.id == Delivery.notice_id).where(Delivery.id == payload["delivery"])
    ).one_or_none()
    if found is None or found[0].state not in ("queued", "refused") or not found[0].address:
        return None
    delivery, notice = found
    (words,) = put_into_words(session, [notice], delivery.language)
    return TextMessage(delivery.address, text_of(words))
