"""What is raised for figures and answers that cannot be."""

from __future__ import annotations

from portal.words import Words


class Unusable(ValueError):
    """Something given cannot be used: *field* names it, *words* say what is wrong and what to do."""

    def __init__(self, field: str, words: Words) -> None:
        super().__init__(f"{field}: {words}")
        self.field = field
        self.words = words
