"""MT940: the statement of SWIFT, in the dialects of field 86; the mt-940 library reads its fields."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from mt940.models import Transactions
from mt940.options import Options
from mt940.parser import parse_statements

from portal.bank.reading.values import MOST_ENTRIES, Line, Statement, minor_of, tidy, wrong
from portal.words import _

#: The mark of an entry: what it does to the account, and whether it takes an earlier entry back.
MARKS = {"C": (1, False), "D": (-1, False), "RC": (-1, True), "RD": (1, True)}
#: Without these the library keeps field 86 as it came: its dialects are told apart here.
RAW: dict[str, Any] = {"post_transaction_details": []}
_SUBFIELD = re.compile(r"\?(\d\d)")
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|PURP|RREF)\+")
_SLASHED = re.compile(r"/(EREF|KREF|IREF|CREF|REMI|ORDP|NAME|IBAN|BIC|RTRN|PURP|BENM|ADDR|TRCD)/")
_RETURN = re.compile(r"\b(?:RTRN|RETURN(?:ED)?|R-TRANSACTION|IMPAYE|REJET)\b", re.IGNORECASE)


def is_mt940(text: str) -> bool:
    """Whether a file is of this format, by its first fields."""
    return bool(re.search(r"^:20:", text, re.MULTILINE) and re.search(r"^:6[01][FM]?:", text, re.MULTILINE))


def read_mt940(text: str) -> list[Statement]:
    """Every statement of a file; FileRefused names the first thing that cannot be read."""
    if len(re.findall(r"^:61:", text, re.MULTILINE)) > MOST_ENTRIES:
        raise wrong(_("The file has more than %(most)s entries. Ask the bank for shorter ones.", most=MOST_ENTRIES))
    _each_amount(text)
    try:  # never a text or bytes: the library would take those for the name of a file
        found = parse_statements(io.StringIO(text), processors=dict(RAW), options=Options.all())
    except (RuntimeError, ValueError, TypeError, KeyError, ArithmeticError, AttributeError, AssertionError):
        raise wrong(_unreadable(text)) from None
    if not found:
        raise wrong(_("There is no statement in the file. Ask the bank for an MT940 file."))
    return [_statement(one) for one in found]


def _each_amount(text: str) -> None:
    """The library is strict with the whole field; here the entry that cannot be read is named."""
    for entry, line in enumerate(re.findall(r"^:61:(.*)$", text, re.MULTILINE), 1):
        if not re.match(r"\d{6}(\d{4})?(R?[CD]|E[CD])[A-Z]?\d[\d,.]*[A-Z][A-Z0-9]{3}", line.strip()):
            words = _("“%(found)s” cannot be read. Ask the bank for the file again.", found=tidy(line)[:40])
            raise wrong(words, entry=entry, field=":61:")


def _unreadable(text: str) -> Any:
    fields = ", ".join(sorted(set(re.findall(r"^:(\d\d[A-Z]?):", text, re.MULTILINE)))) or "-"
    return _(
        "One of the fields %(fields)s cannot be read as MT940. Ask the bank for the file again.", fields=fields
    )  # fmt: skip


def _statement(one: Transactions) -> Statement:
    data = one.data
    opening, closing = _balance(data, "opening"), _balance(data, "closing")
    if opening is None or closing is None:
        raise wrong(_("The balance before or after the entries is missing."), field=":60F: :62F:")
    currency = opening[1]
    lines = [_line(place, currency, entry.data) for place, entry in enumerate(one, 1) if "status" in entry.data]
    days = [line.booking_day for line in lines]
    number = "/".join(filter(None, (str(data.get("statement_number") or ""), str(data.get("sequence_number") or ""))))
    return Statement(
        "mt940", str(data.get("account_identification") or ""), currency, number or "",
        min([opening[2], *days]), max([closing[2], *days]), opening[0], closing[0], lines,
    )  # fmt: skip


def _balance(data: Mapping[str, Any], which: str) -> tuple[int, str, date] | None:
    """An amount in minor units, its currency and its day."""
    found = data.get(f"final_{which}_balance") or data.get(f"intermediate_{which}_balance")
    if found is None:
        return None
    amount, currency = found.amount.amount, str(found.amount.currency).upper()
    minor = minor_of(format(abs(amount), "f"), currency, field=":60F: :62F:")
    return (-minor if amount < 0 else minor), currency, date(found.date.year, found.date.month, found.date.day)


def _line(place: int, currency: str, data: Mapping[str, Any]) -> Line:
    mark = str(data["status"]).upper()
    if mark not in MARKS:
        words = _("“%(found)s” is no mark of debit or credit. Ask the bank for the file again.", found=mark)
        raise wrong(words, entry=place, field=":61:")
    sign, reversal = MARKS[mark]
    amount = minor_of(format(abs(data["amount"].amount), "f"), currency, entry=place, field=":61:")
    value = data["date"]
    booked = data.get("entry_date") or value
    told = _details(str(data.get("transaction_details") or ""))
    customer = str(data.get("customer_reference") or "").strip()
    details = f"{told['additional']} {data.get('extra_details') or ''}"
    returned = told["return"] or (_found(details) if reversal or _RETURN.search(details) else "")
    return Line(
        position=place, amount=sign * amount, booking_day=date(booked.year, booked.month, booked.day),
        value_day=date(value.year, value.month, value.day), reversal=reversal, return_reason=tidy(returned),
        bank_reference=tidy(str(data.get("bank_reference") or "")),
        creditor_reference=tidy(told["creditor"]), end_to_end=tidy(told["end"]),
        instruction="" if customer.upper() == "NONREF" else tidy(customer), remittance=tidy(told["remittance"]),
        additional=tidy(details), payer_name=tidy(told["name"]), payer_account=tidy(told["account"]),
        code=tidy(str(data.get("id") or "")),
    )  # fmt: skip


def _found(details: str) -> str:
    found = _RETURN.search(details)
    return found.group(0) if found else ""


def _details(text: str) -> dict[str, str]:
    """Field 86 in its three dialects: ?20 sub-fields, /WORD/ sub-fields, and plain text."""
    told = dict.fromkeys(("creditor", "end", "remittance", "name", "account", "return", "additional"), "")
    flat = text.replace("\r", "").replace("\n", "")
    if _SUBFIELD.search(flat):
        return told | _questioned(flat)
    if _SLASHED.search(flat):
        return told | _slashed(flat)
    return told | {"additional": text}


def _questioned(flat: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    first, *rest = _SUBFIELD.split(flat)
    for code, value in zip(rest[::2], rest[1::2], strict=True):
        parts[code] = parts.get(code, "") + value
    purpose = "".join(parts.get(f"{code}", "") for code in [*range(20, 30), *range(60, 64)])
    sepa = dict(_pairs(_SEPA, purpose))
    end = sepa.get("EREF", "")
    return {
        "creditor": "", "end": "" if end.strip().upper() == "NOTPROVIDED" else end,
        "remittance": sepa.get("SVWZ", "") if sepa else purpose,
        "name": f"{parts.get('32', '')}{parts.get('33', '')}" or sepa.get("ABWA", ""), "account": parts.get("31", ""),
        "return": parts.get("34", "") if first[:3] in ("108", "109", "159") else "",
        "additional": f"{parts.get('00', '')} {sepa.get('KREF', '')} {purpose if sepa else ''}",
    }  # fmt: skip


def _slashed(flat: str) -> dict[str, str]:
    parts = dict(_pairs(_SLASHED, flat))
    remittance = parts.get("REMI", "")
    creditor = re.search(r"(?:STRD//)?CUR/+([A-Z0-9]+)", remittance) or re.search(r"//(RF\d\d\w+)", remittance)
    end = parts.get("EREF", "")
    return {
        "creditor": creditor.group(1) if creditor else parts.get("CREF", ""),
        "end": "" if end.strip().upper() == "NOTPROVIDED" else end,
        "remittance": re.sub(r"^(?:USTD|STRD)//", "", remittance).strip("/"),
        "name": parts.get("NAME", ""), "account": parts.get("IBAN", ""), "return": parts.get("RTRN", ""),
        "additional": f"{parts.get('KREF', '')} {parts.get('IREF', '')} {flat}",
    }  # fmt: skip


def _pairs(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    """Each code word with the text up to the next one."""
    pieces = pattern.split(text)
    yield from ((code, value.strip("/ ")) for code, value in zip(pieces[1::2], pieces[2::2], strict=True))
