"""The languages of a fund, and what the fund calls its own things in each of them."""

from __future__ import annotations

import re

from portal.scheme.packfile.reading import Section
from portal.words import _

_LANGUAGE = "[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?"


def languages(content: Section) -> tuple[str, ...]:
    """The codes of languages, each once."""
    found = content.texts("languages")
    for code in found:
        if not re.fullmatch(_LANGUAGE, code) or found.count(code) > 1:
            said = _('found %(found)s. Write each language once, by its code: "en", "fr".', found=code)
            content.wrong("languages", said)
    return found


def words(content: Section) -> dict[str, dict[str, str]]:
    """What the fund calls things in its other languages: [words.ne] with the text of the file and what readers get."""
    found: dict[str, dict[str, str]] = {}
    if "words" in content:
        section = content.section("words")
        for language in section.table.values:
            inner = section.section(language)
            found[language] = {text: inner.text(text) for text in inner.table.values}
            if language not in content.table.values.get("languages", ()):
                section.wrong(
                    language, _("the fund does not speak this language. Add it to languages, or remove this.")
                )
            inner.close()
        section.close()
    return found
