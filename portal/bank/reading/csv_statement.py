"""A CSV statement by the layout its bank is known to write; without its balances, they are typed by the officer."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from portal.bank.reading.apart import answered, in_a_child
from portal.bank.reading.csv_layout import DAY_FORMATS, DEBIT_WORDS, DELIMITERS, Layout
from portal.bank.reading.values import MOST_ENTRIES, Line, Statement, minor_of, tidy, wrong
from portal.tabular.table import shown
from portal.words import _

#: The header stands within so many rows; above it, banks write who and when.
HEAD_ROWS = 40
TEXTS = ("remittance", "creditor_reference", "bank_reference", "additional", "payer_name", "payer_account")


def rows_of(content: bytes, encoding: str, delimiter: str) -> list[list[str]]:
    """Every row of the file, read in a child process; FileRefused for another encoding or an open quotation mark."""
    rows: list[list[str]] = in_a_child(f"{__name__}:serve", content, [encoding, delimiter])
    return rows


def serve(content: bytes, asked: list[str]) -> dict[str, Any]:
    """In the child: the rows, or the refusal."""
    return answered(lambda: _rows(content, *asked))


def _rows(content: bytes, encoding: str, delimiter: str) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except UnicodeDecodeError:
        words = _("The file is not in %(encoding)s. Choose the other encoding in the layout.", encoding=encoding)
        raise wrong(words) from None
    except csv.Error:
        raise wrong(_("A quotation mark is opened and never closed, or closed too early. Nothing was read.")) from None


def guess(content: bytes) -> tuple[Layout, list[list[str]]]:
    """A first layout for an unknown bank, without columns, and the rows to choose its header from."""
    try:
        content.decode("utf-8-sig")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "windows-1252"
    start = content[:20_000].decode(encoding, "replace")
    delimiter = max(DELIMITERS, key=lambda one: start.count(one))
    return Layout(delimiter, encoding), rows_of(content, encoding, delimiter)[:HEAD_ROWS]


def header_place(rows: Sequence[Sequence[str]], layout: Layout) -> int | None:
    """The row that names all columns of the layout; None where none does."""
    wanted = set(layout.columns.values())
    for place, row in enumerate(rows[:HEAD_ROWS]):
        if wanted <= {cell.strip() for cell in row}:
            return place
    return None


def read_csv_statement(
    content: bytes, layout: Layout, *, account: str, currency: str, balances: tuple[int, int] | None = None
) -> Statement:
    """One statement.  *balances* (before, after; minor units) are those typed, used where the file has no balance."""
    rows = rows_of(content, layout.encoding, layout.delimiter)
    head = header_place(rows, layout)
    if head is None:
        raise wrong(_("No row names the columns as this bank did before. Tell the layout of the file anew."))
    if len(rows) - head > MOST_ENTRIES:
        raise wrong(_("The file has more than %(most)s entries. Ask the bank for shorter ones.", most=MOST_ENTRIES))
    places = {cell.strip(): place for place, cell in enumerate(rows[head])}
    at = {role: places[name] for role, name in layout.columns.items()}
    lines = _lines(rows[head + 1 :], head + 2, at, layout, currency)
    if not lines:
        raise wrong(_("There is no entry in the file."))
    lines = _in_order(lines)
    opening, closing = balances or (None, None)
    if all(line.balance is not None for line in lines):
        opening, closing = (lines[0].balance or 0) - lines[0].amount, lines[-1].balance
        _chain(lines, opening)
    days = [line.booking_day for line in lines]
    return Statement("csv", account, currency, "", min(days), max(days), opening, closing, lines)


def _lines(
    rows: Sequence[Sequence[str]], first: int, at: Mapping[str, int], layout: Layout, currency: str
) -> list[Line]:
    lines: list[Line] = []
    for number, row in enumerate(rows, first):
        cells = {role: row[place].strip() if place < len(row) else "" for role, place in at.items()}
        day = cells.get("booking_day") or cells.get("value_day") or ""
        if not any(letter.isdigit() for letter in day):  # a blank row or a foot; the balances tell what is missing
            continue
        if cells.get("currency", currency).upper() not in ("", currency):
            words = _(
                "“%(found)s” is not the currency of the account, %(currency)s. Choose the right account.",
                found=shown(cells["currency"]), currency=currency,
            )  # fmt: skip
            raise wrong(words, entry=number, field=layout.columns["currency"])
        lines.append(_line(number, cells, layout, currency))
    return lines


def _line(number: int, cells: Mapping[str, str], layout: Layout, currency: str) -> Line:
    booked, value = cells.get("booking_day", ""), cells.get("value_day", "")
    booking = _day(booked or value, number, layout, "booking_day" if booked else "value_day")
    texts: dict[str, Any] = {role: tidy(cells.get(role, "")) for role in TEXTS}
    balance = _signed(cells["balance"], number, layout, "balance", currency) if cells.get("balance") else None
    return Line(
        position=number, amount=_amount(number, cells, layout, currency), booking_day=booking,
        value_day=_day(value, number, layout, "value_day") if value else booking, balance=balance, **texts,
    )  # fmt: skip


def _amount(number: int, cells: Mapping[str, str], layout: Layout, currency: str) -> int:
    if "amount" in cells:
        amount = _signed(cells["amount"], number, layout, "amount", currency)
        out = cells.get("sign", "").upper().rstrip(".") in DEBIT_WORDS
        return -abs(amount) if out else amount
    out_of, into = (
        abs(_signed(cells[role], number, layout, role, currency)) if cells[role] else 0 for role in ("debit", "credit")
    )
    if out_of and into:
        words = _("Money in and money out both stand in one row. Tell the layout of the file anew.")
        raise wrong(words, entry=number, field=layout.columns["credit"])
    return into - out_of


def _signed(text: str, number: int, layout: Layout, role: str, currency: str) -> int:
    """An amount with its sign: before it, behind it, in brackets, or as CR and DR."""
    plain = text.upper().replace(currency, "").replace("\u2212", "-").strip()
    out = plain.startswith(("-", "(")) or plain.endswith(("-", "DR", "D"))
    plain = plain.strip("+-() ").removesuffix("CR").removesuffix("DR").strip("CD ")
    minor = minor_of(plain, currency, mark=layout.mark, entry=number, field=layout.columns[role])
    return -minor if out else minor


def _day(text: str, number: int, layout: Layout, role: str) -> date:
    try:
        return datetime.strptime(text.split()[0] if " " not in layout.day_format else text,
                                 DAY_FORMATS[layout.day_format]).date()  # fmt: skip
    except ValueError:
        words = _(
            "“%(found)s” is not a day written as %(format)s. Tell the layout of the file anew.",
            found=shown(text), format=layout.day_format,
        )  # fmt: skip
        raise wrong(words, entry=number, field=layout.columns[role]) from None


def _in_order(lines: list[Line]) -> list[Line]:
    """The oldest first: many banks begin with the newest."""
    if lines[0].booking_day != lines[-1].booking_day:
        return lines if lines[0].booking_day < lines[-1].booking_day else lines[::-1]
    backwards = lines[::-1]
    return backwards if _breaks(lines) is not None and _breaks(backwards) is None else lines


def _breaks(lines: Sequence[Line]) -> Line | None:
    """The first entry after which the balance is not what it was and the amount."""
    for before, line in pairwise(lines):
        if before.balance is not None and line.balance is not None and before.balance + line.amount != line.balance:
            return line
    return None


def _chain(lines: Sequence[Line], opening: int) -> None:
    broken = _breaks(lines)
    if broken is not None:
        words = _("The balance after this row is not the one before it and the amount. A row is missing or changed.")
        raise wrong(words, entry=broken.position)
