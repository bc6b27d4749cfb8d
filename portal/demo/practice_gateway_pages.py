"""The pages of the practice gateway: a bill to pay, and what came of it.  Plain HTML, no portal around it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any

from portal.gateway.providers.messages import MOST
from portal.tabular.amounts import AmountRule, minor_of

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:1rem;color:#1a1a1a}"
    "header{background:#4b2e83;color:#fff;padding:.75rem 1rem;margin:-1rem -1rem 1rem}"
    "label,legend{font-weight:600}fieldset{border:0;padding:0;margin:1rem 0}legend{padding:0}"
    "input[type=text],input[type=date]{font:inherit;padding:.4rem;width:100%;max-width:20rem;box-sizing:border-box}"
    "div.way{margin:.25rem 0;padding:.5rem 0}div.way label{font-weight:400;padding:.5rem 0}"
    "button{font:inherit;background:#4b2e83;color:#fff;border:0;padding:.6rem 1.2rem}"
    ".bad{border-left:6px solid #b00020;padding:.5rem 1rem}dd{margin:0 0 .75rem}"
)
WAYS = {
    "at_once": "It works, and the portal hears of it at once",
    "twice": "It works, and the portal is told twice",
    "late": "It works, and the portal is told half a minute later",
    "silent": "It works, and the portal is never told (it has to ask)",
    "taken_back": "It works, and is taken back after twenty seconds",
    "wrong_number": "It works, but with a number nobody knows",
    "failed": "It fails",
}


def to_pay(bill: Mapping[str, Any], today: date, problem: str = "", typed: Mapping[str, str] | None = None) -> str:
    """The bill with the form that pays it; *typed* is kept."""
    said = {"amount": shown(bill["amount"], bill), "on": today.isoformat(), "way": "at_once", **(typed or {})}
    chosen = "".join(
        f'<div class="way"><input type="radio" name="way" id="{way}" value="{way}"'
        f'{" checked" if way == said["way"] else ""}><label for="{way}"> {words}</label></div>'
        for way, words in WAYS.items()
    )
    told = f'<p class="bad" role="alert">{escape(problem)}</p>' if problem else ""
    return _page(
        "Pay a bill",
        f"{told}{_facts(bill)}<form method='post'><input type='hidden' name='once' value='{secrets.token_hex(8)}'>"
        f"<p><label for='amount'>Amount</label><br><input type='text' inputmode='decimal' id='amount' name='amount' "
        f"value='{escape(said['amount'])}'></p>"
        f"<p><label for='on'>Day</label><br><input type='date' id='on' name='on' value='{escape(said['on'])}'></p>"
        f"<fieldset><legend>How shall it go?</legend>{chosen}</fieldset><button>Pay</button></form>"
        f"<p><a href='{escape(bill['back'])}'>Back to the portal without paying</a></p>",
    )


def paid(payment: Mapping[str, Any], back: str) -> str:
    """What was paid, and the way back."""
    return _page(
        "Paid",
        f"<p>The number of this payment is <b>{escape(payment['transaction'])}</b>. No money was moved.</p>"
        f"<p><a href='{escape(back)}'>Back to the portal</a></p>",
    )


def failed(bill: Mapping[str, Any]) -> str:
    """It did not work, and the way back."""
    return _page(
        "It did not work",
        f"<p>The payment failed, as you chose. Nothing was paid.</p><p><a href='/pay/{bill['control_number']}'>Try "
        f"again</a></p><p><a href='{escape(bill['back'])}'>Back to the portal</a></p>",
    )


def nothing() -> str:
    """No such bill."""
    return _page("Nothing here", "<p>There is no bill with this number. Open one from the portal.</p>")


def _facts(bill: Mapping[str, Any]) -> str:
    return (
        f"<dl><dt>Payer</dt><dd>{escape(bill['payer'])}</dd><dt>Bill</dt><dd>{escape(bill['number'])}</dd>"
        f"<dt>Number to quote</dt><dd>{escape(bill['control_number'])}</dd>"
        f"<dt>Amount</dt><dd>{escape(bill['currency'])} {grouped(bill['amount'], bill)}</dd>"
        f"<dt>Can be paid until</dt><dd>{escape(bill['expires_at'][:10])}</dd></dl>"
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title} - Practice Pay</title><style>{STYLE}</style><header>Practice Pay: no money is moved here"
        f"</header><main><h1>{title}</h1>{body}</main></html>"
    )


def shown(minor: int, bill: Mapping[str, Any]) -> str:
    """An amount of the bill's currency as it is typed."""
    digits = int(bill.get("digits", 2))
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def grouped(minor: int, bill: Mapping[str, Any]) -> str:
    """An amount as it is read."""
    digits = int(bill.get("digits", 2))
    return f"{Decimal(minor).scaleb(-digits):,.{digits}f}"


def amount_of(typed: str, bill: Mapping[str, Any]) -> int:
    """Minor units; ValueError in words for the payer."""
    found = minor_of(typed.strip(), AmountRule(bill["currency"], int(bill.get("digits", 2))))
    if not isinstance(found, int) or not 0 < found <= MOST:
        raise ValueError("Write the amount, such as 1200.00.")
    return found
