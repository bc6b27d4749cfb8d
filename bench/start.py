"""From `python3 -m portal` to the first page: the second start, with the practice fund in place."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import Measure
from config import ROOT


def measures() -> list[Measure]:
    """The second start; and the first, which also makes the practice fund."""
    folder = Path(tempfile.mkdtemp(prefix="portal-start-"))
    folder.chmod(0o755)
    try:
        first, second = _start(folder), _start(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [
        Measure("first start with packages in place, practice fund made", first, 40_000),
        Measure("second start until the first page answers", second, 10_000),
    ]


def _start(folder: Path) -> int:
    """Milliseconds until it says where to look; then it is stopped."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "portal"],
        cwd=ROOT,
        env={**environment, "PORT": str(port), "VAR_DIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        if not any("is ready" in line for line in process.stdout):
            raise RuntimeError("the portal did not start")
        return int((time.monotonic() - began) * 1000)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(40)
        process.stdout.close()
