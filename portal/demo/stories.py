"""Which story is told of which fund: the one for its schemes."""

from __future__ import annotations

from portal.demo import zambezi
from portal.demo.nepal import story as nepal
from portal.demo.story import Card, Story
from portal.errors import NotFound
from portal.installation import fund
from portal.scheme.fund import Fund

STORIES = (zambezi.STORY, nepal.STORY)


def known(institution: Fund) -> Story | None:
    """The story told of a fund with these schemes; None when there is none."""
    return next((story for story in STORIES if set(story.schemes) == set(institution.schemes)), None)


def of(institution: Fund) -> Story:
    """The same; NotFound when there is none."""
    story = known(institution)
    if story is None:
        raise NotFound("story")
    return story


def cards() -> tuple[Card, ...]:
    """Who one may come in as in the fund in use; nobody where no story is told of it."""
    story = known(fund())
    return story.cards if story else ()


def card_of(code: str) -> Card:
    """The card with this code; NotFound when there is none."""
    for card in cards():
        if card.code == code:
            return card
    raise NotFound(code)
