"""What the clients asked and what they were answered."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any


class History:
    """What was asked and what was answered, a JSON line each."""

    def __init__(self, path: Path) -> None:
        self._file, self._lock, self._began = path.open("w"), threading.Lock(), time.monotonic()
        self.lines: list[dict[str, Any]] = []

    def note(self, event: str, **facts: Any) -> None:
        """One more line."""
        line = {"at": round(time.monotonic() - self._began, 3), "event": event, **facts}
        with self._lock:
            self.lines.append(line)
            if not self._file.closed:  # a client that could not be waited for
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()

    def acknowledged(self, deed: str) -> list[dict[str, Any]]:
        """The deeds of this kind that the client was told are done."""
        return [line for line in self.lines if line["event"] == "acknowledged" and line["deed"] == deed]

    def close(self) -> None:
        """No more lines."""
        self._file.close()
