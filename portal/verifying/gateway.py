"""
What the payment gateway told, against the payments it led to and the entries of the bank that brought its money.

Each question gives the account's number, what it is about, what is expected and what was found, in minor units.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from portal.verifying.faults import Fault, asked

#: Booked means a payment that stands, of the same amount; anything else means that none stands.
_PAYMENT = """
    WITH standing AS (
        SELECT payment.id, payment.employer_id, payment.amount, payment.currency FROM payment
        WHERE NOT EXISTS (SELECT FROM payment_reversal WHERE payment_reversal.payment_id = payment.id)
    )
    SELECT coalesce(told.employer_id, standing.employer_id) AS employer_id, told.transaction AS about,
        CASE WHEN told.state IN ('booked', 'stuck') THEN told.amount ELSE 0 END AS expected,
        coalesce(standing.amount, 0) AS found
    FROM gateway_payment told LEFT JOIN standing ON standing.id = told.payment_id
    WHERE CASE WHEN told.state IN ('booked', 'stuck') THEN told.amount ELSE 0 END <> coalesce(standing.amount, 0)
        OR (standing.employer_id, standing.currency) <> (told.employer_id, told.currency)
"""
#: Every booking of a transaction has a name made from it: two that stand at once are one too many.
_TWICE = """
    SELECT payment.employer_id, told.transaction AS about, told.amount AS expected, payment.amount AS found
    FROM gateway_payment told JOIN payment
        ON payment.bank_reference = told.transaction AND payment.recorded_by IS NULL
        AND payment.id IS DISTINCT FROM told.payment_id
    WHERE NOT EXISTS (SELECT FROM payment_reversal WHERE payment_reversal.payment_id = payment.id)
        AND NOT EXISTS (SELECT FROM cash_move WHERE cash_move.payment_id = payment.id)
"""
PAYMENTS = {"gateway.payment": _PAYMENT, "gateway.twice": _TWICE}

_PAYOUT = """
    WITH held AS (SELECT payout_id, sum(amount) AS amount FROM gateway_part GROUP BY payout_id)
    SELECT entry.bank_account_id, payout.number AS about, coalesce(held.amount, 0) - payout.fee AS expected,
        entry.amount AS found
    FROM gateway_payout payout JOIN bank_entry entry ON entry.id = payout.entry_id
    LEFT JOIN held ON held.payout_id = payout.id
    WHERE coalesce(held.amount, 0) - payout.fee <> entry.amount OR payout.amount <> entry.amount
        OR payout.currency <> entry.currency
"""
#: What of a payout went to payments that stand; the rest of a part waits in suspense or was taken back.
_BEHIND = """
    WITH behind AS (
        SELECT payment_id, sum(CASE WHEN credit = 'employers' THEN amount ELSE -amount END) AS amount
        FROM cash_move WHERE payment_id IS NOT NULL GROUP BY payment_id
    )
    SELECT entry.bank_account_id, payout.number || ' ' || part.transaction AS about, part.amount AS expected,
        coalesce(behind.amount, 0) AS found
    FROM gateway_payout payout JOIN bank_entry entry ON entry.id = payout.entry_id
    JOIN gateway_part part ON part.payout_id = payout.id AND part.amount > 0
    JOIN gateway_payment told ON told.transaction = part.transaction AND told.provider = payout.provider
    LEFT JOIN behind ON behind.payment_id = told.payment_id
    WHERE told.state IN ('booked', 'stuck') AND coalesce(behind.amount, 0) <> part.amount
"""
_WAITING = """
    WITH waiting AS (
        SELECT part.payout_id, sum(part.amount) AS amount
        FROM gateway_part part JOIN gateway_payout payout ON payout.id = part.payout_id
        JOIN gateway_payment told ON told.transaction = part.transaction AND told.provider = payout.provider
        WHERE part.amount > 0 AND told.state = 'waiting' GROUP BY part.payout_id
    )
    SELECT entry.bank_account_id, payout.number AS about, coalesce(waiting.amount, 0) AS expected,
        entry.unsettled AS found
    FROM gateway_payout payout JOIN bank_entry entry ON entry.id = payout.entry_id
    LEFT JOIN waiting ON waiting.payout_id = payout.id
    WHERE coalesce(waiting.amount, 0) <> entry.unsettled
"""
PAYOUTS = {"gateway.payout": _PAYOUT, "gateway.behind": _BEHIND, "gateway.waiting": _WAITING}


def of_employers(session: Session) -> Iterator[Fault]:
    """Every difference between what the gateway told and the payments it led to."""
    yield from asked(session, PAYMENTS, "employer")


def of_payouts(session: Session) -> Iterator[Fault]:
    """Every difference between the gateway's payouts and the bank's entries of them."""
    yield from asked(session, PAYOUTS, "bank_account")
