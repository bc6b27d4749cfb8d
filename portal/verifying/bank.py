"""
The fund's side of the book against what the banks sent: statements, entries, suspense, and the payments they made.

Each question gives the account's number, what it is about, what is expected and what was found, in minor units.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from portal.verifying.faults import Fault, asked

_ENTRY = """
    SELECT entry.bank_account_id, entry.booking_day || ' ' || entry.id AS about, entry.amount AS expected,
        coalesce(sum(CASE WHEN debit = 'bank' THEN cash_move.amount WHEN credit = 'bank' THEN -cash_move.amount END), 0)
            AS found
    FROM bank_entry entry LEFT JOIN cash_move ON cash_move.entry_id = entry.id
    GROUP BY entry.id
    HAVING entry.amount <> coalesce(
        sum(CASE WHEN debit = 'bank' THEN cash_move.amount WHEN credit = 'bank' THEN -cash_move.amount END), 0)
        OR count(*) FILTER (WHERE 'bank' IN (debit, credit)) <> 1
"""
_SUSPENSE = """
    SELECT entry.bank_account_id, entry.booking_day || ' ' || entry.id AS about, entry.unsettled AS expected,
        coalesce(sum(CASE WHEN credit = 'suspense' THEN cash_move.amount
            WHEN debit = 'suspense' THEN -cash_move.amount END), 0) AS found
    FROM bank_entry entry LEFT JOIN cash_move ON cash_move.entry_id = entry.id
    GROUP BY entry.id
    HAVING entry.unsettled <> coalesce(sum(CASE WHEN credit = 'suspense' THEN cash_move.amount
            WHEN debit = 'suspense' THEN -cash_move.amount END), 0)
"""
_PAYMENT = """
    WITH went AS (
        SELECT bank_account_id, payment_id,
            sum(CASE WHEN credit = 'employers' THEN amount ELSE -amount END) AS amount
        FROM cash_move WHERE payment_id IS NOT NULL GROUP BY bank_account_id, payment_id
    )
    SELECT went.bank_account_id, coalesce(receipt.number, payment.public_id::text) AS about,
        CASE WHEN reversal.id IS NULL THEN payment.amount ELSE 0 END AS expected, went.amount AS found
    FROM went JOIN payment ON payment.id = went.payment_id
    LEFT JOIN receipt ON receipt.payment_id = payment.id
    LEFT JOIN payment_reversal reversal ON reversal.payment_id = payment.id
    JOIN bank_account ON bank_account.id = went.bank_account_id
    WHERE (went.amount <> CASE WHEN reversal.id IS NULL THEN payment.amount ELSE 0 END
        OR payment.currency <> bank_account.currency)
        -- A payout that was taken off its entry: its payments stand, and no money at the bank is known behind them.
        AND NOT (went.amount = 0 AND EXISTS (
            SELECT FROM gateway_payment told JOIN gateway_part part ON part.transaction = told.transaction
            JOIN gateway_payout payout ON payout.id = part.payout_id AND payout.provider = told.provider
            WHERE told.payment_id = payment.id AND part.amount > 0 AND payout.entry_id IS NULL AND payout.undone > 0
        ))
"""
_STATEMENT = """
    SELECT statement.bank_account_id, statement.to_day || ' ' || statement.number AS about, closing AS expected,
        opening + coalesce(sum(entry.amount), 0) AS found
    FROM bank_statement statement LEFT JOIN bank_entry entry ON entry.statement_id = statement.id
    WHERE statement.opening IS NOT NULL AND statement.known = 0
    GROUP BY statement.id HAVING closing <> opening + coalesce(sum(entry.amount), 0)
"""
_BEFORE = """
    WITH first AS (
        SELECT DISTINCT ON (bank_account_id) bank_account_id, from_day, opening FROM bank_statement
        WHERE opening IS NOT NULL ORDER BY bank_account_id, from_day, id
    ), moved AS (
        SELECT bank_account_id, sum(CASE WHEN credit = 'before' THEN amount ELSE -amount END) AS amount
        FROM cash_move WHERE 'before' IN (debit, credit) GROUP BY bank_account_id
    )
    SELECT bank_account_id, coalesce(first.from_day::text, '') AS about, coalesce(first.opening, 0) AS expected,
        coalesce(moved.amount, 0) AS found
    FROM first FULL JOIN moved USING (bank_account_id)
    WHERE coalesce(first.opening, 0) <> coalesce(moved.amount, 0)
"""
RULES = {
    "bank.entry": _ENTRY,
    "bank.suspense": _SUSPENSE,
    "bank.payment": _PAYMENT,
    "bank.statement": _STATEMENT,
    "bank.before": _BEFORE,
}


def compare(session: Session) -> Iterator[Fault]:
    """Every difference between the fund's side of the book and the statements, rule by rule."""
    yield from asked(session, RULES, "bank_account")
