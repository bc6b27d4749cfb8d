"""The one gate of every upload: no view sees a file before it passed, whichever form it came with."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, current_app, g, request
from flask_login import current_user
from werkzeug.datastructures import FileStorage, ImmutableMultiDict

from portal import audit, clock, db
from portal.audit import Event
from portal.errors import Refused
from portal.scanner import ScannerDown, found_in
from portal.tabular.table import shown
from portal.words import _


class ScannedRequest(Request):
    """A request whose files are scanned the moment somebody first looks for them: after the guards, before any form."""

    passed = False

    @property
    def files(self) -> ImmutableMultiDict[str, FileStorage]:
        """What was uploaded.  Raises `Refused` when the scanner finds something or does not answer."""
        self._load_form_data()
        found: ImmutableMultiDict[str, FileStorage] = self.__dict__["files"]
        if not self.passed:
            for _name, file in found.items(multi=True):
                pass_scanner(file)
            self.passed = True
        return found


def register(app: Flask) -> None:
    """Let every upload of *app* through the gate."""
    app.request_class = ScannedRequest


def pass_scanner(file: FileStorage) -> None:
    """Let one file pass, or refuse it; the audit log keeps its size and the finding, nothing of what it held."""
    scanner = current_app.config["PORTAL"].clamd_url
    if not scanner or not file.filename:
        return
    try:
        finding = found_in(file.stream, scanner)
    except ScannerDown:
        _record(Event.UPLOAD_NOT_SCANNED, file)
        words = _("Files cannot be checked for viruses at the moment. Nothing was kept. Try again in a few minutes.")
        raise Refused(words, status=422) from None
    file.stream.seek(0)
    if finding is not None:
        _record(Event.UPLOAD_INFECTED, file, finding=finding)
        raise Refused(_("%(name)s looks like a virus. It was not kept.", name=shown(file.filename)), status=422)


def _record(event: Event, file: FileStorage, **fields: Any) -> None:
    # A transaction of its own: the refusal undoes what the view had begun.
    size = file.stream.seek(0, 2)
    account = current_user.id if current_user.is_authenticated and current_user.kind == "account" else None
    employer = g.employer.id if "employer" in g else None
    with db.writing() as session:
        audit.record(
            session, event, at=clock.now(), by=account, employer=employer, subject=str(request.endpoint or ""),
            size=size, **fields,
        )  # fmt: skip
