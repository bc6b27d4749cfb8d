"""The bill of a month, as its employer gets it."""

from __future__ import annotations

import re
from html import unescape

from portal.installation import calendar, pack
from portal.scheme.calendars import Month, month_in_words
from tests.chaos.visitor import Again, NotYet, Visitor, named

_BILL = re.compile(r"/account/bills/([0-9a-f-]{36})")


def bill_of(employer: Visitor, number: str, scheme: str, month: Month) -> str:
    """Where the bill of a month stands, made now if there is none; empty where credit has paid the month."""
    page = employer.get(f"/employers/{number}/account/?all=1").text
    name = f" {pack(scheme).short_name} {month_in_words(month, calendar())}<"
    for form in re.findall(r"<form[^>]*/charges/[^>]*>.*?</form>", page, re.DOTALL):
        if name in unescape(form) and (action := re.search(r'action="([^"]+)"', form)):
            if (made := employer.post(action.group(1))).status == 409:
                raise NotYet("credit has paid the month meanwhile")
            return f"/employers/{number}/account/bills/{named(_BILL, made)}"
    if number not in page:
        raise Again("not the account")
    return ""
