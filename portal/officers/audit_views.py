"""What each colleague did: the audit log, filtered and in sentences; the chain that proves it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import audit_chain, db
from portal.audit_chain import AuditBlock
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.auth.reads import note_read
from portal.officers.audit_list import Logged, Wanted, every, listed
from portal.officers.audit_words import GROUPS
from portal.tabular.writing import Cell, write_csv
from portal.web.filters import say
from portal.web.pages import PER_PAGE, Page, download, page_number

bp = guarded(Blueprint("audit", __name__, url_prefix="/fund/audit"), fund_staff)


def _wanted() -> Wanted:
    """What the address narrows the log to; what makes no sense is left out."""

    def text(name: str) -> str:
        return request.args.get(name, "").strip()[:100].replace("\x00", "")

    group = text("event")
    return Wanted(
        text("who"), group if group in GROUPS else "", text("employer"), text("subject"), _day("first"), _day("last")
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _narrowed(wanted: Wanted) -> dict[str, Any]:
    """The same choice as an address carries it."""
    kept = {
        "who": wanted.who, "event": wanted.group, "employer": wanted.employer, "subject": wanted.subject,
        "first": wanted.first, "last": wanted.last,
    }  # fmt: skip
    return {name: str(value) for name, value in kept.items() if value}


def _fields(wanted: Wanted) -> list[dict[str, object]]:
    groups = [("", _("Everything")), *((code, say(words)) for code, words in GROUPS.items())]
    return [
        {"name": "who", "label": _("Name or e-mail address of who did it"), "value": wanted.who},
        {"name": "event", "label": _("What"), "value": wanted.group, "options": groups},
        {"name": "employer", "label": _("Employer number"), "value": wanted.employer},
        {"name": "subject", "label": _("Reference of what it is about"), "value": wanted.subject},
        {"name": "first", "label": _("From the day"), "value": wanted.first or "", "kind": "date"},
        {"name": "last", "label": _("To the day"), "value": wanted.last or "", "kind": "date"},
    ]


@bp.get("")
@needs(Right.AUDIT)
def index() -> ResponseReturnValue:
    """The newest events first; fifty a page."""
    wanted, number = _wanted(), page_number()
    with db.reading() as session:
        rows, total = listed(session, wanted, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        block, waiting = audit_chain.latest(session), audit_chain.unsealed(session)
    return render_template(
        "officers/audit.html", page=Page(rows, number, total), filters=_fields(wanted), block=block, waiting=waiting,
        export=url_for(".file", **_narrowed(wanted)),
    )  # fmt: skip


@bp.get("/audit.csv")
@needs(Right.AUDIT)
def file() -> ResponseReturnValue:
    """Exactly the list that is shown, all its pages, as a file; that it was saved is written down."""
    wanted = _wanted()
    header = [
        _("Number"), _("When"), _("Who"), _("What happened"), _("Event"), _("Employer number"), _("Employer"),
        _("Reference"),
    ]  # fmt: skip
    with db.reading() as session:
        content = write_csv(header, (_cells(one) for one in every(session, wanted)))
    note_read("audit", persons=0)
    return download(content, "audit.csv", "text/csv")


def _cells(one: Logged) -> list[Cell]:
    event = one.event
    who = one.who or (_("an employee") if one.person else _("the portal or a visitor"))
    facts: list[Cell] = [event.id, event.at.isoformat(timespec="seconds"), who, say(one.words), event.event]
    return [*facts, one.employer_number, one.employer_name, event.subject]


@bp.get("/blocks.csv")
@needs(Right.AUDIT)
def blocks() -> ResponseReturnValue:
    """Every block of the chain with its hash, to be kept somewhere else."""
    header = ["number", "from_id", "to_id", "count", "sealed_at", "rows_hash", "previous", "hash"]
    with db.reading() as session:
        found = session.query(AuditBlock).order_by(AuditBlock.number).all()
    rows = ([_block_cell(one, name) for name in header] for one in found)
    return download(write_csv(header, rows), "audit-blocks.csv", "text/csv")


def _block_cell(block: AuditBlock, name: str) -> Cell:
    value: Cell | datetime = getattr(block, name)
    return value.isoformat() if isinstance(value, datetime) else value
