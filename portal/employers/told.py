"""What schemes are told beside pay, for a page: each question with the answer that holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.employers.given import holding, in_words
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Input
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of a scheme with what holds of it: *words* None where nothing does, *since* None for a default."""

    rules: Pack
    asked: Input
    words: Words | None
    since: date | None


def answers_on(rules: Pack, asked: Iterable[Input], kept: Sequence[Any], day: date, start: str = "") -> list[Answer]:
    """What holds on *day* of each question, as people say it; *start* stands before the codes in the list kept."""
    found = []
    for one in asked:
        entries = [each for each in kept if start + one.code in each["said"] and each["from"] <= day.isoformat()]
        text = holding(entries, day).get(start + one.code, one.default)
        since = max((date.fromisoformat(each["from"]) for each in entries), default=None)
        words = None if text is None else _("%(answer)s", answer=in_words(rules, one.code, text))
        found.append(Answer(rules, one, words, since))
    return found
