"""
Makes a bare machine ready: the pins in ``.venv``, and the libraries WeasyPrint draws with.

Runs on the system's Python, so it knows the standard library only.  Everything it does is
skipped when it is done already.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OLDEST = (3, 11)

#: What each package manager calls the libraries, and the command that installs without asking.
DRAWING = {
    "apt-get": ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
    "dnf": ("pango", "harfbuzz"),
    "apk": ("pango", "harfbuzz-subset", "fontconfig"),
}
COMMANDS = {"apt-get": "apt-get install -y --no-install-recommends", "dnf": "dnf install -y", "apk": "apk add"}


def prepare(*, dev: bool = False) -> None:
    """Make ``.venv`` and see to the system libraries.  Ends with one clear line when it cannot."""
    if sys.version_info < OLDEST:
        version = sys.version.split()[0]
        sys.exit(f"portal: Python 3.11 or newer is needed; this is {version}. With another: make run PYTHON=python3.12")
    system_packages()
    _venv()
    _pins("requirements-dev.txt" if dev else "requirements.txt", also=None if dev else "requirements-dev.txt")
    _sentences()


def system_packages() -> None:
    """What only the system's package manager has: installed when we may, else the line to type for all of it."""
    manager = next(filter(shutil.which, COMMANDS), "")
    packages = missing(manager)
    if not packages:
        return
    if not manager:
        sys.exit(f"portal: {' and '.join(packages)} are needed. Where there is Homebrew, type: brew install pango")
    if not may_install():
        sys.exit(f"portal: some system packages are missing. {to_type(manager, packages, shutil.which('sudo'))}")
    if not _install(manager, packages) or missing(manager):
        sys.exit(f"portal: {' '.join(packages)} could not be installed; the lines above say why.")


def missing(manager: str) -> list[str]:
    """The packages that are needed and not here, as *manager* calls them."""
    packages = []
    if not _has_venv() and not usable(VENV):
        packages.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if not _drawable():
        packages += DRAWING.get(manager, ("Pango", "HarfBuzz"))
    return packages


def to_type(manager: str, packages: Sequence[str], sudo: str | None) -> str:
    """A line with the command by which a person who may do so installs *packages*."""
    steps = [f"{COMMANDS[manager]} {' '.join(packages)}"]
    if manager == "apt-get":
        steps.insert(0, "apt-get update")  # a new machine has no lists yet
    return f"Type: {' && '.join(f'sudo {step}' for step in steps)}" if sudo else f"Type as root: {' && '.join(steps)}"


def _has_venv() -> bool:
    # Debian keeps the part of venv that brings pip in a package of its own.
    return importlib.util.find_spec("venv") is not None and importlib.util.find_spec("ensurepip") is not None


def _drawable() -> bool:
    return sys.platform == "darwin" or _loadable(*LIBRARIES)


def _loadable(*libraries: str) -> bool:
    # Asked in a child: the loader of a running process remembers what it did not find.
    check = f"import ctypes\nfor name in {libraries!r}: ctypes.CDLL(name)"
    return subprocess.run([sys.executable, "-c", check], capture_output=True, check=False).returncode == 0


def may_install() -> bool:
    """Whether system packages can be installed without anybody's password."""
    if os.geteuid() == 0:
        return True
    return bool(
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    )


def _install(manager: str, packages: Sequence[str]) -> bool:
    print(f"Installing {' '.join(packages)} …", flush=True)
    before = ["sudo", "-n"] if os.geteuid() != 0 else []
    before += ["env", "DEBIAN_FRONTEND=noninteractive"]
    if manager == "apt-get":
        _quietly([*before, "apt-get", "update", "-qq"])
        before += ["apt-get", "-o", "DPkg::Lock::Timeout=120", *COMMANDS[manager].split()[1:], "-qq"]
    else:
        before += COMMANDS[manager].split()
    return _quietly([*before, *packages])


def _quietly(command: Sequence[str]) -> bool:
    """Run it and show what it printed only when it failed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        print(done.stdout.strip(), file=sys.stderr, flush=True)
    return done.returncode == 0


def _venv() -> None:
    if usable(VENV):
        return
    print("Making .venv …" if not VENV.exists() else "Making .venv anew: it was moved, or not finished …", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    if not _quietly([sys.executable, "-m", "venv", str(VENV)]):
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("portal: Python cannot make a virtual environment here; the lines above say why.")


def usable(venv: Path) -> bool:
    """Whether *venv* is whole, was made where it lies, and still has its Python."""
    try:
        done = subprocess.run([venv / "bin" / "pip", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.returncode == 0 and str(venv) in done.stdout


def _pins(name: str, also: str | None) -> None:
    """Install the pins of *name* unless they, or those of *also* (which contain them), are in place."""
    for candidate in (name, also):
        if candidate and stamp(candidate).exists():
            return
    print("Installing the pinned packages (about a minute, once) …", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*command, "--require-hashes", "-r", str(ROOT / name)], check=False)
    if done.returncode:
        sys.exit(f"portal: the packages of {name} could not be installed; the lines above say why.")
    stamp(name).touch()


def stamp(name: str) -> Path:
    """The file that stands in ``.venv`` once the pins of *name*, as they are now, are installed."""
    digest = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()[:16]
    return VENV / f".{name}-{digest}"


def _sentences() -> None:
    """Make what programs read of every language: a server may not be allowed to write beside its programs."""
    if not _quietly([str(PYTHON), "-m", "portal.web.catalogue"]):
        sys.exit("portal: the sentences in other languages could not be made ready; the lines above say why.")


def browser() -> None:
    """A Chromium for the journeys: installed when we may; without one they are skipped, and say so."""
    if not shutil.which("apt-get"):
        return
    packages = [] if any(map(shutil.which, BROWSERS)) else ["chromium"]
    packages += [] if _loadable("libatomic.so.1") else ["libatomic1"]  # for what steers the browser
    if packages and not (may_install() and _install("apt-get", packages)):
        line = to_type("apt-get", packages, shutil.which("sudo"))
        print(f"The journeys in a browser cannot run yet. {line}", file=sys.stderr)


def main() -> None:
    """``python3 -m portal.prepare [--dev]``."""
    wants_dev = "--dev" in sys.argv
    prepare(dev=wants_dev)
    if wants_dev:
        browser()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nportal: stopped; the next start goes on from here.")
