"""The promises of docs/architecture.md, as tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = [*sorted((ROOT / "portal").rglob("*.py")), ROOT / "config.py", ROOT / "wsgi.py"]
TEMPLATES = sorted((ROOT / "portal" / "templates").rglob("*.html"))
LONGEST_MODULE = 300

#: What may stand only in some places, and why.
ONLY_IN = {
    r"\.commit\(": {"portal/db.py"},
    r"\bfloat\(": set(),
    r"\bNumeric\b": set(),
    r"datetime\.now\(|date\.today\(|datetime\.utcnow\(|time\.time\(": {"portal/clock.py"},
    r"^\s*(import weasyprint|from weasyprint)": {"portal/pdf.py"},
    r"os\.environ\b": {"config.py", "portal/supervisor.py", "portal/embedded.py", "portal/prepare.py"},
    r"\bpickle\b|yaml\.load|eval\(|exec\(": set(),
    # Chance for waiting times and the practice fund; a token's comes from `secrets`.
    r"^\s*(import random|from random)": {
        "portal/outbox.py",
        "portal/demo/life.py",
        "portal/demo/zambezi.py",
        "portal/demo/nepal/story.py",
        "portal/demo/story.py",
        "portal/demo/people.py",
        "portal/demo/large.py",
    },
    r"text\(f[\"']": set(),
    r"render_template_string": set(),
    r"TODO|FIXME|XXX": set(),
}


@pytest.mark.parametrize("pattern", ONLY_IN)
def test_some_things_stand_in_one_place_only(pattern: str) -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in CODE
        if re.search(pattern, path.read_text(), re.MULTILINE) and str(path.relative_to(ROOT)) not in ONLY_IN[pattern]
    }
    assert not found


def test_no_module_is_longer_than_one_can_read() -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in CODE if (n := len(path.read_text().splitlines())) > LONGEST_MODULE
    }
    assert not long


def test_templates_carry_no_style_no_script_and_trust_nothing() -> None:
    for path in TEMPLATES:
        if {"pdf", "mail"} & set(path.parts):  # documents have a stylesheet of their own; mail programs know none
            continue
        text = path.read_text()
        assert not re.search(r"\bstyle=|<style|\son\w+=|<script(?![^>]*\bsrc=)", text), path
        assert "|safe" not in text, path


def test_pins_carry_hashes_and_no_local_paths() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "file:" not in text
        assert "--index-url" not in text
        pins = [line for line in text.splitlines() if re.match(r"^[a-zA-Z0-9]", line)]
        assert all("==" in line for line in pins)
        assert text.count("--hash=sha256:") >= len(pins)
