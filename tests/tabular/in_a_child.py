"""Work for a child to do: what an attacker inside a reader would try."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from typing import Any


def size(content: bytes, asked: Any) -> list[Any]:
    """How much arrived, and what was asked."""
    return [len(content), asked]


def spin(_content: bytes, _asked: Any) -> None:
    """Work for ever."""
    while True:
        pass


def sleep(_content: bytes, _asked: Any) -> None:
    """Take no processor, only time."""
    time.sleep(60)


def grow(_content: bytes, asked: int) -> int:
    """Take *asked* bytes of memory."""
    return len(bytearray(asked))


def write(_content: bytes, path: str) -> None:
    """Leave something behind."""
    Path(path).write_bytes(b"x" * 10)


def fail(content: bytes, _asked: Any) -> None:
    """Stumble over what was given, and repeat it in the words of the fault."""
    raise ValueError(content.decode())


def end(_content: bytes, _asked: Any) -> None:
    """End without an answer."""
    os._exit(0)


def around(_content: bytes, _asked: Any) -> dict[str, Any]:
    """What there is to see: settings, open files, limits, modules that speak to others."""
    files = [
        os.readlink(f"/proc/self/fd/{number}") for number in range(32) if os.path.lexists(f"/proc/self/fd/{number}")
    ]
    talkers = sorted({"flask", "sqlalchemy", "psycopg", "redis", "celery"} & set(sys.modules))
    return {
        "environment": dict(os.environ),
        "files": files,
        "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
        "modules": talkers,
        "parent": os.getppid(),
    }
