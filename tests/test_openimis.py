"""Our side of the test openIMIS: what it is told, without starting it; `make test-core` starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from config import ROOT, from_environment
from portal import installation
from portal.coverage.core_check import RIGHTS
from portal.openimis.packages import PINS
from portal.openimis.server import OpenImis


def test_everything_is_pinned_and_all_that_was_chosen_is_among_it() -> None:
    lines = [line for line in PINS.read_text().splitlines() if line and not line.startswith("#")]
    assert all("==" in line for line in lines)
    pinned = {line.lower().replace("_", "-") for line in lines}
    chosen = {line.lower().replace("_", "-") for line in PINS.with_suffix(".in").read_text().split()}
    assert chosen <= pinned


def test_it_is_seeded_with_the_funds_products_and_places_and_the_rights_the_check_asks_for(tmp_path: Path) -> None:
    config = from_environment({"VAR_DIR": str(tmp_path)})
    installation.use(ROOT / "fund.toml")
    rows = OpenImis(config).rows()
    assert set(rows["products"]) == set(installation.fund().products.values())
    assert rows["users"]["portal"]["rights"] == sorted(RIGHTS)
    assert [place["code"] for place in rows["places"]] == [one.code for one in installation.fund().locations]


def test_a_database_of_ones_own_is_handed_on_as_openimis_takes_it(tmp_path: Path) -> None:
    address = "postgresql://imis:p%40ss@db.example:5433/core"
    config = from_environment({"VAR_DIR": str(tmp_path), "CORE_DATABASE_URL": address})
    installation.use(ROOT / "fund.toml")
    told = OpenImis(config, MODE="PROD").environment("core")
    assert [told[name] for name in ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD", "DB_NAME")] == [
        "db.example", "5433", "imis", "p@ss", "core",
    ]  # fmt: skip
    assert told["MODE"] == "PROD"
    assert "DATABASE_URL" not in told


def test_the_portal_imports_nothing_of_openimis() -> None:
    code = "import sys, portal.openimis.server; print({'django', 'core', 'openIMIS'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def test_another_core_is_tried_on_data_of_its_own(tmp_path: Path) -> None:
    environ = {"VAR_DIR": str(tmp_path)}
    assert from_environment(environ).var == tmp_path
    assert from_environment({**environ, "CORE": "real"}).var == tmp_path / "real-core"
