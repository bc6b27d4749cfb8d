"""The sources of a pack: who cites them, and how sure what they say is."""

from __future__ import annotations

from portal.scheme.blocks.values import Missing, Source
from portal.scheme.packfile.reading import Section
from portal.words import Words, _

#: Where a rule can come from; see :class:`~portal.scheme.blocks.values.Source`.
KINDS = ("page", "law", "memory", "assumed", "decision")
#: What a fund may give as the reason for a value of its own.
_OF_A_FUND = ("page", "law", "decision")


class Sources:
    """The sources of one pack, which values cite them, and what is missing or not verified."""

    def __init__(self, content: Section) -> None:
        self._sections = dict(content.named("source"))
        self.by_key = {key: self._source(key, section) for key, section in self._sections.items()}
        self._used: set[str] = set()
        self.missing: list[Missing] = []
        self.unverified: list[Missing] = []

    def _source(self, key: str, section: Section) -> Source:
        is_of_a_fund = section.place.added
        kind = section.choice("kind", _OF_A_FUND if is_of_a_fund else KINDS)
        url = section.optional("url")
        if url is not None and not url.startswith(("http://", "https://")):
            section.wrong("url", _("this is no address of a page. Write it with https://."))
        day = section.day("date") if "date" in section or kind == "decision" else None
        source = Source(key, section.text("title"), url, kind, day)
        section.close()
        return source

    def read(self, section: Section) -> tuple[str, str | None]:
        """The source that a value names, as it is printed, and what is not verified about the value."""
        named = section.text("source")
        said = section.optional("unverified")
        if named not in self.by_key:
            if named:
                section.wrong("source", _("there is no [source.%(name)s]. Add it, or name another.", name=named))
            return named, said
        self._used.add(named)
        source = self.by_key[named]
        return str(source), said or _DOUBTS.get(source.kind)

    def cite(self, section: Section, what: Words | str) -> str:
        """The source of a rule; its doubts are noted."""
        return self.cited(section, what)[0]

    def cited(self, section: Section, what: Words | str) -> tuple[str, str | None]:
        """The source of a rule and what is not verified about it, noted under the name *what*."""
        source, doubt = self.read(section)
        if doubt:
            self.unverified.append(Missing.called(what, doubt, section.where))
        return source, doubt

    def lack(self, section: Section, what: Words | str, key: str = "unknown") -> str:
        """Why a whole rule is not known, noted under the name *what*."""
        why = section.text(key)
        self.missing.append(Missing.called(what, why, section.where))
        return why

    def close(self) -> None:
        """Note every source that nothing cites; of an overlaid pack only those of the overlay."""
        is_overlaid = any(section.place.added for section in self._sections.values())
        for key, section in self._sections.items():
            if key not in self._used and (not is_overlaid or section.place.added):
                section.wrong("title", _("nothing cites this source. Cite it, or remove it."))


def pgettext(_context: str, text: str) -> str:
    """Mark *text* for the translators among the words of packs, which are kept as text."""
    return text


#: What is said of a value whose source is none that can be looked up.
_DOUBTS = {
    "memory": pgettext("pack", "It is from memory; no public page was found."),
    "assumed": pgettext("pack", "It is assumed; nobody publishes it."),
}
