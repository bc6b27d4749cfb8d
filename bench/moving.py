"""The whole practice fund written as files and read into an empty fund, every balance compared."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import psycopg

from bench import Measure
from bench._stage import milliseconds, stage
from config import ROOT
from portal import clock, installation, migrate
from portal.demo import fund_maker
from portal.moving import back, out


def measures() -> list[Measure]:
    """Export with everything, and the import into a database of its own."""
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-")) / "fund"
    with stage() as app:
        fund_maker.make(clock.today(installation.fund().timezone))
        url = app.config["PORTAL"].database_url
        gone = milliseconds(lambda: _leave(url, folder))
        came = milliseconds(lambda: _come(url.replace("portal_app@", "portal_owner@"), folder))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) // 1_000_000
    shutil.rmtree(folder.parent)
    return [Measure(f"practice fund exported ({size} MB) and read back, balances compared", gone + came, 60_000)]


def _leave(url: str, folder: Path) -> None:
    wanted = out.Wanted(clock.now(), migrate.head(), "bench")
    out.put(out.write(url, out.free_place(folder), installation.fund(), ROOT / "fund.toml", wanted), folder)


def _come(owner: str, folder: Path) -> None:
    """Into a second database beside the first."""
    with psycopg.connect(
        owner.replace("/portal?", "/postgres?").replace("portal_owner@", "postgres@"), autocommit=True
    ) as one:
        one.execute("CREATE DATABASE second OWNER portal_owner")
    second = owner.replace("/portal?", "/second?")
    migrate.upgrade(second)
    done = back.read(second, folder, installation.fund(), at=clock.now())
    if done.balances < 100:
        raise RuntimeError(f"only {done.balances} balances were compared")
