"""The form by which a candidate is brought."""

from __future__ import annotations

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField

from portal.web.forms import PortalForm


class CandidateForm(PortalForm):
    """One TOML file."""

    file = FileField(_l("Candidate"), description=_l("A whole pack, or a file to lay over the pack in use (TOML)."))

    def chosen(self) -> tuple[str, bytes] | None:
        """Name and content of the file; None with the reason beside the field."""
        sent = [one for one in request.files.getlist(self.file.name) if one.filename]
        if len(sent) != 1:
            self.file.errors = [gettext("Upload one file at a time.") if sent else gettext("Choose the file first.")]
            return None
        name = "".join(letter for letter in sent[0].filename or "" if letter.isprintable())
        with sent[0].stream as content:
            return name or "candidate.toml", content.read()
