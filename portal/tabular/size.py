"""How large an uploaded table is, before it is read: to decide where it is read, never what it holds."""

from __future__ import annotations

import io
import zipfile

#: What a row of a sheet takes at least, unpacked: some eight cells of thirty bytes.
ROW_BYTES = 250


def about_rows(content: bytes) -> int:
    """
    Roughly how many rows an upload has, in a few milliseconds; 0 for what is no table at all.

    >>> about_rows(b"a,b\\n1,2\\n3,4\\n")
    3
    """
    if not content.startswith(b"PK"):
        return max(content.count(b"\n"), content.count(b"\r"))
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        return 0
    return sum(part.file_size for part in parts if part.filename.startswith("xl/worksheets/")) // ROW_BYTES
