"""An XLSX file is a zip archive of XML parts: what must hold before any of it is opened."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from posixpath import normpath
from xml.etree import ElementTree

from portal.tabular.table import FileRefused, Limits, refuse
from portal.words import _

CHUNK = 1 << 16
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def open_archive(content: bytes, limits: Limits) -> zipfile.ZipFile:
    """The archive, its table of contents checked; nothing is unpacked yet."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        raise damaged() from None
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if len(parts) > limits.parts:
        raise bomb(limits)
    if _WORKBOOK not in names:
        raise refuse("E_FILE_TYPE", _("This is not a CSV or XLSX file."))
    if len({name.lower() for name in names}) != len(names):
        raise refuse("E_ARCHIVE_DUP", _("The file holds the same part twice. Save it again from your spreadsheet."))
    if any(unsafe(name) for name in names):
        raise refuse("E_ARCHIVE_PATH", _("The file holds a part with an unsafe name. Save it again."))
    if any(part.flag_bits & 1 for part in parts):
        raise encrypted()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.unpacked_bytes or any(stretched(part, limits) for part in parts):
        raise bomb(limits)
    return archive


def unsafe(name: str) -> bool:
    """Would this name leave the folder it is unpacked into?"""
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name or "\0" in name


def stretched(part: zipfile.ZipInfo, limits: Limits) -> bool:
    """Does a part unpack to so many times its size that it was made to?  Small parts may: they repeat themselves."""
    return part.file_size > 1024 * 1024 and part.file_size > limits.ratio * max(part.compress_size, 1)


def chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A part piece by piece; a part whose size or checksum does not hold is damage."""
    try:
        with archive.open(name) as part:
            while chunk := part.read(CHUNK):
                yield chunk
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, zlib.error):
        raise damaged() from None


def forbid_declarations(archive: zipfile.ZipFile) -> None:
    """Refuse document types, which can name other files, in every XML part; the reader of sheets refuses them there."""
    for name in archive.namelist():
        if name.startswith("xl/worksheets/sheet") or not name.lower().endswith((".xml", ".rels")):
            continue
        before = b""
        for chunk in chunks(archive, name):
            if b"\0" in chunk:  # XML in UTF-16 would hide the word; no spreadsheet writes it
                raise damaged()
            if b"<!" in (seen := before + chunk) and (b"<!DOCTYPE" in seen or b"<!ENTITY" in seen):
                raise declarations()
            before = chunk[-16:]


def sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str, bool]]:
    """Each sheet in order: its name, the part that holds it, and whether it is visible."""
    try:
        # forbid_declarations() has been through both parts: there is no entity left to expand
        relations = ElementTree.fromstring(b"".join(chunks(archive, _RELATIONS)))  # noqa: S314
        workbook = ElementTree.fromstring(b"".join(chunks(archive, _WORKBOOK)))  # noqa: S314
    except (ElementTree.ParseError, KeyError):
        raise damaged() from None
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    sheets = [
        (sheet.get("name", ""), part_name(targets.get(sheet.get(_ID), "")), sheet.get("state", "visible") == "visible")
        for sheet in workbook.iter()
        if sheet.tag.rpartition("}")[2] == "sheet"
    ]
    held = set(archive.namelist())
    return [sheet for sheet in sheets if sheet[1] in held]


def part_name(target: str) -> str:
    """Where a relation of the workbook points: an absolute name, or one beside the workbook."""
    return target.lstrip("/") if target.startswith("/") else normpath(f"xl/{target}")


def damaged() -> FileRefused:
    """The refusal of a file that is not whole."""
    return refuse("E_CORRUPT", _("The file is damaged or incomplete. Save it again and upload it."))


def encrypted() -> FileRefused:
    """The refusal of a file with a password."""
    return refuse("E_ENCRYPTED", _("The file has a password. Remove it and upload the file again."))


def declarations() -> FileRefused:
    """The refusal of XML that could name other files."""
    return refuse("E_XML_DTD", _("The file holds XML declarations that are not allowed. Save it again."))


def bomb(limits: Limits) -> FileRefused:
    """The refusal of a file that is small only as long as it is packed."""
    most = limits.unpacked_bytes // (1024 * 1024)
    return refuse("E_ARCHIVE_BOMB", _("The file unpacks to more than we open (%(most)s MB). Save it again.", most=most))
