"""
The sentences of the portal in the languages it speaks: ``portal/translations/fr/LC_MESSAGES/messages.po``.

``make messages`` collects every sentence of programs, templates and packs into those files; what stands
there in another language already is kept.  What programs read (``messages.mo``) is made from them
whenever it is missing or older, so nobody has to think of it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent.parent
TRANSLATIONS = ROOT / "portal" / "translations"
#: The context of what packs call their parts; see :func:`labels`.
PACK = "pack"
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "_l", "gettext", "lazy_gettext")),
    **dict.fromkeys(("_n", "ngettext"), (1, 2)),
    "pgettext": ((1, "c"), 2),
}
_HEADER = "# The sentences of the portal.  `make messages` keeps this file complete.\n#"
#: What would change with every writing, or says nothing.
_LEFT_OUT = ('"POT-Creation', '"PO-Revision', '"Last-Translator', '"Language-Team', '"Report-Msgid')
#: The keys of a pack whose text is read by people.
_IN_WORDS = ("name", "label", "unknown", "declaration_unknown", "unverified", "what", "why", "beneficiary")


def languages() -> tuple[str, ...]:
    """The languages there are sentences in besides English."""
    return tuple(sorted(file.parent.parent.name for file in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")))


def source(language: str) -> Path:
    """The file that translators write."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """All sentences of a language."""
    with source(language).open("rb") as file:
        return read_po(file, locale=language)


def ready() -> None:
    """Make what programs read wherever it is missing or older than what translators wrote."""
    for language in languages():
        po = source(language)
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns:
            _compile(read(language), mo)


def _compile(catalog: Catalog, mo: Path) -> None:
    # Several processes may do this at once: each writes a file of its own and puts it in place whole.
    try:
        handle, beside = tempfile.mkstemp(dir=mo.parent)
    except OSError:
        if mo.exists():  # an installation that may not be written to keeps what was made with it
            return
        raise
    with os.fdopen(handle, "wb") as file:
        write_mo(file, catalog)
    os.chmod(beside, 0o644)
    os.replace(beside, mo)


def collected() -> Catalog:
    """Every sentence of programs, templates and packs, with the files it stands in."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    catalog = Catalog(charset="utf-8")
    found = extract_from_dir(str(ROOT / "portal"), _below(methods), _below_options(options), KEYWORDS)
    for name, _line, message, _comments, context in found:
        if not isinstance(message, tuple) or all(isinstance(form, str) for form in message):
            catalog.add(message, locations=[(f"portal/{name}", 0)], context=context)
    return catalog


def _below(methods: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(pattern.removeprefix("portal/"), method) for pattern, method in methods]


def _below_options(options: dict[str, Any]) -> dict[str, Any]:
    return {pattern.removeprefix("portal/"): given for pattern, given in options.items()}


def update(template: Catalog) -> None:
    """Bring the file of every language to the sentences of *template*; those no longer said are left out."""
    for language in languages():
        catalog = read(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        save(catalog, language)


def save(catalog: Catalog, language: str) -> None:
    """Write the file of a language, always in the same order and without the time of day: two people can merge it."""
    catalog.header_comment = _HEADER
    for message in catalog:
        message.locations = sorted({(name, None) for name, _line in message.locations})  # type: ignore[misc]
    written = BytesIO()
    write_po(written, catalog, width=110, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    lines = written.getvalue().decode().splitlines(keepends=True)
    kept = (line for line in lines if not line.startswith(_LEFT_OUT))
    source(language).write_text("".join(kept), encoding="utf-8")


def untranslated(catalog: Catalog) -> list[Message]:
    """The messages that a reader of the language would still get in English."""
    return [each for each in catalog if each.id and (each.fuzzy or not all(_forms(each)))]


def _forms(message: Message) -> tuple[str, ...]:
    text = message.string
    return tuple(text) if isinstance(text, tuple | list) else (str(text or ""),)


def labels(
    file: IO[bytes], _keywords: object, _tags: object, options: object
) -> Iterator[tuple[int, str, tuple[str, str], list[str]]]:
    """What a pack says in words of its own: names, questions, doubts and gaps.  Read by Babel, by ``babel.cfg``."""
    import tomllib

    pack = tomllib.loads(file.read().decode())
    said: set[str] = set()
    for section, content in pack.items():
        if section not in ("source", "test"):
            _said(content, said)
    for one in pack.get("source", {}).values():
        if one.get("kind") in ("memory", "assumed"):  # what stands nowhere has no title of its own
            said.add(str(one.get("title", "")))
    said.discard("")
    for text in sorted(said):
        yield 1, "pgettext", (PACK, text), []


def _said(node: object, found: set[str]) -> None:
    if isinstance(node, list):
        for each in node:
            _said(each, found)
    elif isinstance(node, dict):
        for key, value in node.items():
            found.update(_words_at(key, value))
            _said(value, found)


def _words_at(key: str, value: object) -> list[str]:
    """The texts for people that stand under a key."""
    if isinstance(value, str):
        if key == "of" and "_" in value:  # a formula's word for a value
            return [value.replace("_", " ")]
        return [value] if key in _IN_WORDS else []
    if key == "choices" and isinstance(value, dict):
        return [str(each) for each in value.values()]
    return [str(each) for each in value] if key == "conditions" and isinstance(value, list) else []


def main() -> None:
    """``python -m portal.web.catalogue [messages]``: make what programs read, after collecting every sentence."""
    if "messages" in sys.argv:
        template = collected()
        update(template)
        for language in languages():
            left = len(untranslated(read(language)))
            name = Locale.parse(language).get_display_name("en")
            print(f"{name}: {len(template) - left} of {len(template)} sentences are translated.")
    ready()


if __name__ == "__main__":
    main()
