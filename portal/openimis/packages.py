"""The packages of openIMIS, in an environment of their own: they pin other releases of what the portal stands on."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence

from config import ROOT
from portal.wheels import CannotStart

PROJECT = ROOT / "core"
PINS = PROJECT / "requirements.txt"
VENV = ROOT / ".venv-core"
PYTHON = VENV / "bin" / "python"
#: Says what was installed where, once all of it is.
DONE = VENV / "installed"


def install() -> None:
    """Make sure that the packages are there, as the pins are now."""
    whole = f"{VENV} {hashlib.sha256(PINS.read_bytes()).hexdigest()}"
    if DONE.exists() and DONE.read_text() == whole:  # neither changed nor moved since
        return
    print("Installing openIMIS (about two minutes, once) …", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    commands: Sequence[Sequence[str]] = (
        [sys.executable, "-m", "venv", str(VENV)],
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", str(PINS)],
    )
    for command in commands:
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if ran.returncode:
            print(ran.stdout[-2000:], file=sys.stderr)
            raise CannotStart("openIMIS could not be installed; the lines above say why.")
    DONE.write_text(whole)
