"""Which format a file is of, by what is in it; its name says nothing."""

from __future__ import annotations

from typing import Any

from portal.bank.reading.apart import answered, flat, in_a_child, statements_of
from portal.bank.reading.camt_file import read_camt
from portal.bank.reading.mt940_file import is_mt940, read_mt940
from portal.bank.reading.values import Statement, wrong
from portal.tabular.table import Limits
from portal.words import _

CAMT, MT940, CSV = "camt", "mt940", "csv"


def format_of(content: bytes) -> str:
    """camt, mt940 or csv.  FileRefused for what is none of them, is empty or too large."""
    if len(content) > Limits().file_bytes:
        raise wrong(_("The file is larger than 20 MB. Ask the bank for shorter ones."))
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise wrong(_("The file is empty."))
    if start.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")):
        raise wrong(_("This is not a bank's statement file. Ask the bank for CSV, MT940 or camt.053."))
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return CAMT
    return MT940 if is_mt940(text_of(content)) else CSV


def text_of(content: bytes) -> str:
    """A text in UTF-8, or as old machines write it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("windows-1252", "replace")


def read_statements(content: bytes, kind: str) -> list[Statement]:
    """The statements of a camt or MT940 file, read in a child process."""
    return statements_of(in_a_child(f"{__name__}:serve", content, kind))


def serve(content: bytes, kind: str) -> dict[str, Any]:
    """In the child: the statements, or the refusal."""
    return answered(lambda: flat(read_camt(content) if kind == CAMT else read_mt940(text_of(content))))
