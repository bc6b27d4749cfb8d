"""A simulation in the background: rosters are read, computed twice, and the result is kept for a month."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit, clock, files, work
from portal.audit import Event
from portal.auth.access import Right
from portal.errors import NotFound
from portal.files import StoredFile
from portal.installation import pack
from portal.scheme.calendars import Month
from portal.scheme.explain import words_to_json
from portal.schemes.candidates import Candidate, kept
from portal.schemes.reading import files_of
from portal.schemes.simulation import as_csv, outcome, paid_by, roster_of
from portal.words import Words, _
from portal.work import Kind, Order, Part, Tell, Work

#: The steps of one simulation: rosters, both sets of rules, the result.
STEPS = 4


def begin(
    session: Session, scheme: str, made: Candidate, month: Month, said: Mapping[str, str], *, by: int,
    back: str,
) -> Work:  # fmt: skip
    """Put a simulation down.  The same one again while it goes on: the same work."""
    payload = {
        "scheme": scheme, "file": str(made.file), "name": made.name, "month": str(month), "said": dict(said),
    }  # fmt: skip
    name = f"{scheme}/{made.file}/{month}/{json.dumps(said, sort_keys=True)}"
    return work.begin(session, SIMULATION, name, payload, employer=None, by=by, total=STEPS, back=back)


def result_of(session: Session, row: Work) -> dict[str, Any]:
    """The result of a simulation that is done."""
    name = next((file["file"] for file in row.files if file["name"] == "result.json"), None)
    content = session.scalar(select(StoredFile.content).where(StoredFile.public_id == UUID(name))) if name else None
    if content is None:
        raise NotFound(row.public_id)
    found: dict[str, Any] = json.loads(content)
    return found


def overlay_of(scheme: str) -> Path | None:
    """The fund's own file over a scheme in use."""
    return files_of(scheme, current_app.config["PORTAL"].fund_file).overlay


def _simulate(session: Session, order: Order, tell: Tell) -> Part:
    """All of it in one step: a simulation that is killed begins anew, and nothing was changed by it."""
    asked = order.payload
    before = pack(asked["scheme"])
    after = kept(session, before.id, UUID(asked["file"]), overlay_of(before.id)).pack
    month = Month.parse(asked["month"], before.calendar)
    tell(1, _("Reading the rosters"))
    roster = roster_of(session, before, month, list(dict.fromkeys((*before.components, *after.components))))
    tell(2, _("Working out the contributions of %(n)s people by the rules in force", n=roster.people))
    now = paid_by(before, month, roster, asked["said"]) if roster.people else None
    tell(3, _("Working out the contributions of %(n)s people by the candidate", n=roster.people))
    then = paid_by(after, month, roster, asked["said"]) if roster.people else None
    found = outcome(roster, now, then) if now and then else {"people": 0, "left_out": roster.left_out}
    found |= {"version": before.hash, "candidate": after.hash}
    audit.record(
        session, Event.SIMULATED, at=clock.now(), by=order.by, subject=f"file:{asked['file']}", scheme=before.id,
        month=asked["month"], file=asked["file"], people=roster.people,
    )  # fmt: skip
    made = [_keep(session, order, json.dumps(found).encode(), "result.json", "application/json", None)]
    if roster.people:
        name = f"simulation-{before.id}-{month}.csv"
        made.append(_keep(session, order, as_csv(found, before), name, "text/csv", _("Every employer (CSV)")))
    return Part(STEPS, _("Ready"), made, {})


def _keep(
    session: Session, order: Order, content: bytes, name: str, media_type: str, words: Words | None
) -> dict[str, Any]:
    row = files.keep(session, content, name=name, media_type=media_type, at=clock.real_now(), by=order.by)
    return {"file": str(row.public_id), "name": name} | ({"words": words_to_json(words)} if words else {})


SIMULATION = work.kind(
    Kind("simulation", Right.DECIDE.value, _("Trying a change of the rules"), _simulate, kept=timedelta(days=31))
)
