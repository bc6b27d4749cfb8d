"""The fund's bank accounts: how each stands, a statement taken in, the layout of a bank's CSV."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, db, files
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.bank import accounts, importing, running
from portal.bank.confirming import proposals
from portal.bank.models import BankAccount, BankStatement
from portal.bank.pages import listing
from portal.bank.pages.forms import AccountForm, ImportForm, LayoutForm
from portal.bank.reading.csv_layout import ROLES, Layout
from portal.bank.reading.csv_statement import guess, rows_of
from portal.bank.running import Typed
from portal.errors import NotFound, Refused
from portal.files import StoredFile
from portal.installation import fund
from portal.tabular.table import FileRefused
from portal.web.filters import say
from portal.web.pages import PER_PAGE, Page, page_number
from portal.words import Words

bp = guarded(Blueprint("bank", __name__, url_prefix="/fund/bank"), fund_staff)


def today() -> date:
    """The day it is at the fund."""
    return clock.today(fund().timezone)


@bp.get("/")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """Every account and how it stands; what was imported last; the way to import."""
    return _index(ImportForm(None))


def _index(form: ImportForm, status: int = 200) -> ResponseReturnValue:
    with db.reading() as session:
        rows = listing.overview(session)
        form.offer([row.account for row in rows])
        last, works = listing.statements(session), running.under_way(session)
        _none, waiting = listing.entries(session, "waiting", today=today(), limit=1)
        to_confirm = sum(proposals.counts(session).values())
    return render_template(
        "bank/index.html", rows=rows, form=form, statements=last, works=works, waiting=waiting, proposals=to_confirm,
        may_import=Right.CASH in g.rights, may_add=Right.DECIDE in g.rights,
    ), status  # fmt: skip


@bp.route("/accounts/new", methods=["GET", "POST"])
@needs(Right.DECIDE)
def new_account() -> ResponseReturnValue:
    """Open an account of the fund here."""
    form = AccountForm()
    if not form.validate_on_submit():
        if request.method == "GET" and fund().bank:
            form.bank.data, form.number.data = fund().bank.bank, fund().bank.number
        return render_template("bank/account_new.html", form=form), 422 if form.errors else 200
    try:
        with db.writing() as session:
            accounts.add(
                session, bank=form.bank.data or "", number=form.number.data or "", currency=form.currency.data or "",
                scheme=form.scheme.data or None, by=current_user.id, at=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        return render_template("bank/account_new.html", form=form), refusal.status
    return redirect(url_for(".index"))


@bp.post("/import")
@needs(Right.CASH)
def take_in() -> ResponseReturnValue:
    """Take a statement in; the same file twice is refused, and changes nothing."""
    form = ImportForm()
    with db.reading() as session:
        form.offer(accounts.accounts(session))
    if not form.validate():
        return _index(form, 422)
    typed = form.typed()
    if form.errors:
        return _index(form, 422)
    content, name = form.file.data.read(), form.file.data.filename or "statement"
    try:
        if running.needs_layout(content, form.chosen):
            return _to_layout(content, name, typed)
        return _took_in(content, name, typed)
    except FileRefused as refused:
        form.file.errors = [_refusal(name, refused.problem.placed)]
    except Refused as refusal:
        form[refusal.field if refusal.field == "opening" else "file"].errors = [_refusal(name, refusal.words)]
    return _index(form, 422)


def _refusal(name: str, sentence: Words) -> str:
    return say(listing.not_imported(name, sentence))


def _keep(session: Session, content: bytes, name: str) -> StoredFile:
    """The file as it came; the same bytes are kept once."""
    kept = files.keep(
        session, content, name=name, media_type="application/octet-stream", at=clock.real_now(), by=current_user.id
    )
    same = (
        StoredFile.sha256 == kept.sha256,
        StoredFile.employer_id.is_(None),
        StoredFile.created_by == current_user.id,
    )
    first = session.scalars(select(StoredFile).where(*same).order_by(StoredFile.id)).first()
    if first is None or first.id == kept.id:
        return kept
    session.delete(kept)
    return first


def _to_layout(content: bytes, name: str, typed: Typed) -> ResponseReturnValue:
    with db.writing() as session:
        kept = _keep(session, content, name)
    before, after = typed.balances or (None, None)
    return redirect(
        url_for(".layout", bank_account=typed.account, file=kept.public_id, opening=before, closing=after)
    )  # fmt: skip


def _took_in(content: bytes, name: str, typed: Typed) -> ResponseReturnValue:
    with db.writing() as session:
        kept = _keep(session, content, name)
        if running.is_long(kept):
            running.begin_import(session, kept, typed, by=current_user.id)
            return redirect(url_for(".index"))
        made = running.take_in(session, kept, typed, by=current_user.id, at=clock.now())
    entries = sum(one.entries - one.known for one in made)
    flash(ngettext("One entry is new.", "%(num)s entries are new.", entries), "success")
    return redirect(url_for(".statement", statement=made[0].public_id))


@bp.route("/accounts/<uuid:bank_account>/layout/<uuid:file>", methods=["GET", "POST"])
@needs(Right.CASH)
def layout(bank_account: UUID, file: UUID) -> ResponseReturnValue:
    """Tell how a bank writes its CSV; then the file is taken in."""
    form = LayoutForm(opening=request.args.get("opening"), closing=request.args.get("closing"))
    with db.reading() as session:
        account = accounts.account_by_id(session, bank_account)
        kept = _uploaded(session, file)
        name, content = kept.name, kept.content
    try:
        rows, head, known = _sample(content, account)
        form.offer(rows[head] if rows else [], known)
        if request.method == "POST":
            return _told(form, account, name, content)
    except FileRefused as refused:
        flash(_refusal(name, refused.problem.placed), "error")
    except Refused as refusal:
        flash(_refusal(name, refusal.words), "error")
    return render_template(
        "bank/layout.html", form=form, account=account, name=name, rows=rows[: head + 6], head=head, roles=ROLES,
        known=request.form if request.method == "POST" else {f"column-{one}": to for one, to in known.columns.items()},
    ), 200 if request.method == "GET" else 422  # fmt: skip


def _sample(content: bytes, account: BankAccount) -> tuple[list[list[str]], int, Layout]:
    """The first rows, the one that names the columns, and what is known of the bank."""
    kept = Layout.from_json(account.layout)
    guessed, rows = guess(content)
    said = request.form
    if said.get("delimiter") and said.get("encoding") in ("utf-8", "windows-1252"):
        rows = rows_of(content, said["encoding"], said["delimiter"][:1])[:40]
    widest = max((sum(bool(cell.strip()) for cell in row) for row in rows), default=0)
    head = next((n for n, row in enumerate(rows) if sum(bool(cell.strip()) for cell in row) == widest), 0)
    return rows, head, kept or guessed


def _told(form: LayoutForm, account: BankAccount, name: str, content: bytes) -> ResponseReturnValue:
    typed = Typed(account.public_id, form.balances())
    with db.writing() as session:
        found = accounts.account_by_id(session, account.public_id)
        accounts.remember(session, found, form.layout(request.form))
    return _took_in(content, name, typed)


def _uploaded(session: Session, file: UUID) -> StoredFile:
    """A file this officer chose."""
    found = session.scalar(
        select(StoredFile).where(
            StoredFile.public_id == file, StoredFile.employer_id.is_(None), StoredFile.created_by == current_user.id
        )
    )
    if found is None:
        raise NotFound(file)
    return found


@bp.get("/statements/<uuid:statement>")
@needs(Right.FUND_VIEW)
def statement(statement: UUID) -> ResponseReturnValue:
    """One statement: whether it goes on where the last one ended, and every entry with what became of it."""
    number = page_number()
    with db.reading() as session:
        found = session.scalar(select(BankStatement).where(BankStatement.public_id == statement))
        if found is None:
            raise NotFound(statement)
        account = session.get_one(BankAccount, found.bank_account_id)
        rows, total = listing.entries(
            session, "all", today=today(), statement=found, limit=PER_PAGE, offset=(number - 1) * PER_PAGE
        )
        gap, works = importing.gap_before(session, found), running.under_way(session)
        to_confirm = sum(proposals.counts(session).values()) if Right.CASH in g.rights else 0
    return render_template(
        "bank/statement.html", statement=found, account=account, page=Page(rows, number, total), gap=gap, works=works,
        proposals=to_confirm,
    )  # fmt: skip
