"""
camt.053 (statement) and camt.054 (notification) of ISO 20022, versions 02 to 08.

The XML is read without document types, entities and network (defusedxml), and not deeper than any bank nests it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from portal.bank.reading.values import MOST_ENTRIES, Line, Statement, iso_day, minor_of, tidy, wrong
from portal.tabular.table import FileRefused, shown
from portal.words import _

#: No element of either message stands so deep.
DEEPEST = 40
VERSIONS = range(2, 9)
_NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:(camt\.05\d)\.001\.(\d\d)\}Document")
#: What holds an account's entries, by message.
REPORTS = {"camt.053": "Stmt", "camt.054": "Ntfctn"}


def read_camt(content: bytes) -> list[Statement]:
    """Every statement or notification of a file; FileRefused names the first thing that cannot be read."""
    try:
        return list(_reports(content))
    except DefusedXmlException:
        words = _("The file names a document type or an entity. No bank needs one; nothing was read.")
        raise wrong(words) from None
    except (ParseError, ValueError, LookupError) as error:
        line = getattr(error, "position", (0, 0))[0]
        words = _("The file is not whole XML (line %(line)s). Download it from the bank again.", line=line)
        raise wrong(words) from None


def _reports(content: bytes) -> Iterator[Statement]:
    message, depth, some = "", 0, False
    for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            depth += 1
            if depth == 1:
                message = _message(str(element.tag))
            if depth > DEEPEST:
                raise wrong(_("The XML is nested deeper than a statement is. Nothing was read."))
            continue
        depth -= 1
        element.tag = str(element.tag).rpartition("}")[2]
        if element.tag == REPORTS[message]:
            some = True
            yield _statement(message, element)
            element.clear()
    if not some:
        raise wrong(_("There is no statement in the file. Ask the bank for camt.053 or camt.054."))


def _message(tag: str) -> str:
    found = _NAMESPACE.fullmatch(tag)
    if not found or found.group(1) not in REPORTS or int(found.group(2)) not in VERSIONS:
        words = _(
            "“%(found)s” is not read here. Ask the bank for camt.053 or camt.054, version 02 to 08.",
            found=shown(tag.strip("{").replace("}Document", "").rpartition(":")[2]),
        )
        raise wrong(words, field="Document")
    return found.group(1)


def _text(element: Element | None, *paths: str) -> str:
    """The first text that stands at one of the paths."""
    if element is None:
        return ""
    for path in paths:
        found = _find(element, path)
        if found is not None and found.text and found.text.strip():
            return found.text.strip()
    return ""


def _find(element: Element, path: str) -> Element | None:
    """The first element at a path of plain names; `Element.find` does the same several times slower."""
    step, _slash, rest = path.partition("/")
    if not rest:
        return element.find(step)
    return next((found for one in element.findall(step) if (found := _find(one, rest)) is not None), None)


def _all(element: Element, path: str) -> str:
    """Every text at a path; what a payer split in two lines is one reference."""
    return " ".join(one.text.strip() for one in element.iterfind(path) if one.text)


def _statement(message: str, element: Element) -> Statement:
    account = _text(element, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
    booked = [one for one in element.iterfind("Ntry") if _text(one, "Sts/Cd", "Sts") in ("BOOK", "")]
    currency = _text(element, "Acct/Ccy") or _currency(element, booked)
    lines: list[Line] = []
    for place, entry in enumerate(booked, 1):
        lines += _lines(place, len(lines), entry, currency)
        if len(lines) > MOST_ENTRIES:
            raise wrong(_("The file has more than %(most)s entries. Ask the bank for shorter ones.", most=MOST_ENTRIES))
    opening, closing = _balance(element, currency, "OPBD", "PRCD"), _balance(element, currency, "CLBD")
    if message == "camt.053" and (opening is None or closing is None):
        raise wrong(_("The balance before or after the entries is missing."), field="Bal")
    days = [line.booking_day for line in lines] + [one[1] for one in (closing,) if one]
    first, last = (_text(element, f"FrToDt/{name}DtTm", f"FrToDt/{name}Dt") for name in ("Fr", "To"))
    if first and last:
        days = [*days, iso_day(first, field="FrToDt"), iso_day(last, field="FrToDt")]
    if not days:
        days = [iso_day(_text(element, "CreDtTm"), field="CreDtTm")]
    number = _text(element, "Id") or _text(element, "ElctrncSeqNb", "LglSeqNb")
    return Statement(
        message, account, currency, number, min(days), max(days), opening[0] if opening else None,
        closing[0] if closing else None, lines,
    )  # fmt: skip


def _currency(element: Element, booked: list[Element]) -> str:
    for one in (*element.iterfind("Bal/Amt"), *(entry.find("Amt") for entry in booked)):
        if one is not None and one.get("Ccy"):
            return str(one.get("Ccy"))
    return ""


def _balance(element: Element, currency: str, *codes: str) -> tuple[int, date] | None:
    for code in codes:
        for one in element.iterfind("Bal"):
            if _text(one, "Tp/CdOrPrtry/Cd") == code:
                minor = _amount(one.find("Amt"), currency, None, f"Bal {code}")
                day = iso_day(_text(one, "Dt/Dt", "Dt/DtTm"), field=f"Bal {code}")
                return (-minor if _text(one, "CdtDbtInd") == "DBIT" else minor), day
    return None


def _amount(element: Element | None, currency: str, entry: int | None, field: str) -> int:
    text = (element.text or "") if element is not None else ""
    said = element.get("Ccy", currency) if element is not None else currency
    if said != currency:
        words = _(
            "The amount is in %(found)s, the account in %(currency)s. Ask the bank for the amount of the account.",
            found=shown(said), currency=currency,
        )  # fmt: skip
        raise wrong(words, entry=entry, field=field)
    return minor_of(text, currency, entry=entry, field=field)


def _lines(place: int, before: int, entry: Element, currency: str) -> list[Line]:
    """An entry, or each transaction of one booked as a batch, where their amounts add up to it."""
    total = _amount(entry.find("Amt"), currency, place, "Amt")
    details = list(entry.iterfind("NtryDtls/TxDtls"))
    parts = [_part(one, currency) for one in details]
    if len(details) > 1 and None not in parts and sum(part or 0 for part in parts) == total:
        return [
            _line(place, before + nth, entry, detail, part or 0)
            for nth, (detail, part) in enumerate(zip(details, parts, strict=True), 1)
        ]
    return [_line(place, before + 1, entry, details[0] if len(details) == 1 else None, total)]


def _part(detail: Element, currency: str) -> int | None:
    found = detail.find("Amt")
    if found is None:
        found = detail.find("AmtDtls/TxAmt/Amt")
    if found is None or found.get("Ccy", currency) != currency:
        return None
    try:
        return minor_of(found.text or "", currency)
    except FileRefused:
        return None


def _line(place: int, position: int, entry: Element, detail: Element | None, amount: int) -> Line:
    side = _text(entry, "CdtDbtInd")
    if side not in ("CRDT", "DBIT"):
        words = _("“%(found)s” is neither CRDT nor DBIT. Ask the bank for the file again.", found=shown(side))
        raise wrong(words, entry=place, field="CdtDbtInd")
    booked, value = (_text(entry, f"{name}/Dt", f"{name}/DtTm") for name in ("BookgDt", "ValDt"))
    if not booked and not value:
        raise wrong(
            _("The day it was booked is missing. Ask the bank for the file again."), entry=place, field="BookgDt"
        )
    ordered = _text(detail, "RltdDts/AccptncDtTm")
    return Line(
        position=position, amount=amount if side == "CRDT" else -amount,
        booking_day=iso_day(booked or value, entry=place, field="BookgDt"),
        value_day=iso_day(value or booked, entry=place, field="ValDt"),
        ordered_day=iso_day(ordered, entry=place, field="AccptncDtTm") if ordered else None,
        reversal=_text(entry, "RvslInd") in ("true", "1"),
        return_reason=tidy(_text(detail, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/AddtlInf")),
        bank_reference=tidy(_text(detail, "Refs/AcctSvcrRef") or _text(entry, "AcctSvcrRef")),
        code=tidy(_text(entry, "BkTxCd/Domn/Fmly/SubFmlyCd", "BkTxCd/Prtry/Cd")), **_told(entry, detail),
    )  # fmt: skip


def _told(entry: Element, detail: Element | None) -> dict[str, Any]:
    """The texts that came with it."""
    info = _text(entry, "AddtlNtryInf")
    if detail is None:
        return {"additional": tidy(info)}
    end, side = _text(detail, "Refs/EndToEndId"), "RltdPties/"
    supplementary = " ".join(
        text.strip() for extra in detail.iterfind("SplmtryData") for text in extra.itertext() if text.strip()
    )
    return {
        "creditor_reference": tidy(_all(detail, "RmtInf/Strd/CdtrRefInf/Ref")),
        "end_to_end": "" if end.upper() == "NOTPROVIDED" else tidy(end),
        "instruction": tidy(_text(detail, "Refs/InstrId")), "remittance": tidy(_all(detail, "RmtInf/Ustrd")),
        "additional": tidy(f"{_text(detail, 'AddtlTxInf')} {info} {supplementary}"),
        "payer_name": tidy(_text(detail, f"{side}Dbtr/Pty/Nm", f"{side}Dbtr/Nm", f"{side}UltmtDbtr/Nm")),
        "payer_account": tidy(_text(detail, f"{side}DbtrAcct/Id/IBAN", f"{side}DbtrAcct/Id/Othr/Id")),
    }  # fmt: skip
