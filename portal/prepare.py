"""
Makes a bare machine ready: the pins in ``.venv``, and the libraries WeasyPrint draws with.

Runs on the system's Python, so it knows the standard library only.  Everything it does is
skipped when it is done already.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PACKAGES = {
    "apt-get": "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "dnf": "pango harfbuzz",
    "apk": "pango harfbuzz-subset fontconfig",
}
OLDEST = (3, 11)


def prepare(*, dev: bool = False) -> None:
    """Make ``.venv`` and see to the system libraries.  Ends with one clear line when it cannot."""
    if sys.version_info < OLDEST:
        sys.exit(f"portal: Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    _venv()
    _pins("requirements-dev.txt" if dev else "requirements.txt", also=None if dev else "requirements-dev.txt")
    libraries()


def _venv() -> None:
    if PYTHON.exists():
        return
    print("Making .venv …", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if done.returncode and _install(
        "apt-get", f"python3-venv python{sys.version_info.major}.{sys.version_info.minor}-venv"
    ):
        shutil.rmtree(VENV, ignore_errors=True)
        done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("portal: Python cannot make a virtual environment here. Type: apt-get install python3-venv")


def _pins(name: str, also: str | None) -> None:
    """Install the pins of *name* unless they, or those of *also* (which contain them), are in place."""
    for candidate in (name, also):
        if candidate and _stamp(candidate).exists():
            return
    print("Installing the pinned packages (about a minute, once) …", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*command, "--require-hashes", "-r", str(ROOT / name)], check=False)
    if done.returncode:
        sys.exit(f"portal: the packages of {name} could not be installed; the lines above say why.")
    _stamp(name).touch()


def _stamp(name: str) -> Path:
    digest = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()[:16]
    return VENV / f".{name}-{digest}"


def libraries() -> None:
    """WeasyPrint's system libraries: installed when we may, else the line to type."""
    if _drawable():
        return
    for manager, packages in PACKAGES.items():
        if shutil.which(manager):
            if _install(manager, packages) and _drawable():
                return
            verb = "add" if manager == "apk" else "install"
            sys.exit(f"portal: PDFs need some system libraries. Type: sudo {manager} {verb} {packages}")
    sys.exit("portal: PDFs need Pango and HarfBuzz. On a Mac type: brew install pango")


def _drawable() -> bool:
    # Asked in a child: the loader of a running process remembers what it did not find.
    check = f"import ctypes\nfor name in {LIBRARIES!r}: ctypes.CDLL(name)"
    if sys.platform == "darwin":
        return True
    return subprocess.run([sys.executable, "-c", check], capture_output=True, check=False).returncode == 0


def _install(manager: str, packages: str) -> bool:
    """Install system packages when that needs nobody's password."""
    if not shutil.which(manager):
        return False
    as_root: list[str] = []
    if os.geteuid() != 0:
        if (
            subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode
            if shutil.which("sudo")
            else True
        ):
            return False
        as_root = ["sudo", "-n"]
    print(f"Installing {packages} …", flush=True)
    if manager == "apt-get":
        subprocess.run([*as_root, manager, "update", "-qq"], check=False, stdout=subprocess.DEVNULL)
        options = ["install", "-y", "-qq", "--no-install-recommends"]
    else:
        options = ["add", "-q"] if manager == "apk" else ["install", "-y", "-q"]
    done = subprocess.run([*as_root, manager, *options, *packages.split()], check=False, stdout=subprocess.DEVNULL)
    return done.returncode == 0


def browser() -> None:
    """A Chromium for the journeys: installed when we may; without one they are skipped, and say so."""
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        _install("apt-get", "chromium")


if __name__ == "__main__":
    wants_dev = "--dev" in sys.argv
    prepare(dev=wants_dev)
    if wants_dev:
        browser()
