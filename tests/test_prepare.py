"""A bare machine: what is missing is said once, with the command to type; what was begun is begun anew."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from portal import prepare


def test_before_anything_is_installed_only_the_standard_library_is_needed() -> None:
    command = [sys.executable, "-S", "-c", "import portal.__main__, portal.prepare"]
    subprocess.run(command, cwd=prepare.ROOT, check=True)


def test_one_line_installs_all_that_is_missing() -> None:
    line = prepare.to_type("apt-get", ["python3.11-venv", "libpango-1.0-0"], "/usr/bin/sudo")
    assert line == (
        "Type: sudo apt-get update && sudo apt-get install -y --no-install-recommends python3.11-venv libpango-1.0-0"
    )


def test_where_there_is_no_sudo_the_line_does_not_name_it() -> None:
    assert prepare.to_type("dnf", ["pango"], None) == "Type as root: dnf install -y pango"


def test_a_python_that_is_too_old_is_told_which_one_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"^portal: Python 3\.11 or newer is needed; .*PYTHON="):
        prepare.prepare()


def test_what_tests_run_in_is_usable() -> None:
    assert prepare.usable(prepare.VENV) == (Path(sys.prefix).resolve() == prepare.VENV)


def test_an_environment_that_was_begun_only_is_not_usable(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    assert not prepare.usable(tmp_path)


def test_an_environment_that_was_moved_is_not_usable(tmp_path: Path) -> None:
    """Its commands name the place they were made in."""
    (tmp_path / "bin").mkdir()
    shutil.copy(Path(sys.prefix) / "bin" / "pip", tmp_path / "bin" / "pip")
    assert not prepare.usable(tmp_path)


def test_an_environment_whose_python_is_gone_is_not_usable(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    pip = tmp_path / "bin" / "pip"
    pip.write_text("#!/nowhere/bin/python\n")
    pip.chmod(0o755)
    assert not prepare.usable(tmp_path)


def test_other_pins_are_installed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    (tmp_path / "requirements.txt").write_text("flask==3.1.3\n")
    before = prepare.stamp("requirements.txt")
    (tmp_path / "requirements.txt").write_text("flask==3.1.4\n")
    assert prepare.stamp("requirements.txt") != before
