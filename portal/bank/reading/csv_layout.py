"""How one bank writes its CSV statements: told once by an officer, remembered with the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.words import Words, _

#: How days are written, as an officer reads it, and as Python does.
DAY_FORMATS = {
    "YYYY-MM-DD": "%Y-%m-%d", "DD/MM/YYYY": "%d/%m/%Y", "DD.MM.YYYY": "%d.%m.%Y", "DD-MM-YYYY": "%d-%m-%Y",
    "MM/DD/YYYY": "%m/%d/%Y", "DD/MM/YY": "%d/%m/%y", "DD-MMM-YYYY": "%d-%b-%Y", "DD MMM YYYY": "%d %b %Y",
    "YYYYMMDD": "%Y%m%d",
}  # fmt: skip
DELIMITERS = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("upright line")}
ENCODINGS = {"utf-8": "UTF-8", "windows-1252": "Windows-1252"}
MARKS = {".": _("point: 1,234.50"), ",": _("comma: 1.234,50")}
#: What a column can be.
ROLES: Mapping[str, Words] = {
    "booking_day": _("Day it was booked"),
    "value_day": _("Value day"),
    "amount": _("Amount, with its sign"),
    "debit": _("Money out"),
    "credit": _("Money in"),
    "sign": _("Debit or credit, in a word"),
    "balance": _("Balance after it"),
    "currency": _("Currency"),
    "remittance": _("Text of the payer"),
    "creditor_reference": _("Payment reference"),
    "bank_reference": _("The bank's reference"),
    "additional": _("Text of the bank"),
    "payer_name": _("Who paid"),
    "payer_account": _("Account of who paid"),
}
#: Words that mean money out in a column of debit or credit.
DEBIT_WORDS = frozenset({"D", "DR", "DB", "DEBIT", "DBT", "DÉBIT", "S", "-", "OUT", "RETRAIT"})


@dataclass(frozen=True, slots=True)
class Layout:
    """Delimiter, encoding, decimal mark and days of a bank's CSV, and which column is what, by its name."""

    delimiter: str = ","
    encoding: str = "utf-8"
    mark: str = "."
    day_format: str = "YYYY-MM-DD"
    columns: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The same, to be kept with the account."""
        return {**asdict(self), "columns": dict(self.columns)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Layout | None:
        """What was kept; None where nothing was."""
        return cls(**kept) if kept else None

    def problem(self) -> Words | None:
        """What is missing before a file can be read with it."""
        has = self.columns.keys()
        if "booking_day" not in has and "value_day" not in has:
            return _("Say which column holds the day.")
        if "amount" in has:
            if {"debit", "credit"} & has:
                return _("Choose one column with the amount, or two with money in and money out; not both.")
            return None
        if not {"debit", "credit"} <= has:
            return _("Say which column holds the amount, or which two hold money in and money out.")
        return None
