"""A name that shows wherever a page, a document or a table takes a name for more than a name."""

from __future__ import annotations

from html.parser import HTMLParser

#: A formula for a spreadsheet, an element and an attribute for a page, an expression for a template, SQL, a format.
CANARY = "=cmd|' /C calc'!A0\"'><xss-canary onx-canary=\"1\">{{7*7}}%s</style>';--"
ESCAPED = "&lt;xss-canary"
#: Where people of all kinds type what others read.
PLACES = {
    "person": ("surname", "first_name", "other_names", "phone", "email"),
    "employer": (
        "trade_name",
        "address",
        "contact_name",
        "phone",
        "email",
        "bank_name",
        "bank_account",
        "registration_number",
    ),
    "account": ("name", "phone", "office"),
    "registration": ("reason",),
    "employment": ("staff_number", "leave_reason"),
    "stored_file": ("name",),
    "case_entry": ("text",),
    "payroll_line": ("reason",),
    "payment": ("bank_reference",),
    "payment_reversal": ("reason",),
    "coverage_month": ("core_problem",),
}


class _Elements(HTMLParser):
    """Collects what the canary would have become."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        if "canary" in tag or any("canary" in name for name, _value in attrs):
            self.alive.append(str(self.get_starttag_text())[:200])


def alive(page: str) -> list[str]:
    """The elements and attributes of *page* that the canary became; none on a good page."""
    reader = _Elements()
    reader.feed(page)
    return reader.alive
