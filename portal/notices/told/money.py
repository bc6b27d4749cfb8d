"""Bills, payments, late charges and credit."""

from __future__ import annotations

from datetime import date

from portal.notices.kinds import Audience, Channel, Kind, Place, Sort, Spec
from portal.notices.told.places import AMOUNT, DUE, MONTH, REASON, RECEIPT, SCHEME, SIGNING, WORKING
from portal.words import _

KINDS = (
    Spec(
        Kind.BILL_ISSUED,
        _("Bill drawn"),
        Audience.EMPLOYER,
        _("Bill {bill}: {amount} by {due}"),
        _(
            "A bill was drawn for {scheme}, {month}: {amount}, to be paid by {due}.\n\n"
            "Pay with the reference {reference}, so that the money finds its month."
        ),
        _("See the bill"),
        "/employers/{number}/account/bills/{bill_id}",
        {
            "bill": Place(Sort.TEXT, _("the number of the bill"), "B-2026-000071", required=True),
            "scheme": SCHEME, "month": MONTH, "amount": AMOUNT, "due": DUE,
            "reference": Place(Sort.TEXT, _("the reference to pay with"), "RF18 5390 0754 7034", required=True),
        },
        SIGNING,
        Channel.PORTAL,
    ),
    Spec(
        Kind.PAYMENT_RECEIVED,
        _("Payment received"),
        Audience.EMPLOYER,
        _("Payment received: {amount}"),
        _(
            "We received {amount} for {scheme}, which counts from {paid_on}. The receipt has the number {receipt}.\n\n"
            "The receipt says what the payment settled."
        ),
        _("See the receipt"),
        "/employers/{number}/account/receipts/{receipt_id}",
        {
            "amount": AMOUNT, "scheme": SCHEME, "receipt": RECEIPT,
            "paid_on": Place(Sort.DAY, _("the day the money counts from"), date(2026, 11, 8)),
        },
        SIGNING,
    ),
    Spec(
        Kind.RECEIPT_CANCELLED,
        _("Receipt cancelled"),
        Audience.EMPLOYER,
        _("Receipt {receipt} no longer holds"),
        _(
            "The payment of {amount} behind the receipt {receipt} was taken back. The reason:\n\n{reason}\n\n"
            "What it had settled is open again, and cover that rested on it may have ended. If you did pay, talk to us."
        ),
        _("See the receipt"),
        "/employers/{number}/account/receipts/{receipt_id}",
        {"receipt": RECEIPT, "amount": AMOUNT, "reason": REASON},
        SIGNING,
        fixed=True,
        contact=True,
    ),
    Spec(
        Kind.LATE_CHARGES,
        _("Late charges added"),
        Audience.EMPLOYER,
        _("Late charges were added to your account"),
        _("On {day} late charges were added to your account: {amount}.\n\nYour account shows how they came about."),
        _("See the account"),
        "/employers/{number}/account/",
        {"day": Place(Sort.DAY, _("the day they were reckoned to"), date(2026, 11, 11)), "amount": AMOUNT},
        SIGNING,
        Channel.DIGEST,
    ),
    Spec(
        Kind.CREDIT_THERE,
        _("Credit in the account"),
        Audience.EMPLOYER,
        _("You have {amount} of credit"),
        _(
            "{amount} in {scheme} settles nothing yet. It is kept for you and settles what comes next.\n\n"
            "If you paid too much by mistake, you can ask for it back."
        ),
        _("See the account"),
        "/employers/{number}/account/",
        {"scheme": SCHEME, "amount": AMOUNT},
        SIGNING,
    ),
    Spec(
        Kind.CREDIT_REFUNDED,
        _("Credit paid back"),
        Audience.EMPLOYER,
        _("{amount} is paid back to you"),
        _("{amount} of your credit in {scheme} is paid back to the bank account in your file."),
        _("See the account"),
        "/employers/{number}/account/",
        {"scheme": SCHEME, "amount": AMOUNT},
        SIGNING,
        fixed=True,
    ),
    Spec(
        Kind.CLAIM_CLOSED,
        _("Claim of money closed"),
        Audience.EMPLOYER,
        _("What became of {amount} that you claimed"),
        _("You told us of {amount}, paid on {paid_on}. {what}\n\nThe case has the number {case}."),
        _("See the case"),
        "/employers/{number}/cases/{case_id}",
        {
            "amount": AMOUNT,
            "paid_on": Place(Sort.DAY, _("the day the employer says it paid"), date(2026, 11, 8)),
            "what": Place(
                Sort.TEXT, _("what became of the money"),
                _("It is booked to your account. Receipt %(number)s says what it settled.", number="R-2026-000104"),
                required=True,
            ),
            "case": Place(Sort.TEXT, _("the number of the case"), "K1000018"),
        },
        WORKING,
        contact=True,
    ),
)  # fmt: skip
