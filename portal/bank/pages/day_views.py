"""The fund's account day by day, by the book and by the bank, with what tells them apart; saved as a file."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.bank import reconciling
from portal.bank.accounts import account_by_id
from portal.bank.pages.views import today
from portal.bank.reading.values import digits_of
from portal.bank.reconciling import Day
from portal.tabular.amounts import AmountRule
from portal.tabular.writing import write_csv, write_xlsx
from portal.web.pages import download

bp = guarded(Blueprint("bank_days", __name__, url_prefix="/fund/bank/accounts"), fund_staff)

#: Days shown when none are asked for.
USUAL = 30
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/<uuid:bank_account>/days")
@needs(Right.FUND_VIEW)
def show(bank_account: UUID) -> ResponseReturnValue:
    """Every day with its balances; the days that differ come with the entries that may explain them."""
    first, last = _asked()
    with db.reading() as session:
        account = account_by_id(session, bank_account)
        rows = reconciling.days(session, account, first, last)
        notified = reconciling.only_notified(session, account, last)
        gaps = reconciling.gaps(session, account, last)
        unseen = reconciling.not_seen(session, account.currency, last)
    fields = [
        {"name": "from", "label": _("From"), "kind": "date", "value": str(first)},
        {"name": "to", "label": _("To"), "kind": "date", "value": str(last)},
    ]
    return render_template(
        "bank/days.html", account=account, days=rows, fields=fields, notified=notified, gaps=gaps, unseen=unseen,
        differ=[row for row in rows if row.difference], first=first, last=last,
    )  # fmt: skip


@bp.get("/<uuid:bank_account>/days.<any(csv, xlsx):ending>")
@needs(Right.FUND_VIEW)
def export(bank_account: UUID, ending: str) -> ResponseReturnValue:
    """The same days as a file."""
    first, last = _asked()
    with db.reading() as session:
        account = account_by_id(session, bank_account)
        days = reconciling.days(session, account, first, last)
    header = (
        _("Day"), _("Came in"), _("Went out"), _("By the book"), _("By the bank"), _("Difference"), _("In suspense")
    )  # fmt: skip
    rows = [_row(one, AmountRule(account.currency, digits_of(account.currency))) for one in days]
    content = write_xlsx(header, rows, ()) if ending == "xlsx" else write_csv(header, rows)
    return download(content, f"bank-{first}-{last}.{ending}", XLSX if ending == "xlsx" else CSV)


def _row(one: Day, rule: AmountRule) -> list[str | int | date | None]:
    amounts = (one.into, one.out, one.book, one.bank, one.difference, one.suspense)
    return [one.day, *("" if amount is None else rule.written(amount) for amount in amounts)]


def _asked() -> tuple[date, date]:
    """The days in the address; the last thirty where they make no sense."""
    try:
        first, last = (date.fromisoformat(request.args[name]) for name in ("from", "to"))
    except (KeyError, ValueError):
        return today() - timedelta(days=USUAL - 1), today()
    return (first, last) if first <= last <= today() else (today() - timedelta(days=USUAL - 1), today())
