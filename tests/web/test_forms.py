"""Every form that changes something proves where it comes from."""

from __future__ import annotations

import re

from config import ROOT

POSTING = re.compile(r'<form[^>]*method="post".*?</form>', re.DOTALL | re.IGNORECASE)


def test_every_form_that_posts_carries_its_token() -> None:
    templates = sorted((ROOT / "portal" / "templates").rglob("*.html"))
    forms = [(path.name, form) for path in templates for form in POSTING.findall(path.read_text(encoding="utf-8"))]
    assert len(forms) > 20
    bare = [name for name, form in forms if not re.search(r'csrf_token|csrf\(|name="csrf', form)]
    assert not bare
