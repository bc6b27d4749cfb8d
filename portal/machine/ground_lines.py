"""What the portal stands on: broker, room on the disks, the database, and which version of all of it this is."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from config import Config
from portal import installation, migrate
from portal.machine.looks import LEAST_FREE, of_broker
from portal.machine.within import within
from portal.opening.check import Check, done, look, missing
from portal.words import Words, _

#: Seconds the page waits for the broker.
BROKER_ANSWERS = 0.5
MB, GB = 1_000_000, 1_000_000_000
#: Of a disk, in hundredths: less free is worth a look.
LITTLE = 10
#: The folder of the code itself.
CODE = Path(__file__).resolve().parent.parent


def broker_line(config: Config) -> Check:
    """Whether the broker answers, asked now."""
    title = _("Broker")
    found = within(BROKER_ANSWERS, {"broker": lambda: of_broker(config.redis_url)})["broker"]
    if found and found["broker"]:
        return done("broker", title, _("It answers."))
    words = _("It does not answer: no job reaches a worker.")
    to_do = _("Start Redis or Valkey, or mend REDIS_URL. It may come back empty: nothing that counts lies in it.")
    return missing("broker", title, words, to_do)


def disk_lines(config: Config, database_bytes: int) -> Iterator[Check]:
    """Room for files, and for the database where it lies on this machine."""
    yield _disk("disk", _("Room for files"), config.var, _("%(free)s of %(total)s are free."))
    title, own, size = _("Room for the database"), config.var / "postgres", _size(database_bytes)
    if own.exists():
        words = _("The database takes %(size)s; %(free)s of %(total)s are free.")
        yield _disk("data", title, own.resolve(), words, size=size)
    else:
        words = _("The database takes %(size)s. Its disk is on its own server: watch it there.", size=size)
        yield done("data", title, words)


def _disk(code: str, title: Words, folder: Path, said: Words, **more: Words) -> Check:
    usage = shutil.disk_usage(folder)
    words = Words(said.msgid, {"free": _size(usage.free), "total": _size(usage.total), **more})
    to_do = _("Make room, or a larger disk: a full one stops everything, and nothing is lost by it.")
    if usage.free < LEAST_FREE:
        return missing(code, title, words, to_do)
    if usage.free * 100 < usage.total * LITTLE:
        return look(code, title, words, to_do)
    return done(code, title, words)


def _size(number: int) -> Words:
    if number >= 10 * GB:
        return _("%(number)s GB", number=number // GB)
    return _("%(number)s MB", number=number // MB)


def version_line(tables: str) -> Check:
    """Which code, which *tables* the database has, which packs."""
    title, wanted = _("Version"), migrate.head()
    packs = ", ".join(f"{pack.short_name} {pack.hash[:8]}" for pack in installation.packs().values())
    words = _("Code %(code)s, tables %(tables)s; rules: %(packs)s.", code=code(), tables=tables, packs=packs)
    if tables == wanted:
        return done("version", title, words)
    found = _("Code %(code)s expects tables %(wanted)s, and the database has %(tables)s.",
              code=code(), wanted=wanted, tables=tables)  # fmt: skip
    return missing("version", title, found, _("Type: flask --app wsgi migrate"))


@cache
def code() -> str:
    """A mark of the code that runs: the same on two machines that run the same."""
    digest = hashlib.sha256()
    for path in sorted(CODE.rglob("*.py")):
        digest.update(str(path.relative_to(CODE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]
