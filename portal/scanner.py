"""
A virus scanner, when a setting names one: clamd, spoken to in its own few words (``INSTREAM``).

``CLAMD_URL`` is ``unix:/run/clamav/clamd.ctl`` or ``tcp://host:3310``.  A scanner that is named and does not answer
lets nothing pass.
"""

from __future__ import annotations

import re
import socket
import struct
from typing import IO
from urllib.parse import urlsplit

#: Seconds until a scanner must have answered; its own limit for a file is 20 MB and more.
PATIENCE = 30.0
_CHUNK = 1 << 16
_LENGTH = struct.Struct("!I")
_LONGEST_ANSWER = 4096


class ScannerDown(Exception):
    """The scanner does not answer, or says that it cannot judge the file."""


def found_in(content: IO[bytes], scanner: str, *, patience: float = PATIENCE) -> str | None:
    """
    The name of what the scanner found in *content*, None when it found nothing.  *content* is read to its end.

    Raises `ScannerDown`.
    """
    try:
        with _connected(scanner, patience) as connection:
            connection.sendall(b"zINSTREAM\0")
            while chunk := content.read(_CHUNK):
                connection.sendall(_LENGTH.pack(len(chunk)) + chunk)
            connection.sendall(_LENGTH.pack(0))
            answer = _line(connection)
    except (OSError, ValueError) as failure:  # refused, closed, too late, or no address
        raise ScannerDown(type(failure).__name__) from None
    return _judged(answer)


def answers(scanner: str, *, patience: float) -> bool:
    """Whether the scanner is there: it is asked nothing but that.  *patience* is in seconds."""
    try:
        with _connected(scanner, patience) as connection:
            connection.sendall(b"zPING\0")
            return _line(connection) == "PONG"
    except (OSError, ValueError):
        return False


def _connected(scanner: str, patience: float) -> socket.socket:
    if scanner.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(patience)
        try:
            connection.connect(scanner.removeprefix("unix:").replace("//", "/"))
        except OSError:
            connection.close()
            raise
        return connection
    parts = urlsplit(scanner)
    return socket.create_connection((parts.hostname or "", parts.port or 3310), timeout=patience)


def _line(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
        more = connection.recv(_LONGEST_ANSWER)
        if not more:
            break
        answer += more
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")


def _judged(answer: str) -> str | None:
    """What ``stream: OK`` or ``stream: Eicar-Test-Signature FOUND`` says."""
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return None
    if said.endswith(" FOUND"):
        return re.sub(r"[^\w.\-]", "_", said.removesuffix(" FOUND"))[:80]  # their word goes into our log
    raise ScannerDown("no judgement")
